// A connection inside one process or page: two ends, each a real Transport with a bounded buffer, half-close and backpressure.
// Tests and in-process servers use it instead of a port, and the server in a page has nothing else. It knows only a clock.

import type { Clock } from "./clock.ts";
import type { Transport, TransportEvents } from "./transport.ts";

const HIGH_WATER_BYTES = 64 * 1024;

/** Two connected ends. What one writes, the other receives in the same pieces, never within the same call. */
export function memoryPair(clock: Clock): [Transport, Transport] {
	const a = new MemoryTransport(clock);
	const b = new MemoryTransport(clock);
	a.connectTo(b);
	b.connectTo(a);
	return [a, b];
}

class MemoryTransport implements Transport {
	readonly kind = "memory";
	readonly remoteAddress = "memory";
	readonly #clock: Clock;
	#peer!: MemoryTransport;
	#events: TransportEvents | undefined = undefined;
	/** What the other end wrote and this end has not delivered yet; `undefined` is the end of the stream. */
	readonly #inbound: (Uint8Array | undefined)[] = [];
	#inboundBytes = 0;
	#paused = false;
	#scheduled = false;
	#needDrain = false;
	#endSent = false;
	#endSeen = false;
	#closed = false;
	#error: Error | undefined = undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	connectTo(peer: MemoryTransport): void {
		this.#peer = peer;
	}

	get bufferedBytes(): number {
		return this.#peer.#inboundBytes;
	}

	start(events: TransportEvents): void {
		this.#events = events;
		if (this.#closed) this.#tellClosed();
		else this.#schedule();
	}

	write(bytes: Uint8Array): boolean {
		if (this.#endSent || this.#closed) return true;
		this.#peer.#inbound.push(bytes);
		this.#peer.#inboundBytes += bytes.length;
		this.#peer.#schedule();
		if (this.#peer.#inboundBytes < HIGH_WATER_BYTES) return true;
		this.#needDrain = true;
		return false;
	}

	end(): void {
		if (this.#endSent || this.#closed) return;
		this.#endSent = true;
		this.#peer.#inbound.push(undefined);
		this.#peer.#schedule();
	}

	destroy(error?: Error): void {
		if (this.#closed) return;
		this.#close(error);
		const peer = this.#peer;
		queueMicrotask(() => {
			if (peer.#endSeen && peer.#endSent) peer.#close(undefined);
			else peer.#close(new Error("the other end was destroyed"));
		});
	}

	pause(): void {
		this.#paused = true;
	}

	resume(): void {
		this.#paused = false;
		this.#schedule();
	}

	#schedule(): void {
		if (this.#scheduled || this.#closed) return;
		this.#scheduled = true;
		this.#clock.afterTick(() => {
			this.#scheduled = false;
			this.#pump();
		});
	}

	#pump(): void {
		while (this.#events && !this.#paused && !this.#closed && this.#inbound.length > 0) {
			const piece = this.#inbound.shift();
			if (piece) {
				this.#inboundBytes -= piece.length;
				this.#events.bytes(piece);
				if (this.#peer.#needDrain && this.#inboundBytes === 0) {
					this.#peer.#needDrain = false;
					this.#peer.#events?.drain();
				}
			} else {
				this.#endSeen = true;
				this.#events.end();
			}
		}
		if (this.#endSeen && this.#endSent && this.#inbound.length === 0 && this.#peer.#endSeen) {
			this.#peer.#close(undefined);
			this.#close(undefined);
		}
	}

	#close(error: Error | undefined): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#error = error;
		this.#inbound.length = 0;
		this.#inboundBytes = 0;
		if (this.#events) this.#tellClosed();
	}

	#tellClosed(): void {
		queueMicrotask(() => this.#events!.close(this.#error));
	}
}
