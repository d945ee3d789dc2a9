// The links of one connection, one after the other: it opens them, puts what is sent on the current one or into the queue, keeps
// it alive, and makes the next one after a loss. It knows bytes, texts and states; documents, requests and events are its owner's.

import { XMLSocketError } from "../errors/index.ts";
import { Link, type LinkClose, onAbort, type Scheduler, type Transport } from "../link/index.ts";
import { type StreamDecoder, type TextCodec, utf8Codec } from "../wire/index.ts";
import type { Target } from "./address.ts";
import type { ConnectionStatus } from "./connection-events.ts";
import type { ClientHost } from "./dial.ts";
import type { ResolvedOptions, StreamOptions } from "./options.ts";
import { Outgoing } from "./outgoing.ts";
import { Redialer } from "./redialer.ts";
import type { StreamError } from "./stream-error.ts";
import type { Streams } from "./streams.ts";

/** The owner of the links: a connection. */
export interface LinkSeriesOwner {
	/** A link was opened, the first one included. */
	opened(): void;
	/** The text of a document. */
	received(text: string): void;
	statusChanged(status: ConnectionStatus): void;
	/** A link was lost; what was sent on it may not have arrived. */
	lost(error: XMLSocketError): void;
	/** A new link stands. Runs before the queue leaves; the queue waits until the promise resolves. Undefined: no such work. */
	reopened(): Promise<void> | undefined;
	/** The queue leaves now. */
	resuming(): void;
	/** Nothing more will happen. `dropUnread`: the program ended it. */
	over(close: LinkClose, dropUnread: boolean): void;
	/** Whether a request waits: it may be part of a login, between whose steps nothing may be sent. */
	readonly isAsking: boolean;
	/** The error for what can no longer be sent; `cause` is why the connection ended. */
	closedError(cause?: XMLSocketError): XMLSocketError;
}

/** The connection below a `Connection`, across losses. */
export class ReconnectingLink {
	readonly #options: ResolvedOptions;
	readonly #host: ClientHost;
	readonly #scheduler: Scheduler;
	readonly #owner: LinkSeriesOwner;
	readonly #streams: Streams | undefined;
	readonly #codec: TextCodec;
	readonly #outgoing: Outgoing;
	readonly #redialer: Redialer | undefined;
	readonly #offAbort: () => void;
	/** The current link; undefined between two. */
	#link: Link | undefined = undefined;
	/** The current link stands, and the queue waits for `reopened`. */
	#isRejoining = false;
	#stopKeepingAlive: (() => void) | undefined = undefined;
	/** Why the other side ends the current link. */
	#ending: StreamError | undefined = undefined;
	#connectedAtMs = 0;
	#leastDelayMs = 0;
	#isClosing = false;
	#isOver = false;
	#isPaused = false;

	constructor(
		target: Target,
		options: ResolvedOptions,
		host: ClientHost,
		scheduler: Scheduler,
		owner: LinkSeriesOwner,
	) {
		this.#options = options;
		this.#host = host;
		this.#scheduler = scheduler;
		this.#owner = owner;
		this.#streams = options.stream ? host.streams : undefined;
		this.#codec = options.codec ?? host.codec ?? utf8Codec();
		this.#outgoing = new Outgoing(options.maxOutboxBytes, this.#codec, options.terminator);
		this.#redialer =
			options.reconnect &&
			new Redialer(host, target, options, options.reconnect, {
				waiting: (attempt, delayMs, error) =>
					this.#owner.statusChanged({ type: "reconnecting", attempt, delayMs, error }),
				opened: (transport) => this.#reopened(this.open(transport)),
				gaveUp: (error) => this.#finish({ by: "remote", error }, false),
			});
		this.#offAbort = onAbort(options.signal, () => this.#aborted());
	}

	/** The current link, where there is one and the program has not closed it. */
	get current(): Link | undefined {
		return this.#isClosing ? undefined : this.#link;
	}

	/** Whether `close` was called. */
	get isClosing(): boolean {
		return this.#isClosing;
	}

	get outboxBytes(): number {
		return this.#outgoing.bytes;
	}

	/** Resolves when little waits to be sent; rejects at the end. */
	drained(): Promise<void> {
		return this.#isOver ? Promise.reject(this.#owner.closedError()) : this.#outgoing.drained();
	}

