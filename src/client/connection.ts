// One conversation with a server, over as many connections as it takes: sending with a bound, reading with backpressure,
// requests, and coming back after a loss. It never resends what a lost connection had taken: delivery is at most once, and
// a program that needs more says so in its own documents. README.md, "From a program".

/// <reference lib="esnext.disposable" preserve="true" />

import { XMLSocketError } from "../errors/index.ts";
import { Link, type LinkClose, type Scheduler, type Transport } from "../link/index.ts";
import { type StreamDecoder, type TextCodec, utf8Codec } from "../wire/index.ts";
import { type Target, targetUrl } from "./address.ts";
import type { ClientHost } from "./dial.ts";
import { Inbox } from "./inbox.ts";
import { Incoming, type Sendable, textOf } from "./incoming.ts";
import { Listeners } from "./listeners.ts";
import type { ResolvedOptions, StreamOptions } from "./options.ts";
import { Outgoing } from "./outgoing.ts";
import { Redialer } from "./redialer.ts";
import { type RequestOptions, Requests } from "./requests.ts";
import type { StartTlsOptions } from "./start-tls.ts";
import type { Declaration } from "./stream-namespaces.ts";
import type { Streams } from "./streams.ts";

/** What a connection is doing. */
export type ConnectionStatus =
	| { readonly type: "connected" }
	| { readonly type: "disconnected"; readonly error: XMLSocketError }
	| {
			readonly type: "reconnecting";
			/** Counts from 1 in each series of attempts. */
			readonly attempt: number;
			/** The wait before it. */
			readonly delayMs: number;
			/** Why the connection was lost, or the attempt before failed. */
			readonly error: XMLSocketError;
	  }
	| { readonly type: "closed"; readonly error?: XMLSocketError };

/** The events of a connection and what their listeners get. */
export interface ConnectionEvents {
	document: Incoming;
	status: ConnectionStatus;
}

/** The way past the queue that `onReconnected` gets: what it sends goes out before the documents that waited. */
export interface Rejoin {
	/** As `connection.send`, at once. */
	send(document: Sendable): void;
	/** As `connection.request`, at once. */
	request(document: Sendable, options?: Partial<RequestOptions>): Promise<Incoming>;
	/** As `connection.startTls`. */
	startTls(options?: StartTlsOptions): Promise<void>;
}

/**
 * A connection made by `connect()`.
 *
 * A document that answers a `request` goes to it alone. Any other goes to every listener of `document`, and to the loops
 * that read the connection; without either it waits. Several loops share the documents: each goes to one of them.
 * Leaving a loop does not close the connection. A loop ends when the connection closes, and throws where an error closed it.
 *
 * @example
 * ```ts
 * const connection = await connect("xmlsocket://localhost:9000", { reconnect: true });
 * connection.send(xml`<join room="lobby" />`);
 * for await (const document of connection) console.log(document.xml.firstChild?.nodeName);
 * ```
 */
export class Connection implements AsyncIterable<Incoming, undefined>, AsyncDisposable {
	/** Where it is connected to. */
	readonly target: Target;
	/** Resolves when the connection is over, with the reason where there was one. Never rejects. */
	readonly closed: Promise<{ readonly error?: XMLSocketError }>;
	readonly #options: ResolvedOptions;
	readonly #host: ClientHost;
	/** Set where this is an XML stream. */
	readonly #streams: Streams | undefined;
	readonly #codec: TextCodec;
	readonly #scheduler: Scheduler;
	readonly #outgoing: Outgoing;
	readonly #inbox: Inbox<Incoming>;
	readonly #requests: Requests;
	readonly #listeners: Listeners<ConnectionEvents>;
	readonly #redialer: Redialer | undefined;
	readonly #settleClosed: (reason: { readonly error?: XMLSocketError }) => void;
	readonly #abort = (): void => this.#aborted();
	#status: ConnectionStatus = { type: "connected" };
	/** The link of the moment; not yet for everyone while `#rejoining`. */
	#link: Link | undefined = undefined;
	#rejoining = false;
	/** What the header of the stream declares for the elements below it. */
	#inherited: readonly Declaration[] | undefined = undefined;
	#stopKeepingAlive: (() => void) | undefined = undefined;
	#connectedAtMs = 0;
	#leastDelayMs = 0;
	#closing = false;
	#over = false;
	#paused = false;
	#loops = 0;

