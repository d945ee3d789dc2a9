// The connections of a server's application: it gives each transport a peer and a session, and counts and logs how they end.

import {
	type Application,
	type ConnectedClient,
	closeReason,
	type Handshake,
	type Peer,
	type PeerHost,
	ServerPeer,
} from "../application/index.ts";
import { wireCode, XMLSocketError } from "../errors/index.ts";
import { type LinkClose, type LinkOptions, Scheduler, type Transport } from "../link/index.ts";
import { declaredEncoding, nodeClock, traced } from "../transport/index.ts";
import { AddressWork } from "./address-work.ts";
import { addressKey, isListed } from "./admission.ts";
import {
	type ConnectionClosed,
	type ConnectionOpened,
	connectionClose,
	connectionOpen,
	documentObserver,
} from "./diagnostics.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Debtor, MemoryHolder } from "./memory-ceiling.ts";
import type { Metrics } from "./metrics.ts";
import { type Refusals, remoteFact } from "./refusals.ts";

type Output = "text" | "bytes";

/** What the peers need of their server. */
export interface PeerSetHost {
	readonly application: Application<Output>;
	readonly linkOptions: LinkOptions<Output>;
	/** The same for WebSockets, where they differ. */
	readonly webSocketLinkOptions: LinkOptions<Output> | undefined;
	readonly metrics: Metrics;
	readonly refusals: Refusals;
	readonly log: Logger;
	/** The listed proxies: addresses and ranges. */
	readonly trustProxy: readonly string[];
	/** The policy file with its zero byte; undefined where none is served. */
	policy(): Uint8Array | undefined;
	/** A peer's connection has ended. */
	left(): void;
}

/** The peers of one server. */
export class PeerSet implements MemoryHolder {
	readonly #host: PeerSetHost;
	readonly #peers = new Set<ServerPeer>();
	readonly #peerHost: PeerHost;
	readonly #addressWork = new AddressWork();
	#nextId = 1;

