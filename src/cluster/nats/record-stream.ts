// The stream that holds the records of `jetstream-records.ts`: it is made and checked, and gives each key a subject.

import { XMLSocketError } from "../../errors/index.ts";
import type { Broker } from "./broker.ts";
import { nameOfToken, subjectToken } from "./subject.ts";

/** What the stream is to be. */
export interface RecordStreamSettings {
	/** Letters, digits, '-' and '_'. */
	readonly name: string;
	/** 1 to 5. */
	readonly replicas: number;
	readonly storage: "file" | "memory";
}

const TIMEOUT_MS = 2000;
/** A record of 32 KiB, and its headers. */
const MAX_MESSAGE_BYTES = 40 * 1024;
const STREAM_NAME_IN_USE = 10_058;
const STREAM_NOT_FOUND = 10_059;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Answer {
	readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
	readonly created: string;
	readonly config: { readonly storage?: string };
	readonly num_pending?: number;
}

/** The stream of one cluster's records. */
export class RecordStream {
	readonly name: string;
	readonly #broker: Broker;
	readonly #settings: RecordStreamSettings;

	constructor(broker: Broker, settings: RecordStreamSettings) {
		this.name = settings.name;
		this.#broker = broker;
		this.#settings = settings;
	}

	/** Where a record is published. */
	subject(key: string): string {
		return `${this.name}.s.${subjectToken(key)}`;
	}

	/** The key of a subject; undefined where another program has published there. */
	keyOf(subject: string): string | undefined {
		const token = subject.slice(this.name.length + 3);
		if (!token.startsWith("_")) return undefined;
		const key = nameOfToken(token);
		return subjectToken(key) === token ? key : undefined;
	}

	/**
	 * Makes the stream where it is not there.
	 *
	 * Rejects with XMLSOCKET_STREAM_UNSUITABLE where a stream of that name cannot be used, XMLSOCKET_BROKER_UNREACHABLE where JetStream
	 * gives no answer.
	 *
	 * @returns when it was made.
	 */
	async ensure(): Promise<string> {
		const { replicas, storage } = this.#settings;
		let answer = await this.request("STREAM.INFO");
		if (answer.error?.err_code === STREAM_NOT_FOUND) {
			answer = await this.request("STREAM.CREATE", {
				name: this.name,
				subjects: [`${this.name}.s.*`],
				retention: "limits",
				discard: "old",
				storage,
				num_replicas: replicas,
				max_msgs_per_subject: 1,
				max_msg_size: MAX_MESSAGE_BYTES,
				allow_direct: false,
			});
			// Another daemon was quicker.
			if (answer.error?.err_code === STREAM_NAME_IN_USE) answer = await this.request("STREAM.INFO");
		}
		const { error } = answer;
		if (!error) {
			if (answer.config.storage === storage) return answer.created;
			throw this.#unsuitable(`has the storage ${answer.config.storage}, not ${storage}`);
		}
		if (error.code === 503 || error.err_code === STREAM_NOT_FOUND) throw refused(error.description);
		throw this.#unsuitable(`cannot be made: ${error.description ?? `error ${error.code}`}`);
	}

	/** Deletes the messages of a record up to this number. */
	async purge(key: string, through: number): Promise<void> {
		const answer = await this.request("STREAM.PURGE", { filter: this.subject(key), seq: through + 1 });
		if (answer.error) throw refused(answer.error.description);
	}

	/**
	 * Makes a consumer that delivers all records, and then each change, to a subject.
	 *
	 * @returns how many records there are.
	 */
	async consume(deliverSubject: string, heartbeatMs: number, inactiveMs: number): Promise<number> {
		const answer = await this.request("CONSUMER.CREATE", {
			stream_name: this.name,
			config: {
				deliver_subject: deliverSubject,
				deliver_policy: "all",
				ack_policy: "none",
				replay_policy: "instant",
				idle_heartbeat: heartbeatMs * 1_000_000,
				inactive_threshold: inactiveMs * 1_000_000,
				mem_storage: true,
				num_replicas: 1,
			},
		});
		if (answer.error) throw refused(answer.error.description);
		return answer.num_pending ?? 0;
	}

	/** Rejects with XMLSOCKET_BROKER_UNREACHABLE where no answer comes. */
	async request(what: string, body: object = {}): Promise<Answer> {
		const data = encoder.encode(JSON.stringify(body));
		const reply = await this.#broker.request(`$JS.API.${what}.${this.name}`, data, TIMEOUT_MS);
		return JSON.parse(decoder.decode(reply.data)) as Answer;
	}

	#unsuitable(what: string): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_STREAM_UNSUITABLE",
			`The stream ${this.name} ${what}. Delete it with all bans, mutes, topics and settings that it holds: nats stream rm ${this.name}`,
		);
	}
}

function refused(why = "no reason was given"): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", `JetStream refuses: ${why}.`);
}
