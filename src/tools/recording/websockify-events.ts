// The events of a file that websockify writes with `--record`: one connection, as a JavaScript array with a string for each frame. A frame is `{12{data`
// to the client or `}12}data` from it; 12 are milliseconds since the start. Frames are cut into documents again, because they can begin anywhere.

import { XMLSocketError } from "../../errors/index.ts";
import { type Direction, DocumentCutter, type TrafficEvent } from "../traffic/index.ts";
import { type Line, linesOf } from "./lines.ts";
import type { OpenedSource } from "./recording-source.ts";

/** Reads the frames, one line at a time. @throws XMLSOCKET_RECORDING_INVALID */
export async function* websockifyEvents({ chunks, info, state, options }: OpenedSource): AsyncGenerator<TrafficEvent> {
	const { maxDocumentBytes } = options;
	const settings = { terminator: info.terminator, ...(maxDocumentBytes && { maxDocumentBytes }) };
	const cutters = { client: new DocumentCutter(settings), server: new DocumentCutter(settings) };
	const connection = 1;
	let time = 0;
	let isBase64 = false;
	let ended = false;
	yield { kind: "open", connection, time, from: "", to: "" };
	for await (const line of linesOf(chunks)) {
		const encoding = /^var VNC_frame_encoding\s*=\s*['"](\w+)['"]/.exec(line.text)?.[1];
		if (encoding !== undefined) isBase64 = encoding === "base64";
		if (line.text.trim() === "" || line.text.startsWith("var ")) continue;
		if (/^['"]EOF['"]\s*\]/.test(line.text)) {
			ended = true;
			continue;
		}
		const frame = frameOf(line);
		if (frame === undefined) continue;
		time = Math.max(time, frame.time);
		const bytes = Buffer.from(frame.data, isBase64 ? "base64" : "latin1");
		for (const unit of cutters[frame.direction].push(bytes))
			yield { kind: "document", connection, time, direction: frame.direction, ...unit };
	}
	state.cutOff = !ended;
	for (const direction of ["client", "server"] as const) {
		const last = cutters[direction].end();
		if (last !== undefined) yield { kind: "document", connection, time, direction, ...last };
	}
	yield { kind: "close", connection, time };
}

interface Frame {
	/** Microseconds. */
	readonly time: number;
	readonly direction: Direction;
	/** One character for each byte, or base64. */
	readonly data: string;
}

// Older versions print the string with Python's `repr`: with either quote, and perhaps with a `b` or `u` before it.
const STRING = /^[bu]?(['"])([\s\S]*)\1,?\s*$/;
const FRAME = /^(\{\d{1,12}\{|\}\d{1,12}\})([\s\S]*)$/;

function frameOf(line: Line): Frame | undefined {
	const string = STRING.exec(line.text)?.[2];
	const found = string === undefined ? null : FRAME.exec(string);
	const data = found === null ? undefined : unescaped(found[2] as string);
	if (found === null || data === undefined) {
		// What a killed process leaves.
		if (!line.whole) return undefined;
		throw new XMLSocketError("XMLSOCKET_RECORDING_INVALID", `Line ${line.number} is not a frame of websockify.`, {
			details: { line: line.number },
		});
	}
	const mark = found[1] as string;
	return { time: Number(mark.slice(1, -1)) * 1000, direction: mark.startsWith("{") ? "server" : "client", data };
}

const ESCAPE = /\\(?:x([\da-f]{2})|u00([\da-f]{2})|([\s\S]))/gi;
const LETTERS: ReadonlyMap<string, string> = new Map([
	["n", "\n"],
	["r", "\r"],
	["t", "\t"],
	["0", "\0"],
	["a", "\u0007"],
	["b", "\b"],
	["f", "\f"],
	["v", "\u000b"],
]);

// Undefined where a character is no byte.
function unescaped(source: string): string | undefined {
	const text = source.replace(ESCAPE, (_, hex?: string, unicode?: string, letter?: string) => {
		const digits = hex ?? unicode;
		return digits === undefined
			? (LETTERS.get(letter as string) ?? (letter as string))
			: String.fromCharCode(Number.parseInt(digits, 16));
	});
	return /[^\0-\xff]/.test(text) ? undefined : text;
}
