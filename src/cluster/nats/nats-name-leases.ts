// Keys that one holder in the whole cluster has, and numbers that are given once: a JetStream stream that keeps the last
// message of each subject, written only where nobody else has written meanwhile. Each message has an id that names the one
// before it, so that of several successors JetStream stores one: nats-server 2.9.10 with replicas lets writers who race pass
// the check of the last sequence number alone. docs/scale.md, "Between daemons".

import { XMLSocketError } from "../../errors/index.ts";
import type { NameLeases } from "../index.ts";
import type { Broker } from "./broker.ts";
import { type NameMessage, ReleasedNames, type RemovalTimes } from "./released-names.ts";
import { subjectToken } from "./subject.ts";

const TIMEOUT_MS = 1000;
const GIVE_UP_MS = 5000;
/** A cluster that has just been started is choosing its leaders. */
const OPEN_WITHIN_MS = 30_000;
/** How long JetStream knows an id. */
const WINDOW_MS = 30_000;
const NO_MESSAGE = 10037;
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NAME_IN_USE = 10058;
const STREAM_NOT_FOUND = 10059;
// No name's token: those begin with an underscore.
const NUMBERS = "numbers";

interface Stored {
	readonly text: string;
	readonly seq: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Claims that all daemons on the same NATS share. */
export class NatsNameLeases implements NameLeases {
	readonly #broker: Broker;
	readonly #stream: string;
	readonly #prefix: string;
	readonly #replicas: number;
	/** The sequence numbers of this daemon's leases, which releasing them needs. */
	readonly #held = new Map<string, { readonly holder: string; readonly seq: number }>();
	readonly #released: ReleasedNames;

	private constructor(broker: Broker, stream: string, prefix: string, replicas: number, times: RemovalTimes) {
		this.#broker = broker;
		this.#stream = stream;
		this.#prefix = prefix;
		this.#replicas = replicas;
		this.#released = new ReleasedNames(
			{ next: (seq) => this.#next(seq), remove: (token, through) => this.#remove(token, through) },
			times,
		);
	}

	/**
	 * Finds the stream, or makes it, and takes the first numbers.
	 *
	 * @param replicas on how many servers it is kept; 1 to 5.
	 * @param count how many numbers, see `numbers`.
	 * Rejects with XMLSOCKET_UNAVAILABLE.
	 */
	static async open(
		broker: Broker,
		stream: string,
		prefix: string,
		replicas: number,
		count: number,
		times: RemovalTimes = {},
	): Promise<{ readonly leases: NatsNameLeases; readonly first: number }> {
		const leases = new NatsNameLeases(broker, stream, prefix, replicas, times);
		try {
			await leases.#patiently(() => leases.#make(), OPEN_WITHIN_MS);
			return { leases, first: await leases.#numbers(count, OPEN_WITHIN_MS) };
		} catch (error) {
			leases.close();
			throw error;
		}
	}

	acquire(key: string, holder: string, mayReplace: (present: string) => boolean): Promise<string> {
		const token = subjectToken(key);
		return this.#patiently(async () => {
			const present = await this.#last(token);
			// An empty text means that the key was released.
			if (present?.text && present.text !== holder && !mayReplace(present.text)) return present.text;
			const seq = present?.text === holder ? present.seq : await this.#write(token, holder, present?.seq ?? 0);
			if (seq === undefined) return undefined;
			this.#held.set(key, { holder, seq });
			return holder;
		});
	}

