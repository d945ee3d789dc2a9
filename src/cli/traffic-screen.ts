// Prints traffic on a stream and never waits for its reader: a stopped terminal, or a program that reads slowly, slows nobody. What does not fit
// is left out, and a line says how much. Lines are made in short batches, so that the traffic itself comes first.

import type { Writable } from "node:stream";
import type { TrafficEvent } from "../tools/traffic/index.ts";

/** How events become lines. */
export interface ScreenOptions {
	readonly stream: Writable;
	/** The line of an event without its line break; undefined: it is not shown. Called once for each event, in order. */
	show(event: TrafficEvent): string | undefined;
	/** An event that is left out. Called instead of `show`. */
	leftOut(event: TrafficEvent): void;
	/** The line about events that were left out. */
	gap(events: number): string;
}

const BATCH_MS = 5;
/** How long a batch may take before the event loop gets its turn. */
const SLICE_MS = 1;
const MAX_WAITING_EVENTS = 10_000;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Events that were left out at one place. */
interface Gap {
	events: number;
}

/** Traffic on a stream. */
export class TrafficScreen {
	/** Events that were left out since the start. */
	leftOut = 0;
	readonly #options: ScreenOptions;
	#waiting: (TrafficEvent | Gap)[] = [];
	/** The first of them that was not shown. */
	#at = 0;
	#waitingBytes = 0;
	#isLeavingOut = false;
	#timer: NodeJS.Timeout | undefined = undefined;

	constructor(options: ScreenOptions) {
		this.#options = options;
		unblock(options.stream);
		options.stream.on("drain", () => this.#schedule());
	}

	/** Shows an event soon. */
	add(event: TrafficEvent): void {
		const events = this.#waiting.length - this.#at;
		// Once something is left out, more is until half of the place is free, so that lines and gaps do not alternate.
		const part = this.#isLeavingOut ? 2 : 1;
		this.#isLeavingOut = events * part > MAX_WAITING_EVENTS || this.#waitingBytes * part > MAX_WAITING_BYTES;
		if (this.#isLeavingOut) {
			this.leftOut++;
			const last = this.#waiting.at(-1);
			if (last && "events" in last) last.events++;
			else this.#waiting.push({ events: 1 });
			this.#options.leftOut(event);
		} else {
			this.#waiting.push(event);
			this.#waitingBytes += sizeOf(event);
		}
		this.#schedule();
	}

	/** Shows a line of the program itself. */
	note(line: string): void {
		const { stream } = this.#options;
		if (stream.writableLength <= MAX_UNREAD_BYTES) stream.write(`${line}\n`);
	}

	/** Shows all that waits. Resolves when it is written, or after `withinMs`; what does not fit by then is left out. */
	async flush(withinMs: number): Promise<void> {
		const { stream } = this.#options;
		const deadline = performance.now() + withinMs;
		while (this.#at < this.#waiting.length && performance.now() < deadline) {
			this.#batch(deadline - performance.now());
			if (stream.writableLength > 0) await drained(stream, deadline - performance.now());
		}
		for (const entry of this.#waiting.splice(0).slice(this.#at)) {
			if ("events" in entry) continue;
			this.leftOut++;
			this.#options.leftOut(entry);
		}
		this.#at = 0;
		if (stream.writableLength > 0) await drained(stream, deadline - performance.now());
	}

	#schedule(): void {
		if (this.#timer || this.#at === this.#waiting.length) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			this.#batch(SLICE_MS);
			if (this.#options.stream.writableLength <= MAX_UNREAD_BYTES) this.#schedule();
		}, BATCH_MS);
	}

	#batch(forMs: number): void {
		const { stream, show, gap } = this.#options;
		const until = performance.now() + forMs;
		let lines = "";
		while (this.#at < this.#waiting.length && stream.writableLength + lines.length <= MAX_UNREAD_BYTES) {
			const entry = this.#waiting[this.#at++]!;
			if ("events" in entry) lines += `${gap(entry.events)}\n`;
			else {
				this.#waitingBytes -= sizeOf(entry);
				const line = show(entry);
				if (line !== undefined) lines += `${line}\n`;
			}
			if (performance.now() > until) break;
		}
		if (this.#at === this.#waiting.length) {
			this.#waiting = [];
			this.#at = 0;
		} else if (this.#at > 1000) {
			this.#waiting.splice(0, this.#at);
			this.#at = 0;
		}
		if (lines !== "") stream.write(lines);
	}
}

function sizeOf(event: TrafficEvent): number {
	return "bytes" in event ? event.bytes.length : 0;
}

function drained(stream: Writable, withinMs: number): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, Math.max(0, withinMs));
		stream.write("", () => {
			clearTimeout(timer);
			resolve();
		});
	});
}

// Node writes to a terminal with calls that wait, so that a stopped terminal would stop the process. A file is written so too, which is
// fast; pipes do not wait.
function unblock(stream: Writable): void {
	const { isTTY, _handle } = stream as Writable & {
		isTTY?: boolean;
		_handle?: { setBlocking?(blocks: boolean): unknown };
	};
	if (isTTY) _handle?.setBlocking?.(false);
}
