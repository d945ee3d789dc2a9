// A connection with a server, as a program uses it: sending with a bound, reading with backpressure, requests, events. It goes on
// over a new link after a loss and never resends what a lost link had accepted: delivery is at most once, and a program that
// needs more puts it into its own documents. docs/guide/connections.md.

/// <reference lib="esnext.disposable" preserve="true" />

import {
	type ConnectionClose,
	type ConnectionState,
	checkCallOptions,
	type DocumentConnection,
	documentText,
	Listeners,
	ReadQueue,
	ReceivedDocument,
	refuseAborted,
	type Sendable,
	type WaitOptions,
	waitFor,
} from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Scheduler, Transport } from "../link/index.ts";
import { type Target, targetUrl } from "./address.ts";
import { CONNECTION_EVENTS, type ConnectionEvents, type ConnectionStatus } from "./connection-events.ts";
import type { ClientHost } from "./dial.ts";
import { answerWithId, idOf } from "./id-answer.ts";
import type { ResolvedOptions } from "./options.ts";
import { ReconnectingLink } from "./reconnecting-link.ts";
import { checkRequestOptions, type RequestOptions, Requests } from "./requests.ts";
import type { StartTlsOptions } from "./start-tls.ts";
import type { Streams } from "./streams.ts";

/**
 * A connection that `connect()` has opened.
 *
 * A document that answers a `request` goes to that request only. Any other goes to every listener of `document`, and to the
 * `for await` loops over the connection; without either it waits. Several loops share the documents: each goes to one of them.
 * Leaving a loop does not close the connection. A loop ends when the connection closes, and throws where an error closed it.
 *
 * @example
 * ```ts
 * const connection = await connect("xmlsocket://localhost:9000", { reconnect: true });
 * connection.send(xml`<join room="lobby" />`);
 * for await (const document of connection) console.log(document.xml.firstChild?.nodeName);
 * ```
 */
export class Connection implements DocumentConnection<ConnectionEvents> {
	/** The address that it is connected to. */
	readonly target: Target;
	/** Resolves when the connection is over, with the side that ended it and the error where there was one. Never rejects. */
	readonly closed: Promise<ConnectionClose>;
	readonly #options: ResolvedOptions;
	readonly #host: ClientHost;
	/** Set for an XML stream. */
	readonly #streams: Streams | undefined;
	readonly #link: ReconnectingLink;
	readonly #queue: ReadQueue<ReceivedDocument>;
	readonly #requests: Requests;
	readonly #listeners: Listeners<ConnectionEvents>;
	readonly #settleClosed: (close: ConnectionClose) => void;
	#status: ConnectionStatus = { type: "connected" };
	/** Adds the namespaces of the stream's header to an element below it. */
	#inherit: ((text: string) => string) | undefined = undefined;

