// One connection to NATS, which many daemons share. The NATS client drops what is published while it is not connected, stops reading
// if a callback throws, and names no server if it fails. Here the publisher of a publication that cannot leave is notified, a
// callback's error is reported, and every wait and buffer is bounded. It knows subjects and bytes, no rooms. docs/reliability.md.

import { XMLSocketError } from "../../errors/index.ts";
import { type Client, connectClient } from "./client.ts";
import { type Headers, headOf, type MessageHead } from "./message-head.ts";
import { Requests, type ResponseHandler } from "./requests.ts";
import { UnconfirmedBytes } from "./unconfirmed-bytes.ts";

/** What `Broker.connect` takes. */
export interface BrokerOptions {
	/** `nats://host:port` or `tls://host:port`, with `user:password@` or `token@` before the host where the servers ask for one. */
	readonly servers: readonly string[];
	/** What the servers' monitoring shows. Default: xmlsocket. */
	readonly name?: string;
	/** Of what was published and has not been confirmed to have left, in bytes; more is refused. Default 8 MiB. */
	readonly maxPendingBytes?: number;
	/** Takes errors of callbacks and of subscriptions that the servers refuse. Default: console.error. */
	readonly report?: (error: unknown) => void;
}

/** What takes the messages of a subscription. */
export type Receive = (data: Uint8Array, subject: string, reply: string | undefined) => void;

/** The answer to a request. */
export interface Reply {
	readonly data: Uint8Array;
	readonly head: MessageHead;
}

const CLOSE_TIMEOUT_MS = 2000;
const MOVE_TIMEOUT_MS = 2000;
const DEFAULT_MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** Of a status message: nobody is subscribed to the subject of a request. */
const NOBODY_LISTENS = 503;

/** A connection to NATS that goes on over losses, until it is closed. */
export class Broker {
	readonly #client: Client;
	readonly #connection: Client["connection"];
	/** Receives failures that no caller waits for. */
	readonly report: (error: unknown) => void;
	/** How many were named. */
	readonly #servers: number;
	readonly #watchers = new Set<(connected: boolean) => void>();
	#connected = true;
	#closing: Promise<void> | undefined = undefined;
	readonly #inbox = `_INBOX.${crypto.randomUUID()}`;
	readonly #requests = new Requests(unanswered);
	#unsubscribeInbox: (() => void) | undefined = undefined;
	readonly #unconfirmed: UnconfirmedBytes;

	private constructor(client: Client, options: BrokerOptions) {
		this.#client = client;
		this.#connection = client.connection;
		this.report = options.report ?? ((error) => console.error(error));
		const { maxPendingBytes = DEFAULT_MAX_PENDING_BYTES } = options;
		this.#unconfirmed = new UnconfirmedBytes(maxPendingBytes, () => this.#connection.flush());
		this.#servers = options.servers.length;
		this.#follow().catch(this.report);
	}

	/**
	 * Connects to the first server that answers. Afterwards the connection is found again whenever it is lost, at that server, at
	 * another one of the list, or at one that they have named.
	 *
	 * Rejects with XMLSOCKET_PACKAGE_MISSING where the client is not installed, XMLSOCKET_ADDRESS_INVALID,
	 * XMLSOCKET_BROKER_UNREACHABLE where no server let us in: at once where all refuse, after 10 s where they are silent.
	 *
	 * @example
	 * ```ts
	 * const broker = await Broker.connect({ servers: ["nats://127.0.0.1:4222"] });
	 * const stop = broker.subscribe("weather.*", (data, subject) => console.log(subject, data.length));
	 * if (!broker.publish("weather.berlin", new TextEncoder().encode("dry"))) console.log("not connected");
	 * await broker.close();
	 * ```
	 */
	static async connect(options: BrokerOptions): Promise<Broker> {
		return new Broker(await connectClient(options.servers, options.name ?? "xmlsocket"), options);
	}

	/** Whether publications can leave; false from the moment that a loss is noticed, at most 3 s after a server fell silent. */
	get connected(): boolean {
		return this.#connected;
	}

	/** The largest payload that the server takes, headers included, in bytes. */
	get maxPayloadBytes(): number {
		return this.#connection.info?.max_payload ?? 0;
	}

