// One push consumer of the records' stream. It notices when a message is missing, and when the server has forgotten it; its owner then
// makes another one. It keeps nothing.

import { XMLSocketError } from "../../errors/index.ts";
import type { Broker } from "./broker.ts";
import type { RecordStream } from "./record-stream.ts";

/** A message of the stream. */
export interface Delivery {
	readonly subject: string;
	/** Empty: the record was deleted. */
	readonly data: Uint8Array;
	/** Its number in the stream. */
	readonly seq: number;
	/** Whether it was published after the consumer had delivered all that was there. */
	readonly isFresh: boolean;
}

const HEARTBEAT_MS = 2000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
const FORGOTTEN_AFTER_MS = 30_000;
const CAUGHT_UP_WITHIN_MS = 30_000;

/** Settles `caughtUp`. */
interface Settle {
	readonly done: () => void;
	readonly failed: (error: Error) => void;
}

/** One consumer. */
export class RecordConsumer {
	/** Settles when everything was delivered that was there. Rejects with XMLSOCKET_BROKER_UNREACHABLE. */
	readonly caughtUp: Promise<void>;
	readonly #receive: (delivery: Delivery) => void;
	#unsubscribe: () => void = () => {};
	#settle: Settle;
	#heardMs: number = performance.now();
	#lastNumber = 0;
	#isCaughtUp = false;
	#isBroken = false;
	#timer: ReturnType<typeof setTimeout>;

	private constructor(receive: (delivery: Delivery) => void) {
		this.#receive = receive;
		let settle: Settle = { done: () => {}, failed: () => {} };
		this.caughtUp = new Promise((done, failed) => {
			settle = { done, failed };
		});
		this.caughtUp.catch(() => {});
		this.#settle = settle;
		this.#timer = setTimeout(() => this.#break(), CAUGHT_UP_WITHIN_MS);
		this.#timer.unref();
	}

	/** Begins to deliver. Rejects with XMLSOCKET_BROKER_UNREACHABLE. @param receive must not throw */
	static async open(
		broker: Broker,
		stream: RecordStream,
		receive: (delivery: Delivery) => void,
	): Promise<RecordConsumer> {
		const consumer = new RecordConsumer(receive);
		const subject = `_INBOX.${crypto.randomUUID()}`;
		consumer.#unsubscribe = broker.subscribe(subject, (data, from, reply) => consumer.#received(data, from, reply));
		try {
			const pending = await stream.consume(subject, HEARTBEAT_MS, FORGOTTEN_AFTER_MS);
			if (pending === 0) consumer.#allDelivered();
			return consumer;
		} catch (error) {
			consumer.stop();
			throw error;
		}
	}

	/** Whether it delivers what comes; false from the moment that something is missing, or 6 s after the server fell silent. */
	get isAlive(): boolean {
		return !this.#isBroken && performance.now() - this.#heardMs < SILENCE_MS;
	}

	/** Delivers nothing more. */
	stop(): void {
		this.#break();
	}

	#received(data: Uint8Array, subject: string, reply: string | undefined): void {
		if (this.#isBroken) return;
		this.#heardMs = performance.now();
		const numbers = numbersOf(reply);
		// A heartbeat has no numbers.
		if (!numbers) return;
		const { seq, number, pending } = numbers;
		if (number !== this.#lastNumber + 1) {
			this.#break();
			return;
		}
		this.#lastNumber = number;
		this.#receive({ subject, data, seq, isFresh: this.#isCaughtUp });
		if (pending === 0) this.#allDelivered();
	}

	#allDelivered(): void {
		this.#isCaughtUp = true;
		clearTimeout(this.#timer);
		this.#settle.done();
	}

	#break(): void {
		if (this.#isBroken) return;
		this.#isBroken = true;
		clearTimeout(this.#timer);
		this.#unsubscribe();
		this.#settle.failed(
			new XMLSocketError(
				"XMLSOCKET_BROKER_UNREACHABLE",
				"JetStream stopped to deliver the records before the last one.",
			),
		);
	}
}

// $JS.ACK.STREAM.CONSUMER.DELIVERED.STREAM-SEQ.CONSUMER-SEQ.TIME.PENDING; some servers write a domain and an account before the stream.
function numbersOf(
	reply: string | undefined,
): { readonly seq: number; readonly number: number; readonly pending: number } | undefined {
	if (!reply?.startsWith("$JS.ACK.")) return undefined;
	const tokens = reply.split(".");
	const at = tokens.length === 9 ? 5 : 7;
	const [seq, number, , pending] = tokens.slice(at, at + 4).map(Number);
	return { seq: seq!, number: number!, pending: pending! };
}
