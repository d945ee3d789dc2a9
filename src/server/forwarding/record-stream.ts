// The records for one other process, in order. What is written in one turn of the event loop leaves as one message of the bus. What the bus
// does not take waits, bounded; beyond the bound all of it is dropped, and the owner ends the clients that it was about.

import type { Bus } from "../../cluster/index.ts";
import { FrameWriter } from "../../cluster/workers/index.ts";
import { RECORD } from "./records.ts";

/** What may wait for the bus. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** With more, clients are not read. */
const FULL_BYTES = 1024 * 1024;
const EARLY_BYTES = 256 * 1024;
const RETRY_MS = 10;

/** What a stream calls. */
export interface RecordStreamEvents {
	/** What waited was dropped. */
	dropped(): void;
	/** Less waits than `isFull` means. */
	emptied(): void;
}

/** Records on their way to a process. */
export class RecordStream {
	readonly node: string;
	readonly #bus: Bus;
	readonly #events: RecordStreamEvents;
	readonly #writer = new FrameWriter();
	/** Batches that the bus has not taken. */
	#waiting: Uint8Array[] = [];
	#waitingBytes = 0;
	/** A document for several clients, which leaves as one record. */
	#document: Uint8Array | undefined = undefined;
	#clients: number[] = [];
	#flushing: NodeJS.Immediate | undefined = undefined;
	#retry: NodeJS.Timeout | undefined = undefined;
	#isClosed = false;

	constructor(bus: Bus, node: string, events: RecordStreamEvents) {
		this.#bus = bus;
		this.node = node;
		this.#events = events;
	}

	/** Whether so much waits that clients should not be read. */
	get isFull(): boolean {
		return this.#waitingBytes > FULL_BYTES;
	}

	/** Begins a record; call `end` of the result after its fields, in the same turn. */
	begin(kind: number): FrameWriter {
		this.#endDocument();
		return this.#begin(kind);
	}

	/** Sends encoded documents to a client. Those with the same array, one after the other, leave as one record. */
	send(client: number, document: Uint8Array): void {
		if (this.#document !== document) {
			this.#endDocument();
			this.#document = document;
			this.#flushSoon();
		}
		this.#clients.push(client);
	}

	/** Gives to the bus what was written so far. */
	flush(): void {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		this.#endDocument();
		if (this.#writer.length > 0) {
			const batch = this.#writer.take();
			this.#waiting.push(batch);
			this.#waitingBytes += batch.length;
		}
		this.#publish();
	}

	/** Sends nothing more. */
	close(): void {
		this.#isClosed = true;
		this.#clear();
	}

	#publish(): void {
		if (this.#isClosed) return;
		const wasFull = this.isFull;
		while (this.#waiting.length > 0) {
			const batch = this.#waiting[0]!;
			if (!this.#bus.publish({ to: "node", node: this.node }, batch)) break;
			this.#waiting.shift();
			this.#waitingBytes -= batch.length;
		}
		if (this.#waitingBytes > MAX_WAITING_BYTES) {
			this.#clear();
			this.begin(RECORD.reset).end();
			this.#events.dropped();
		} else if (this.#waiting.length > 0) {
			this.#retry ??= setTimeout(() => {
				this.#retry = undefined;
				this.#publish();
			}, RETRY_MS);
		}
		if (wasFull && !this.isFull) this.#events.emptied();
	}

	#begin(kind: number): FrameWriter {
		if (this.#writer.length > EARLY_BYTES) {
			const batch = this.#writer.take();
			this.#waiting.push(batch);
			this.#waitingBytes += batch.length;
		}
		if (this.#writer.length === 0) this.#writer.begin(RECORD.from).text(this.#bus.node).end();
		this.#flushSoon();
		return this.#writer.begin(kind);
	}

	#endDocument(): void {
		const document = this.#document;
		if (!document) return;
		this.#document = undefined;
		const clients = this.#clients;
		this.#clients = [];
		const record = this.#begin(RECORD.send).whole(clients.length);
		for (const client of clients) record.whole(client);
		record.rest(document).end();
	}

	#flushSoon(): void {
		this.#flushing ??= setImmediate(() => this.flush());
	}

	#clear(): void {
		clearImmediate(this.#flushing);
		clearTimeout(this.#retry);
		this.#flushing = undefined;
		this.#retry = undefined;
		this.#document = undefined;
		this.#clients = [];
		this.#writer.take();
		this.#waiting = [];
		this.#waitingBytes = 0;
	}
}
