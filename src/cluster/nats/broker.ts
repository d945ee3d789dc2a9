// One connection to NATS, which many daemons share: the only importer of the NATS client. The client drops what is published while
// it is not connected, throws out of its reader when a callback throws, and names no server when it fails; here a publication
// that cannot leave is told to its publisher, a callback's error is reported, and every wait and buffer ends. It knows subjects and
// bytes, nothing of rooms. docs/reliability.md.

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { MsgHdrs, NatsConnection, Subscription, TlsOptions } from "@nats-io/transport-node";
import { XMLSocketError } from "../../errors/index.ts";
import { type BrokerAddress, readBrokerAddress } from "./broker-address.ts";
import { headOf, type MessageHead } from "./message-head.ts";
import { Requests, type ResponseHandler } from "./requests.ts";

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

/** Headers of a message, by name. A value holds neither CR nor LF. */
export type Headers = Readonly<Record<string, string>>;

/** The answer to a request. */
export interface Reply {
	readonly data: Uint8Array;
	readonly head: MessageHead;
}

const PING_INTERVAL_MS = 1000;
const MAX_UNANSWERED_PINGS = 2;
const DIAL_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_WAIT_MS = 200;
const RECONNECT_JITTER_MS = 200;
const CLOSE_TIMEOUT_MS = 2000;
const MOVE_TIMEOUT_MS = 2000;
const DEFAULT_MAX_PENDING_BYTES = 8 * 1024 * 1024;
// Beside the data: the command with its subject, roughly.
const PUBLICATION_BYTES = 64;

/** The packages of the cluster, with the command that installs them. */
const INSTALL = "npm install @nats-io/transport-node@3.3.1";

/** Of a status message: nobody is subscribed to the subject of a request. */
const NOBODY_LISTENS = 503;

type Nats = typeof import("@nats-io/transport-node");

/** A connection to NATS that goes on over losses, until it is closed. */
export class Broker {
	readonly #nats: Nats;
	readonly #connection: NatsConnection;
	/** Takes failures that are nobody's answer. */
	readonly report: (error: unknown) => void;
	readonly #maxPendingBytes: number;
	/** How many were named. */
	readonly #servers: number;
	readonly #watchers = new Set<(connected: boolean) => void>();
	#connected = true;
	#closing: Promise<void> | undefined = undefined;
	readonly #inbox = `_INBOX.${crypto.randomUUID()}`;
	readonly #requests = new Requests(unanswered);
	#unsubscribeInbox: (() => void) | undefined = undefined;
	// What was published since the last mark, and what the marks stand for; a loss of the connection forgets both.
	#unmarkedBytes = 0;
	#markedBytes = 0;
	#generation = 0;