	/** @internal `connect()` makes connections. */
	constructor(target: Target, options: ResolvedOptions, host: ClientHost, scheduler: Scheduler, transport: Transport) {
		this.target = target;
		this.#options = options;
		this.#host = host;
		this.#streams = options.stream ? host.streams : undefined;
		this.#codec = options.codec ?? host.codec ?? utf8Codec();
		this.#scheduler = scheduler;
		this.#outgoing = new Outgoing(options.maxOutboxBytes, this.#codec, options.terminator);
		this.#inbox = new Inbox({ maxDocuments: options.maxInboxDocuments, maxChars: options.maxInboxChars }, () =>
			this.#regulate(),
		);
		this.#requests = new Requests(host.clock);
		this.#listeners = new Listeners(host.report);
		this.#redialer =
			options.reconnect &&
			new Redialer(host, target, options, options.reconnect, {
				waiting: (attempt, delayMs, error) => this.#become({ type: "reconnecting", attempt, delayMs, error }),
				opened: (reopened) => this.#reopened(this.#open(reopened)),
				gaveUp: (error) => this.#finish(error, false),
			});
		let settle: (reason: { readonly error?: XMLSocketError }) => void = () => {};
		this.closed = new Promise((resolve) => {
			settle = resolve;
		});
		this.#settleClosed = settle;
		options.signal?.addEventListener("abort", this.#abort, { once: true });
		this.#open(transport);
	}

	/** What the connection is doing now. */
	get status(): ConnectionStatus {
		return this.#status;
	}

	/** Bytes that wait to leave this process, those for the next connection included. */
	get outboxBytes(): number {
		return this.#outgoing.bytes;
	}

	/**
	 * Sends a document; it leaves with everything else of this turn of the event loop. While the connection is being made
	 * again it waits, within `maxOutboxBytes`.
	 *
	 * @throws XMLSOCKET_CLOSED after the end; XMLSOCKET_NUL_IN_DOCUMENT where the text holds U+0000 or the terminator;
	 * XMLSOCKET_OUTBOX_FULL where too much waits already: await `drained()`; XMLSOCKET_DOCUMENT_INVALID for what has no text.
	 */
	send(document: Sendable): void {
		this.#put(textOf(document));
	}

	/**
	 * Resolves when at most 64 KiB of what was sent wait in this process, also across reconnections. Rejects with
	 * XMLSOCKET_CLOSED when the connection ends before.
	 */
	drained(): Promise<void> {
		return this.#over ? Promise.reject(this.#closedError()) : this.#outgoing.drained();
	}

	/**
	 * Sends a document and resolves with the first one for which `match` is true; that one is delivered nowhere else. On a
	 * stream an iq of type get or set needs no `match`: its answer is the iq with its `id`, which should not be guessable.
	 * While a request waits, documents are read on past `maxInboxDocuments`, up to `maxInboxChars`.
	 *
	 * Rejects as `send` throws, and with XMLSOCKET_REQUEST_TIMEOUT, XMLSOCKET_ABORTED, or XMLSOCKET_CONNECTION_LOST where the
	 * connection broke after the question had left. It is never asked a second time.
	 *
	 * @example
	 * ```ts
	 * const members = await connection.request(xml`<who room="lobby" />`, {
	 *   match: (document) => document.xml.firstChild?.nodeName === "members",
	 *   timeoutMs: 2000,
	 * });
	 * ```
	 */
	request(document: Sendable, options: Partial<RequestOptions> = {}): Promise<Incoming> {
		return this.#ask(document, options, (text) => this.#put(text));
	}

