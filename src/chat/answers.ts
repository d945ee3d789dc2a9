// Answers that are much longer, or cost much more, than what asks for them: pages of members, of rooms and of history, what answers a
// `join`, and a new name, which is announced to many. A client gets them one at a time, no faster than it reads them, and within a rate. What it sends meanwhile waits, so no
// other client waits for it.

import type { Clock } from "../link/index.ts";
import { ByteRate, type Rate } from "./byte-rate.ts";
import type { ChatClient } from "./chat-client.ts";
import { hasSpace, outboxHasSpace } from "./outbox-space.ts";

/** Long answers to one client. `address-shares.ts` has the rate for all clients of an address. */
const RATE: Rate = { bytesPerSecond: 256 * 1024, burstBytes: 512 * 1024 };
/** An item of a list that is looked at costs as much time as so many bytes that are sent. */
const ITEM_COST_BYTES = 16;
/** So does a short document to one receiver. */
const ANNOUNCED_COST_BYTES = 64;
/** The longest wait before the rate is checked again, in milliseconds. */
const MAX_WAIT_MS = 1000;

/** Gives long answers. */
export class Answers {
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/**
	 * Calls `answer` when the client can take a long answer: at once, or later, and never for a client that is gone. Where its connection
	 * has broken, nothing is waited for: a `join` still counts for the messages behind it.
	 *
	 * @returns nothing where it was called at once. What it throws is thrown, or rejects the promise.
	 */
	give(client: ChatClient, answer: () => void | Promise<void>): void | Promise<void> {
		if (!client.peer.isOpen || (hasSpace(client) && this.#overMs(client) === 0)) return answer();
		return this.#giveLater(client, answer);
	}

	/** Counts what an answer has cost. @param bytes its length, and what finding it costs in proportion. */
	count(client: ChatClient, bytes: number): void {
		const nowMs = this.#clock.now();
		client.answerRate ??= new ByteRate(RATE, nowMs);
		client.answerRate.add(bytes, nowMs);
		client.share?.answers.add(bytes, nowMs);
	}

	/** Counts a list. @param items how many were looked at to make it. */
	countList(client: ChatClient, text: string, items: number): void {
		this.count(client, text.length + items * ITEM_COST_BYTES);
	}

	/** Counts what is announced to `receivers` because of a client's request. */
	countAnnounced(client: ChatClient, receivers: number): void {
		this.count(client, receivers * ANNOUNCED_COST_BYTES);
	}

	async #giveLater(client: ChatClient, answer: () => void | Promise<void>): Promise<void> {
		for (;;) {
			await outboxHasSpace(client, this.#clock);
			if (client.gone) return;
			if (!client.peer.isOpen) return answer();
			const overMs = this.#overMs(client);
			if (overMs === 0) {
				let later: void | Promise<void> = undefined;
				client.peer.account(() => {
					later = answer();
				});
				return later;
			}
			await new Promise<void>((resolve) => this.#clock.delay(Math.min(overMs, MAX_WAIT_MS), resolve));
		}
	}

	#overMs(client: ChatClient): number {
		const nowMs = this.#clock.now();
		return Math.max(client.answerRate?.overMs(nowMs) ?? 0, client.share?.answers.overMs(nowMs) ?? 0);
	}
}
