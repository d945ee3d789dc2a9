// One accepted connection on the server's side: its Link, its identity, and the application's session for it. It answers a
// policy request that comes as the first document, and reports how the connection ended.

import { type WireCode, wireCode, XMLSocketError } from "../errors/index.ts";
import {
	Link,
	type LinkClose,
	type LinkOptions,
	type LinkOwner,
	type Scheduler,
	type Transport,
	type Work,
} from "../link/index.ts";
import { isPolicyRequest, utf8Codec } from "../wire/index.ts";
import type { ClientDescription, ConnectedClient, Peer, Session, TrafficWatcher } from "./application.ts";
import { type Handshake, NO_HANDSHAKE } from "./handshake.ts";

type Output = "text" | "bytes";

/** What a peer needs from its server. */
export interface PeerHost {
	readonly linkOptions: LinkOptions<Output>;
	/**
	 * The same for WebSockets, where they differ: the programs of pages send UTF-8 and zero bytes, whatever the encoding and
	 * terminator of the other clients are. Their transports convert what they send.
	 */
	readonly webSocketLinkOptions?: LinkOptions<Output> | undefined;
	readonly scheduler: Scheduler;
	/** The policy file with its zero byte; undefined where none is served. */
	readonly policy: Uint8Array | undefined;
	open(peer: Peer, handshake: Handshake): Session<Output>;
	/** A peer's connection has ended. */
	left(peer: ServerPeer, close: LinkClose): void;
	/** A document among a peer's first ones holds U+FFFD, most likely for bytes that are not of the encoding. Once for each peer. */
	invalidText?(peer: ServerPeer, document: string): void;
	/** Watches documents before they are handled; undefined while nothing watches. */
	readonly received?: ((peer: ServerPeer, document: string | Uint8Array) => void) | undefined;
	/** A peer was slowed down. */
	throttled(peer: ServerPeer): void;
	/** What counts as one address, where limits apply to addresses; undefined for an address without limits. */
	addressKey?(address: string): string | undefined;
	/** Whether an address is that of a listed proxy. */
	isProxy?(address: string): boolean;
	/** The application refused something of a peer. */
	refused?(peer: ServerPeer, error: XMLSocketError): void;
	/** The application knows nothing of an element that a peer sent. */
	ignored?(peer: ServerPeer, element: string): void;
}

/** A connection whose documents go to the application. */
export class ServerPeer implements Peer, ConnectedClient, LinkOwner<Output> {
	readonly id: string;
	readonly remoteAddress: string;
	readonly connectedMs: number;
	readonly #host: PeerHost;
	readonly #link: Link<Output>;
	/** Whether documents come in another encoding or with another terminator than they leave. */
	readonly #isConverted: boolean;
	/** How many of the next documents are searched for text in another encoding. */
	#textChecks = CHECKED_DOCUMENTS;
	#session: Session<Output> | undefined = undefined;
	/** Undefined where nobody watches: then a document costs nothing more than this check. */
	#watchers: Set<TrafficWatcher> | undefined = undefined;

