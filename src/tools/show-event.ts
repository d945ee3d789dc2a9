// Events for a terminal: one line each, or the document indented below a line. Colours are optional, and nothing of a document controls the terminal.

import { styleText } from "node:util";
import {
	type CloseEvent,
	columnsOf,
	type Decoded,
	type ErrorEvent,
	formatDocument,
	type OpenEvent,
	type Token,
	type TokenStyle,
	type TrafficEvent,
	visible,
} from "./traffic/index.ts";

/** How {@link showEvent} shows an event. */
export interface ShowEventOptions {
	/** Whether the document is indented below the line. @default false: everything on one line */
	readonly pretty?: boolean;
	/** Whether to use colours. @default false */
	readonly colour?: boolean;
	/** The columns of the terminal; one line is cut to them. @default no limit */
	readonly width?: number;
	/** Milliseconds since 1970 of the capture's start: then the time of day is shown. @default seconds since the start */
	readonly startedMs?: number;
}

const STYLES = {
	name: "cyan",
	attribute: "yellow",
	value: "green",
	text: undefined,
	punctuation: "dim",
	comment: "gray",
	control: "magenta",
} as const satisfies Record<TokenStyle, string | undefined>;

/**
 * The line of an event, with its document: time, connection, arrow (`→` from the client, `←` from the server), bytes, document. With `pretty`
 * a document of several lines comes below. There is no line break at the end.
 *
 * @param decoded the event's document; undefined for events without one.
 */
export function showEvent(event: TrafficEvent, decoded: Decoded | undefined, options: ShowEventOptions = {}): string {
	const { pretty = false, colour = false, width, startedMs } = options;
	const paint = colour ? coloured : plain;
	const head = `${timeOf(event.time, startedMs)} #${event.connection} ${signOf(event)} `;
	if (event.kind === "open" || event.kind === "close" || event.kind === "error") {
		const text = wordsOf(event);
		const shown = width === undefined ? text : fitted(text, width - columnsOf(head));
		return paint(event.kind === "error" ? "red" : "dim", head + shown);
	}
	const facts = `${event.bytes.length} B${noteOf(event)} `;
	const start = paint("dim", `${head}${facts}`);
	if (decoded === undefined) return start.trimEnd();
	const room = width === undefined ? undefined : Math.max(8, width - columnsOf(head + facts));
	if (!pretty) return start + painted(formatDocument(decoded, { indent: "", ...(room && { width: room }) }), paint);
	const tokens = formatDocument(decoded, width === undefined ? {} : { width: width - INDENT.length });
	const isShort = !tokens.some(({ text }) => text.includes("\n")) && columnsOf(textOf(tokens)) <= (room ?? 80);
	const text = painted(tokens, paint);
	return isShort ? start + text : `${start.trimEnd()}\n${INDENT}${text.replaceAll("\n", `\n${INDENT}`)}`;
}

const INDENT = "    ";

type Style = NonNullable<(typeof STYLES)[TokenStyle]> | "red";
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_, text) => text;
const codes = new Map<Style, readonly [start: string, end: string]>();

// The codes of a style are asked for once: styleText costs more than all the rest of a line.
const coloured: Paint = (style, text) => {
	let pair = codes.get(style);
	if (pair === undefined) {
		const [start = "", end = ""] = styleText(style, "|", { validateStream: false }).split("|");
		pair = [start, end];
		codes.set(style, pair);
	}
	return pair[0] + text + pair[1];
};

function painted(tokens: readonly Token[], paint: Paint): string {
	let line = "";
	for (const { style, text } of tokens) {
		const colour = STYLES[style];
		line += colour === undefined ? text : paint(colour, text);
	}
	return line;
}

function textOf(tokens: readonly Token[]): string {
	return tokens.map(({ text }) => text).join("");
}

function timeOf(time: number, startedMs: number | undefined): string {
	if (startedMs === undefined) return (time / 1e6).toFixed(6);
	const date = new Date(startedMs + Math.floor(time / 1000));
	const two = (value: number): string => String(value).padStart(2, "0");
	const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
	return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function signOf(event: TrafficEvent): string {
	switch (event.kind) {
		case "open":
			return "+";
		case "close":
			return "-";
		case "error":
			return "!";
		default:
			return event.direction === "client" ? "\u2192" : "\u2190";
	}
}

function noteOf(event: TrafficEvent): string {
	if (event.kind !== "document" && event.kind !== "policy") return "";
	const notes = [
		event.kind === "policy" ? "policy" : "",
		event.ending === "part" ? "part" : event.ending === "cut" ? "no terminator" : "",
		event.changed ?? "",
		event.masked ? "masked" : "",
	].filter((note) => note !== "");
	return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function wordsOf(event: OpenEvent | CloseEvent | ErrorEvent): string {
	switch (event.kind) {
		case "open":
			return visible(`open ${event.from} to ${event.to}`);
		case "close":
			return visible(
				`${event.direction === undefined ? "closed" : `${event.direction} ended`}${event.reason ? `: ${event.reason}` : ""}`,
			);
		default:
			return visible(`${event.code} ${event.direction}: ${event.message}`);
	}
}

function fitted(text: string, width: number): string {
	if (columnsOf(text) <= width) return text;
	let end = text;
	while (end !== "" && columnsOf(end) > Math.max(1, width) - 1) end = end.slice(0, -1);
	return `${end}\u2026`;
}
