// Another process of a relay, as the sender of its clients' documents. When a reader here is behind, that process is asked to hold its fast
// senders. What they have sent before it knows waits here, bounded: delivered at once it would disconnect the reader. Other clients' documents
// do not wait.

import type { Room } from "../rooms/index.ts";
import type { ClientPace, PacedClient, Sender } from "./paced-client.ts";
import type { SendingPace } from "./sending-pace.ts";

/** What may wait, as much as may be on its way to a worker that stood still. With more, all of it is delivered, and the limits of the readers apply. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

interface WaitingDocument {
	readonly client: string;
	readonly document: Uint8Array;
}

/** The clients of another process. */
export class RelaySender implements Sender {
	readonly share = undefined;
	pace: ClientPace | undefined = undefined;
	isConnected = true;
	readonly #members: Room<PacedClient>;
	readonly #pace: SendingPace;
	readonly #process: { hold(): void; release(): void };
	#isHeld = false;
	#waiting: WaitingDocument[] = [];
	#waitingBytes = 0;
	/** How many documents of each client wait. */
	readonly #clients = new Map<string, number>();

	/** @param process asks that process to hold its fast senders, and to release them. */
	constructor(members: Room<PacedClient>, pace: SendingPace, process: { hold(): void; release(): void }) {
		this.#members = members;
		this.#pace = pace;
		this.#process = process;
	}

	/** A document of a client there. @param isFast whether the client sends faster than its rate */
	received(client: string, document: Uint8Array, isFast: boolean): void {
		if (!this.#clients.has(client) && !(isFast && this.#isHeld)) {
			this.#deliver(document);
			return;
		}
		this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
		this.#waiting.push({ client, document });
		this.#waitingBytes += document.length;
		if (this.#waitingBytes > MAX_WAITING_BYTES) this.#deliverWaiting(true);
	}

	/** That process has ended. */
	gone(): void {
		this.isConnected = false;
		this.#deliverWaiting(true);
	}

	hold(): () => void {
		this.#isHeld = true;
		this.#process.hold();
		return () => {
			this.#isHeld = false;
			this.#deliverWaiting(false);
			// The rest waits for a reader that is behind again.
			if (!this.#isHeld) this.#process.release();
		};
	}

	#deliver(document: Uint8Array): void {
		this.#pace.slowDown(this, document.length, this.#members);
		this.#members.send(document);
	}

	#deliverWaiting(all: boolean): void {
		let count = 0;
		for (const { client, document } of this.#waiting) {
			if (!all && this.#isHeld) break;
			count++;
			const left = this.#clients.get(client)! - 1;
			if (left === 0) this.#clients.delete(client);
			else this.#clients.set(client, left);
			this.#waitingBytes -= document.length;
			this.#deliver(document);
		}
		this.#waiting = this.#waiting.slice(count);
	}
}
