// One connection: a Transport, a decoder, and a bounded outbox that is written once per tick. Client and server ends are
// both Links. A Link passes whole documents to its one owner, enforces the deadlines, and ends with one call of `closed`.
// It knows no sockets, rooms or message types; nothing that a peer sends makes it throw.

import { XMLSocketError } from "../errors/index.ts";
import { type Decoder, DocumentDecoder, encodeDocument, refuseNul, type TextCodec, utf8Codec } from "../wire/index.ts";
import { silent, unfinished } from "./deadlines.ts";
import { InboundQueue, type InboundQueueOwner } from "./inbound-queue.ts";
import { isPromise } from "./is-promise.ts";
import type { Inbound, LinkClose, LinkOptions, LinkOwner } from "./link-options.ts";
import { Outbox } from "./outbox.ts";
import type { Measured, Scheduler } from "./scheduler.ts";
import type { SecureOptions, Transport, TransportEvents } from "./transport.ts";
import { Work } from "./work.ts";

/** One connection's documents, in and out. */
export class Link<Output extends "text" | "bytes" = "text"> implements Measured {
	/** What carries the documents. */
	readonly transport: Transport;
	/** The processor time that it has used lately. */
	readonly work: Work;
	/** Whole documents received, empty ones not counted. */
	receivedDocuments = 0;
	readonly #options: LinkOptions<Output>;
	readonly #scheduler: Scheduler;
	readonly #codec: TextCodec;
	readonly #decoder: Decoder<Inbound<Output>>;
	readonly #inbound: InboundQueue<Inbound<Output>>;
	readonly #outbox: Outbox;
	#owner: LinkOwner<Output>;
	#state: "open" | "ending" | "closed" = "open";
	#close: LinkClose | undefined = undefined;
	#remoteEnded = false;
	#flushing = false;
	/** Nothing is written: TLS is agreed on and not established yet. */
	#held = false;
	/** Nothing is read before TLS is established, even if the owner calls `resume`. */
	#securing = false;
	#pauseWanted = false;
	#gone: { readonly error: Error | undefined; sinceMs: number } | undefined = undefined;
	#lastInboundMs: number;
	#endingSinceMs = 0;
	#transportEnded = false;
	#pendingError: XMLSocketError | undefined = undefined;
	/** When the other side was asked for a sign of life; undefined since it gave one. */
	#askedMs: number | undefined = undefined;

	/**
	 * Begins at once; the owner is not called before the constructor has returned.
	 *
	 * @param addressWork what all connections of its address have used. Default: it is not counted.
	 */
	constructor(
		transport: Transport,
		options: LinkOptions<Output>,
		scheduler: Scheduler,
		owner: LinkOwner<Output>,
		addressWork?: Work,
	) {
		this.transport = transport;
		this.work = new Work(addressWork, scheduler.clock.now());
		this.#options = options;
		this.#scheduler = scheduler;
		this.#owner = owner;
		this.#codec = options.codec ?? defaultCodec();
		this.#decoder =
			options.decoder ??
			new DocumentDecoder<Output>(options.inbound ? { ...options.inbound, output: options.output } : options);
		const listener = new Link.#TransportListener(this);
		this.#inbound = new InboundQueue<Inbound<Output>>(listener, transport, scheduler, options.rate);
		this.#lastInboundMs = scheduler.clock.now();
		this.#outbox = new Outbox(this.#codec, this.#lastInboundMs);
		scheduler.add(this);
		transport.start(listener);
	}

	/** Whether documents can still be sent. */
	get isOpen(): boolean {
		return this.#state === "open" && !this.#gone;
	}

	/** Bytes that wait here and in the transport for the other side to take them. */
	get outboxBytes(): number {
		return this.#outbox.bytes + this.transport.bufferedBytes;
	}

	/** Bytes received of a document that has not ended. */
	get unfinishedBytes(): number {
		return this.#decoder.pendingBytes ?? 0;
	}