	private constructor(nats: Nats, connection: NatsConnection, options: BrokerOptions) {
		this.#nats = nats;
		this.#connection = connection;
		this.report = options.report ?? ((error) => console.error(error));
		this.#maxPendingBytes = options.maxPendingBytes ?? DEFAULT_MAX_PENDING_BYTES;
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
		const address = readBrokerAddress(options.servers);
		const nats = await load();
		const dial = (): Promise<NatsConnection> =>
			nats.connect({
				servers: address.servers,
				name: options.name ?? "xmlsocket",
				...(address.tls ? { tls: tlsOptions(address) } : {}),
				...(address.token === undefined ? {} : { token: address.token }),
				...(address.user === undefined ? {} : { user: address.user, pass: address.pass! }),
				timeout: DIAL_TIMEOUT_MS,
				pingInterval: PING_INTERVAL_MS,
				maxPingOut: MAX_UNANSWERED_PINGS,
				maxReconnectAttempts: -1,
				reconnectDelayHandler: () => RECONNECT_WAIT_MS + Math.random() * RECONNECT_JITTER_MS,
				// A server whose users were changed can be fixed; giving up for good would need a restart of the daemon.
				ignoreAuthErrorAbort: true,
				noAsyncTraces: true,
			});
		const untilMs = performance.now() + CONNECT_TIMEOUT_MS;
		// A server that answers too late, as on a busy machine, is worth another attempt; one that refuses is not.
		const dialAgain = (error: unknown): Promise<NatsConnection> => {
			const { name, message } = error as Error;
			if ((name !== "TimeoutError" && message !== "timeout") || performance.now() >= untilMs) throw error;
			return dial().catch(dialAgain);
		};
		const connecting = dial().catch(dialAgain);
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<never>((_, reject) => {
			timer = setTimeout(() => reject(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
		});
		try {
			return new Broker(nats, await Promise.race([connecting, late]), options);
		} catch (error) {
			connecting.then(
				(connection) => connection.close(),
				() => {},
			);
			throw unreachable(address, error as Error);
		} finally {
			clearTimeout(timer);
		}
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
		this.#count(data.length);
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
				...(headers ? { headers: this.#headersOf(headers) } : {}),
			});
			this.#count(data.length);
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
		const subscription: Subscription = this.#connection.subscribe(subject, {
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
		const subscription: Subscription = this.#connection.subscribe(subject, {
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
		this.#generation++;
		this.#unmarkedBytes = 0;
		this.#markedBytes = 0;
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
		return (
			this.#connected &&
			!this.#closing &&
			bytes <= this.maxPayloadBytes &&
			this.#unmarkedBytes + this.#markedBytes + bytes <= this.#maxPendingBytes
		);
	}

	// The client does not tell what waits in its socket; the answers to its pings do.
	#count(bytes: number): void {
		this.#unmarkedBytes += bytes + PUBLICATION_BYTES;
		if (this.#unmarkedBytes < this.#maxPendingBytes / 16) return;
		const marked = this.#unmarkedBytes;
		const generation = this.#generation;
		this.#unmarkedBytes = 0;
		this.#markedBytes += marked;
		this.#connection.flush().then(
			() => {
				if (this.#generation === generation) this.#markedBytes -= marked;
			},
			() => {},
		);
	}

	#whyNot(bytes: number): string {
		if (this.#closing) return "The connection to NATS is closed.";
		if (!this.#connected) return "The connection to NATS is lost; it is being looked for.";
		if (bytes > this.maxPayloadBytes) {
			return `A payload has ${bytes} bytes; the NATS server takes ${this.maxPayloadBytes} (its max_payload).`;
		}
		return `More than ${this.#maxPendingBytes} bytes wait to be sent to NATS.`;
	}

	#headersOf(headers: Headers): MsgHdrs {
		const made = this.#nats.headers();
		for (const [name, value] of Object.entries(headers)) made.set(name, value);
		return made;
	}
}

async function load(): Promise<Nats> {
	try {
		return await import("@nats-io/transport-node");
	} catch (cause) {
		if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
		throw new XMLSocketError(
			"XMLSOCKET_PACKAGE_MISSING",
			`Daemons that share a NATS server need its client, which is not installed: ${INSTALL}`,
			{ cause },
		);
	}
}

function unanswered(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", message);
}

// The client leaves the name out where an address is an IP address, and Node then wants a certificate for "localhost": there one is
// good that is for any of the servers.
function tlsOptions({ servers }: BrokerAddress): TlsOptions {
	const hosts = servers.map((server) => server.slice(0, server.lastIndexOf(":")).replace(/^\[|\]$/g, ""));
	const identity = {
		checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
			const wrong = (host === "localhost" ? hosts : [host]).map((name) => checkServerIdentity(name, certificate));
			return wrong.includes(undefined) ? undefined : wrong[0];
		},
	};
	return identity as TlsOptions;
}

function unreachable({ servers, tls }: BrokerAddress, error: Error): XMLSocketError {
	const where = servers.join(", ");
	const said = error.message || error.name;
	let hint = "Start one with nats-server -js, or check the address and the user.";
	if (/certificate|altnames|issuer/i.test(said)) {
		hint = `${tls ? "" : "They want TLS: write tls://. "}Give the authority of their certificate with NODE_EXTRA_CA_CERTS=FILE, and the name or address that it is for.`;
	} else if (/\btls\b/i.test(said)) {
		hint = "Write nats:// for servers without TLS.";
	} else if (/authorization|authentication/i.test(said)) {
		hint = "Check the user and the password before the @ of the address.";
	}
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", `No NATS server let us in at ${where}: ${said}. ${hint}`, {
		cause: error,
		details: { servers: where },
	});
}
