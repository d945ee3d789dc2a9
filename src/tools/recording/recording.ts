// Opens what was recorded: recordings of this package, `--record` files of websockify, and plain bytes of one direction. It finds out which it is,
// and gives out events one at a time, so that a file of any size needs little memory. docs/recording.md.

import { createReadStream } from "node:fs";
import { XMLSocketError } from "../../errors/index.ts";
import type { CaptureInfo, TrafficEvent } from "../traffic/index.ts";
import { byteEvents } from "./byte-events.ts";
import { recordingEvents } from "./recording-events.ts";
import type { OpenedSource, ReadRecordingOptions, RecordingFormat, RecordingState } from "./recording-source.ts";
import { websockifyEvents } from "./websockify-events.ts";

/** A recording that is being read: a sequence of events, once. */
export interface Recording extends AsyncIterable<TrafficEvent>, Readonly<RecordingState> {
	readonly format: RecordingFormat;
	readonly info: CaptureInfo;
}

/**
 * Opens a recording. Its events come one at a time; leaving the loop closes the file.
 *
 * @param source the path of a file, or its bytes as a stream or in pieces.
 * @throws XMLSOCKET_RECORDING_UNREADABLE where the file cannot be read; XMLSOCKET_RECORDING_INVALID where it is no recording (in the loop, with
 * `details.line`, where a line is none); XMLSOCKET_RECORDING_TOO_NEW where a newer version wrote it.
 *
 * @example
 * ```ts
 * const recording = await readRecording("session.ndjson");
 * for await (const event of recording) console.log(event.kind);
 * if (recording.cutOff) console.log("The recorder was killed.");
 * ```
 */
export async function readRecording(
	source: string | AsyncIterable<Uint8Array>,
	options: ReadRecordingOptions = {},
): Promise<Recording> {
	const path = typeof source === "string" ? source : undefined;
	const chunks = typeof source === "string" ? fileChunks(source) : source;
	const { head, all, close } = await withHead(chunks);
	try {
		const format = options.format ?? formatOf(head, path);
		const state: RecordingState = { cutOff: false, missing: 0, unknown: 0 };
		const info: CaptureInfo = {
			startedMs: 0,
			terminator: options.terminator ?? Uint8Array.of(0),
			encoding: options.encoding ?? "utf-8",
		};
		const opened: OpenedSource = { chunks: all, state, info, options };
		if (format === "recording") return recordingOf(format, state, await recordingEvents(opened));
		const events = format === "websockify" ? websockifyEvents(opened) : byteEvents(opened);
		return recordingOf(format, state, { info, events });
	} catch (error) {
		await close();
		throw error;
	}
}

function recordingOf(
	format: RecordingFormat,
	state: RecordingState,
	{ info, events }: { readonly info: CaptureInfo; readonly events: AsyncGenerator<TrafficEvent> },
): Recording {
	return {
		format,
		info,
		get cutOff() {
			return state.cutOff;
		},
		get missing() {
			return state.missing;
		},
		get unknown() {
			return state.unknown;
		},
		[Symbol.asyncIterator]: () => events,
	};
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
	try {
		yield* createReadStream(path, { highWaterMark: 256 * 1024 });
	} catch (cause) {
		const { code, message } = cause as NodeJS.ErrnoException;
		const words =
			code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read: ${message}`;
		throw new XMLSocketError("XMLSOCKET_RECORDING_UNREADABLE", `The file ${path} ${words}.`, {
			cause,
			details: { path },
		});
	}
}

const HEAD_BYTES = 32;

// Reads enough to see what a file is, and gives all of it out again.
async function withHead(
	chunks: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array>; close: () => Promise<unknown> }> {
	const iterator = chunks[Symbol.asyncIterator]();
	const first: Uint8Array[] = [];
	let size = 0;
	while (size < HEAD_BYTES) {
		const { done, value } = await iterator.next();
		if (done) break;
		first.push(value);
		size += value.length;
	}
	// A generator that has not begun runs no `finally`, so closing does not rely on one.
	const close = async (): Promise<unknown> => iterator.return?.();
	async function* all(): AsyncGenerator<Uint8Array> {
		try {
			yield* first;
			for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
		} finally {
			await close();
		}
	}
	return { head: Buffer.concat(first).subarray(0, HEAD_BYTES), all: all(), close };
}

// What other files begin with, and what to do with them.
const OTHERS: readonly (readonly [start: string, what: string])[] = [
	["1f8b", "is compressed: decompress it with gunzip first"],
	["28b52ffd", "is compressed: decompress it with unzstd first"],
	["fffe", "is UTF-16, as the > of Windows PowerShell writes: record with --record instead"],
	["d4c3b2a1", "is a packet capture: export the bytes of one direction from it, and read those as .bin"],
	["4d3cb2a1", "is a packet capture: export the bytes of one direction from it, and read those as .bin"],
	["a1b2c3d4", "is a packet capture: export the bytes of one direction from it, and read those as .bin"],
	["0a0d0d0a", "is a packet capture: export the bytes of one direction from it, and read those as .bin"],
];

function formatOf(head: Uint8Array, path: string | undefined): RecordingFormat {
	const text = Buffer.from(head)
		.toString("latin1")
		.replace(/^\u00ef\u00bb\u00bf/, "");
	if (/\.bin$/i.test(path ?? "")) return "bytes";
	if (/^var VNC_frame/.test(text)) return "websockify";
	if (/^\s*\{/.test(text)) return "recording";
	if (head.length === 0) throw notOne("is empty");
	const hex = Buffer.from(head).toString("hex");
	const other = OTHERS.find(([start]) => hex.startsWith(start));
	throw notOne(other?.[1] ?? "is no recording: its first line is not a JSON object");
}

function notOne(what: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_RECORDING_INVALID", `The file ${what}.`);
}
