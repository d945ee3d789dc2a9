// Slows clients that send much while their receivers cannot read so much. Without it, a few fast senders would fill the outbox of a slower
// reader, and the reader would be disconnected for it. A client below the rate is never slowed, so a reader that does not read delays
// fast senders alone, and those no longer than `PATIENCE_MS`. docs/operating.md, "Bounds".

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import { ByteRate, type Rate } from "./byte-rate.ts";
import { drainedOrLater } from "./outbox-space.ts";
import type { ClientPace, PacedClient, Sender } from "./paced-client.ts";

/** What one client sends to others, in outgoing bytes. `address-shares.ts` has the rate for all clients of an address. */
const RATE: Rate = { bytesPerSecond: 64 * 1024, burstBytes: 64 * 1024 };
/** How long fast senders wait for one reader. A reader that is behind for longer is disconnected by the limits of its own outbox. */
export const PATIENCE_MS: number = 10_000;
const RECHECK_MS = 1000;
/** A fast sender's receivers are looked at each time it has sent so much for each of them, so that looking costs less than sending. */
const SCAN_BYTES_PER_RECEIVER = 8;
const MAX_SCAN_BYTES = 8 * 1024;

/** Those who receive a document; a room is one. */
export interface Receivers {
	readonly size: number;
	members(): Iterable<PacedClient>;
}

/** The pace of all clients. */
export class SendingPace {
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * Counts a document that a client sends to others. Holds the client where it sends fast and a receiver has not read enough.
	 *
	 * @param waitingBytes what else is on its way to all of the receivers.
	 * @returns whether the client sends faster than its rate.
	 * @throws XMLSOCKET_SENDING_TOO_FAST where the document would disconnect a receiver that still reads; for fast senders only.
	 */
	check(client: Sender, bytes: number, receivers: Receivers, waitingBytes = 0): boolean {
		if (!this.count(client, bytes)) return false;
		if (this.#slowDown(client, client.pace!, bytes, receivers, waitingBytes)) throw tooFast();
		return true;
	}

	/** As `check`, where documents cannot be refused. */
	slowDown(client: Sender, bytes: number, receivers: Receivers): boolean {
		const isFast = this.count(client, bytes);
		if (isFast) this.#slowDown(client, client.pace!, bytes, receivers, 0);
		return isFast;
	}

	// Returns whether the document would disconnect a receiver.
	#slowDown(client: Sender, pace: ClientPace, bytes: number, receivers: Receivers, waitingBytes: number): boolean {
		pace.unscannedBytes += bytes;
		if (pace.unscannedBytes < Math.min(MAX_SCAN_BYTES, receivers.size * SCAN_BYTES_PER_RECEIVER)) return false;
		pace.unscannedBytes = 0;
		const { behind, isFull } = this.#findBehind(receivers, bytes + waitingBytes);
		if (behind && !pace.isHeld) void this.#holdFor(client, pace, behind);
		return isFull;
	}

	/** Counts a document that a client sends to others, and holds nobody. @returns as `check` */
	count(client: Sender, bytes: number): boolean {
		const nowMs = this.#clock.now();
		client.pace ??= { rate: new ByteRate(RATE, nowMs), unscannedBytes: MAX_SCAN_BYTES, isHeld: false };
		const isFast = client.pace.rate.add(bytes, nowMs);
		return client.share ? client.share.sending.add(bytes, nowMs) || isFast : isFast;
	}

	// The first receiver that is behind, and whether the bytes are too many for any that is.
	#findBehind(
		receivers: Receivers,
		bytes: number,
	): { readonly behind: PacedClient | undefined; readonly isFull: boolean } {
		const nowMs = this.#clock.now();
		let behind: PacedClient | undefined;
		let isFull = false;
		for (const receiver of receivers.members()) {
			if (!isBehind(receiver)) {
				receiver.behindSinceMs = undefined;
				continue;
			}
			receiver.behindSinceMs ??= nowMs;
			if (nowMs - receiver.behindSinceMs >= PATIENCE_MS) continue;
			behind ??= receiver;
			isFull ||= receiver.peer.outboxBytes + bytes > receiver.peer.maxOutboxBytes;
		}
		return { behind, isFull };
	}

	async #holdFor(client: Sender, pace: ClientPace, receiver: PacedClient): Promise<void> {
		pace.isHeld = true;
		const release = client.hold();
		// What was sent in this tick has not been written yet.
		await new Promise<void>((resolve) => this.#clock.afterTick(resolve));
		for (;;) {
			const { behindSinceMs } = receiver;
			if (!client.isConnected || receiver.gone || behindSinceMs === undefined || !isBehind(receiver)) break;
			const leftMs = behindSinceMs + PATIENCE_MS - this.#clock.now();
			if (leftMs <= 0) break;
			await drainedOrLater(receiver, this.#clock, Math.min(leftMs, RECHECK_MS));
		}
		pace.isHeld = false;
		pace.unscannedBytes = MAX_SCAN_BYTES;
		release();
	}
}

function isBehind({ peer }: PacedClient): boolean {
	return peer.outboxBytes > peer.softOutboxBytes / 2;
}

function tooFast(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SENDING_TOO_FAST",
		"You send faster than a receiver reads: the message was not sent to anyone.",
	);
}
