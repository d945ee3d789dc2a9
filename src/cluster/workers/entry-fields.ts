// The fields of log entries, pages and states in frames: what `worker-log.ts` and `log-service.ts` both read and write.

import type { LogEntry, LogPage, RoomState } from "../../message-log/index.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** Writes an entry. */
export function writeEntry(frame: FrameWriter, { seq, prev, atMs, session, id, payload }: LogEntry): FrameWriter {
	return frame.number(seq).number(prev).number(atMs).optionalText(session).optionalText(id).bytes(payload);
}

/** Reads an entry, whose payload is a view. */
export function readEntry(cursor: FrameCursor): LogEntry {
	return {
		seq: cursor.number(),
		prev: cursor.number(),
		atMs: cursor.number(),
		session: cursor.optionalText(),
		id: cursor.optionalText(),
		payload: cursor.bytes(),
	};
}

/** Writes a page. */
export function writePage(frame: FrameWriter, { entries, more }: LogPage): FrameWriter {
	frame.byte(more ? 1 : 0).whole(entries.length);
	for (const entry of entries) writeEntry(frame, entry);
	return frame;
}

/** Reads a page. */
export function readPage(cursor: FrameCursor): LogPage {
	const more = cursor.byte() === 1;
	const count = cursor.whole();
	const entries: LogEntry[] = [];
	for (let at = 0; at < count; at++) entries.push(readEntry(cursor));
	return { entries, more };
}

/** Writes the extent of a history. */
export function writeState(frame: FrameWriter, { log, lastSeq, firstSeq }: RoomState): FrameWriter {
	return frame.text(log).number(lastSeq).number(firstSeq);
}

/** Reads it. */
export function readState(cursor: FrameCursor): RoomState {
	return { log: cursor.text(), lastSeq: cursor.number(), firstSeq: cursor.number() };
}