	/** Sends a text on the current link, or keeps it for the next one. @returns whether it left at once. */
	send(text: string): boolean {
		if (this.#isOver || this.#isClosing) throw this.#owner.closedError();
		if (!this.#isRejoining && this.#outgoing.transmit(text)) return true;
		if (!this.#redialer) throw this.#owner.closedError();
		this.#outgoing.enqueue(text);
		return false;
	}

	/** Sends a text on the current link, past the queue. @returns whether there was a link. */
	transmit(text: string): boolean {
		return this.#outgoing.transmit(text);
	}

	/** Stops or resumes reading from the network. */
	set isPaused(paused: boolean) {
		const link = this.#link;
		if (!link || paused === this.#isPaused) return;
		this.#isPaused = paused;
		if (paused) link.pause();
		else link.resume();
	}

	get isPaused(): boolean {
		return this.#isPaused;
	}

	reconnectNow(): void {
		this.#redialer?.now();
	}

	/** Adds a wait before the first attempt after the loss of the current link. */
	delayReconnect(delayMs: number): void {
		this.#leastDelayMs = delayMs;
	}

	/** The other side has announced why it ends the current link. */
	endsWith(ending: StreamError): void {
		this.#ending ??= ending;
	}

	/** Delivers what was sent, then ends. */
	close(): void {
		if (this.#isClosing || this.#isOver) return;
		this.#isClosing = true;
		if (this.#link) this.#link.end();
		else this.#finish({ by: "local" }, true);
	}

	/** Ends at once with this error; what waits is dropped. */
	abort(error: XMLSocketError): void {
		const link = this.#link;
		this.#link = undefined;
		link?.destroy(error);
		this.#finish({ by: "local", error }, true);
	}

	/** Opens a link over a transport that is connected. */
	open(transport: Transport): Link {
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
				document: (text) => {
					if (this.#link === link) this.#owner.received(text);
				},
				drained: () => this.#outgoing.moved(),
				// A limit ended it: the program need not wait until the other side has noticed.
				failing: (error) => this.#lost(link, { by: "local", error }),
				closed: (close) => this.#lost(link, close),
			},
		);
		this.#link = link;
		this.#outgoing.link = link;
		this.#isPaused = false;
		this.#stopKeepingAlive?.();
		if (options.stream && options.stream.keepAliveIntervalMs > 0)
			this.#keepAlive(link, options.stream.keepAliveIntervalMs);
		this.#connectedAtMs = this.#host.clock.now();
		this.#owner.opened();
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

	#keepAlive(link: Link, intervalMs: number): void {
		this.#stopKeepingAlive = this.#host.clock.delay(intervalMs, () => {
			if (this.#link !== link) return;
			if (!this.#owner.isAsking) link.sendUnchecked(" ");
			this.#keepAlive(link, intervalMs);
		});
	}

	#lost(link: Link, close: LinkClose): void {
		if (this.#link !== link) return;
		this.#link = undefined;
		this.#outgoing.link = undefined;
		this.#isRejoining = false;
		const ending = this.#ending;
		this.#ending = undefined;
		const cause = ending?.error ?? close.error;
		const { unfinishedBytes } = close;
		const unfinished = unfinishedBytes
			? `, ${unfinishedBytes} bytes after its last terminator (option terminator)`
			: "";
		const error =
			cause ?? new XMLSocketError("XMLSOCKET_CONNECTION_LOST", `The other side closed the connection${unfinished}.`);
		this.#owner.lost(error);
		if (this.#isClosing) this.#finish(unfinishedBytes ? { by: "local", unfinishedBytes } : { by: "local" }, true);
		else if (!this.#redialer || ending?.isFinal) this.#finish(cause ? { ...close, error: cause } : close, false);
		else {
			this.#owner.statusChanged({ type: "disconnected", error });
			const leastMs = this.#leastDelayMs;
			this.#leastDelayMs = 0;
			// A listener may have closed the connection.
			if (!this.#isOver) this.#redialer.begin(error, this.#host.clock.now() - this.#connectedAtMs, leastMs);
		}
	}

	#reopened(link: Link): void {
		this.#isRejoining = true;
		const work = this.#owner.reopened();
		if (!work) {
			this.#resume(link);
			return;
		}
		work.then(
			() => this.#resume(link),
			(cause: unknown) => {
				const error =
					cause instanceof XMLSocketError
						? cause
						: new XMLSocketError("XMLSOCKET_CONNECTION_LOST", "The onReconnected function failed.", { cause });
				if (this.#link === link) link.destroy(error);
			},
		);
	}

	#resume(link: Link): void {
		if (this.#link !== link || this.#isClosing) return;
		this.#isRejoining = false;
		this.#owner.resuming();
		this.#outgoing.releaseQueue();
		this.#owner.statusChanged({ type: "connected" });
	}

	#aborted(): void {
		const cause = this.#options.signal?.reason;
		this.abort(new XMLSocketError("XMLSOCKET_ABORTED", "The connection was aborted.", { cause }));
	}

	#finish(close: LinkClose, dropUnread: boolean): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#redialer?.stop();
		this.#stopKeepingAlive?.();
		this.#offAbort();
		this.#outgoing.end(this.#owner.closedError(close.error));
		this.#owner.over(close, dropUnread);
	}
}
