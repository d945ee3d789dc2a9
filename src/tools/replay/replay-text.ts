// The reports of a replay as text for a terminal. Control characters of documents are escaped, and long documents are cut.

import { visible } from "../traffic/index.ts";
import type { FieldDifference } from "./compare.ts";
import type { ReplayClientReport, ReplayDifference } from "./replay-client-options.ts";
import type { ReplayEvent } from "./replay-events.ts";

/** One event as a line of text, or several. Control characters are escaped. */
export function showReplayEvent(event: ReplayEvent): string {
	switch (event.kind) {
		case "connection":
			return `#${event.connection} connected (${event.transport}, ${visible(event.from)}): plays recorded connection ${event.recorded}${event.isRepeated ? " again" : ""}`;
		case "values":
			return `#${event.connection} document ${event.request} has other values: ${event.differences.map(showDifference).join(", ")}`;
		case "unmatched": {
			const lines = [`#${event.connection} no recorded document matches: ${shown(event.document)}`];
			if (event.nearest)
				lines.push(`   nearest is document ${event.nearest.request}: ${shown(event.nearest.document)}`);
			for (const difference of event.differences.slice(0, 5)) lines.push(`   ${showDifference(difference)}`);
			return lines.join("\n");
		}
		case "refused":
			return `#${event.connection} refused: every recorded connection was played. --loop begins again`;
		case "close":
			return `#${event.connection} closed: ${documents(event.matched)} matched, ${event.unmatched} did not${event.remaining > 0 ? `, ${event.remaining} recorded ones did not come` : ""}`;
	}
}

/** One difference of a server as lines of text. */
export function showReplayDifference({ kind, connection, after, recorded, live, fields }: ReplayDifference): string {
	const lines = [`connection ${connection}, after document ${after}: ${DIFFERENCES[kind]}`];
	if (recorded !== undefined) lines.push(`   recorded  ${shown(recorded)}`);
	if (live !== undefined) lines.push(`   now       ${shown(live)}`);
	for (const field of fields.slice(0, MOST_FIELDS)) lines.push(`   ${showDifference(field)}`);
	if (fields.length > MOST_FIELDS) lines.push(`   and ${fields.length - MOST_FIELDS} more`);
	return lines.join("\n");
}

/** The result of a replay as the client in one line. */
export function showReplayReport(report: ReplayClientReport): string {
	const { connections, sent, received, expected, differing, maskedSent } = report;
	const verdict = differing === 0 ? "no differences" : `${differing} difference${differing === 1 ? "" : "s"}`;
	const masked =
		maskedSent > 0 ? `\n${maskedSent} of the sent documents have masked values; --rules can set them.` : "";
	const names = changedNames(report.differences);
	const hint = names.length > 0 ? `\nIf the server chooses other values each time: --ignore ${names.join(" ")}` : "";
	return `${verdict}: ${connections} connection${connections === 1 ? "" : "s"}, ${documents(sent)} sent, ${received} received, ${expected} recorded${masked}${hint}`;
}

const MOST_NAMES = 5;

// The fields that are in both documents with different values: those of a session are often among them.
function changedNames(differences: readonly ReplayDifference[]): string[] {
	const names = new Set<string>();
	for (const { path, recorded, live } of differences.flatMap(({ fields }) => fields)) {
		if (recorded === undefined || live === undefined) continue;
		const name = /@([^/@]+)$/.exec(path)?.[1] ?? /([^/.]+)\/text\(\)$/.exec(path)?.[1] ?? path;
		if (/^[\w.:-]+$/.test(name)) names.add(name);
	}
	return [...names].slice(0, MOST_NAMES);
}

function documents(count: number): string {
	return `${count} document${count === 1 ? "" : "s"}`;
}

const DIFFERENCES: Readonly<Record<ReplayDifference["kind"], string>> = {
	missing: "a recorded answer did not come",
	extra: "the recording does not have this answer",
	different: "an answer is different",
	closed: "the server closed the connection, the recorded one did not",
	open: "the server did not close the connection, the recorded one did",
};
const MOST_FIELDS = 10;

/** A difference in words: `ver/@v: 153 → 154`. */
export function showDifference({ path, recorded, live }: FieldDifference): string {
	if (recorded === undefined) return `${visible(path)}: only now, ${quoted(live!)}`;
	if (live === undefined) return `${visible(path)}: only in the recording, ${quoted(recorded)}`;
	return `${visible(path)}: ${quoted(recorded)} → ${quoted(live)}`;
}

const LONGEST_SHOWN = 160;
const LONGEST_VALUE = 60;

function shown(text: string): string {
	return visible(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
}

function quoted(value: string): string {
	return `"${visible(value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value)}"`;
}
