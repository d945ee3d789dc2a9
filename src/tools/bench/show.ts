// Results and progress of a load test as text for people.

import { escapeControls } from "../conformance/show.ts";
import type { Paint } from "../policy-report.ts";
import type { BenchProgress, BenchReport, BenchStep } from "./report.ts";
import { count, ms, plural } from "./verdict.ts";

/** What is going on, in one line without a line break; undefined: nothing to show. */
export function showBenchProgress(progress: BenchProgress): string | undefined {
	if (progress.kind === "connecting")
		return `${count(progress.open)} of ${count(progress.wanted)} connections are open`;
	if (progress.kind !== "running") return undefined;
	const { step, steps, phase, rate, seconds, ofSeconds, sample } = progress;
	const which = steps === 1 ? "" : `step ${step}${steps === undefined ? `, ${count(rate ?? 0)}/s` : ` of ${steps}`}, `;
	const latency = sample?.latencyMs;
	// What matters comes first: a narrow terminal shows the beginning.
	const now = sample
		? `: ${count(sample.deliveriesPerSecond)} deliveries/s${latency ? `, p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, max ${ms(latency.max)}` : ""}`
		: "";
	const doing = phase === "waiting" ? "waiting" : phase;
	return `${which}${doing} ${seconds.toFixed(0)}/${ofSeconds.toFixed(0)} s${now}`;
}

/** The load, a table with a row for each step, and the verdict; lines of text without a line break at the end. @param paint default: no colours. */
export function showBenchReport(report: BenchReport, paint: Paint = (_, text) => text): string {
	const { steps, ok, verdict, interrupted } = report;
	const [first] = steps;
	const isSame = ({ of }: Column): boolean => steps.every((step) => of(step) === of(first!));
	const load = LOAD.filter(isSame).map(({ words }) => words(first!));
	const columns = [...LOAD.filter((column) => !isSame(column)), ...RESULTS];
	const rows = [columns.map(({ head }) => head), ...steps.map((step) => columns.map(({ of }) => of(step)))];
	const widths = columns.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
	const lines = rows.map((cells, at) => {
		const text = cells.map((cell, column) => cell.padStart(widths[column]!)).join("  ");
		if (at === 0) return paint("dim", `  ${text}`);
		const step = steps[at - 1]!;
		return `${paint(step.ok ? "good" : "bad", step.ok ? "✓" : "✗")} ${text}`;
	});
	return [
		...(load.length > 0 ? [`${load.join(", ")}:`, ""] : []),
		...lines,
		"",
		...(interrupted ? [paint("warn", "The test was ended early.")] : []),
		paint(ok ? "good" : "bad", escapeControls(verdict)),
	].join("\n");
}

interface Column {
	readonly head: string;
	readonly of: (step: BenchStep) => string;
}

/** What was to be: a column where steps differ, otherwise words above the table. */
const LOAD: readonly (Column & { readonly words: (step: BenchStep) => string })[] = [
	{
		head: "connections",
		of: ({ connections }) => count(connections),
		words: ({ connections }) => plural(connections, "connection"),
	},
	{ head: "rooms", of: ({ rooms }) => count(rooms), words: ({ rooms }) => plural(rooms, "room") },
	{ head: "senders", of: ({ senders }) => count(senders), words: ({ senders }) => plural(senders, "sender") },
	{
		head: "bytes",
		of: ({ sizeBytes }) => count(sizeBytes),
		words: ({ sizeBytes }) => `documents of ${count(sizeBytes)} bytes`,
	},
	{
		head: "wanted",
		of: ({ rate, outstanding = 0 }) => (rate === undefined ? `${count(outstanding)} under way` : `${count(rate)}/s`),
		words: ({ rate, outstanding = 0 }) =>
			rate === undefined ? `${count(outstanding)} under way from each sender` : `${count(rate)} messages/s wanted`,
	},
];

/** What was measured. */
const RESULTS: readonly Column[] = [
	{ head: "messages/s", of: ({ messagesPerSecond }) => count(messagesPerSecond) },
	{ head: "deliveries/s", of: ({ deliveriesPerSecond }) => count(deliveriesPerSecond) },
	{ head: "p50", of: ({ latencyMs }) => shownMs(latencyMs?.p50) },
	{ head: "p99", of: ({ latencyMs }) => shownMs(latencyMs?.p99) },
	{ head: "p99.9", of: ({ latencyMs }) => shownMs(latencyMs?.p999) },
	{ head: "max", of: ({ latencyMs }) => shownMs(latencyMs?.max) },
	{ head: "lost", of: ({ lost, overdue }) => count(lost + overdue) },
	{ head: "tool", of: ({ toolUse }) => `${Math.round(toolUse * 100)} %` },
];

function shownMs(value: number | undefined): string {
	return value === undefined ? "-" : ms(value);
}
