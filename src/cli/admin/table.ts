// Tables on a terminal: columns as wide as their widest cell, numbers to the right. What clients chose is shown so that it controls nothing.

import { columnsOf, cutToColumns, visible } from "../../tools/traffic/index.ts";

/** A column of a table. */
export interface Column<Row> {
	readonly title: string;
	readonly isNumber?: boolean;
	cell(row: Row): string;
}

/** The widest cell, in columns of the terminal; the last column has no limit. */
const MAX_CELL = 40;

/** The lines of a table with its head. @param width cuts lines at this column; undefined: they are as long as they are. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width?: number): string[] {
	const last = columns.length - 1;
	const cells = [
		columns.map(({ title }) => title),
		...rows.map((row) => columns.map((column) => visible(column.cell(row)))),
	].map((line) => line.map((cell, at) => (at === last ? cell : cutToColumns(cell, MAX_CELL))));
	const widths = columns.map((_, at) => Math.max(...cells.map((line) => columnsOf(line[at]!))));
	return cells.map((line) => {
		const shown = line.map((cell, at) => {
			const space = " ".repeat(widths[at]! - columnsOf(cell));
			if (columns[at]!.isNumber) return space + cell;
			return at === last ? cell : cell + space;
		});
		const text = shown.join("  ").trimEnd();
		return width === undefined ? text : cutToColumns(text, width);
	});
}

/** A number of things: `1 room`, `2 rooms`. */
export function counted(number: number, thing: string): string {
	return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

/** A number of bytes: `512 B`, `3.4 KiB`, `120 MiB`. */
export function shownBytes(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB"];
	let at = 0;
	let value = bytes;
	for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
	return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

/** A time: `45s`, `12m`, `3h`, `4d`. */
export function shownAge(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) return `${seconds}s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
	return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** A rate: one digit behind the point below 10. */
export function shownRate(perSecond: number): string {
	return perSecond === 0 ? "0" : perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}