	/**
	 * On a stream: asks the server for TLS, and goes on under it. The stream has been opened, and the server's features say
	 * that it offers STARTTLS; when this resolves, a new stream header is to be sent. The certificate is checked against
	 * `domain`, with the authorities of the option `tls`. What is sent meanwhile waits and never leaves unprotected.
	 *
	 * Rejects with XMLSOCKET_TLS_FAILED where the server refuses, the handshake fails, the certificate is not accepted, or
	 * bytes came behind the server's answer that nothing protects; the connection is closed then.
	 *
	 * @example
	 * ```ts
	 * await connection.startTls({ domain: "example.org" });
	 * ```
	 */
	async startTls(options: StartTlsOptions = {}): Promise<void> {
		const link = this.#link;
		if (!link || this.#closing) throw this.#closedError();
		const streams = this.#streams;
		if (!streams) throw new XMLSocketError("XMLSOCKET_TLS_FAILED", "Only a stream agrees on TLS.");
		await streams.agreeOnTls(
			link,
			(document, request) => this.#ask(document, request, (text) => this.#outgoing.transmit(text)),
			{ domain: options.domain ?? this.target.host, timeoutMs: options.timeoutMs ?? this.#options.connectTimeoutMs },
			this.#options,
		);
	}

	/**
	 * Calls `listener` for each event from now on; documents that waited unread come first. An exception in it is
	 * reported, and the others go on. Listeners do not slow the other side down: a loop does.
	 *
	 * @returns a function that takes the listener away.
	 */
	on<Name extends keyof ConnectionEvents>(event: Name, listener: (value: ConnectionEvents[Name]) => void): () => void {
		const off = this.#listeners.add(event, listener);
		if (event === "document") queueMicrotask(() => this.#emptyInbox());
		return off;
	}

	/** While it waits to connect again: tries at once, for example because the network is back. */
	reconnectNow(): void {
		this.#redialer?.now();
	}

	/**
	 * After the loss of this connection, waits so many milliseconds more before the first attempt: a server that goes away for a
	 * while may say for how long.
	 */
	delayReconnect(delayMs: number): void {
		this.#leastDelayMs = delayMs;
	}

	/**
	 * Delivers what was sent, then ends the connection for good; resolves when it is over. Unread documents, and those that
	 * wait for a reconnection, are dropped. Calling it again is harmless.
	 */
	async close(): Promise<void> {
		if (!this.#closing && !this.#over) {
			this.#closing = true;
			this.#inbox.end(undefined, true);
			const link = this.#link;
			if (link) link.end();
			else this.#finish(undefined, true);
		}
		await this.closed;
	}

	/** For `await using`: as `close()`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	/** Reads the documents; see the class for what several readers get. */
	[Symbol.asyncIterator](): AsyncIterator<Incoming, undefined, undefined> {
		const reader = {};
		let left = false;
		this.#loops++;
		return {
			next: () => (left ? Promise.resolve({ value: undefined, done: true }) : this.#inbox.next(reader)),
			return: () => {
				if (!left) this.#loops--;
				left = true;
				this.#inbox.leave(reader);
				return Promise.resolve({ value: undefined, done: true });
			},
		};
	}

	// --- one connection after the other

	#open(transport: Transport): Link {
		const options = this.#options;
		const link: Link = new Link(
			transport,
			{
				output: "text",
				codec: this.#codec,
				...(options.terminator ? { terminator: options.terminator } : {}),
				...(options.stream && this.#streams ? { decoder: this.#decoder(this.#streams, options.stream) } : {}),
				maxDocumentBytes: options.maxDocumentBytes,
				keepEmpty: options.keepEmpty,
				// `send` refuses before the link would have to cut.
				maxOutboxBytes: Number.MAX_SAFE_INTEGER,
				firstDocumentTimeoutMs: 0,
				documentTimeoutMs: 0,
				idleTimeoutMs: options.idleTimeoutMs,
				unreadOutputTimeoutMs: options.unreadOutputTimeoutMs,
				pingIntervalMs: options.pingIntervalMs,
				lingerMs: options.lingerMs,
			},
			this.#scheduler,
			{
				document: (text) => this.#received(link, text),
				drained: () => this.#outgoing.moved(),
				// A limit ended it: the program need not wait until the other side has noticed.
				failing: (error) => this.#lost(link, { by: "local", error }),
				closed: (close) => this.#lost(link, close),
			},
		);
		this.#link = link;
		this.#outgoing.link = link;
		this.#paused = false;
		this.#inherited = undefined;
		this.#stopKeepingAlive?.();
		if (options.stream && options.stream.keepAliveIntervalMs > 0)
			this.#keepAlive(link, options.stream.keepAliveIntervalMs);
		this.#connectedAtMs = this.#host.clock.now();
		this.#regulate();
		return link;
	}

	#decoder(streams: Streams, { maxUnprocessedChars, overflow }: Required<StreamOptions>): StreamDecoder {
		return streams.decoder({
			codec: this.#codec,
			maxUnprocessedChars,
			overflow,
			discarded: (error) => this.#host.report(error),
			maxDocumentBytes: this.#options.maxDocumentBytes,
		});
	}

	// Not while a request waits: it may be one of a login, between whose steps nothing may stand.
	#keepAlive(link: Link, intervalMs: number): void {
		this.#stopKeepingAlive = this.#host.clock.delay(intervalMs, () => {
			if (this.#link !== link) return;
			if (this.#requests.size === 0) link.sendUnchecked(" ");
			this.#keepAlive(link, intervalMs);
		});
	}

	#lost(link: Link, close: LinkClose): void {
		if (this.#link !== link) return;
		this.#link = undefined;
		this.#outgoing.link = undefined;
		this.#rejoining = false;
		const error =
			close.error ?? new XMLSocketError("XMLSOCKET_CONNECTION_LOST", "The other side closed the connection.");
		this.#requests.fail(error, "sent");
		if (this.#closing) this.#finish(undefined, true);
		else if (!this.#redialer) this.#finish(close.error, false);
		else {
			this.#become({ type: "disconnected", error });
			const leastMs = this.#leastDelayMs;
			this.#leastDelayMs = 0;
			// A listener may have closed us.
			if (!this.#over) this.#redialer.begin(error, this.#host.clock.now() - this.#connectedAtMs, leastMs);
		}
	}

	#reopened(link: Link): void {
		const hook = this.#options.onReconnected;
		if (!hook) {
			this.#resume(link);
			return;
		}
		this.#rejoining = true;
		const put = (document: Sendable): true => {
			if (this.#link !== link || !this.#outgoing.transmit(textOf(document))) throw this.#closedError();
			return true;
		};
		const rejoin: Rejoin = {
			send: (document) => void put(document),
			request: (document, options = {}) => this.#ask(document, options, put),
			startTls: (options) => this.startTls(options),
		};
		const failed = (cause: unknown): void => {
			const error =
				cause instanceof XMLSocketError
					? cause
					: new XMLSocketError("XMLSOCKET_CONNECTION_LOST", "The onReconnected function failed.", { cause });
			if (this.#link === link) link.destroy(error);
		};
		new Promise<void>((resolve) => resolve(hook(rejoin))).then(() => this.#resume(link), failed);
	}

	#resume(link: Link): void {
		if (this.#link !== link || this.#closing) return;
		this.#rejoining = false;
		this.#requests.markSent();
		this.#outgoing.releaseQueue();
		this.#become({ type: "connected" });
	}

	#aborted(): void {
		const cause = this.#options.signal?.reason;
		const error = new XMLSocketError("XMLSOCKET_ABORTED", "The connection was aborted.", { cause });
		const link = this.#link;
		this.#link = undefined;
		link?.destroy(error);
		this.#finish(error, true);
	}

	#finish(error: XMLSocketError | undefined, dropUnread: boolean): void {
		if (this.#over) return;
		this.#over = true;
		this.#redialer?.stop();
		this.#stopKeepingAlive?.();
		this.#options.signal?.removeEventListener("abort", this.#abort);
		const reason = error ? { error } : {};
		this.#status = { type: "closed", ...reason };
		this.#requests.fail(error ?? this.#closedError(), "all");
		this.#inbox.end(error, dropUnread);
		this.#outgoing.end(this.#closedError());
		this.#become(this.#status);
		this.#settleClosed(reason);
	}

	#become(status: ConnectionStatus): void {
		this.#status = status;
		this.#listeners.emit("status", status);
	}

	// --- in

	#received(link: Link, text: string): void {
		if (this.#link !== link) return;
		const document = this.#streams ? this.#fragment(this.#streams, text) : new Incoming(text);
		if (this.#requests.size > 0 && this.#requests.answer(document)) return;
		const heard = this.#listeners.has("document");
		if (heard) {
			this.#emptyInbox();
			this.#listeners.emit("document", document);
		}
		if (!heard || this.#loops > 0) {
			this.#inbox.push(document, text.length);
			this.#regulate();
		}
	}

	#fragment(streams: Streams, text: string): Incoming {
		const declared = streams.declarationsOf(text);
		if (!declared) return new Incoming(text, this.#inherited);
		this.#inherited = declared;
		return new Incoming(text);
	}

	// What came before anyone listened; loops have the first right to it.
	#emptyInbox(): void {
		while (this.#loops === 0 && this.#listeners.has("document")) {
			const document = this.#inbox.shift();
			if (!document) return;
			this.#listeners.emit("document", document);
		}
	}

	#regulate(): void {
		const link = this.#link;
		if (!link) return;
		// A reply may be behind what nobody reads, so only the size holds reading back while one is waited for.
		const asking = this.#requests.size > 0;
		if (!this.#paused) {
			if (asking ? this.#inbox.isHeavy : this.#inbox.isFull) {
				this.#paused = true;
				link.pause();
			}
		} else if (this.#inbox.hasRoom || (asking && !this.#inbox.isHeavy)) {
			this.#paused = false;
			link.resume();
		}
	}

	// --- out

	// Whether the text left at once; it waits otherwise.
	#put(text: string): boolean {
		if (this.#over || this.#closing) throw this.#closedError();
		if (!this.#rejoining && this.#outgoing.transmit(text)) return true;
		if (!this.#redialer) throw this.#closedError();
		this.#outgoing.enqueue(text);
		return false;
	}

	#ask(document: Sendable, options: Partial<RequestOptions>, put: (text: string) => boolean): Promise<Incoming> {
		let text = "";
		let asked = options;
		try {
			text = textOf(document);
			const streams = this.#streams;
			if (streams && options.match === undefined) asked = { ...options, match: streams.answerTo(text) };
		} catch (error) {
			return Promise.reject(error);
		}
		const reply = this.#requests.ask(asked, () => put(text));
		this.#regulate();
		return reply;
	}

	#closedError(): XMLSocketError {
		const error = this.#status.type === "closed" ? this.#status.error : undefined;
		const message = `The connection to ${targetUrl(this.target)} is closed.`;
		return new XMLSocketError("XMLSOCKET_CLOSED", message, error ? { cause: error } : {});
	}
}
