// Numbers, times and names as the page writes them. Names come from clients, so characters that hide or reorder text are made visible.

import { visible } from "../../src/tools/traffic/index.ts";
import type { Moment } from "./api-types.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.5 MiB`. */
export function bytesWords(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1023.5 && unit < UNITS.length - 1) {
		value /= 1024;
		unit++;
	}
	const digits = unit === 0 || value >= 99.5 ? 0 : 1;
	return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** A count, or a rate: whole from 10 on, with one digit below. */
export function numberWords(value: number): string {
	return value.toLocaleString(undefined, { maximumFractionDigits: value < 9.95 ? 1 : 0 });
}

/** `0.4 ms`, `1.2 s`. */
export function millisecondsWords(ms: number): string {
	if (ms >= 999.5) return `${numberWords(ms / 1000)} s`;
	return `${numberWords(ms)} ms`;
}

/** A length of time in its two largest units: `3 d 4 h`, `5 min`, `12 s`. */
export function durationWords(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const [days, hours, minutes] = [
		Math.floor(seconds / 86_400),
		Math.floor(seconds / 3600) % 24,
		Math.floor(seconds / 60) % 60,
	];
	if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
	if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
	return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** Milliseconds since 1970; NaN where it is no time. */
export function timeOf(moment: Moment | null | undefined): number {
	return typeof moment === "number" ? moment : Date.parse(moment ?? "");
}

/** The time of day; with the date where it is another day. */
export function timeWords(ms: number, nowMs: number): string {
	if (Number.isNaN(ms)) return "";
	const date = new Date(ms);
	const isToday = date.toDateString() === new Date(nowMs).toDateString();
	const time = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
	return isToday ? time : `${date.toLocaleDateString(undefined, { dateStyle: "medium" })} ${time}`;
}

/** A name that a client chose. */
export function nameWords(name: string | undefined): string {
	return name === undefined || name === "" ? "(no name)" : visible(name);
}

/** `1 client`, `2 clients`. */
export function countWords(count: number, one: string, many: string = `${one}s`): string {
	return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
