// Waiting for the connections of a run. A time limit counts turns of the event loop, not the clock alone: when this process, or the
// machine, stops for a second, a limit of 3 s does not become one of 2 s, and no server fails because the machine was busy.

import { XMLSocketError } from "../../errors/index.ts";
import { onAbort } from "../../link/index.ts";

const TICK_MS = 20;
/** The pause between two pieces that a server should read one by one. */
const SEGMENT_GAP_MS = 8;

/** New connections a second to another machine, and to a server that limits them. */
export const LIMITED_CONNECTS = 12;
const SLOWEST_CONNECTS = 3;
const RETRY_AFTER_MS = 800;

/** What the clients of a run report to, and what its cases wait with. */
export class Activity {
	readonly signal: AbortSignal | undefined;
	/** The time that `until` has waited in all, as it counts it, in milliseconds. */
	waitedMs = 0;
	/** How long a server gets to end its direction after the client has ended its own, in milliseconds. */
	lingerMs = 500;
	/** New connections a second. Other machines often limit them for each address. */
	connectsPerSecond: number = Number.POSITIVE_INFINITY;
	#nextConnectMs = 0;
	readonly #listeners = new Set<() => void>();

	constructor(signal: AbortSignal | undefined) {
		this.signal = signal;
	}

	/** A client received something, or its connection ended. */
	notify(): void {
		for (const listener of [...this.#listeners]) listener();
	}

	/** Waits for a condition, which it checks after each notification. Resolves with false after `limitMs`. @throws XMLSOCKET_ABORTED */
	until(condition: () => boolean, limitMs: number): Promise<boolean> {
		this.checkAborted();
		if (condition()) return Promise.resolve(true);
		return new Promise((resolve, reject) => {
			let ticksLeft = Math.max(1, Math.ceil(limitMs / TICK_MS));
			let settled = false;
			const settle = (): void => {
				settled = true;
				clearInterval(timer);
				this.#listeners.delete(check);
				offAbort();
			};
			const check = (): void => {
				if (settled || !condition()) return;
				settle();
				resolve(true);
			};
			// setImmediate: what has arrived meanwhile is read before the tick counts.
			const tick = (): void => {
				check();
				if (settled) return;
				this.waitedMs += TICK_MS;
				if (--ticksLeft > 0) return;
				settle();
				resolve(false);
			};
			const timer = setInterval(() => setImmediate(tick), TICK_MS);
			const offAbort = onAbort(this.signal, () => {
				settle();
				reject(aborted(this.signal));
			});
			this.#listeners.add(check);
		});
	}

	/** Waits for a time, without a condition. @throws XMLSOCKET_ABORTED */
	async pause(ms: number): Promise<void> {
		await this.until(() => false, ms);
	}

	/** Waits so long that a server on this machine has read what was written before. @throws XMLSOCKET_ABORTED */
	async segmentGap(): Promise<void> {
		this.checkAborted();
		await new Promise((resolve) => setTimeout(resolve, SEGMENT_GAP_MS));
		await this.turn();
	}

	/** Waits until another connection may be opened. @throws XMLSOCKET_ABORTED */
	async connectTurn(): Promise<void> {
		this.checkAborted();
		const nowMs = performance.now();
		const atMs = Math.max(nowMs, this.#nextConnectMs);
		this.#nextConnectMs = atMs + 1000 / this.connectsPerSecond;
		if (atMs > nowMs) await this.pause(atMs - nowMs);
	}

	/** A new connection was ended at once, perhaps because there were too many of them. Waits, and opens further ones more slowly. @throws XMLSOCKET_ABORTED */
	async slowDown(): Promise<void> {
		this.connectsPerSecond = Math.max(SLOWEST_CONNECTS, Math.min(this.connectsPerSecond / 2, LIMITED_CONNECTS));
		await this.pause(RETRY_AFTER_MS);
	}

	/** Waits for one turn of the event loop. */
	async turn(): Promise<void> {
		await new Promise((resolve) => setImmediate(resolve));
	}

	/** @throws XMLSOCKET_ABORTED */
	checkAborted(): void {
		if (this.signal?.aborted) throw aborted(this.signal);
	}
}

function aborted(signal: AbortSignal | undefined): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ABORTED", "The conformance suite was aborted.", { cause: signal?.reason });
}