	constructor(host: PeerSetHost) {
		this.#host = host;
		const { refusals } = host;
		this.#peerHost = {
			linkOptions: host.linkOptions,
			webSocketLinkOptions: host.webSocketLinkOptions,
			scheduler: new Scheduler(nodeClock, (error) => host.refusals.failed(error)),
			get policy() {
				return host.policy();
			},
			open: (peer, handshake) => host.application.open(peer, handshake),
			left: (peer, close) => this.#left(peer, close),
			invalidText: (peer, document) => {
				const declared = declaredEncoding(document);
				refusals.warn("invalid-text", `a client sends text that is not valid ${host.linkOptions.codec?.label}`, {
					id: peer.id,
					...remoteFact(peer.remoteAddress),
					hint: `If clients use another encoding, set --encoding${declared === undefined ? "" : ` ${declared}`}.`,
				});
			},
			addressKey,
			isProxy: (address) => isListed(address, host.trustProxy),
			get received() {
				return documentObserver();
			},
			refused: (peer, error) => {
				const facts = { id: peer.id, ...remoteFact(peer.remoteAddress) };
				refusals.refuse(wireCode(error.code), loggable(error.message), facts);
			},
			ignored: (peer, element) => {
				const name = loggable(element.slice(0, MOST_NAME));
				refusals.warn("unknown-element", `a client sends <${name}>, which the chat does not know and ignores`, {
					id: peer.id,
					...remoteFact(peer.remoteAddress),
					hint: "If its documents are not those of the chat, --relay forwards them, and --app or `xmlsocket run` answers them.",
				});
			},
			throttled: (peer) => {
				refusals.count("rate-limited", "reading more slowly: too many documents a second", {
					id: peer.id,
					...remoteFact(peer.remoteAddress),
				});
			},
		};
	}

	get size(): number {
		return this.#peers.size;
	}

	/** Gives a connection to the application. Default of `handshake`: none. */
	add(transport: Transport, handshake?: Handshake): void {
		const work = this.#addressWork.acquire(transport.remoteAddress);
		const id = String(this.#nextId++);
		const peer = new ServerPeer(id, traced(transport, "accepted"), this.#peerHost, handshake, work);
		this.#peers.add(peer);
		const { remoteAddress, transport: kind } = peer;
		this.#host.log.debug({ id, ...remoteFact(remoteAddress), transport: kind }, "connected");
		if (connectionOpen.hasSubscribers)
			connectionOpen.publish({ id, remoteAddress, transport: kind } satisfies ConnectionOpened);
	}

	/** Delivers what was sent to each peer, then closes its connection. */
	end(): void {
		for (const peer of this.#peers) peer.end();
	}

	/** Closes every connection at once. */
	destroy(): void {
		for (const peer of this.#peers) peer.destroy();
	}

	/** Forgets addresses that have no connections any more: once a second. */
	sweep(nowMs: number): void {
		this.#addressWork.sweep(nowMs);
	}

	/** Each peer as the operator sees it. */
	all(): Iterable<ConnectedClient & Peer> {
		return this.#peers;
	}

	/** Numbers of this moment, for metrics. */
	gauges(): {
		readonly documents_received: number;
		readonly documents_empty: number;
		readonly outbox_bytes: number;
	} {
		let documents = this.#host.metrics.closedDocuments;
		let empty = this.#host.metrics.closedEmptyDocuments;
		let outbox = 0;
		for (const peer of this.#peers) {
			documents += peer.receivedDocuments;
			empty += peer.emptyDocuments;
			outbox += peer.outboxBytes;
		}
		return { documents_received: documents, documents_empty: empty, outbox_bytes: outbox };
	}

	/** Bytes held for all peers. */
	heldBytes(): number {
		let bytes = 0;
		for (const peer of this.#peers) bytes += peer.heldBytes;
		return bytes;
	}

	/** Each peer as one that may be closed at the memory ceiling. */
	debtors(): Debtor[] {
		return [...this.#peers].map((peer) => ({
			heldBytes: peer.heldBytes,
			cut: (heldBytes) =>
				peer.destroy(
					new XMLSocketError(
						"XMLSOCKET_MEMORY_CEILING",
						`The server held ${heldBytes} bytes for its clients, ${peer.heldBytes} of them for this one.`,
						{ details: { heldBytes: peer.heldBytes, allHeldBytes: heldBytes } },
					),
				),
		}));
	}

	#left(peer: ServerPeer, close: LinkClose): void {
		const { metrics, refusals, log } = this.#host;
		this.#peers.delete(peer);
		this.#addressWork.release(peer.remoteAddress);
		metrics.closedDocuments += peer.receivedDocuments;
		metrics.closedEmptyDocuments += peer.emptyDocuments;
		// A transport closes by itself where the other end breaks its protocol.
		const broken = close.error?.cause instanceof XMLSocketError ? close.error.cause : undefined;
		const reason = broken ? wireCode(broken.code) : closeReason(close);
		const facts = {
			id: peer.id,
			...remoteFact(peer.remoteAddress),
			transport: peer.transport,
			by: close.by,
			documents: peer.receivedDocuments,
			...(close.unfinishedBytes ? { unfinishedBytes: close.unfinishedBytes } : {}),
			...(close.unhandledDocuments ? { unhandledDocuments: close.unhandledDocuments } : {}),
			...(close.error ? { code: close.error.code } : {}),
			...(close.error?.code === "XMLSOCKET_INTERNAL" ? { err: close.error.cause } : {}),
		};
		if (reason && (broken || close.by === "local"))
			refusals.refuse(reason, (broken ?? close.error)?.message ?? reason, facts);
		else if (close.unfinishedBytes && close.by === "remote" && peer.receivedDocuments === 0) {
			const text = `a client ended within its first document: ${close.unfinishedBytes} bytes without the terminator were dropped`;
			refusals.refuse("unfinished-document", text, { ...facts, hint: UNFINISHED_HINT });
		} else if (close.unhandledDocuments && close.by === "remote") {
			const text = `a client left before ${close.unhandledDocuments} of its documents were read at its rate: they were dropped`;
			refusals.refuse("sent-and-left", text, facts);
		} else log.debug({ ...facts, reason: reason ?? "closed" }, "disconnected");
		if (connectionClose.hasSubscribers) {
			const { id, remoteAddress, transport, receivedDocuments: documents } = peer;
			const event = { id, remoteAddress, transport, by: close.by, code: close.error?.code, documents };
			connectionClose.publish(event satisfies ConnectionClosed);
		}
		this.#host.left();
	}
}

const UNFINISHED_HINT = "--terminator sets the bytes that end a document, for clients that use others.";
/** Of the name of an element in the log, in characters. */
const MOST_NAME = 64;
