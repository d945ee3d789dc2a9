// One direction of a bridge: its bounded queue, when its source is read, and whether its receiver still reads. It knows neither side's
// protocol, and closes nothing.

import type { Transport } from "../link/index.ts";
import type { BridgeTurns, TurnTaker } from "./bridge-turns.ts";
import { ByteQueue } from "./byte-queue.ts";

const HIGH_BYTES = 256 * 1024;
const LOW_BYTES = 64 * 1024;

/** One direction. */
export class BridgeDirection implements TurnTaker {
	readonly queue: ByteQueue = new ByteQueue();
	/** Bytes received for this direction. */
	bytes = 0;
	/** Whether the receiver takes no more for now. */
	isBlocked = false;
	tick = 0;
	tickBytes = 0;
	readonly #turns: BridgeTurns;
	#written = 0;
	#taken = 0;
	/** When the receiver last read something. */
	#progressAtMs: number;
	/** Why the source is paused. */
	#isFull = false;
	#isResting = false;

	constructor(turns: BridgeTurns, nowMs: number) {
		this.#turns = turns;
		this.#progressAtMs = nowMs;
	}

	/** Whether the source is not read because too much waits. A source that waits for its turn counts as read. */
	get isFull(): boolean {
		return this.#isFull;
	}

	/** The source has sent a chunk: pauses it where too much waits, or where others have their turn first. */
	received(chunk: Uint8Array, source: Transport, sink: Transport | undefined): void {
		const wasPaused = this.#isFull || this.#isResting;
		this.#isFull ||= this.queue.bytes + (sink?.bufferedBytes ?? 0) >= HIGH_BYTES;
		if (this.#turns.spend(this, chunk.length) && !this.#isResting) {
			this.#isResting = true;
			this.#turns.wait(() => {
				this.#isResting = false;
				if (!this.#isFull) source.resume();
			});
		}
		if (!wasPaused && (this.#isFull || this.#isResting)) source.pause();
	}

	/** Writes what waits, until the receiver takes no more. @returns whether the source can be read again, where it was not. */
	writeTo(sink: Transport, nowMs: () => number): boolean {
		while (!this.isBlocked) {
			const piece = this.queue.take();
			if (!piece) break;
			if (this.#written === this.#taken) this.#progressAtMs = nowMs();
			this.#written += piece.length;
			this.isBlocked = !sink.write(piece) && sink.bufferedBytes > 0;
		}
		return this.#isFull && this.queue.bytes + sink.bufferedBytes <= LOW_BYTES;
	}

	/** Reads the source again where too much waited. @returns whether it was so. */
	release(source: Transport | undefined): boolean {
		if (!this.#isFull) return false;
		this.#isFull = false;
		if (!this.#isResting) source?.resume();
		return true;
	}

	/** Whether the receiver has read nothing of what waits for this time. */
	isStuck(sink: Transport, nowMs: number, timeoutMs: number): boolean {
		const waiting = this.queue.bytes + sink.bufferedBytes;
		const taken = this.#written - sink.bufferedBytes;
		// Frame headers count as buffered and not as written, so only an increase is progress.
		if (waiting === 0 || taken > this.#taken) {
			this.#taken = waiting === 0 ? this.#written : taken;
			this.#progressAtMs = nowMs;
		}
		return timeoutMs > 0 && nowMs - this.#progressAtMs >= timeoutMs;
	}
}
