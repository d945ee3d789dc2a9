// The StateStore of a cluster: a JetStream stream of its own that keeps the last message of each subject, one subject for each record.
// A push consumer delivers what is there and then each change, in the order of the stream. When the connection, the consumer or the
// stream was lost, all records are read again and compared. A stream that has lost its records gets them back from the daemons.
// https://docs.nats.io/reference/reference-protocols/nats_api_reference

import { type StateChange, type StateStore, StateTable } from "../../state-store/index.ts";
import type { Broker } from "./broker.ts";
import { acknowledgementOf } from "./jetstream-api.ts";
import type { Headers } from "./message-head.ts";
import { type Delivery, RecordConsumer } from "./record-consumer.ts";
import { RecordStream, type RecordStreamSettings } from "./record-stream.ts";
import { isUnreachable, unavailable, within } from "./retry.ts";

const REQUEST_TIMEOUT_MS = 1000;
const WRITE_WITHIN_MS = 5000;
const MAX_WRITES = 10_000;
const CHECK_MS = 1000;
const RESTORED_AT_ONCE = 64;
/** How long a deleted record stays as an empty message, so that daemons that are away for a moment need not read all again. */
const MARKER_MS = 60_000;
const MAX_MARKERS = 10_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = new Uint8Array(0);

interface Marker {
	readonly key: string;
	readonly seq: number;
	readonly dueMs: number;
}

/** The records that the daemons of a cluster share. */
export class JetStreamRecords implements StateStore {
	readonly #broker: Broker;
	readonly #stream: RecordStream;
	readonly #table = new StateTable();
	/** The number of the last message of each key, also of keys that were deleted lately. */
	readonly #seqs = new Map<string, number>();
	readonly #unwatch: () => void;
	#consumer: RecordConsumer | undefined = undefined;
	/** When the stream was made: another value is another stream. */
	#created = "";
	#opening: Promise<void> | undefined = undefined;
	#writes = 0;
	#markers: Marker[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined = undefined;
	#closed = false;

