// The lines of a recording, which are also those of `inspect --json`: a header, then an event a line as JSON. docs/recording.md is the contract.
// Files are handled in `tools/recording/`; this turns events into text and text into events, in Node and in pages.

import { XMLSocketError } from "../../errors/index.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { ExactDecode } from "./decoded.ts";
import type { CaptureInfo, Direction, DocumentEvent, TrafficEvent } from "./event.ts";

/** The version that is written, and the newest one that is read. */
export const RECORDING_VERSION = 1;

/** A place where events are missing, because the disk was slower than the traffic. */
export interface RecordingGap {
	readonly kind: "gap";
	/** Events that were not recorded. */
	readonly events: number;
	/** Bytes of documents that were not recorded. */
	readonly bytes: number;
	/** When the recording continued, as the `time` of an event. */
	readonly time: number;
}

/** What a line of a recording is. `unknown` is an event of a kind that this version does not know; readers pass over it. */
export type RecordingEntry =
	| { readonly kind: "header"; readonly info: CaptureInfo }
	| { readonly kind: "event"; readonly event: TrafficEvent }
	| RecordingGap
	| { readonly kind: "unknown" };

/** The first line of a recording, without its line break. */
export function recordingHeader(info: CaptureInfo): string {
	const { startedMs, terminator, encoding, listen, target } = info;
	const hex = Array.from(terminator, (byte) => byte.toString(16).padStart(2, "0")).join("");
	return JSON.stringify({
		recording: RECORDING_VERSION,
		started: new Date(startedMs).toISOString(),
		terminator: hex,
		encoding,
		listen,
		target,
	});
}

/**
 * The line of an event, without its line break.
 *
 * @param decode reads the capture's encoding. `text` alone means that the bytes are its UTF-8 form. Where they are not, `base64` has them, and `text`, if
 * it is there, is for people.
 */
export function recordingLine(event: TrafficEvent | RecordingGap, decode: ExactDecode): string {
	if (event.kind !== "document" && event.kind !== "policy") return JSON.stringify(event);
	const { time, connection, direction, kind, bytes, ending, masked, changed } = event;
	const text = decode(bytes);
	const isUtf8 = text !== undefined && isUtf8Of(text, bytes);
	return JSON.stringify({
		time,
		connection,
		direction,
		kind,
		bytes: bytes.length,
		text,
		base64: isUtf8 ? undefined : toBase64(bytes),
		ending: ending === "terminated" ? undefined : ending,
		masked,
		changed,
	});
}

/**
 * Reads one line.
 *
 * @param line the text of the line; @param number its number, from 1, for errors.
 * @throws XMLSOCKET_RECORDING_INVALID with `details.line`, XMLSOCKET_RECORDING_TOO_NEW
 */
export function parseRecordingLine(line: string, number: number): RecordingEntry {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		throw invalid(number, "is not JSON");
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw invalid(number, "is not a JSON object");
	const fields = new Map<string, unknown>(Object.entries(value));
	if (fields.has("recording")) return { kind: "header", info: headerOf(fields, number) };
	const kind = fields.get("kind");
	if (typeof kind !== "string") throw invalid(number, 'has no "kind"');
	switch (kind) {
		case "document":
		case "policy":
			return { kind: "event", event: documentOf(kind, fields, number) };
		case "open": {
			const [from, to] = [textOf(fields, "from", number) ?? "", textOf(fields, "to", number) ?? ""];
			return { kind: "event", event: { kind, ...baseOf(fields, number), from, to } };
		}
		case "close": {
			const direction = fields.get("direction") === undefined ? undefined : directionOf(fields, number);
			const reason = textOf(fields, "reason", number);
			return {
				kind: "event",
				event: {
					kind,
					...baseOf(fields, number),
					...(direction && { direction }),
					...(reason !== undefined && { reason }),
				},
			};
		}
		case "error": {
			const [code, message] = [textOf(fields, "code", number) ?? "", textOf(fields, "message", number) ?? ""];
			const direction = directionOf(fields, number);
			return { kind: "event", event: { kind, ...baseOf(fields, number), direction, code, message } };
		}
		case "gap": {
			const [events, bytes] = [countOf(fields, "events", 0, number), countOf(fields, "bytes", 0, number)];
			return { kind, events, bytes, time: countOf(fields, "time", 0, number) };
		}
		default:
			return { kind: "unknown" };
	}
}