	/** Bytes held for the other side: its outbox, its unfinished document, and about as much as the documents that wait here. */
	get heldBytes(): number {
		const received = (this.#decoder.pendingBytes ?? 0) + (this.transport.unfinishedBytes ?? 0);
		return this.outboxBytes + received + (this.#inbound.isBusy ? READ_BYTES : 0);
	}

	/** Bytes received, where the transport counts them. */
	get receivedBytes(): number {
		return this.transport.receivedBytes ?? 0;
	}

	/** Empty documents received. */
	get emptyDocuments(): number {
		return this.#decoder.emptyDocuments;
	}

	/** Gives the link to another owner, for example from the one that waits for a first document. */
	set owner(owner: LinkOwner<Output>) {
		this.#owner = owner;
	}

	/**
	 * Sends one document; it leaves with everything else of this tick. Does nothing once the link has ended.
	 *
	 * @throws XMLSOCKET_NUL_IN_DOCUMENT where the text holds U+0000 or the terminator.
	 */
	send(text: string): void {
		if (this.#options.terminator?.length) {
			this.sendEncoded(encodeDocument(text, this.#codec, this.#options.terminator));
			return;
		}
		refuseNul(text);
		this.sendUnchecked(text);
	}

	/** As `send`, but a U+0000 in the text goes out as it is and splits the document, as real players do. */
	sendUnchecked(text: string): void {
		if (!this.isOpen) return;
		const { terminator } = this.#options;
		this.#outbox.addText(terminator ? text : `${text}\0`);
		if (terminator?.length) this.#outbox.addBytes(terminator);
		this.#afterSend();
	}

	/** Sends whole documents, already encoded and terminated, that many links may share. */
	sendEncoded(bytes: Uint8Array): void {
		if (!this.isOpen) return;
		this.#outbox.addBytes(bytes);
		this.#afterSend();
	}

	/** Checks what `send` and `encode` check, without sending. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	checkText(text: string): void {
		const { terminator } = this.#options;
		if (terminator?.length) encodeDocument(text, this.#codec, terminator);
		else refuseNul(text);
	}

	/** The bytes of one document in this link's encoding, for `sendEncoded` on links with the same options. */
	encode(text: string): Uint8Array {
		return encodeDocument(text, this.#codec, this.#options.terminator ?? ZERO);
	}

	/** Writes what waits, and keeps what is sent from here on until `secure` has put TLS below the connection. */
	hold(): void {
		this.flush();
		this.#held = true;
	}

	/**
	 * Establishes TLS on the connection. Call it while the document that agrees to TLS is handled: it stops reading at once.
	 * Bytes behind that document were not protected, and end the link. The decoder starts again.
	 *
	 * Rejects with XMLSOCKET_TLS_FAILED; the link has ended then, and nothing that was held has been sent.
	 */
	async secure(options: SecureOptions): Promise<void> {
		this.#held = true;
		this.#securing = true;
		this.#inbound.pause();
		await undefined; // until the owner has returned from the current document
		try {
			if (!this.transport.secure) throw tlsFailed("A connection of this kind cannot be given TLS");
			if (this.#inbound.isBusy || this.#decoder.restart?.() !== true) {
				throw tlsFailed("Bytes that nothing protects came behind the answer");
			}
			await this.transport.secure(options);
		} catch (error) {
			const failure =
				error instanceof XMLSocketError
					? error
					: tlsFailed(`The TLS handshake failed: ${error instanceof Error ? error.message : String(error)}`, error);
			this.destroy(failure);
			throw failure;
		}
		this.#held = false;
		this.#securing = false;
		if (!this.#pauseWanted) this.#inbound.resume();
		this.flush();
	}

	/**
	 * Delivers what was sent, then closes. Nothing more is received; documents that wait are dropped.
	 *
	 * @param error the reason, where the close is not an orderly one.
	 */
	end(error?: XMLSocketError): void {
		if (this.#state !== "open") return;
		this.#state = "ending";
		this.#close ??= error ? { by: "local", error } : { by: "local" };
		this.#inbound.drop();
		if (this.#gone) {
			this.#finish(this.#gone.error);
			return;
		}
		this.#endingSinceMs = this.#scheduler.clock.now();
		// A paused transport would never tell that the other side has closed.
		if (!this.#inbound.isReading) this.transport.resume();
		this.flush();
	}

	/** Closes at once; what was sent and has not left yet is lost. */
	destroy(error?: XMLSocketError): void {
		if (this.#state === "closed") return;
		this.#close ??= error ? { by: "local", error } : { by: "local" };
		this.#state = "ending";
		if (this.#gone) {
			this.#finish(this.#gone.error);
			return;
		}
		this.#endingSinceMs = this.#scheduler.clock.now();
		this.#outbox.clear();
		this.transport.destroy();
	}

	/** Runs `run`, and counts its time, and that of the writes that it causes, as this link's. */
	account(run: () => void): void {
		const isOuter = this.#scheduler.beginHandling(this.#scheduler.clock.now());
		try {
			run();
		} finally {
			if (isOuter) this.#scheduler.endHandling(this);
		}
	}

	/** Stops the delivery of documents until `resume`, and slows the other side down. */
	pause(): void {
		this.#pauseWanted = true;
		this.#inbound.pause();
	}

	/** Continues after `pause`. */
	resume(): void {
		this.#pauseWanted = false;
		if (!this.#securing) this.#inbound.resume();
	}

	// --- Scheduled

	/** Writes what waits; called by the scheduler. */
	flush(): void {
		this.#flushing = false;
		if (this.#state === "closed" || this.#held) return;
		this.#outbox.writeTo(this.transport, this.#scheduler.concatenator);
		if (this.#state === "open") {
			const error = this.#outbox.overfull(this.transport, this.#options);
			if (error) this.#failWith(error);
		} else if (this.#state === "ending" && this.#outbox.bytes === 0) this.#endTransport();
	}

	/** Checks the deadlines; called by the scheduler. */
	sweep(nowMs: number): void {
		const options = this.#options;
		if (this.#state === "ending") {
			if (nowMs - this.#endingSinceMs >= options.lingerMs) this.transport.destroy();
			return;
		}
		if (this.#gone) {
			if (this.#pauseWanted) this.#gone.sinceMs = nowMs;
			else if (options.rate && nowMs - this.#gone.sinceMs >= options.lingerMs) this.#finish(this.#gone.error);
			return;
		}
		this.#sweepInbound(nowMs);
		if (this.#state !== "open") return;
		const error = this.#outbox.overdue(nowMs, this.transport, options);
		if (error) this.#failWith(error);
	}

	#sweepInbound(nowMs: number): void {
		// While this side does not read, the other side is neither late nor idle.
		if (!this.#inbound.isReading) {
			this.#lastInboundMs = nowMs;
			this.#askedMs = undefined;
		} else {
			const isFirst = this.receivedDocuments === 0;
			let since = this.#decoder.pendingSinceMs ?? this.transport.unfinishedSinceMs;
			if (isFirst && since !== undefined) since = Math.min(since, this.transport.begunMs ?? since);
			const error = since === undefined ? undefined : unfinished(nowMs - since, isFirst, this.#options);
			if (error) {
				this.#failWith(error);
				return;
			}
		}
		const canPing = this.transport.ping !== undefined;
		const askedMs = this.#askedMs === undefined ? undefined : nowMs - this.#askedMs;
		const silence = silent(nowMs - this.#lastInboundMs, askedMs, canPing, this.#options);
		if (silence instanceof XMLSocketError) this.#failWith(silence);
		else if (silence === "ask" && this.#askedMs === undefined) {
			this.#askedMs = nowMs;
			if (canPing && this.#options.pingIntervalMs > 0) this.transport.ping?.();
			else this.#guard(() => this.#owner.idle?.());
		}
	}

	// --- from the transport

	#bytes(chunk: Uint8Array): void {
		// Bytes behind a broken document are ignored; documents before it may still wait.
		if (this.#state !== "open" || this.#pendingError) return;
		this.#alive();
		const nowMs = this.#lastInboundMs;
		const isOuter = this.#scheduler.beginHandling(nowMs);
		try {
			const documents: Inbound<Output>[] = [];
			this.#pendingError = this.#decoder.push(chunk, nowMs, documents);
			if (this.#decoder.ended) this.#remoteEnded = true;
			this.#inbound.add(documents, nowMs);
		} finally {
			if (isOuter) this.#scheduler.endHandling(this);
		}
	}

	#alive(): void {
		this.#lastInboundMs = this.#scheduler.clock.now();
		this.#askedMs = undefined;
	}

	#ended(): void {
		this.#remoteEnded = true;
		if (this.#state === "ending") {
			this.#close ??= { by: "local" };
			if (this.#outbox.bytes === 0) this.#endTransport();
		} else if (!this.#inbound.isBusy) this.#finishRemoteEnd();
	}

	#drain(): void {
		if (this.#state === "closed" || !this.#outbox.unblock()) return;
		this.flush();
		if (!this.#outbox.isBlocked && this.#state === "open") this.#guard(() => this.#owner.drained?.());
	}

	// Whole documents that came before the end are passed on before `closed` is called, for `lingerMs` where they have a
	// rate: a flood that waits for it would keep the client's name and places.
	#closed(error: Error | undefined): void {
		if (this.#state === "open" && this.#inbound.isBusy) {
			this.#gone = { error, sinceMs: this.#scheduler.clock.now() };
			this.#outbox.clear();
		} else this.#finish(error);
	}

	#finish(error: Error | undefined): void {
		if (this.#state === "closed") return;
		const wasOpen = this.#state === "open";
		this.#state = "closed";
		this.#scheduler.remove(this);
		this.#outbox.clear();
		const unhandledDocuments = wasOpen ? this.#inbound.waiting : 0;
		this.#inbound.drop();
		if (!this.#close) {
			this.#close =
				error && wasOpen
					? {
							by: "remote",
							error: new XMLSocketError("XMLSOCKET_CONNECTION_LOST", `The connection broke: ${error.message}.`, {
								cause: error,
							}),
						}
					: { by: "remote" };
		}
		const unfinishedBytes = this.#decoder.pendingBytes ?? 0;
		const close = {
			...this.#close,
			...(unfinishedBytes > 0 ? { unfinishedBytes } : {}),
			...(unhandledDocuments > 0 ? { unhandledDocuments } : {}),
		};
		this.#guard(() => this.#owner.closed(close));
	}

	// --- from the inbound queue

	/** Receives the events of the transport and the inbound queue: one small object instead of five closures for each idle link. */
	static readonly #TransportListener = class<Output extends "text" | "bytes">
		implements TransportEvents, InboundQueueOwner<Inbound<Output>>
	{
		readonly #link: Link<Output>;

		constructor(link: Link<Output>) {
			this.#link = link;
		}

		bytes(chunk: Uint8Array): void {
			this.#link.#bytes(chunk);
		}

		end(): void {
			this.#link.#ended();
		}

		drain(): void {
			this.#link.#drain();
		}

		pong(): void {
			this.#link.#alive();
		}

		close(error: Error | undefined): void {
			this.#link.#closed(error);
		}

		get link(): Measured {
			return this.#link;
		}

		get isOpen(): boolean {
			return this.#link.#state === "open";
		}

		get emptyDocuments(): number {
			return this.#link.#decoder.emptyDocuments;
		}

		document(document: Inbound<Output>): void {
			this.#link.receivedDocuments++;
			const result: unknown = this.#link.#owner.document(document);
			if (isPromise(result)) result.then(undefined, (error) => this.#link.#failInternal(error));
		}

		failed(error: unknown): void {
			this.#link.#failInternal(error);
		}

		caughtUp(): void {
			this.#link.#caughtUp();
		}

		throttled(): void {
			this.#link.#guard(() => this.#link.#owner.throttled?.());
		}

		// The rest of a document could not arrive while the transport was not read.
		reading(): void {
			const link = this.#link;
			if (link.#decoder.pendingSinceMs !== undefined) link.#decoder.pendingSinceMs = link.#scheduler.clock.now();
		}
	};

	#caughtUp(): void {
		if (this.#pendingError) this.#failWith(this.#pendingError);
		else if (this.#gone) this.#finish(this.#gone.error);
		else if (this.#remoteEnded) this.#finishRemoteEnd();
	}

	// An unfinished document is dropped. Answers that the owner still owes are sent before the link closes.
	#finishRemoteEnd(): void {
		if (this.#state !== "open") return;
		this.#close ??= { by: "remote" };
		const finish = (): void => this.end();
		let pending: Promise<void> | undefined;
		this.#guard(() => {
			pending = this.#owner.ended?.();
		});
		if (this.#state !== "open") return;
		if (!pending) {
			finish();
			return;
		}
		const giveUp = this.#scheduler.clock.delay(this.#options.lingerMs, finish);
		const settled = (): void => {
			giveUp();
			finish();
		};
		pending.then(settled, settled);
	}

	// --- sending and ending

	#afterSend(): void {
		if (this.#outbox.bytes > this.#options.maxOutboxBytes) {
			// A burst within one tick does not mean a slow reader: the transport may accept it at once.
			this.flush();
			return;
		}
		if (!this.#flushing) {
			this.#flushing = true;
			this.#scheduler.flushSoon(this);
		}
	}

	#endTransport(): void {
		if (this.#transportEnded) return;
		this.#transportEnded = true;
		this.transport.end();
	}

	// The owner can send a last document from `failing` to a peer that still reads; the link ends after it.
	#failWith(error: XMLSocketError): void {
		if (this.#state !== "open") return;
		if (
			error.code === "XMLSOCKET_SLOW_READER" ||
			error.code === "XMLSOCKET_UNREAD_OUTPUT" ||
			error.code === "XMLSOCKET_PEER_SILENT"
		) {
			this.destroy(error);
			return;
		}
		this.#close ??= { by: "local", error };
		this.#guard(() => this.#owner.failing?.(error));
		this.end(error);
	}

	#failInternal(cause: unknown): void {
		this.#scheduler.report(cause);
		this.end(new XMLSocketError("XMLSOCKET_INTERNAL", "A handler failed while it looked at a document.", { cause }));
	}

	#guard(run: () => unknown): void {
		try {
			const result = run();
			if (isPromise(result)) result.then(undefined, (error) => this.#scheduler.report(error));
		} catch (error) {
			this.#scheduler.report(error);
		}
	}
}

/** The most that a transport reads at once; documents that wait come from one read. */
const READ_BYTES = 64 * 1024;
const ZERO: Uint8Array = Uint8Array.of(0);

let utf8: TextCodec | undefined;
function defaultCodec(): TextCodec {
	utf8 ??= utf8Codec();
	return utf8;
}

function tlsFailed(what: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_TLS_FAILED", `${what}.`, cause === undefined ? {} : { cause });
}
