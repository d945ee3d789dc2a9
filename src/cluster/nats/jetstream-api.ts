// The few requests that stored rooms make of JetStream: one stream made and checked, single messages read, old ones purged. It
// knows subjects and sequence numbers, nothing of entries. Where there are replicas every read asks the stream's leader: another one may
// lag behind, and with nats-server 2.9.10 one that was frozen while it led may come back with other numbers for the same messages. https://docs.nats.io/reference/reference-protocols/nats_api_reference

import { XMLSocketError } from "../../errors/index.ts";
import { isHistoryName } from "../../message-log/index.ts";
import type { Broker, Reply } from "./broker.ts";
import type { Headers } from "./message-head.ts";
import type { ResponseHandler } from "./requests.ts";

/** What the stream is to be. */
export interface StreamSettings {
	readonly replicas: number;
	readonly storage: "file" | "memory";
	readonly dedupeWindowMs: number;
}

/** What the stream is. */
export interface StreamState {
	/** When it was made: another value may be another stream. */
	readonly created: string;
	/** Of the oldest message of all; 1 unless the stream was purged by hand. */
	readonly firstSeq: number;
	/** Of the newest message of all. */
	readonly lastSeq: number;
	/** The server that leads it, where there are several. */
	readonly leader: string;
}

/** One message of the stream. */
export interface StoredMessage {
	readonly seq: number;
	readonly subject: string;
	readonly data: Uint8Array;
	/** As its publisher gave it; "" without. */
	readonly messageId: string;
}

/** How a publication ended. */
export interface Acknowledgement {
	readonly seq: number;
	readonly duplicate: boolean;
}

interface ApiError {
	readonly code: number;
	readonly err_code?: number;
	readonly description?: string;
}

interface StreamConfig extends Record<string, unknown> {
	readonly storage?: string;
	readonly republish?: { readonly src: string; readonly dest: string };
}

interface InfoAnswer {
	readonly error?: ApiError;
	readonly config: StreamConfig;
	readonly created: string;
	readonly state: { readonly first_seq: number; readonly last_seq: number };
	readonly cluster?: { readonly leader?: string };
}

interface MessageAnswer {
	readonly error?: ApiError;
	readonly message?: {
		readonly subject: string;
		readonly seq: number;
		readonly data?: string;
		readonly hdrs?: string;
	};
}

const READ_TIMEOUT_MS = 1000;
const MANAGE_TIMEOUT_MS = 5000;
// Longer than any publication is on its way: repetitions, and the accounts of rooms, rely on it.
const SHORTEST_WINDOW_MS = 10_000;
const MAX_TRIES = 3;
const STREAM_NOT_FOUND = 10_059;
const STREAM_NAME_IN_USE = 10_058;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One stream of a JetStream. */
export class StreamApi {
	readonly name: string;
	readonly #broker: Broker;
	readonly #replicas: number;

	constructor(broker: Broker, name: string, replicas: number) {
		this.name = name;
		this.#broker = broker;
		this.#replicas = replicas;
	}

	/** Where a room's entries are published. */
	entries(token: string): string {
		return `${this.name}.e.${token}`;
	}

	/** Where they are told again once they are committed. */
	committed(token: string): string {
		return `${this.name}.c.${token}`;
	}

	/** Where it stands what retention has dropped of a room. */
	checkpoint(token: string): string {
		return `${this.name}.k.${token}`;
	}

