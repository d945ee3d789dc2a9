// The results as an SVG chart: latency by percentile, and latency and throughput over time. It is readable on dark and light pages, and lines
// differ in their dashes too, not in colour alone.

import type { BenchReport, BenchSample, BenchStep } from "./report.ts";
import { count, ms } from "./verdict.ts";

const WIDTH = 900;
const PANEL = 180;
const GAP = 64;
const LEFT = 76;
const RIGHT = 150;
const TOP = 64;
const MOST_LINES = 6;
const MOST_POINTS = 400;
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 4"];
const STYLE = `
.page { fill: #ffffff } text { fill: #1b1f24; font: 12px system-ui, sans-serif } .title { font-size: 16px } .panel { font-weight: 600 }
.grid { stroke: #d5d9de } .axis { stroke: #6b727b } .line { fill: none; stroke-width: 1.6 }
.c0 { stroke: #0b66c3 } .c1 { stroke: #b3400a } .c2 { stroke: #1a7f37 } .c3 { stroke: #8250df } .c4 { stroke: #9a6700 } .c5 { stroke: #bf3989 }
@media (prefers-color-scheme: dark) {
.page { fill: #14171c } text { fill: #e4e8ee } .grid { stroke: #343a43 } .axis { stroke: #8b949e }
.c0 { stroke: #6cb6ff } .c1 { stroke: #f69d50 } .c2 { stroke: #6bc46d } .c3 { stroke: #c297ff } .c4 { stroke: #daaa3f } .c5 { stroke: #fc8dc7 }
}`;

interface Line {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
}

interface Panel {
	readonly title: string;
	readonly lines: readonly Line[];
	/** The ticks of the horizontal axis: positions 0 to 1 and texts. */
	readonly ticks: readonly (readonly [at: number, text: string])[];
	readonly isLogarithmic: boolean;
	readonly show: (value: number) => string;
}

/** The chart of a report. */
export function benchChart(report: BenchReport): string {
	const { address, mode, steps, verdict } = report;
	const title = `xmlsocket bench ${address} (${mode})`;
	const panels = [percentilePanel(steps), latencyPanel(steps), throughputPanel(steps)];
	const height = TOP + panels.length * (PANEL + GAP);
	return `${[
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
		`<title>${escaped(title)}</title>`,
		`<desc>${escaped(verdict)}</desc>`,
		`<style>${STYLE}</style>`,
		`<rect class="page" width="100%" height="100%"/>`,
		text(LEFT, 26, title, 'class="title"'),
		...panels.map((panel, index) => drawPanel(panel, TOP + index * (PANEL + GAP))),
		"</svg>",
	].join("\n")}\n`;
}

// Each nine adds the same width: 0 %, 90 %, 99 %, 99.9 % …
function percentilePanel(steps: readonly BenchStep[]): Panel {
	const nines = (percentile: number): number => Math.min(1, -Math.log10(1 - Math.min(percentile, 99.999) / 100) / 5);
	return {
		title: "Latency by percentile",
		lines: chosen(steps).map((step) => ({
			name: nameOf(step, steps),
			points: step.percentiles.map(([percentile, value]) => [nines(percentile), value]),
		})),
		ticks: [0, 90, 99, 99.9, 99.99, 99.999].map((percentile) => [nines(percentile), `${percentile} %`]),
		isLogarithmic: true,
		show: ms,
	};
}

function latencyPanel(steps: readonly BenchStep[]): Panel {
	const of = (name: string, pick: (sample: NonNullable<BenchSample["latencyMs"]>) => number): Line => ({
		name,
		points: timed(steps).flatMap(({ at, sample }) => (sample.latencyMs ? [[at, pick(sample.latencyMs)] as const] : [])),
	});
	return {
		title: "Latency over time",
		lines: [of("maximum", ({ max }) => max), of("p99", ({ p99 }) => p99), of("p50", ({ p50 }) => p50)],
		ticks: timeTicks(steps),
		isLogarithmic: true,
		show: ms,
	};
}

function throughputPanel(steps: readonly BenchStep[]): Panel {
	return {
		title: "Deliveries a second over time",
		lines: [{ name: "deliveries/s", points: timed(steps).map(({ at, sample }) => [at, sample.deliveriesPerSecond]) }],
		ticks: timeTicks(steps),
		isLogarithmic: false,
		show: count,
	};
}