	private constructor(broker: Broker, stream: RecordStream) {
		this.#broker = broker;
		this.#stream = stream;
		this.#unwatch = broker.watch((connected) => {
			if (connected) this.#reopen();
		});
	}

	/** Makes the stream where it is not there, and reads all records. Rejects with XMLSOCKET_BROKER_UNREACHABLE. */
	static async open(broker: Broker, settings: RecordStreamSettings): Promise<JetStreamRecords> {
		const records = new JetStreamRecords(broker, new RecordStream(broker, settings));
		try {
			await records.#open();
		} catch (error) {
			records.close();
			throw error;
		}
		records.#checkLater();
		return records;
	}

	watch(changed: (change: StateChange) => void): () => void {
		return this.#table.watch(changed);
	}

	async put(key: string, value: string): Promise<void> {
		this.#table.check(key, value);
		await this.#write(key, value);
	}

	async delete(key: string): Promise<void> {
		const seq = await this.#write(key, undefined);
		if (this.#markers.length < MAX_MARKERS) this.#markers.push({ key, seq, dueMs: performance.now() + MARKER_MS });
	}

	close(): void {
		this.#closed = true;
		this.#unwatch();
		this.#consumer?.stop();
		clearTimeout(this.#timer);
	}

	// --- writing

	async #write(key: string, value: string | undefined): Promise<number> {
		if (this.#closed) throw unavailable("The records are closed");
		if (!this.#broker.connected) throw unavailable("NATS cannot be reached");
		if (this.#writes >= MAX_WRITES) throw unavailable(`${MAX_WRITES} records wait for JetStream`);
		this.#writes++;
		try {
			// JetStream stores what is sent again under the same id once.
			const headers = { "Nats-Msg-Id": crypto.randomUUID() };
			const seq = await within(WRITE_WITHIN_MS, () => this.#publish(key, value, headers));
			this.#apply(key, seq, value, true);
			return seq;
		} catch (error) {
			if (!isUnreachable(error)) throw error;
			throw unavailable(`JetStream did not confirm a record for ${WRITE_WITHIN_MS} ms`, error);
		} finally {
			this.#writes--;
		}
	}

	async #publish(key: string, value: string | undefined, headers: Headers): Promise<number> {
		const data = value === undefined ? NOTHING : encoder.encode(value);
		const answer = await this.#broker.request(this.#stream.subject(key), data, REQUEST_TIMEOUT_MS, headers);
		return acknowledgementOf(answer.data).seq;
	}

	// --- reading

	#apply(key: string, seq: number, value: string | undefined, isFresh: boolean): void {
		if (seq <= (this.#seqs.get(key) ?? 0)) return;
		this.#seqs.set(key, seq);
		this.#table.set(key, value, isFresh);
	}

	#delivered({ subject, data, seq, isFresh }: Delivery): void {
		const key = this.#stream.keyOf(subject);
		const value = data.length === 0 ? undefined : decoder.decode(data);
		try {
			if (key !== undefined && value !== undefined && seq > (this.#seqs.get(key) ?? 0)) this.#table.check(key, value);
			if (key === undefined) return;
			this.#apply(key, seq, value, isFresh);
			// Messages come in order, so that no earlier one of the key follows.
			if (this.#table.get(key) === undefined) this.#seqs.delete(key);
		} catch (error) {
			// Another program has filled the stream.
			this.#broker.report(error);
		}
	}

	/** Reads all records again. */
	#reopen(): void {
		if (this.#closed || this.#opening) return;
		this.#opening = this.#open()
			.catch((error: unknown) => {
				if (!isUnreachable(error)) this.#broker.report(error);
			})
			.finally(() => {
				this.#opening = undefined;
			});
	}

	async #open(): Promise<void> {
		this.#consumer?.stop();
		this.#consumer = undefined;
		const created = await this.#stream.ensure();
		const isAnother = this.#created !== "" && created !== this.#created;
		if (isAnother) this.#seqs.clear();
		const before = [...this.#table.keys()].map((key) => [key, this.#seqs.get(key) ?? 0] as const);
		const seen = new Set<string>();
		const consumer = await RecordConsumer.open(this.#broker, this.#stream, (delivery) => {
			const key = this.#stream.keyOf(delivery.subject);
			if (key !== undefined) seen.add(key);
			this.#delivered(delivery);
		});
		if (this.#closed) {
			consumer.stop();
			return;
		}
		this.#consumer = consumer;
		await consumer.caughtUp;
		// One that was written meanwhile is not missing.
		const missing = before.filter(([key, seq]) => !seen.has(key) && (this.#seqs.get(key) ?? 0) === seq);
		for (const [key] of missing) {
			if (isAnother) continue;
			this.#seqs.delete(key);
			this.#table.set(key, undefined, false);
		}
		if (isAnother) await this.#restore(missing.map(([key]) => key));
		this.#created = created;
	}

	// Of several daemons that restore a record, one is let through. One that was written since stays as it is.
	async #restore(keys: readonly string[]): Promise<void> {
		const waiting = [...keys];
		const work = async (): Promise<void> => {
			for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
				const headers = {
					"Nats-Expected-Last-Subject-Sequence": "0",
					"Nats-Msg-Id": `restored.${this.#stream.subject(key)}`,
				};
				const value = this.#table.get(key);
				if (value !== undefined) await this.#publish(key, value, headers).catch(() => {});
			}
		};
		await Promise.all(Array.from({ length: RESTORED_AT_ONCE }, work));
	}

	#checkLater(): void {
		this.#timer = setTimeout(() => {
			if (this.#broker.connected && !this.#consumer?.isAlive) this.#reopen();
			void this.#removeMarkers().finally(() => {
				if (!this.#closed) this.#checkLater();
			});
		}, CHECK_MS);
		this.#timer.unref();
	}

	async #removeMarkers(): Promise<void> {
		const nowMs = performance.now();
		while (this.#markers.length > 0 && this.#markers[0]!.dueMs <= nowMs && this.#broker.connected) {
			const { key, seq } = this.#markers.shift()!;
			if (this.#seqs.get(key) === seq) this.#seqs.delete(key);
			await this.#stream.purge(key, seq).catch(() => {});
		}
	}
}