	/**
	 * Makes the stream, or brings the one that is there to these settings.
	 *
	 * Rejects with XMLSOCKET_STREAM_UNSUITABLE where that cannot be, XMLSOCKET_BROKER_UNREACHABLE where JetStream gives no answer.
	 */
	async ensure(settings: StreamSettings): Promise<StreamState> {
		const wanted = {
			name: this.name,
			subjects: [`${this.name}.e.*`, `${this.name}.k.*`],
			retention: "limits",
			discard: "old",
			storage: settings.storage,
			num_replicas: settings.replicas,
			duplicate_window: Math.max(settings.dedupeWindowMs, SHORTEST_WINDOW_MS) * 1_000_000,
			// Nothing may go that our own retention has not written down: a gap would be silent.
			max_age: 0,
			max_bytes: -1,
			max_msgs: -1,
			max_msgs_per_subject: -1,
			allow_direct: true,
			allow_rollup_hdrs: true,
			deny_purge: false,
			republish: { src: `${this.name}.e.>`, dest: `${this.name}.c.>` },
		};
		let answer = await this.#manage<InfoAnswer>("STREAM.INFO");
		if (answer.error?.err_code === STREAM_NOT_FOUND) {
			answer = await this.#manage<InfoAnswer>("STREAM.CREATE", wanted);
			// Another daemon was quicker.
			if (answer.error?.err_code === STREAM_NAME_IN_USE) answer = await this.#manage<InfoAnswer>("STREAM.INFO");
		}
		if (answer.error) throw this.#refused("cannot be made", answer.error);
		const { config } = answer;
		if (config.storage !== wanted.storage) {
			throw this.#unsuitable(`has the storage ${config.storage}, not ${wanted.storage}`);
		}
		if (config.republish?.src !== wanted.republish.src || config.republish.dest !== wanted.republish.dest) {
			throw this.#unsuitable(`does not republish ${wanted.republish.src} to ${wanted.republish.dest}`);
		}
		const differs = Object.entries(wanted).some(
			([key, value]) => JSON.stringify(config[key] ?? false) !== JSON.stringify(value),
		);
		if (differs) {
			const updated = await this.#manage<InfoAnswer>("STREAM.UPDATE", { ...config, ...wanted });
			if (updated.error) throw this.#refused("cannot be changed", updated.error);
		}
		return stateOf(answer);
	}

	/**
	 * The name of what is in the stream, which the first daemon that asks writes into it. Its time of birth will not do: of several
	 * daemons that make a stream at once, each is told another one, and so may be who asks another server later.
	 *
	 * @param known the name that it had: who has purged the stream by hand has purged that too.
	 */
	async history({ firstSeq }: StreamState, known?: string): Promise<string> {
		const subject = `${this.name}.k.history`;
		const name = known ?? newName();
		for (let tries = 0; ; tries++) {
			const written = await this.last(subject);
			const present = written && decoder.decode(written.data);
			if (isHistoryName(present)) return present;
			// Of several daemons that write at once, one is let through: see `writeCheckpoint` for why by a message id.
			const headers = { "Nats-Msg-Id": `${subject}.${written ? `instead-of.${written.seq}` : firstSeq}` };
			await this.publish(subject, encoder.encode(name), READ_TIMEOUT_MS, headers).catch((error: unknown) => {
				if (tries === MAX_TRIES) throw error;
			});
		}
	}

	/**
	 * Gives what is in the stream another name, because it is not what it was. Of several daemons that do so at once, one is let
	 * through.
	 *
	 * @returns the name that it has now.
	 */
	async renamed(before: string): Promise<string> {
		const subject = `${this.name}.k.history`;
		// Another program can write any bytes there; they name no history.
		const present = async (): Promise<string> => {
			const written = await this.last(subject);
			const name = written && decoder.decode(written.data);
			return isHistoryName(name) ? name : before;
		};
		const name = await present();
		if (name !== before) return name;
		const headers = { "Nats-Msg-Id": `${subject}.after.${before}` };
		await this.publish(subject, encoder.encode(newName()), READ_TIMEOUT_MS, headers);
		return await present();
	}

	/** How the stream stands; undefined where it is not there. Rejects with XMLSOCKET_BROKER_UNREACHABLE. */
	async state(): Promise<StreamState | undefined> {
		const answer = await this.#manage<InfoAnswer>("STREAM.INFO", undefined, READ_TIMEOUT_MS);
		const { error } = answer;
		if (!error) return stateOf(answer);
		if (error.err_code === STREAM_NOT_FOUND) return undefined;
		throw unreachable(error);
	}

