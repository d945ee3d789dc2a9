// The events of a recording of this package, line by line. It says where a line is wrong, and passes over what only newer versions know.

import { XMLSocketError } from "../../errors/index.ts";
import { type CaptureInfo, parseRecordingLine, type RecordingEntry, type TrafficEvent } from "../traffic/index.ts";
import { type Line, linesOf } from "./lines.ts";
import type { OpenedSource, RecordingState } from "./recording-source.ts";

/**
 * Reads the header, and then the events when they are asked for. Lines of `inspect --json` without a header are read with the default terminator and encoding.
 *
 * @throws XMLSOCKET_RECORDING_INVALID, XMLSOCKET_RECORDING_TOO_NEW
 */
export async function recordingEvents({
	chunks,
	state,
	info,
}: OpenedSource): Promise<{ readonly info: CaptureInfo; readonly events: AsyncGenerator<TrafficEvent> }> {
	const lines = linesOf(chunks);
	let first: RecordingEntry | undefined;
	while (first === undefined) {
		const { done, value } = await lines.next();
		if (done) break;
		first = entryOf(value, state);
	}
	const header = first?.kind === "header" ? first.info : info;
	return { info: header, events: eventsOf(lines, first, state) };
}

async function* eventsOf(
	lines: AsyncGenerator<Line>,
	first: RecordingEntry | undefined,
	state: RecordingState,
): AsyncGenerator<TrafficEvent> {
	let time = 0;
	try {
		const entries: (RecordingEntry | undefined)[] = first === undefined || first.kind === "header" ? [] : [first];
		for (;;) {
			for (const entry of entries.splice(0)) {
				if (entry?.kind === "gap") state.missing += entry.events;
				else if (entry?.kind === "unknown") state.unknown++;
				else if (entry?.kind === "event") {
					// A line that was moved by hand does not make time run backwards.
					time = Math.max(time, entry.event.time);
					yield entry.event.time === time ? entry.event : { ...entry.event, time };
				}
			}
			const { done, value } = await lines.next();
			if (done) return;
			const entry = entryOf(value, state);
			if (entry?.kind === "header")
				throw new XMLSocketError(
					"XMLSOCKET_RECORDING_INVALID",
					`Line ${value.number} begins another recording: two in one file have the same connection numbers.`,
					{ details: { line: value.number } },
				);
			entries.push(entry);
		}
	} finally {
		await lines.return(undefined);
	}
}

// Undefined for an empty line, and for the last one where it is not whole.
function entryOf({ text, number, whole }: Line, state: RecordingState): RecordingEntry | undefined {
	const line = number === 1 ? text.replace(/^\ufeff/, "") : text;
	if (line.trim() === "") return undefined;
	try {
		return parseRecordingLine(line, number);
	} catch (error) {
		if (whole || !isHalf(line)) throw error;
		state.cutOff = true;
		return undefined;
	}
}

function isHalf(line: string): boolean {
	try {
		JSON.parse(line);
		return false;
	} catch {
		return true;
	}
}
