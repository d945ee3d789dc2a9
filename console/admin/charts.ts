// The charts of the last hour. Each has a heading with the values at the pointer, or the newest ones, and a sentence for those who cannot see
// it. The pointer is at the same time in all charts. uPlot draws the lines; the colours are those of the page's style.

import uPlot from "uplot";
import { make, setAttribute, setText } from "../dom.ts";
import { type SampleField, type SampleHistory, WINDOW_SECONDS } from "./history.ts";
import { timeWords } from "./words.ts";

/** One line of a chart. */
export interface ChartLine {
	readonly field: SampleField;
	readonly label: string;
	/** The name of its colour in the style: `--t1`. */
	readonly colour: string;
}

/** A chart: lines with the same unit. */
export interface ChartSpec {
	readonly title: string;
	readonly lines: readonly ChartLine[];
	/** A value in words, also beside the axis. */
	words(value: number): string;
	/** The axis shows at least this much, so that noise does not look like a change. */
	readonly atLeast: number;
	/** Steps of the axis are powers of two. */
	readonly isBytes?: boolean;
}

const HEIGHT_PX = 140;
const AXIS_PX = 62;
/** A daemon that has just started has few samples. */
const LEAST_SECONDS = 300;
const BINARY_STEPS = Array.from({ length: 42 }, (_, at) => 2 ** at);

/** All charts, in one element. */
export class Charts {
	readonly #charts: readonly Chart[];

	constructor(element: HTMLElement, specs: readonly ChartSpec[], history: SampleHistory, now: () => number) {
		this.#charts = specs.map((spec) => new Chart(spec, history, now));
		element.replaceChildren(...this.#charts.map((chart) => chart.element));
		const resize = new ResizeObserver(() => {
			for (const chart of this.#charts) chart.fit();
		});
		resize.observe(element);
		const scheme = matchMedia("(prefers-color-scheme: dark)");
		scheme.addEventListener("change", () => this.#redraw());
		matchMedia("(forced-colors: active)").addEventListener("change", () => this.#redraw());
	}

	/** Draws the samples that there are now. */
	draw(): void {
		for (const chart of this.#charts) chart.draw();
	}

	#redraw(): void {
		for (const chart of this.#charts) chart.redraw();
	}
}

class Chart {
	readonly element: HTMLElement;
	readonly #spec: ChartSpec;
	readonly #history: SampleHistory;
	readonly #now: () => number;
	readonly #place: HTMLElement = make("div", "a-plot");
	readonly #time: HTMLElement = make("span", "muted a-chart-time");
	readonly #values: readonly HTMLElement[];
	readonly #legend: readonly HTMLElement[];
	#plot: uPlot | undefined = undefined;
	#colours: CSSStyleDeclaration;

	constructor(spec: ChartSpec, history: SampleHistory, now: () => number) {
		this.#spec = spec;
		this.#history = history;
		this.#now = now;
		this.#values = spec.lines.map(() => make("b", ""));
		this.#legend = spec.lines.map((line, at) => {
			const label = spec.lines.length > 1 ? [make("span", "", line.label)] : [];
			const entry = make("span", "a-legend", ...label, this.#values[at]!);
			entry.style.setProperty("--tint", `var(${line.colour})`);
			return entry;
		});
		const title = make("h3", "", spec.title);
		this.#place.setAttribute("role", "img");
		this.element = make("figure", "a-chart", make("figcaption", "", title, this.#time, ...this.#legend), this.#place);
		this.#colours = getComputedStyle(this.element);
	}

	/** Takes the width of its place. */
	fit(): void {
		const width = Math.floor(this.#place.clientWidth);
		if (width === 0) return;
		if (!this.#plot) this.#create(width);
		else if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT_PX });
	}

	draw(): void {
		if (!this.#plot) this.fit();
		this.#plot?.setData(this.#data());
		this.#showValues();
		this.#describe();
	}

	redraw(): void {
		this.#plot?.redraw();
	}

	#data(): uPlot.AlignedData {
		return this.#history.columns(this.#spec.lines.map(({ field }) => field)) as uPlot.AlignedData;
	}

	#colour(name: string): string {
		return this.#colours.getPropertyValue(name).trim() || "gray";
	}

	#create(width: number): void {
		const { lines, words, atLeast, isBytes } = this.#spec;
		const axis: uPlot.Axis = {
			stroke: () => this.#colour("--muted"),
			font: "12px system-ui, sans-serif",
			grid: { stroke: () => this.#colour("--line"), width: 1 },
			ticks: { show: false },
		};
		const options: uPlot.Options = {
			width,
			height: HEIGHT_PX,
			legend: { show: false },
			padding: [8, 8, 0, 0],
			cursor: {
				sync: { key: "xmlsocket-admin" },
				drag: { x: false, y: false },
				y: false,
				points: { size: 7 },
			},
			scales: {
				x: {
					range: () => {
						const end = this.#now() / 1000;
						const first = Math.min(this.#history.firstAt, end - LEAST_SECONDS);
						return [Math.max(first, end - WINDOW_SECONDS), end];
					},
				},
				y: { range: (_plot, _least, most) => [0, Math.max(atLeast, (most ?? 0) * 1.1)] },
			},
			axes: [
				{ ...axis, size: 28, space: 60, values: (_plot, times) => times.map(clockWords) },
				{
					...axis,
					size: AXIS_PX,
					space: 32,
					...(isBytes && { incrs: BINARY_STEPS }),
					values: (_plot, splits) => splits.map((split) => words(split)),
				},
			],
			series: [
				{},
				...lines.map(({ label, colour }, at) => ({
					label,
					width: 1.5,
					stroke: () => this.#colour(colour),
					points: { show: false },
					...(at === 0 && { fill: () => `${this.#colour(colour)}1f` }),
				})),
			],
			hooks: { setCursor: [() => this.#showValues()] },
		};
		this.#plot = new uPlot(options, this.#data(), this.#place);
	}

	// At the pointer, or the newest.
	#showValues(): void {
		const plot = this.#plot;
		if (!plot) return;
		const times = plot.data[0];
		const at = plot.cursor.idx ?? times.length - 1;
		const isPast = plot.cursor.idx !== null && plot.cursor.idx !== undefined && plot.cursor.idx < times.length - 1;
		for (const [line, element] of this.#values.entries()) {
			const value = plot.data[line + 1]?.[at];
			setText(element, value === null || value === undefined ? "–" : this.#spec.words(value));
		}
		setText(this.#time, isPast ? timeWords(times[at]! * 1000, this.#now()) : "");
	}

	#describe(): void {
		const [, ...columns] = this.#data();
		const sentences = this.#spec.lines.map(({ label }, line) => {
			const values = [...(columns[line] ?? [])].filter((value) => typeof value === "number");
			const last = values.at(-1);
			// Not every daemon measures everything.
			this.#legend[line]!.hidden = last === undefined && line > 0;
			if (last === undefined) return "";
			const most = values.reduce((highest, value) => Math.max(highest, value), 0);
			return `${label}: now ${this.#spec.words(last)}, at most ${this.#spec.words(most)}.`;
		});
		setAttribute(this.#place, "aria-label", `${this.#spec.title}, the last hour. ${sentences.join(" ")}`);
	}
}

function clockWords(seconds: number): string {
	return new Date(seconds * 1000).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
