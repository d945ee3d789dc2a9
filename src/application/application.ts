// The interface between a server and what runs on it: the server accepts, limits and drains connections; an application handles
// their documents. The chat, the relay, a library user's handlers and a script host are applications.

import type { XMLSocketError } from "../errors/index.ts";
import type { LinkClose, LinkOwner } from "../link/index.ts";
import type { Handshake } from "./handshake.ts";
import type { Latency } from "./latency.ts";
import type { ApplicationObserver } from "./observer.ts";

/** One connection as an application sees it. */
export interface Peer {
	/** Unique within this process. */
	readonly id: string;
	/** The client's address, behind trusted proxies too. */
	readonly remoteAddress: string;
	readonly transport: "tcp" | "tls" | "websocket" | "memory";
	/**
	 * What counts as one address where clients of an address share a limit; undefined where this client shares nothing, as on loopback,
	 * where a proxy can be behind the address.
	 */
	readonly addressKey: string | undefined;
	/** Whether the address is that of a listed proxy that named no client: many can be behind it. Absent: no. */
	readonly isProxy?: boolean;
	/** Whether what is sent can still arrive. Documents that came before the connection broke are delivered after it is false. */
	readonly isOpen: boolean;
	/** Bytes that wait for the peer to read them. */
	readonly outboxBytes: number;
	/** With more of them for some seconds, the peer is disconnected as a slow reader. */
	readonly softOutboxBytes: number;
	/** With more of them, the peer is disconnected as a slow reader. */
	readonly maxOutboxBytes: number;
	/** Sends one document. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	send(text: string): void;
	/** Sends whole documents that were encoded by a peer's `encode`, shared between many. */
	sendEncoded(bytes: Uint8Array): void;
	/** The bytes of one document; the same for every peer of a server. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	encode(text: string): Uint8Array;
	/** Checks whether a text can be sent, alone or as a part of a document. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	checkText(text: string): void;
	/**
	 * Runs `run` at once, and counts its time, and that of the writes that it causes, as this connection's: for what the connection
	 * has asked for and gets later. What runs while a document is handled counts anyhow.
	 */
	account(run: () => void): void;
	/** Stops the delivery of documents until `resume`, and slows the client down. */
	pause(): void;
	/** Continues after `pause`. */
	resume(): void;
	/** Reports that the application refused something of this client: the server counts it by its code, and logs it within limits. */
	refused(error: XMLSocketError): void;
	/** Reports that the application knows nothing of this element and does nothing for it: the server logs that within limits. */
	ignored?(element: string): void;
	/** Delivers what was sent, then closes. */
	end(error?: XMLSocketError): void;
	/** Closes at once. */
	destroy(error?: XMLSocketError): void;
}

/**
 * What an application keeps for one connection. Its functions may be asynchronous: a promise that rejects counts as an exception
 * that is thrown. The next call does not wait for the promise.
 */
export interface Session<Output extends "text" | "bytes" = "text">
	extends Pick<LinkOwner<Output>, "document" | "ended" | "idle" | "failing" | "drained"> {
	/** Bytes of the client that the application keeps until they are handled. They count for the server's memory ceiling. Default 0. */
	readonly heldBytes?: number;
	/** What the operator can know of the client. Default: nothing but its connection. */
	describe?(): ClientDescription;
	/** The operator disconnects the client: send it its last document. The server ends the connection after it. */
	dismissed?(): void;
	/** The connection is over. Once, and last. */
	closed(close: LinkClose): void;
}

/** What an application knows of a client. */
export interface ClientDescription {
	readonly name: string;
	/** Whether it has proved its name with no token. */
	readonly guest: boolean;
	readonly operator: boolean;
	/** The public part of its session. */
	readonly session: string;
	/** The names of the rooms that it is in. */
	readonly rooms: Iterable<string>;
}

/** Sees the documents of a connection. It must not throw. */
export interface TrafficWatcher {
	/** @param bytes whole documents with their terminators, in the encoding of the server. */
	documents(direction: "client" | "server", bytes: Uint8Array): void;
	/** The connection is over. */
	closed(): void;
}

/** A connection of an application, as the operator sees it. */
export interface ConnectedClient extends Pick<Peer, "id" | "remoteAddress" | "transport" | "isOpen" | "outboxBytes"> {
	/** When it connected: monotonic milliseconds. */
	readonly connectedMs: number;
	/** Documents received, empty ones not counted. */
	readonly receivedDocuments: number;
	/** Bytes received, below the encryption where there is one. */
	readonly receivedBytes: number;
	/** What the application knows of it; undefined where it knows nothing. */
	describe(): ClientDescription | undefined;
	/** Shows its documents to the operator from here on. @returns a function that ends that. */
	watch(watcher: TrafficWatcher): () => void;
	/** Sends it its last document, if the application has one, and ends the connection with XMLSOCKET_KICKED. */
	dismiss(): void;
}

/** What of a client says whether its address is refused. */
export type ClientAddress = Pick<Peer, "remoteAddress" | "addressKey" | "isProxy">;

/** The state of an application, for `/readyz`. */
export interface Health {
	/** Whether new clients are accepted. */
	readonly ready: boolean;
	/** What is wrong, as text; undefined where nothing is. */
	readonly trouble: string | undefined;
}

/** What a server runs. */
export interface Application<Output extends "text" | "bytes" = "text"> {
	/** Whether documents come as text, or as bytes with their terminator. */
	readonly output: Output;
	/** How long a connection may send nothing, in milliseconds; 0: no limit. Default: the option of the server. */
	readonly idleTimeoutMs?: number;
	/**
	 * Opens the session of a connection that sends documents, or that waits for the server to send first. The handshake is kept
	 * nowhere else: keep what you need of it.
	 */
	open(peer: Peer, handshake: Handshake): Session<Output>;
	/**
	 * Why clients of an address are refused: for what answers WebSockets beside the application. The application refuses its own in `open`.
	 * Default: none is refused.
	 */
	refusalOf?(client: ClientAddress): XMLSocketError | undefined;
	/** Once a second. */
	sweep?(nowMs: number): void;
	/**
	 * The server is closing: send every peer its last document. If it returns a promise, the server ends the connections when
	 * that has resolved, or after its grace time.
	 */
	drain?(retryAfterSeconds: number): void | Promise<void>;
	/** Releases what the application holds, after the last connection; the server waits at most 10 s. */
	close?(): Promise<void>;
	/** Whether new clients are accepted, and what is wrong. Default: they are, and nothing is. */
	health?(): Health;
	/** Numbers for `/metrics`, by name. */
	stats?(): Record<string, number>;
	/** Times for `/metrics`. */
	readonly latencies?: readonly Latency[];
	/** Gives it what receives its reports. A server calls it once. */
	observe?(observer: ApplicationObserver): void;
}