function headerOf(fields: ReadonlyMap<string, unknown>, number: number): CaptureInfo {
	const version = fields.get("recording");
	if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
		throw invalid(number, 'has no version in "recording"');
	if (version > RECORDING_VERSION)
		throw new XMLSocketError(
			"XMLSOCKET_RECORDING_TOO_NEW",
			`The recording has version ${version}; this program reads version ${RECORDING_VERSION}.`,
			{ details: { version } },
		);
	const started = Date.parse(String(fields.get("started")));
	const terminator = /^(?:[\da-f]{2}){1,8}$/i.exec(textOf(fields, "terminator", number) ?? "00")?.[0];
	if (terminator === undefined) throw invalid(number, 'has a "terminator" that is not 1 to 8 bytes in hexadecimal');
	const [listen, target] = [textOf(fields, "listen", number), textOf(fields, "target", number)];
	return {
		startedMs: Number.isNaN(started) ? 0 : started,
		terminator: Uint8Array.from(terminator.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
		encoding: textOf(fields, "encoding", number) ?? "utf-8",
		...(listen !== undefined && { listen }),
		...(target !== undefined && { target }),
	};
}

function documentOf(kind: "document" | "policy", fields: ReadonlyMap<string, unknown>, number: number): DocumentEvent {
	const base64 = textOf(fields, "base64", number);
	const text = textOf(fields, "text", number);
	if (base64 === undefined && text === undefined) throw invalid(number, 'has neither "text" nor "base64"');
	const bytes = base64 === undefined ? new TextEncoder().encode(text) : fromBase64(base64);
	if (bytes === undefined) throw invalid(number, 'has a "base64" that is not base64');
	const ending = textOf(fields, "ending", number) ?? "terminated";
	if (ending !== "terminated" && ending !== "part" && ending !== "cut")
		throw invalid(number, 'has an "ending" that is not "terminated", "part" or "cut"');
	const changed = textOf(fields, "changed", number);
	if (changed !== undefined && changed !== "injected" && changed !== "dropped" && changed !== "edited")
		throw invalid(number, 'has a "changed" that is not "injected", "dropped" or "edited"');
	const base = { ...baseOf(fields, number), direction: directionOf(fields, number) };
	const masked = fields.get("masked") === true ? { masked: true as const } : {};
	return { kind, ...base, bytes, ending, ...masked, ...(changed !== undefined && { changed }) };
}

function baseOf(fields: ReadonlyMap<string, unknown>, number: number): { time: number; connection: number } {
	return { time: countOf(fields, "time", 0, number), connection: countOf(fields, "connection", 1, number) };
}

function directionOf(fields: ReadonlyMap<string, unknown>, number: number): Direction {
	const direction = fields.get("direction");
	if (direction === "client" || direction === "server") return direction;
	throw invalid(number, 'has a "direction" that is not "client" or "server"');
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string, number: number): string | undefined {
	const value = fields.get(name);
	if (value === undefined || value === null) return undefined;
	if (typeof value === "string") return value;
	throw invalid(number, `has a "${name}" that is not a string`);
}

function countOf(fields: ReadonlyMap<string, unknown>, name: string, least: number, number: number): number {
	const value = fields.get(name);
	if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
	throw invalid(number, `has a "${name}" that is not a whole number from ${least}`);
}

function invalid(line: number, what: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_RECORDING_INVALID", `Line ${line} of the recording ${what}.`, {
		details: { line },
	});
}

function isUtf8Of(text: string, bytes: Uint8Array): boolean {
	const encoded = new TextEncoder().encode(text);
	if (encoded.length !== bytes.length) return false;
	for (let at = 0; at < bytes.length; at++) if (encoded[at] !== bytes[at]) return false;
	return true;
}