	/**
	 * Publishes at most once.
	 *
	 * @returns false where it cannot leave: not connected, larger than the server takes, or more than `maxPendingBytes` waits.
	 */
	publish(subject: string, data: Uint8Array, reply?: string): boolean {
		if (!this.#mayLeave(data.length)) return false;
		this.#connection.publish(subject, data, reply === undefined ? {} : { reply });
		this.#unconfirmed.add(data.length);
		return true;
	}

	/**
	 * Publishes with headers and waits for one answer.
	 *
	 * Rejects with XMLSOCKET_BROKER_UNREACHABLE where it cannot leave, where nobody listens or where no answer comes in time. It may
	 * have arrived all the same.
	 */
	request(subject: string, data: Uint8Array, timeoutMs: number, headers?: Headers): Promise<Reply> {
		return new Promise((resolve, reject) => {
			const answered = (data: Uint8Array, head: MessageHead): void => resolve({ data, head });
			this.ask(subject, data, timeoutMs, { answered, failed: reject }, headers);
		});
	}

	/** As `request`, and tells the handler: at once, where it cannot leave. */
	ask(subject: string, data: Uint8Array, timeoutMs: number, handler: ResponseHandler, headers?: Headers): void {
		if (!this.#mayLeave(data.length)) {
			handler.failed(unanswered(this.#whyNot(data.length)));
			return;
		}
		this.#unsubscribeInbox ??= this.#subscribeInbox();
		const token = this.#requests.add(subject, handler, timeoutMs);
		try {
			this.#connection.publish(subject, data, {
				reply: `${this.#inbox}.${token}`,
				...(headers ? { headers: this.#client.headersOf(headers) } : {}),
			});
			this.#unconfirmed.add(data.length);
		} catch (error) {
			this.#requests.take(token);
			handler.failed(error);
		}
	}

	/**
	 * Receives what others and this connection publish on a subject, which may hold wildcards. It survives losses of the
	 * connection; what was published meanwhile is missing.
	 *
	 * @returns a function that ends it.
	 */
	subscribe(subject: string, receive: Receive): () => void {
		const subscription = this.#connection.subscribe(subject, {
			// The client closes the connection's reader for good when this throws.
			callback: (error, message) => {
				try {
					if (error) this.report(error);
					else receive(message.data, message.subject, message.reply || undefined);
				} catch (thrown) {
					this.report(thrown);
				}
			},
		});
		return () => subscription.unsubscribe();
	}

	// The client has this too, but it makes an error with its stack for each request that succeeds.
	#subscribeInbox(): () => void {
		const subscription = this.#connection.subscribe(`${this.#inbox}.*`, {
			callback: (error, message) => {
				if (error) {
					this.report(error);
					return;
				}
				const request = this.#requests.take(message.subject.slice(this.#inbox.length + 1));
				if (!request) return;
				const { data } = message;
				const head = headOf(message);
				try {
					if (data.length === 0 && head.status === NOBODY_LISTENS) {
						request.handler.failed(unanswered(`Nobody answers on ${request.subject} in NATS.`));
					} else request.handler.answered(data, head);
				} catch (thrown) {
					this.report(thrown);
				}
			},
		});
		return () => subscription.unsubscribe();
	}

	/** As `subscribe`, for messages whose headers matter. */
	subscribeWithHeaders(
		subject: string,
		receive: (data: Uint8Array, head: MessageHead, subject: string) => void,
	): () => void {
		const subscription = this.#connection.subscribe(subject, {
			callback: (error, message) => {
				try {
					if (error) this.report(error);
					else receive(message.data, headOf(message), message.subject);
				} catch (thrown) {
					this.report(thrown);
				}
			},
		});
		return () => subscription.unsubscribe();
	}

	/**
	 * Settles when the server has everything that was published and subscribed so far. Rejects with XMLSOCKET_BROKER_UNREACHABLE
	 * where the connection is lost before.
	 */
	async flush(): Promise<void> {
		if (!this.#connected) throw new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", this.#whyNot(0));
		try {
			await this.#connection.flush();
		} catch (cause) {
			throw new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", "The connection to NATS was lost.", { cause });
		}
	}

	/**
	 * Goes to another server of the cluster, where there is one: this one answers, and what it should have is not there.
	 *
	 * @returns whether it is at another one now.
	 */
	async failOver(): Promise<boolean> {
		const from = this.#connection.getServer();
		// The client begins again at the first of its list, which may be the same.
		for (let tries = 0; tries < 2 && this.#hasOthers && this.#connected && !this.#closing; tries++) {
			await this.#reconnected();
			if (this.#connected && this.#connection.getServer() !== from) return true;
		}
		return false;
	}

	get #hasOthers(): boolean {
		return this.#servers > 1 || (this.#connection.info?.connect_urls?.length ?? 0) > 1;
	}

	async #reconnected(): Promise<void> {
		let stop = (): void => {};
		let timer: ReturnType<typeof setTimeout> | undefined;
		const back = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, MOVE_TIMEOUT_MS);
			stop = this.watch((connected) => {
				if (connected) resolve();
			});
		});
		await this.#connection.reconnect();
		await back;
		clearTimeout(timer);
		stop();
	}

	/** Reports each loss and each return of the connection. @returns a function that ends the reports. */
	watch(changed: (connected: boolean) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	/** Sends what waits, as far as that succeeds within 2 s, and ends the connection and all its subscriptions. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		if (this.#connected) {
			let timer: ReturnType<typeof setTimeout> | undefined;
			const enough = new Promise<void>((resolve) => {
				timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
			});
			await Promise.race([this.#connection.flush().catch(() => {}), enough]);
			clearTimeout(timer);
		}
		await this.#connection.close();
		this.#changed(false);
	}

	// Ends with the connection: `status` then has no more.
	async #follow(): Promise<void> {
		for await (const status of this.#connection.status()) {
			if (status.type === "reconnect") this.#changed(true);
			else if (status.type === "disconnect" || status.type === "staleConnection" || status.type === "close") {
				this.#changed(false);
			} else if (status.type === "error") this.report(status.error);
		}
	}

	#changed(connected: boolean): void {
		if (this.#connected === connected) return;
		this.#connected = connected;
		this.#unconfirmed.reset();
		if (!connected) this.#requests.failAll("The connection to NATS was lost before the answer came.");
		for (const changed of this.#watchers) {
			try {
				changed(connected);
			} catch (error) {
				this.report(error);
			}
		}
	}

	#mayLeave(bytes: number): boolean {
		return this.#connected && !this.#closing && bytes <= this.maxPayloadBytes && this.#unconfirmed.fits(bytes);
	}

	#whyNot(bytes: number): string {
		if (this.#closing) return "The connection to NATS is closed.";
		if (!this.#connected) return "The connection to NATS is lost; it is being looked for.";
		if (bytes > this.maxPayloadBytes) {
			return `A payload has ${bytes} bytes; the NATS server takes ${this.maxPayloadBytes} (its max_payload).`;
		}
		return `More than ${this.#unconfirmed.max} bytes wait to be sent to NATS.`;
	}
}

function unanswered(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", message);
}