	async release(key: string, holder: string): Promise<void> {
		const token = subjectToken(key);
		await this.#patiently(async () => {
			const held = this.#held.get(key);
			const known = held?.holder === holder ? held.seq : undefined;
			if (known !== undefined) this.#held.delete(key);
			const present = known === undefined ? await this.#last(token) : undefined;
			if (known === undefined && present?.text !== holder) return true;
			const seq = await this.#write(token, "", known ?? present!.seq);
			// Otherwise another daemon has acquired it meanwhile.
			if (seq !== undefined) this.#released.add(token, seq);
			return true;
		});
	}

	/** Ends the removal of released names; what is left does no harm. */
	close(): void {
		this.#released.close();
	}

	/** The first of `count` numbers that nobody else gets. Rejects with XMLSOCKET_UNAVAILABLE. */
	numbers(count: number): Promise<number> {
		return this.#numbers(count, GIVE_UP_MS);
	}

	#numbers(count: number, withinMs: number): Promise<number> {
		return this.#patiently(async () => {
			const present = await this.#last(NUMBERS);
			const first = firstNumber(present, count);
			const seq = await this.#write(NUMBERS, String(first + count), present?.seq ?? 0);
			return seq === undefined ? undefined : first;
		}, withinMs);
	}

	// Until an attempt decides it. A request that was not answered may have been met: reading again shows it.
	async #patiently<T>(attempt: () => Promise<T | undefined>, withinMs: number = GIVE_UP_MS): Promise<T> {
		const untilMs = performance.now() + withinMs;
		for (;;) {
			let cause: unknown;
			try {
				const result = await attempt();
				if (result !== undefined) return result;
			} catch (error) {
				cause = error;
			}
			// Opening can wait; every other request has a client that waits for it.
			const lost = cause !== undefined && !this.#broker.connected && withinMs < OPEN_WITHIN_MS;
			if (lost || performance.now() >= untilMs) {
				throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The broker that keeps the names does not answer.", {
					cause,
				});
			}
			// Another daemon was quicker, or the servers are choosing a leader.
			await new Promise((resolve) => setTimeout(resolve, cause === undefined ? 0 : 100));
		}
	}

	async #make(): Promise<true> {
		const answer = await this.#api(`STREAM.CREATE.${this.#stream}`, {
			name: this.#stream,
			subjects: [`${this.#prefix}.*`],
			max_msgs_per_subject: 1,
			num_replicas: this.#replicas,
			storage: "file",
			retention: "limits",
			discard: "old",
			allow_direct: false,
			duplicate_window: WINDOW_MS * 1_000_000,
		});
		// Made by an earlier run, perhaps with other settings: what matters here is the same.
		if (answer.error && answer.error.err_code !== STREAM_NAME_IN_USE) throw refused(answer.error.description);
		return true;
	}

	async #last(token: string): Promise<Stored | undefined> {
		const answer = await this.#api(`STREAM.MSG.GET.${this.#stream}`, { last_by_subj: `${this.#prefix}.${token}` });
		if (answer.message) {
			return { text: Buffer.from(answer.message.data ?? "", "base64").toString("utf8"), seq: answer.message.seq };
		}
		if (answer.error?.err_code === NO_MESSAGE) return undefined;
		if (answer.error?.err_code === STREAM_NOT_FOUND) {
			// A server that has lost its store, or the stream was deleted.
			await this.#make();
			return undefined;
		}
		throw refused(answer.error?.description);
	}

	async #next(seq: number): Promise<NameMessage | undefined> {
		const query = { seq, next_by_subj: `${this.#prefix}.*` };
		const { message, error } = await this.#api(`STREAM.MSG.GET.${this.#stream}`, query);
		if (!message) {
			if (error?.err_code === NO_MESSAGE) return undefined;
			throw refused(error?.description);
		}
		const token = message.subject.slice(this.#prefix.length + 1);
		const isReleased = token !== NUMBERS && !message.data;
		return { token, seq: message.seq, isReleased, storedMs: Date.parse(message.time) };
	}

	async #remove(token: string, through: number): Promise<void> {
		await this.#api(`STREAM.PURGE.${this.#stream}`, { filter: `${this.#prefix}.${token}`, seq: through + 1 });
	}

	// The sequence number of what was written; undefined if another daemon has written meanwhile.
	async #write(token: string, text: string, expected: number): Promise<number | undefined> {
		const { data } = await this.#broker.request(`${this.#prefix}.${token}`, encoder.encode(text), TIMEOUT_MS, {
			"Nats-Expected-Last-Subject-Sequence": String(expected),
			"Nats-Msg-Id": `${token}.${expected}`,
		});
		const answer = JSON.parse(decoder.decode(data)) as Answer;
		// A refusal has a number too: zero. A duplicate is another's, or one of our own whose answer was lost: reading tells.
		if (!answer.error) return answer.duplicate ? undefined : answer.seq;
		if (answer.error.err_code === WRONG_LAST_SEQUENCE) return undefined;
		throw refused(answer.error.description);
	}

	async #api(subject: string, request: object): Promise<Answer> {
		const { data } = await this.#broker.request(
			`$JS.API.${subject}`,
			encoder.encode(JSON.stringify(request)),
			TIMEOUT_MS,
		);
		return JSON.parse(decoder.decode(data)) as Answer;
	}
}

// The number that was written last, if it is one. Another program may have written there; then a number that was never given is
// needed. Each `count` numbers took one message of the stream at least, so fewer than `seq * count` were given.
function firstNumber(present: Stored | undefined, count: number): number {
	if (!present) return 1;
	const written = /^[1-9][0-9]{0,15}$/.test(present.text) ? Number(present.text) : Number.POSITIVE_INFINITY;
	return Number.isSafeInteger(written + count) ? written : present.seq * count + 1;
}

interface Answer {
	readonly seq?: number;
	readonly duplicate?: boolean;
	readonly message?: {
		readonly subject: string;
		readonly seq: number;
		readonly time: string;
		/** Base64; missing if the message is empty. */
		readonly data?: string;
	};
	readonly error?: { readonly err_code?: number; readonly description?: string };
}

function refused(why = "no reason was given"): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", `JetStream refused: ${why}.`);
}
