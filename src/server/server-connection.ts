// One client of a server whose connections the program handles itself: the same events and verbs as a client's connection, and the
// rooms that it is in. What the server and the rooms need of it is in connection-session.ts.

/// <reference lib="esnext.disposable" preserve="true" />

import type { Handshake, Peer } from "../application/index.ts";
import {
	type ConnectionClose,
	type ConnectionState,
	checkCallOptions,
	type DocumentConnection,
	type DocumentEvents,
	documentText,
	type ReceivedDocument,
	type Sendable,
	type WaitOptions,
	waitFor,
} from "../connection/index.ts";
import { nodeClock } from "../transport/index.ts";
import type { ConnectionSession } from "./connection-session.ts";

/**
 * A client's connection, as the event `connection` of a server gives it.
 *
 * Documents go to every listener of `document`, and to the `for await` loops over the connection. Without either they wait, and
 * reading from the client pauses when 256 documents or 1 048 576 characters wait. A loop ends when the connection closes, and throws
 * where an error closed it.
 *
 * @example
 * ```ts
 * server.on("connection", async (connection) => {
 *   connection.join("lobby");
 *   for await (const document of connection) server.to("lobby").except(connection).send(document);
 * });
 * ```
 */
export class ServerConnection<Data extends object = Record<string, unknown>> implements DocumentConnection {
	/** Unique within this process. */
	readonly id: string;
	/** The client's address, behind trusted proxies too. */
	readonly remoteAddress: string;
	/** How the client is connected. */
	readonly transport: Peer["transport"];
	/** The headers of a WebSocket's request, the user agent, and TLS. */
	readonly handshake: Handshake;
	/** What the program keeps for this connection; empty at first. `createServer<Data>()` gives it a type. */
	data: Partial<Data> = {};
	readonly #session: ConnectionSession<Data>;
	#closed: Promise<ConnectionClose> | undefined = undefined;

	/** @internal The server makes connections. */
	constructor(session: ConnectionSession<Data>, peer: Peer, handshake: Handshake) {
		this.id = peer.id;
		this.remoteAddress = peer.remoteAddress;
		this.transport = peer.transport;
		this.handshake = handshake;
		this.#session = session;
	}

	/** What the connection is doing: `connected`, `closing` or `closed`. */
	get state(): ConnectionState {
		return this.#session.state;
	}

	/** Resolves when the connection is over, with the side that ended it and the error where there was one. Never rejects. */
	get closed(): Promise<ConnectionClose> {
		this.#closed ??= this.#session.whenClosed();
		return this.#closed;
	}

	/** Bytes that wait for the client to read them. */
	get outboxBytes(): number {
		return this.#session.peer.outboxBytes;
	}

	/** The names of the rooms that the connection is in. */
	get rooms(): string[] {
		return this.#session.roomNames();
	}

	/**
	 * Sends a document. It leaves with everything else of this turn of the event loop. A client that reads too slowly is cut; the
	 * options of the server say when. Does nothing once the connection has ended.
	 *
	 * @throws XMLSOCKET_NUL_IN_DOCUMENT where the text holds U+0000 or the terminator; XMLSOCKET_DOCUMENT_INVALID for a value
	 * without text.
	 */
	send(document: Sendable): void {
		this.#session.peer.send(documentText(document));
	}

	/**
	 * Enters a room, which exists until its last member leaves.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS
	 */
	join(room: string): void {
		this.#session.join(room);
	}

	/** Leaves a room. */
	leave(room: string): void {
		this.#session.leave(room);
	}

	/**
	 * Calls `listener` for each event from now on. For `document`, those that waited unread come first. An exception in a listener
	 * ends the connection with XMLSOCKET_INTERNAL.
	 *
	 * @returns a function that removes the listener.
	 */
	on<Name extends keyof DocumentEvents>(event: Name, listener: (value: DocumentEvents[Name]) => void): () => void {
		return this.#session.listen(event, listener, false);
	}

	/**
	 * Calls `listener` for the next event only.
	 *
	 * @returns a function that removes the listener.
	 */
	once<Name extends keyof DocumentEvents>(event: Name, listener: (value: DocumentEvents[Name]) => void): () => void {
		return this.#session.listen(event, listener, true);
	}

	/** Removes a listener that `on` or `once` added; does nothing where there is none. */
	off<Name extends keyof DocumentEvents>(event: Name, listener: (value: DocumentEvents[Name]) => void): void {
		this.#session.listeners.remove(event, listener);
	}

	/**
	 * Delivers what was sent, within the server's `lingerMs`, then ends the connection. Resolves when it is over. Unread documents are
	 * dropped. Calling it again is harmless.
	 *
	 * With `timeoutMs` (default: no limit but `lingerMs`) or `signal`, the connection is cut at that moment, and the promise rejects with
	 * XMLSOCKET_REQUEST_TIMEOUT or XMLSOCKET_ABORTED.
	 */
	async close(options?: WaitOptions): Promise<void> {
		const wait = checkCallOptions("close()", options);
		const { closed } = this;
		this.#session.end();
		await waitFor(closed, wait, {
			what: "The connection did not close",
			clock: nodeClock,
			gaveUp: (error) => this.#session.peer.destroy(error),
		});
	}

	/** For `await using`: as `close()`. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	/** Reads the documents; the class describes what several readers get. */
	[Symbol.asyncIterator](): AsyncIterator<ReceivedDocument, undefined, undefined> {
		return this.#session.read();
	}
}