	/** Publishes and waits for the acknowledgement. Rejects with XMLSOCKET_BROKER_UNREACHABLE: it may have been stored. */
	async publish(subject: string, data: Uint8Array, timeoutMs: number, headers: Headers): Promise<Acknowledgement> {
		return acknowledgementOf((await this.#broker.request(subject, data, timeoutMs, headers)).data);
	}

	/** As `publish`: the answer, which `acknowledgementOf` reads, goes to the handler. */
	publishFor(subject: string, data: Uint8Array, timeoutMs: number, handler: ResponseHandler, headers: Headers): void {
		this.#broker.ask(subject, data, timeoutMs, handler, headers);
	}

	/**
	 * Writes something that changes nothing, in the place of the last such thing. Rejects with XMLSOCKET_BROKER_UNREACHABLE.
	 *
	 * @returns its number.
	 */
	async probe(timeoutMs: number): Promise<number> {
		// No room's token begins without an underscore.
		const { seq } = await this.publish(this.checkpoint("probe"), new Uint8Array(0), timeoutMs, {
			"Nats-Rollup": "sub",
		});
		return seq;
	}

	/** The first message of a subject from `seq` on. */
	async next(subject: string, seq: number): Promise<StoredMessage | undefined> {
		if (this.#replicas > 1) return await this.#atLeader({ seq, next_by_subj: subject });
		const body = encoder.encode(`{"seq":${seq},"next_by_subj":${JSON.stringify(subject)}}`);
		const reply = await this.#broker.request(`$JS.API.DIRECT.GET.${this.name}`, body, READ_TIMEOUT_MS);
		const { status, description } = reply.head;
		if (status === 404) return undefined;
		if (status !== 0) throw unreachable({ code: status, description });
		return messageOf(reply);
	}

	/** The newest message of a subject, at the leader. */
	async last(subject: string): Promise<StoredMessage | undefined> {
		return await this.#atLeader({ last_by_subj: subject });
	}

	/** Drops the messages of a subject before `seq`. */
	async purge(subject: string, seq: number): Promise<void> {
		const { error } = await this.#manage<{ error?: ApiError }>("STREAM.PURGE", { filter: subject, seq });
		if (error) throw unreachable(error);
	}

	async #atLeader(query: object): Promise<StoredMessage | undefined> {
		const { error, message } = await this.#manage<MessageAnswer>("STREAM.MSG.GET", query, READ_TIMEOUT_MS);
		if (error?.code === 404 && error.err_code !== STREAM_NOT_FOUND) return undefined;
		if (error || !message) throw unreachable(error ?? { code: 500 });
		const heads = message.hdrs === undefined ? "" : Buffer.from(message.hdrs, "base64").toString("utf8");
		return {
			seq: message.seq,
			subject: message.subject,
			data: Buffer.from(message.data ?? "", "base64"),
			messageId: /^Nats-Msg-Id: (.*)$/m.exec(heads)?.[1]?.trim() ?? "",
		};
	}

	async #manage<T>(what: string, body: object = {}, timeoutMs: number = MANAGE_TIMEOUT_MS): Promise<T> {
		const data = encoder.encode(JSON.stringify(body));
		const reply = await this.#broker.request(`$JS.API.${what}.${this.name}`, data, timeoutMs);
		return JSON.parse(decoder.decode(reply.data)) as T;
	}

	#refused(what: string, error: ApiError): XMLSocketError {
		// 503: no leader yet, or no room. Not found: another daemon is making it, and this server does not know of it yet. The rest is
		// about the settings.
		if (error.code === 503 || error.err_code === STREAM_NOT_FOUND) return unreachable(error);
		return this.#unsuitable(`${what}: ${error.description ?? `error ${error.code}`}`);
	}

	#unsuitable(what: string): XMLSocketError {
		return new XMLSocketError(
			"XMLSOCKET_STREAM_UNSUITABLE",
			`The stream ${this.name} ${what}. Choose another name, or delete it with all that it holds: nats stream rm ${this.name}`,
		);
	}
}

/** What JetStream says of a publication. Throws XMLSOCKET_BROKER_UNREACHABLE where it has not stored it. */
export function acknowledgementOf(data: Uint8Array): Acknowledgement {
	const answer = JSON.parse(decoder.decode(data)) as { error?: ApiError; seq: number; duplicate?: boolean };
	if (answer.error) throw unreachable(answer.error);
	return { seq: answer.seq, duplicate: answer.duplicate === true };
}

function newName(): string {
	return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}

function stateOf({ created, state, cluster }: InfoAnswer): StreamState {
	// A stream in which nothing ever was says 0.
	const { first_seq, last_seq } = state;
	return { created, firstSeq: Math.max(1, first_seq), lastSeq: last_seq, leader: cluster?.leader ?? "" };
}

function messageOf(reply: Reply): StoredMessage {
	return {
		seq: Number(reply.head.get("Nats-Sequence")),
		subject: reply.head.get("Nats-Subject"),
		data: reply.data,
		messageId: reply.head.get("Nats-Msg-Id"),
	};
}

function unreachable({ code, description }: ApiError): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", `JetStream refuses: ${description ?? `error ${code}`}.`);
}
