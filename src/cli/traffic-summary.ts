// The statistics of traffic as a text for people.

import type { NamedCount, TrafficSummary } from "../tools/traffic/index.ts";

/** What else the summary reports. */
export interface SummaryFacts {
	/** Events that were not shown. */
	readonly leftOut: number;
	readonly recording?: { readonly path: string; readonly events: number; readonly missing: number };
}

const MAX_ROWS = 20;

/** A paragraph and a table for each direction. It ends with a line break. */
export function summaryText(summary: TrafficSummary, { leftOut, recording }: SummaryFacts): string {
	const documents = summary.client.documents + summary.server.documents;
	const seconds = summary.duration / 1e6;
	const lines = [
		"",
		`${counted(summary.connections, "connection")}, ${counted(documents, "document")} in ${seconds.toFixed(1)} s${
			documents > 0 && seconds > 0 ? ` (${Math.round(summary.documentsPerSecond)} a second)` : ""
		}${summary.errors > 0 ? `, ${counted(summary.errors, "error")}` : ""}.`,
	];
	for (const direction of ["client", "server"] as const) {
		const rows = summary.names.filter((row) => row.direction === direction);
		if (rows.length > 0) lines.push("", ...table(direction, rows, summary[direction].bytes));
	}
	if (leftOut > 0) lines.push("", `${counted(leftOut, "line")} not shown, because they were read too slowly.`);
	if (recording) {
		lines.push("", `${counted(recording.events, "event")} recorded in ${recording.path}.`);
		if (recording.missing > 0)
			lines.push(`${counted(recording.missing, "event")} not recorded: the disk was too slow, or full.`);
	}
	return `${lines.join("\n")}\n`;
}

function table(direction: "client" | "server", rows: readonly NamedCount[], bytes: number): string[] {
	const shown = rows.slice(0, MAX_ROWS);
	const names = shown.map(nameOf);
	const width = Math.min(40, Math.max(24, ...names.map((name) => name.length)));
	const head = direction === "client" ? `→ client, ${grouped(bytes)} bytes` : `← server, ${grouped(bytes)} bytes`;
	const line = (name: string, ...cells: string[]): string =>
		`  ${name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`;
	return [
		line(head, "documents", "bytes", "longest"),
		...shown.map((row, at) =>
			line(names[at] ?? "", grouped(row.documents), grouped(row.bytes), grouped(row.largestBytes)),
		),
		...(rows.length > MAX_ROWS ? [`  and ${rows.length - MAX_ROWS} more`] : []),
	];
}

function nameOf({ form, name }: NamedCount): string {
	if (form === "policy") return "(policy)";
	if (name === undefined) return `(${form})`;
	return form === "xml" ? `<${name}>` : `${form} ${name}`;
}

function counted(count: number, what: string): string {
	return `${grouped(count)} ${what}${count === 1 ? "" : "s"}`;
}

function grouped(count: number): string {
	return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
