// The shape that a connection has at both ends: what `connect()` returns and what a server hands to its `connection` listeners
// have these events and verbs.

/// <reference lib="esnext.disposable" preserve="true" />

import type { LinkClose } from "../link/index.ts";
import type { ReceivedDocument } from "./received-document.ts";
import type { Sendable } from "./sendable.ts";
import type { WaitOptions } from "./wait.ts";

/** How a connection ended: which side ended it, and the error where it was not an orderly close. */
export type ConnectionClose = LinkClose;

/**
 * What a connection is doing, in one word. `disconnected` and `reconnecting` exist only at a client with the option
 * `reconnect`. `closing` means that `close()` was called and the last documents are still being delivered.
 */
export type ConnectionState = "connected" | "disconnected" | "reconnecting" | "closing" | "closed";

/** The events that a connection has at both ends. */
export interface DocumentEvents {
	/** A document from the other side. */
	document: ReceivedDocument;
	/** The connection is over. Once, and last. */
	close: ConnectionClose;
}

/** The names of the events. */
export const DOCUMENT_EVENTS: readonly (keyof DocumentEvents)[] = ["document", "close"];

/** A connection that carries documents, at a client or at a server. */
export interface DocumentConnection<Events extends DocumentEvents = DocumentEvents>
	extends AsyncIterable<ReceivedDocument, undefined>,
		AsyncDisposable {
	/** What the connection is doing, in one word. */
	readonly state: ConnectionState;
	/** Resolves when the connection is over. Never rejects. */
	readonly closed: Promise<ConnectionClose>;
	/** Bytes that wait to leave this process. */
	readonly outboxBytes: number;
	/** Sends a document. */
	send(document: Sendable): void;
	/** Calls `listener` for each event. Returns a function that removes the listener. */
	on<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): () => void;
	/** Calls `listener` for the next event only. Returns a function that removes the listener. */
	once<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): () => void;
	/** Removes a listener that `on` or `once` added; does nothing where there is none. */
	off<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): void;
	/** Delivers what was sent, then ends the connection. */
	close(options?: WaitOptions): Promise<void>;
}