	/**
	 * @param handshake default: none.
	 * @param addressWork what all connections of its address have used. Default: it is not counted.
	 */
	constructor(
		id: string,
		transport: Transport,
		host: PeerHost,
		handshake: Handshake = NO_HANDSHAKE,
		addressWork?: Work,
	) {
		this.id = id;
		this.remoteAddress = transport.remoteAddress;
		this.connectedMs = host.scheduler.clock.now();
		this.#host = host;
		const isConverted = transport.kind === "websocket" && host.webSocketLinkOptions !== undefined;
		this.#isConverted = isConverted;
		this.#link = new Link(transport, this.#options, host.scheduler, this, addressWork);
		try {
			this.#session = host.open(this, handshake);
		} catch (cause) {
			host.scheduler.report(cause);
			this.#link.destroy(
				new XMLSocketError("XMLSOCKET_INTERNAL", "The application failed to open a session.", { cause }),
			);
		}
	}

	get #options(): LinkOptions<Output> {
		return this.#isConverted ? this.#host.webSocketLinkOptions! : this.#host.linkOptions;
	}

	get transport(): Transport["kind"] {
		return this.#link.transport.kind;
	}

	get addressKey(): string | undefined {
		return this.#host.addressKey?.(this.remoteAddress);
	}

	get isProxy(): boolean {
		return this.#host.isProxy?.(this.remoteAddress) ?? false;
	}

	get isOpen(): boolean {
		return this.#link.isOpen;
	}

	get outboxBytes(): number {
		return this.#link.outboxBytes;
	}

	get softOutboxBytes(): number {
		return this.#options.softOutboxBytes ?? this.#options.maxOutboxBytes;
	}

	get maxOutboxBytes(): number {
		return this.#options.maxOutboxBytes;
	}

	/** Bytes held for this connection. */
	get heldBytes(): number {
		return this.#link.heldBytes + (this.#session?.heldBytes ?? 0);
	}

	/** Documents received, empty ones not counted. */
	get receivedDocuments(): number {
		return this.#link.receivedDocuments;
	}

	/** Empty documents received. */
	get emptyDocuments(): number {
		return this.#link.emptyDocuments;
	}

	get receivedBytes(): number {
		return this.#link.receivedBytes;
	}

	describe(): ClientDescription | undefined {
		return this.#session?.describe?.();
	}

	watch(watcher: TrafficWatcher): () => void {
		this.#watchers ??= new Set();
		this.#watchers.add(watcher);
		return () => {
			this.#watchers?.delete(watcher);
			if (this.#watchers?.size === 0) this.#watchers = undefined;
		};
	}

	#show(direction: "client" | "server", document: string | Uint8Array): void {
		if (!this.isOpen) return;
		let bytes: Uint8Array;
		try {
			bytes = typeof document === "string" ? this.#link.encode(document) : document;
		} catch {
			// A text that the server itself could not send.
			return;
		}
		for (const watcher of this.#watchers ?? []) watcher.documents(direction, bytes);
	}

	dismiss(): void {
		try {
			this.#session?.dismissed?.();
		} finally {
			this.end(new XMLSocketError("XMLSOCKET_KICKED", "The operator disconnected the client."));
		}
	}

	send(text: string): void {
		if (this.#watchers) this.sendEncoded(this.#link.encode(text));
		else this.#link.send(text);
	}

	sendEncoded(bytes: Uint8Array): void {
		if (this.#watchers) this.#show("server", bytes);
		this.#link.sendEncoded(bytes);
	}

	encode(text: string): Uint8Array {
		return this.#link.encode(text);
	}

	checkText(text: string): void {
		this.#link.checkText(text);
	}

	account(run: () => void): void {
		this.#link.account(run);
	}

	pause(): void {
		this.#link.pause();
	}

	resume(): void {
		this.#link.resume();
	}

	refused(error: XMLSocketError): void {
		this.#host.refused?.(this, error);
	}

	ignored(element: string): void {
		this.#host.ignored?.(this, element);
	}

	end(error?: XMLSocketError): void {
		this.#link.end(error);
	}

	destroy(error?: XMLSocketError): void {
		this.#link.destroy(error);
	}

	// --- LinkOwner

	document(document: string | Uint8Array): unknown {
		this.#host.received?.(this, document);
		if (this.#textChecks > 0) this.#checkEncoding(document);
		if (this.#watchers) this.#show("client", document);
		// A client that waited for a greeting may still be a player that asks for the policy file.
		if (this.#link.receivedDocuments === 1 && this.#host.policy && isPolicyRequest(textOf(document))) {
			this.#link.sendEncoded(this.#host.policy);
			this.#link.end();
			return;
		}
		// Text is text already; bytes go on to clients with the server's encoding and terminator.
		const isBytes = this.#isConverted && typeof document !== "string";
		return this.#session?.document(isBytes ? this.#link.encode(utf8Text(document)) : document);
	}

	#checkEncoding(document: string | Uint8Array): void {
		this.#textChecks--;
		if (typeof document !== "string" || !document.includes("\ufffd")) return;
		this.#textChecks = 0;
		this.#host.invalidText?.(this, document);
	}

	ended(): Promise<void> | undefined {
		return this.#session?.ended?.();
	}

	idle(): unknown {
		return this.#session?.idle?.();
	}

	drained(): unknown {
		return this.#session?.drained?.();
	}

	throttled(): void {
		this.#host.throttled(this);
	}

	failing(error: XMLSocketError): unknown {
		return this.#session?.failing?.(error);
	}

	closed(close: LinkClose): unknown {
		try {
			return this.#session?.closed(close);
		} finally {
			for (const watcher of this.#watchers ?? []) watcher.closed();
			this.#host.left(this, close);
		}
	}
}

/** The reason why a connection closed, as logs and metrics name it; undefined for an orderly close. */
export function closeReason(close: LinkClose): WireCode | undefined {
	return close.error instanceof XMLSocketError ? wireCode(close.error.code) : undefined;
}

const LONGEST_REQUEST = 64;
/** Later documents are not searched: this is a hint for an operator whose clients use another encoding, and costs time. */
const CHECKED_DOCUMENTS = 16;
const utf8 = utf8Codec();

/** The text of a document of UTF-8 with its zero byte. */
function utf8Text(document: Uint8Array): string {
	return utf8.decode(document, 0, document.length - 1);
}

function textOf(document: string | Uint8Array): string {
	if (typeof document === "string") return document;
	return document.length > LONGEST_REQUEST ? "" : String.fromCharCode(...document).replace(/\0$/, "");
}
