// Sends the messages of one step. With a rate, message k is to be sent at start + k / rate, whatever the server does, and its latency counts
// from then on, so that a server that stands still makes the messages that it delays slow too. Without a rate, a sender sends its next
// message when one has arrived.

import type { LoadClient } from "./load-client.ts";
import type { SentCount } from "./measurement.ts";
import type { MessageTemplate } from "./message.ts";

/** How late a timer may be without a delay of messages: timers are not exact, and the server must not pay for that. */
const TIMER_US = 2000;
const MAX_BATCH_BYTES = 64 * 1024;
const LONGEST_WAIT_MS = 50;

interface Sender extends SentCount {
	/** Messages that are to be sent by now. */
	due: number;
	/** Closed loop: the times at which the messages that are due became due; open loop: unused. */
	readonly dueUs: number[];
	readonly template: MessageTemplate;
}

/** How to send. */
export interface SendingParts {
	readonly clients: readonly LoadClient[];
	/** The place of each sender: its room, and its number within the room. */
	readonly places: readonly { readonly room: number; readonly place: number; readonly template: MessageTemplate }[];
	readonly rate: number | undefined;
	readonly outstanding: number | undefined;
	/** What each sender writes before its first message. */
	readonly first?: Buffer | undefined;
	readonly nowUs: () => number;
}

/** The senders of one step; sender i is client i. */
export class Sending {
	readonly senders: readonly Sender[];
	/** Messages written since the last sample. */
	recent = 0;
	/** Messages written. */
	sent = 0;
	readonly #parts: SendingParts;
	#startUs = 0;
	/** The number of the next message of all senders. */
	#next = 0;
	#timer: NodeJS.Timeout | undefined;
	#isRunning = false;
	#returned = new Set<Sender>();

	constructor(parts: SendingParts) {
		this.#parts = parts;
		this.senders = parts.places.map(({ room, place, template }, index) => ({
			client: parts.clients[index]!,
			room,
			place,
			template,
			sent: 0,
			refused: 0,
			due: 0,
			dueUs: [],
		}));
	}

	/** Messages that were to be sent, by senders that are still connected, and have not been written. */
	get unsent(): number {
		return this.senders.reduce((sum, { client, due, sent }) => (client.isClosed ? sum : sum + due - sent), 0);
	}

	begin(): void {
		this.#isRunning = true;
		if (this.#parts.first) for (const { client } of this.senders) client.write(this.#parts.first);
		this.#startUs = this.#parts.nowUs();
		if (this.#parts.rate !== undefined) {
			this.#tick();
			return;
		}
		const { outstanding = 1 } = this.#parts;
		for (const sender of this.senders) {
			for (let count = 0; count < outstanding; count++) this.#makeDue(sender, this.#startUs);
			this.#flush(sender);
		}
	}

	/** Makes no further message due. Those that are due are still written as the server reads. */
	stop(): void {
		clearTimeout(this.#timer);
		if (this.#parts.rate !== undefined && this.#isRunning) this.#sendDue();
		this.#isRunning = false;
	}

	/** A message has arrived; for the closed loop. */
	returned(index: number): void {
		if (!this.#isRunning || this.#parts.rate !== undefined) return;
		const sender = this.senders[index]!;
		this.#makeDue(sender, this.#parts.nowUs());
		// Several messages can arrive in one chunk.
		if (this.#returned.size === 0)
			queueMicrotask(() => {
				const all = [...this.#returned];
				this.#returned.clear();
				for (const one of all) this.#flush(one);
			});
		this.#returned.add(sender);
	}

	/** More can be written for a client. */
	drained(client: LoadClient): void {
		const sender = this.senders[client.index];
		if (sender) this.#flush(sender);
	}

	#tick(): void {
		this.#sendDue();
		const nextMs = (this.#startUs + (this.#next * 1e6) / this.#parts.rate! - this.#parts.nowUs()) / 1000;
		this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.min(LONGEST_WAIT_MS, Math.floor(nextMs))));
	}

	#sendDue(): void {
		const due = new Set<Sender>();
		const count = Math.floor(((this.#parts.nowUs() - this.#startUs) * this.#parts.rate!) / 1e6) + 1;
		for (; this.#next < count; this.#next++) {
			const sender = this.senders[this.#next % this.senders.length]!;
			if (sender.client.isClosed) continue;
			sender.due++;
			due.add(sender);
		}
		for (const sender of due) this.#flush(sender);
	}

	#makeDue(sender: Sender, nowUs: number): void {
		sender.due++;
		sender.dueUs.push(nowUs);
	}

	#flush(sender: Sender): void {
		const { client, template } = sender;
		while (sender.sent < sender.due && client.canWrite && !client.isClosed) {
			const most = Math.max(1, Math.floor(MAX_BATCH_BYTES / template.length));
			const count = Math.min(sender.due - sender.sent, most);
			const bytes = Buffer.allocUnsafe(count * template.length);
			const nowUs = this.#parts.nowUs();
			for (let index = 0; index < count; index++) {
				const number = sender.sent++;
				template.write(bytes, index * template.length, client.index, number, this.#intendedUs(sender, number, nowUs));
			}
			this.sent += count;
			this.recent += count;
			client.write(bytes);
		}
	}

	#intendedUs(sender: Sender, number: number, nowUs: number): number {
		const { rate } = this.#parts;
		if (rate === undefined) return sender.dueUs.shift() ?? nowUs;
		const ofAll = sender.client.index + number * this.senders.length;
		return Math.min(nowUs, Math.round(this.#startUs + (ofAll * 1e6) / rate) + TIMER_US);
	}
}
