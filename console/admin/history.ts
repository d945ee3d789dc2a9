// The samples of the last hour for the charts: those that the daemon has kept, and the newest one of the live stream. Where samples are
// missing, for example while the daemon was stopped, the lines have a gap. It draws nothing.

import type { Sample } from "./api-types.ts";
import { timeOf } from "./words.ts";

/** A number of a sample. */
export type SampleField = Exclude<keyof Sample, "at">;

export const WINDOW_SECONDS = 3600;
/** A sample each 10 s; a gap is longer. */
const GAP_SECONDS = 25;
const STEP_SECONDS = 10;
const MAX_SAMPLES = 1000;

interface Point {
	readonly at: number;
	readonly sample: Sample;
}

/** Samples in the order of their times. */
export class SampleHistory {
	#points: Point[] = [];
	/** The newest one of the live stream, until the next step begins. */
	#live: Point | undefined = undefined;

	/** The newest sample. */
	get newest(): Sample | undefined {
		return (this.#live ?? this.#points.at(-1))?.sample;
	}

	/** The time of the oldest sample in seconds since 1970; infinity: there is none. */
	get firstAt(): number {
		return (this.#points[0] ?? this.#live)?.at ?? Number.POSITIVE_INFINITY;
	}

	/** Adds what the daemon has kept. Older samples of this page stay: a daemon that was restarted has lost them. */
	add(samples: readonly Sample[]): void {
		const added = samples.map(pointOf).filter(({ at }) => !Number.isNaN(at));
		const first = added[0]?.at ?? Number.POSITIVE_INFINITY;
		this.#points = [...this.#points.filter(({ at }) => at < first), ...added];
		const last = this.#points.at(-1)?.at ?? 0;
		if (this.#live && this.#live.at <= last) this.#live = undefined;
		this.#trim();
	}

	/** Adds a sample of the live stream. */
	addLive(sample: Sample): void {
		const point = pointOf(sample);
		if (Number.isNaN(point.at)) return;
		const last = this.#points.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
		if (point.at <= last) return;
		this.#live = point;
		if (point.at - last >= STEP_SECONDS) {
			this.#points.push(point);
			this.#trim();
		}
	}

	/** Removes everything. */
	clear(): void {
		this.#points = [];
		this.#live = undefined;
	}

	/** The times in seconds since 1970, and for each field its values; null: none is known. */
	columns(fields: readonly SampleField[]): [number[], ...(number | null)[][]] {
		const points = this.#live && this.#live !== this.#points.at(-1) ? [...this.#points, this.#live] : this.#points;
		const times: number[] = [];
		const values: (number | null)[][] = fields.map(() => []);
		for (const [at, { at: time, sample }] of points.entries()) {
			const before = points[at - 1]?.at ?? time;
			if (time - before > GAP_SECONDS) {
				times.push(before + STEP_SECONDS);
				for (const column of values) column.push(null);
			}
			times.push(time);
			for (const [column, field] of fields.entries()) values[column]!.push(sample[field] ?? null);
		}
		return [times, ...values];
	}

	#trim(): void {
		const newest = this.#points.at(-1)?.at ?? 0;
		const first = this.#points.findIndex(({ at }) => at >= newest - WINDOW_SECONDS);
		this.#points = this.#points.slice(Math.max(first, this.#points.length - MAX_SAMPLES));
	}
}

function pointOf(sample: Sample): Point {
	return { at: timeOf(sample.at) / 1000, sample };
}
