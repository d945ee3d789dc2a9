// One accepted connection on the server's side: its Link, its identity, and the application's session for it. It answers a
// policy request that comes as the first document, and reports how the connection ended.

import { wireCode, XMLSocketError } from "../errors/index.ts";
import {
	Link,
	type LinkClose,
	type LinkOptions,
	type LinkOwner,
	type Scheduler,
	type Transport,
} from "../link/index.ts";
import { isPolicyRequest } from "../wire/index.ts";
import type { Peer, Session } from "./application.ts";
import { type Handshake, NO_HANDSHAKE } from "./handshake.ts";

type Output = "text" | "bytes";

/** What a peer needs from its server. */
export interface PeerHost {
	readonly linkOptions: LinkOptions<Output>;
	readonly scheduler: Scheduler;
	/** The policy file with its zero byte; undefined where none is served. */
	readonly policy: Uint8Array | undefined;
	open(peer: Peer, handshake: Handshake): Session<Output>;
	/** A peer's connection has ended. */
	left(peer: ServerPeer, close: LinkClose): void;
	/** A peer was slowed down. */
	throttled(peer: ServerPeer): void;
}

/** A connection whose documents go to the application. */
export class ServerPeer implements Peer, LinkOwner<Output> {
	readonly id: string;
	readonly remoteAddress: string;
	readonly #host: PeerHost;
	readonly #link: Link<Output>;
	#session: Session<Output> | undefined = undefined;

	constructor(id: string, transport: Transport, host: PeerHost, handshake: Handshake = NO_HANDSHAKE) {
		this.id = id;
		this.remoteAddress = transport.remoteAddress;
		this.#host = host;
		this.#link = new Link(transport, host.linkOptions, host.scheduler, this);
		try {
			this.#session = host.open(this, handshake);
		} catch (cause) {
			host.scheduler.report(cause);
			this.#link.destroy(
				new XMLSocketError("XMLSOCKET_INTERNAL", "The application failed to open a session.", { cause }),
			);
		}
	}

	get transport(): Transport["kind"] {
		return this.#link.transport.kind;
	}

	get outboxBytes(): number {
		return this.#link.outboxBytes;
	}

	/** Documents received, empty ones not counted. */
	get receivedDocuments(): number {
		return this.#link.receivedDocuments;
	}

	/** Empty documents received. */
	get emptyDocuments(): number {
		return this.#link.emptyDocuments;
	}

	send(text: string): void {
		this.#link.send(text);
	}

	sendEncoded(bytes: Uint8Array): void {
		this.#link.sendEncoded(bytes);
	}

	encode(text: string): Uint8Array {
		return this.#link.encode(text);
	}

	checkText(text: string): void {
		this.#link.checkText(text);
	}

	pause(): void {
		this.#link.pause();
	}

	resume(): void {
		this.#link.resume();
	}

	end(error?: XMLSocketError): void {
		this.#link.end(error);
	}

	destroy(error?: XMLSocketError): void {
		this.#link.destroy(error);
	}

	// --- LinkOwner

	document(document: string | Uint8Array): unknown {
		// A client that waited for a greeting may still be a player that asks for the policy file.
		if (this.#link.receivedDocuments === 1 && this.#host.policy && isPolicyRequest(textOf(document))) {
			this.#link.sendEncoded(this.#host.policy);
			this.#link.end();
			return;
		}
		return this.#session?.document(document);
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
			this.#host.left(this, close);
		}
	}
}

/** The reason why a connection closed, as logs and metrics name it; undefined for an orderly close. */
export function closeReason(close: LinkClose): string | undefined {
	return close.error instanceof XMLSocketError ? wireCode(close.error.code) : undefined;
}

const LONGEST_REQUEST = 64;

function textOf(document: string | Uint8Array): string {
	if (typeof document === "string") return document;
	return document.length > LONGEST_REQUEST ? "" : String.fromCharCode(...document).replace(/\0$/, "");
}