// The measured times of all steps, one after the other, on an axis from 0 to 1.
function timed(steps: readonly BenchStep[]): { at: number; sample: BenchSample }[] {
	const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
	let begin = 0;
	const all = steps.flatMap(({ samples, seconds }) => {
		const own = samples.map((sample) => ({ at: (begin + sample.atSeconds) / total, sample }));
		begin += seconds;
		return own;
	});
	const every = Math.ceil(all.length / MOST_POINTS);
	return all.filter((_, index) => index % every === 0);
}

function timeTicks(steps: readonly BenchStep[]): (readonly [number, string])[] {
	const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
	const every = niceStep(total / 8);
	return Array.from({ length: Math.floor(total / every + 1e-9) + 1 }, (_, index) => [
		(index * every) / total,
		`${Number((index * every).toPrecision(4))} s`,
	]);
}

// The first, the last, and some between.
function chosen(steps: readonly BenchStep[]): readonly BenchStep[] {
	if (steps.length <= MOST_LINES) return steps;
	return Array.from(
		{ length: MOST_LINES },
		(_, index) => steps[Math.round((index * (steps.length - 1)) / (MOST_LINES - 1))]!,
	);
}

/** What distinguishes a step from the others. */
function nameOf(step: BenchStep, steps: readonly BenchStep[]): string {
	const { rate, outstanding, connections, rooms, senders, sizeBytes } = step;
	const parts = [
		["connections", `${count(connections)} clients`],
		["rooms", `${count(rooms)} rooms`],
		["sizeBytes", `${count(sizeBytes)} bytes`],
		["rate", `${count(rate ?? 0)}/s`],
		["outstanding", `${count(outstanding ?? 0)} under way`],
		["senders", `${count(senders)} senders`],
	] as const;
	const different = parts.filter(([key]) => steps.some((other) => other[key] !== step[key])).map(([, words]) => words);
	return different.slice(0, 2).join(", ") || (rate === undefined ? parts[4][1] : parts[3][1]);
}

function drawPanel({ title, lines, ticks, isLogarithmic, show }: Panel, top: number): string {
	const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
	const marks = isLogarithmic ? decades(values) : evenMarks(values);
	const [low, high] = [marks[0]!, marks.at(-1)!];
	const share = (value: number): number =>
		isLogarithmic ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
	const x = (at: number): number => LEFT + at * (WIDTH - LEFT - RIGHT);
	const y = (value: number): number => top + PANEL - share(value) * PANEL;
	const parts = [text(LEFT, top - 12, title, 'class="panel"')];
	for (const mark of marks) {
		parts.push(rule("grid", x(0), y(mark), x(1), y(mark)));
		parts.push(text(LEFT - 8, y(mark) + 4, show(mark), 'text-anchor="end"'));
	}
	for (const [at, words] of ticks) {
		parts.push(rule("axis", x(at), top + PANEL, x(at), top + PANEL + 5));
		parts.push(text(x(at), top + PANEL + 19, words, 'text-anchor="middle"'));
	}
	parts.push(rule("axis", x(0), top + PANEL, x(1), top + PANEL));
	for (const [index, { name, points }] of lines.entries()) {
		const dash = DASHES[index] ? ` stroke-dasharray="${DASHES[index]}"` : "";
		const shape = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
		const keyY = top + 8 + index * 20;
		parts.push(`<polyline class="line c${index}"${dash} points="${shape}"/>`);
		parts.push(`<path class="line c${index}"${dash} d="M${WIDTH - RIGHT + 10} ${keyY}h24"/>`);
		parts.push(text(WIDTH - RIGHT + 40, keyY + 4, name));
	}
	return parts.join("\n");
}

/** Powers of ten around the values. */
function decades(values: readonly number[]): number[] {
	const low = Math.floor(Math.log10(Math.max(0.001, least(values))));
	const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(0.001, most(values)))));
	return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

function evenMarks(values: readonly number[]): number[] {
	const step = niceStep(Math.max(1, most(values)) / 4);
	const steps = Math.max(1, Math.ceil(most(values) / step));
	return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

function least(values: readonly number[]): number {
	return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
	return values.reduce((a, b) => Math.max(a, b), 0);
}

/** The next of 1, 2, 5, 10 … */
function niceStep(value: number): number {
	const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
	return power * [1, 2, 5, 10].find((factor) => factor * power >= value)!;
}

function rule(kind: string, x1: number, y1: number, x2: number, y2: number): string {
	return `<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;
}

function text(x: number, y: number, words: string, more = ""): string {
	return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more === "" ? "" : ` ${more}`}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
	return words
		.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, "\ufffd")
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;");
}