	/** @internal `connect()` makes connections. */
	constructor(target: Target, options: ResolvedOptions, host: ClientHost, scheduler: Scheduler, transport: Transport) {
		this.target = target;
		this.#options = options;
		this.#host = host;
		this.#streams = options.stream ? host.streams : undefined;
		this.#requests = new Requests(host.clock, () => this.#link.current?.unfinishedBytes ?? 0);
		const listeners = new Listeners<ConnectionEvents>(CONNECTION_EVENTS, host.report);
		this.#listeners = listeners;
		this.#queue = new ReadQueue(
			{ maxDocuments: options.maxInboxDocuments, maxChars: options.maxInboxChars },
			{
				hasListeners: () => listeners.has("document"),
				emit: (document) => listeners.emit("document", document),
				moved: () => this.#regulate(),
			},
		);
		let settle: (close: ConnectionClose) => void = () => {};
		this.closed = new Promise((resolve) => {
			settle = resolve;
		});
		this.#settleClosed = settle;
		const requests = this.#requests;
		this.#link = new ReconnectingLink(target, options, host, scheduler, {
			opened: () => {
				this.#inherit = undefined;
				this.#regulate();
			},
			received: (text) => this.#received(text),
			statusChanged: (status) => this.#become(status),
			lost: (error) => requests.fail(error, "sent"),
			reopened: () => this.#reopened(),
			resuming: () => requests.markSent(),
			over: (close, dropUnread) => this.#over(close, dropUnread),
			closedError: (cause) => this.#closedError(cause),
			get isAsking() {
				return requests.size > 0;
			},
		});
		this.#link.open(transport);
	}

	/** What the connection is doing, in one word. */
	get state(): ConnectionState {
		const { type } = this.#status;
		return type !== "closed" && this.#link.isClosing ? "closing" : type;
	}

	/** What the connection is doing, with the facts of it: the attempt, the wait, the error. */
	get status(): ConnectionStatus {
		return this.#status;
	}

	/** Bytes that wait to leave this process, including those for the next connection. */
	get outboxBytes(): number {
		return this.#link.outboxBytes;
	}

	/**
	 * Sends a document. It leaves with everything else of this turn of the event loop. While the connection is being made
	 * again, it waits, within `maxOutboxBytes`.
	 *
	 * @throws XMLSOCKET_CLOSED after the end; XMLSOCKET_NUL_IN_DOCUMENT where the text holds U+0000 or the terminator;
	 * XMLSOCKET_OUTBOX_FULL where too much waits already: await `drained()`; XMLSOCKET_DOCUMENT_INVALID for a value without text.
	 */
	send(document: Sendable): void {
		this.#link.send(documentText(document));
	}

	/**
	 * @internal As `send`, but nothing waits for the next connection: where the current one is over, also where no event has told so
	 * yet, the document is not sent.
	 *
	 * @returns whether it was sent.
	 */
	sendNow(document: Sendable): boolean {
		return this.#link.transmit(documentText(document));
	}

	/**
	 * Resolves when at most 64 KiB of what was sent wait in this process, also across reconnections.
	 *
	 * Rejects with XMLSOCKET_CLOSED when the connection ends before, and with XMLSOCKET_ABORTED or XMLSOCKET_REQUEST_TIMEOUT as
	 * `signal` and `timeoutMs` (default: no limit) say; what was sent stays in the outbox then.
	 */
	async drained(options?: WaitOptions): Promise<void> {
		const wait = checkCallOptions("drained()", options);
		await waitFor(this.#link.drained(), wait, { what: "The outbox was not drained", clock: this.#host.clock });
	}

	/**
	 * Sends a document and resolves with its answer, which is delivered nowhere else: the next document for which `match` is true.
	 * Without `match` that is the next document whose root element has the same `id` as the root of the request; on a stream, for
	 * an iq of type get or set, the iq that answers its `id`. While a request waits, documents are read on past
	 * `maxInboxDocuments`, up to `maxInboxChars`.
	 *
	 * Rejects as `send` throws, and with:
	 * - the server's refusal, an `<error>` with the id of the request: its `code` as XMLSOCKET_…, or XMLSOCKET_REFUSED for a code
	 *   that this package does not know; `details.code` is the server's own;
	 * - XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED by `signal`;
	 * - XMLSOCKET_CONNECTION_LOST where the connection broke after the request had left. It is never sent a second time;
	 * - XMLSOCKET_OPTION_INVALID without both `match` and an id.
	 *
	 * @example
	 * ```ts
	 * const answer = await connection.request(xml`<score id="7" game="chess" />`);
	 * const members = await connection.request(xml`<who room="lobby" />`, {
	 *   match: (document) => document.xml.firstChild?.nodeName === "members",
	 *   timeoutMs: 2000,
	 * });
	 * ```
	 */
	request(document: Sendable, options?: RequestOptions): Promise<ReceivedDocument> {
		return this.#ask(document, options, (text) => this.#link.send(text));
	}

	/**
	 * On a stream: asks the server for TLS, and continues under it. The stream must have been opened, and the server's features
	 * must offer STARTTLS. When this resolves, send a new stream header. The certificate is checked against `domain`, with the
	 * authorities of the option `tls`. What is sent meanwhile waits and never leaves unprotected.
	 *
	 * Rejects with XMLSOCKET_TLS_FAILED where the server refuses, the handshake fails or takes longer than `timeoutMs`, the
	 * certificate is not accepted, or unprotected bytes follow the server's answer; with XMLSOCKET_ABORTED by `signal`. The
	 * connection is closed then.
	 *
	 * @example
	 * ```ts
	 * await connection.startTls({ domain: "example.org" });
	 * ```
	 */
	async startTls(options?: StartTlsOptions): Promise<void> {
		const { domain, signal, timeoutMs }: StartTlsOptions = checkCallOptions("startTls()", options, ["domain"]);
		const link = this.#link.current;
		if (!link) throw this.#closedError();
		const streams = this.#streams;
		if (!streams) throw new XMLSocketError("XMLSOCKET_TLS_FAILED", "Only a stream agrees on TLS.");
		const what = "TLS was not agreed on";
		refuseAborted(what, { signal });
		const agreed = streams.agreeOnTls(
			link,
			(document, request) => this.#ask(document, request, (text) => this.#link.transmit(text)),
			{ domain: domain ?? this.target.host, timeoutMs: timeoutMs ?? this.#options.connectTimeoutMs },
			this.#options,
		);
		await waitFor(agreed, { signal }, { what, clock: this.#host.clock, gaveUp: (error) => link.destroy(error) });
	}

	/**
	 * Calls `listener` for each event from now on. For `document`, those that waited unread come first. An exception in a
	 * listener is reported, and the other listeners are still called. Listeners do not slow the other side down; a loop does.
	 *
	 * @returns a function that removes the listener.
	 */
	on<Name extends keyof ConnectionEvents>(event: Name, listener: (value: ConnectionEvents[Name]) => void): () => void {
		return this.#listen(event, listener, false);
	}

	/**
	 * Calls `listener` for the next event only.
	 *
	 * @returns a function that removes the listener.
	 */
	once<Name extends keyof ConnectionEvents>(
		event: Name,
		listener: (value: ConnectionEvents[Name]) => void,
	): () => void {
		return this.#listen(event, listener, true);
	}

	/** Removes a listener that `on` or `once` added; does nothing where there is none. */
	off<Name extends keyof ConnectionEvents>(event: Name, listener: (value: ConnectionEvents[Name]) => void): void {
		this.#listeners.remove(event, listener);
	}

	/** While it waits to connect again: tries at once, for example because the network is back. */
	reconnectNow(): void {
		this.#link.reconnectNow();
	}

	/**
	 * After the next loss of the connection, waits this many milliseconds more before the first attempt: a server that goes away
	 * can announce for how long.
	 */
	delayReconnect(delayMs: number): void {
		this.#link.delayReconnect(delayMs);
	}

	/**
	 * Delivers what was sent, within `lingerMs`, then ends the connection for good. Resolves when it is over. Unread documents, and
	 * those that wait for a reconnection, are dropped. Calling it again is harmless.
	 *
	 * With `timeoutMs` (default: no limit but `lingerMs`) or `signal`, the connection is cut at that moment, what waits is dropped, and
	 * the promise rejects with XMLSOCKET_REQUEST_TIMEOUT or XMLSOCKET_ABORTED.
	 */
	async close(options?: WaitOptions): Promise<void> {
		const wait = checkCallOptions("close()", options);
		this.#link.close();
		this.#queue.end(undefined, true);
		await waitFor(this.closed, wait, {
			what: "The connection did not close",
			clock: this.#host.clock,
			gaveUp: (error) => this.#link.abort(error),
		});
	}

	/** @internal Ends the connection at once, with this error; what waits is dropped. */
	abort(error: XMLSocketError): void {
		this.#queue.end(undefined, true);
		this.#link.abort(error);
	}

	/** For `await using`: as `close()`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	/** Reads the documents; the class describes what several readers get. */
	[Symbol.asyncIterator](): AsyncIterator<ReceivedDocument, undefined, undefined> {
		return this.#queue.read();
	}

	#listen<Name extends keyof ConnectionEvents>(
		event: Name,
		listener: (value: ConnectionEvents[Name]) => void,
		once: boolean,
	): () => void {
		const off = this.#listeners.add(event, listener, once);
		if (event === "document") queueMicrotask(() => this.#queue.flush());
		return off;
	}

	// --- from the link

	#received(text: string): void {
		const document = this.#streams ? this.#fragment(this.#streams, text) : new ReceivedDocument(text);
		const ending = this.#streams?.errorIn(document);
		if (ending) this.#link.endsWith(ending);
		const isAnswer = this.#requests.size > 0 && this.#requests.answer(document);
		// Nothing follows a stream error, so what still waits need not wait for its time limit.
		if (ending) this.#requests.fail(ending.error, "sent");
		if (isAnswer) return;
		this.#queue.deliver(document, text.length);
		this.#regulate();
	}

	#fragment(streams: Streams, text: string): ReceivedDocument {
		const inherit = streams.inheritanceOf(text);
		if (!inherit) return new ReceivedDocument(text, this.#inherit);
		this.#inherit = inherit;
		return new ReceivedDocument(text);
	}

	#regulate(): void {
		const queue = this.#queue;
		// An answer may be behind what nobody reads, so only the size stops reading while a request waits for one.
		const isAsking = this.#requests.size > 0;
		if (!this.#link.isPaused) {
			if (isAsking ? queue.isHeavy : queue.isFull) this.#link.isPaused = true;
		} else if (queue.hasRoom || (isAsking && !queue.isHeavy)) this.#link.isPaused = false;
	}

	#reopened(): Promise<void> | undefined {
		const hook = this.#options.onReconnected;
		const link = this.#link.current;
		if (!hook || !link) return undefined;
		const put = (text: string): true => {
			if (this.#link.current !== link || !this.#link.transmit(text)) throw this.#closedError();
			return true;
		};
		return new Promise((resolve) =>
			resolve(
				hook({
					send: (document) => void put(documentText(document)),
					request: (document, options) => this.#ask(document, options, put),
					startTls: (options) => this.startTls(options),
				}),
			),
		);
	}

	#over(close: ConnectionClose, dropUnread: boolean): void {
		const { error } = close;
		const status: ConnectionStatus = error ? { type: "closed", error } : { type: "closed" };
		this.#status = status;
		this.#requests.fail(error ?? this.#closedError(), "all");
		this.#queue.end(error, dropUnread);
		this.#become(status);
		this.#listeners.emit("close", close);
		this.#settleClosed(close);
	}

	#become(status: ConnectionStatus): void {
		this.#status = status;
		this.#listeners.emit("status", status);
	}

	#ask(
		document: Sendable,
		options: RequestOptions | undefined,
		put: (text: string) => boolean,
	): Promise<ReceivedDocument> {
		try {
			const text = documentText(document);
			const { match, ...wait } = checkRequestOptions(options);
			const streams = this.#streams;
			let id: string | undefined;
			let isRead = false;
			const answer = this.#requests.ask(
				{
					match: match ?? (streams ? streams.answerTo(text) : answerWithId(text)),
					id: () => {
						if (!isRead && !streams) id = idOf(text);
						isRead = true;
						return id;
					},
					send: () => put(text),
				},
				wait,
			);
			this.#regulate();
			return answer;
		} catch (error) {
			return Promise.reject(error);
		}
	}

	#closedError(
		cause: XMLSocketError | undefined = this.#status.type === "closed" ? this.#status.error : undefined,
	): XMLSocketError {
		const message = `The connection to ${targetUrl(this.target)} is closed.`;
		return new XMLSocketError("XMLSOCKET_CLOSED", message, cause ? { cause } : {});
	}
}
