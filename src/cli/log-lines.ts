// A log line for a person at a terminal, made from the JSON line that a program would get. What clients send cannot move the cursor or forge
// another line.

import type { PaintText, Style } from "./colour.ts";

const LEVELS: Readonly<Record<number, string>> = {
	10: "TRACE",
	20: "DEBUG",
	30: "INFO",
	40: "WARN",
	50: "ERROR",
	60: "FATAL",
};
const STYLES: Readonly<Record<number, Style>> = { 10: "dim", 20: "dim", 30: "green", 40: "yellow" };
const PLAIN = /^[\w./:@+-]+$/;

/** `12:00:01 WARN  the text  reason=not-found id=7`; a text that is no JSON line comes back as it is. */
export function readableLine(line: string, paint: PaintText = (_style, text) => text): string {
	let facts: Record<string, unknown>;
	try {
		facts = JSON.parse(line) as Record<string, unknown>;
	} catch {
		return line;
	}
	const { level, time, msg, err, ...rest } = facts;
	const clock = typeof time === "string" ? time.slice(11, 19) : "";
	const name = (LEVELS[Number(level)] ?? String(level)).padEnd(5);
	const words = [
		paint("dim", visible(clock)),
		paint(STYLES[Number(level)] ?? "red", visible(name)),
		visible(String(msg ?? "")),
		...Object.entries(rest).map(([key, value]) => `${paint("dim", visible(`${key}=`))}${visible(shown(value))}`),
	];
	const stack = (err as { stack?: unknown } | undefined)?.stack;
	return `${words.join(" ").trimEnd()}\n${
		typeof stack === "string"
			? `${stack
					.split("\n")
					.map((each) => `    ${visible(each)}\n`)
					.join("")}`
			: ""
	}`;
}

function shown(value: unknown): string {
	if (typeof value === "string") return PLAIN.test(value) ? value : JSON.stringify(value);
	return JSON.stringify(value) ?? "";
}

function visible(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, "\ufffd");
}
