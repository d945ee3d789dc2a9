// The ceiling on the bytes that a server holds for its clients. Each connection has limits of its own, yet thousands of them together could
// fill the memory. Above the ceiling the server closes the connections for which it holds most, largest first.

import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "../link/index.ts";

/** A connection for which bytes are held. */
export interface Debtor {
	readonly heldBytes: number;
	/** Closes it at once. @param heldBytes the bytes that are held for all connections */
	cut(heldBytes: number): void;
}

/** A part of the server that holds bytes for connections. */
export interface MemoryHolder {
	/** The bytes that it holds for all of its connections. */
	heldBytes(): number;
	/** Its connections. Called only above the ceiling. */
	debtors(): Debtor[];
}

/** How often the bytes are counted, in milliseconds: seldom, and often while there is a lot of them. */
const SELDOM_MS = 250;
const OFTEN_MS = 50;
const A_LOT = 0.25;
/** Connections are closed until so much of the ceiling is left. */
const ENOUGH = 0.9;
const MEBIBYTE = 1024 * 1024;

/** Keeps the held bytes below a ceiling. */
export class MemoryCeiling {
	readonly #ceilingBytes: number;
	readonly #holders: readonly MemoryHolder[];
	readonly #usedBytes: () => number;
	#isAbove = false;
	#stop: (() => void) | undefined = undefined;

	/** @param usedBytes the memory that the process uses for objects and buffers, in bytes */
	constructor(ceilingBytes: number, holders: readonly MemoryHolder[], usedBytes: () => number = usedMemory) {
		this.#ceilingBytes = ceilingBytes;
		this.#holders = holders;
		this.#usedBytes = usedBytes;
	}

	/** The bytes that are held for all connections. */
	get heldBytes(): number {
		return this.#holders.reduce((sum, holder) => sum + holder.heldBytes(), 0);
	}

	/** Whether the ceiling was exceeded and no count since then has found less than 90 % of it. */
	get isAbove(): boolean {
		return this.#isAbove;
	}

	/** Counts at intervals until `stop`. @param guard runs each count; a throw must not end the process */
	start(clock: Clock, guard: (run: () => void) => void): void {
		const later = (delayMs: number): void => {
			this.#stop = clock.delay(delayMs, () => {
				let nextMs = SELDOM_MS;
				guard(() => {
					nextMs = this.check();
				});
				later(nextMs);
			});
		};
		later(SELDOM_MS);
	}

	/** Counts no more. */
	stop(): void {
		this.#stop?.();
	}

	/** Counts, and closes connections where that is needed. @returns milliseconds until the next count */
	check(): number {
		const held = this.heldBytes;
		if (held <= this.#ceilingBytes * ENOUGH) this.#isAbove = false;
		// Bytes that many connections share, as those of a broadcast, count for each of them. Where the process uses less than the ceiling, they
		// are no danger.
		else if (held > this.#ceilingBytes && this.#usedBytes() > this.#ceilingBytes) {
			this.#isAbove = true;
			this.#cut(held);
		}
		return held > this.#ceilingBytes * A_LOT ? OFTEN_MS : SELDOM_MS;
	}

	#cut(held: number): void {
		const debtors = this.#holders
			.flatMap((holder) => holder.debtors())
			.map((debtor) => ({ debtor, bytes: debtor.heldBytes }))
			.sort((a, b) => b.bytes - a.bytes);
		let left = held;
		for (const { debtor, bytes } of debtors) {
			if (left <= this.#ceilingBytes * ENOUGH) return;
			left -= bytes;
			debtor.cut(held);
		}
	}
}

/** A quarter of the machine's or the container's memory, at most half of the heap limit of this process, at least 64 MiB. */
export function defaultMemoryCeiling(): number {
	const constrained = process.constrainedMemory?.() ?? 0;
	const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
	return Math.max(64 * MEBIBYTE, Math.min(memory / 4, getHeapStatistics().heap_size_limit / 2));
}

/** The memory that this process uses for objects and buffers, in bytes. */
export function usedMemory(): number {
	const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
	return heap + external;
}
