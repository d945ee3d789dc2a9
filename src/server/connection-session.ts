// A client's connection as the server and the rooms use it: the session of the application, and a member of rooms. It brings
// documents to the readers and pauses a client that sends more than they take. The program sees server-connection.ts.

import type { Handshake, Peer, Session } from "../application/index.ts";
import { DOCUMENT_EVENTS, type DocumentEvents, Listeners, ReadQueue, ReceivedDocument } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { LinkClose } from "../link/index.ts";
import type { Member, Room, RoomRegistry } from "../rooms/index.ts";
import { ServerConnection } from "./server-connection.ts";

/** The rooms of a server, and their members. */
export type ConnectionRooms<Data extends object> = RoomRegistry<ConnectionSession<Data>, Room<ConnectionSession<Data>>>;

/** What may wait for a program that does not read. */
const INBOX = { maxDocuments: 256, maxChars: 1_048_576 };

/** The server's side of one connection. */
export class ConnectionSession<Data extends object> implements Session, Member {
	readonly connection: ServerConnection<Data>;
	readonly peer: Peer;
	// The link ends the connection for what a listener throws, and reports it.
	readonly listeners: Listeners<DocumentEvents> = new Listeners<DocumentEvents>(
		DOCUMENT_EVENTS,
		(error) => {
			throw error;
		},
		(cause) => this.#fail(cause),
	);
	state: "connected" | "closing" | "closed" = "connected";
	readonly #rooms: ConnectionRooms<Data>;
	readonly #left: (session: ConnectionSession<Data>) => void;
	/** Made for the first document that no listener takes at once, or the first loop. */
	#queue: ReadQueue<ReceivedDocument> | undefined = undefined;
	#isPaused = false;
	#close: LinkClose | undefined = undefined;

	/** @param left is called when the connection is over. */
	constructor(
		peer: Peer,
		handshake: Handshake,
		rooms: ConnectionRooms<Data>,
		left: (session: ConnectionSession<Data>) => void,
	) {
		this.peer = peer;
		this.#rooms = rooms;
		this.#left = left;
		this.connection = new ServerConnection<Data>(this, peer, handshake);
	}

	/** How the connection ended, once it has. */
	whenClosed(): Promise<LinkClose> {
		if (this.#close) return Promise.resolve(this.#close);
		return new Promise((resolve) => this.listeners.add("close", resolve, true));
	}

	/** Adds a listener. Documents that wait come first, in a later turn, so that listeners added with it get them too. */
	listen<Name extends keyof DocumentEvents>(
		event: Name,
		listener: (value: DocumentEvents[Name]) => void,
		once: boolean,
	): () => void {
		const off = this.listeners.add(event, listener, once);
		if (event === "document" && this.#queue) queueMicrotask(() => this.#flush());
		return off;
	}

	/** The iterator of one loop. */
	read(): AsyncIterator<ReceivedDocument, undefined, undefined> {
		return this.#inbox().read();
	}

	join(room: string): void {
		if (this.state !== "closed") this.#rooms.join(room, this);
	}

	leave(room: string): void {
		const known = this.#rooms.get(room);
		if (known) this.#rooms.leave(known, this);
	}

	roomNames(): string[] {
		return Array.from(this.#rooms.roomsOf(this), (room) => room.name);
	}

	/** Delivers what was sent, then closes. */
	end(): void {
		if (this.state !== "connected") return;
		this.state = "closing";
		this.#queue?.end(undefined, true);
		this.peer.end();
	}

	// --- Member

	sendEncoded(bytes: Uint8Array): void {
		this.peer.sendEncoded(bytes);
	}

	// --- Session

	/** The documents that wait for the program, a byte for a character. */
	get heldBytes(): number {
		return this.#queue?.chars ?? 0;
	}

	document(text: string): void {
		const document = new ReceivedDocument(text);
		if (this.#queue) {
			this.#queue.deliver(document, text.length);
			this.#regulate();
		} else if (this.listeners.has("document")) this.listeners.emit("document", document);
		else this.#inbox().deliver(document, text.length);
	}

	closed(close: LinkClose): void {
		this.state = "closed";
		this.#close = close;
		this.#left(this);
		this.#rooms.leaveAll(this);
		this.#queue?.end(close.error, false);
		this.listeners.emit("close", close);
	}

	#inbox(): ReadQueue<ReceivedDocument> {
		if (!this.#queue) {
			this.#queue = new ReadQueue(INBOX, {
				hasListeners: () => this.listeners.has("document"),
				emit: (document) => this.listeners.emit("document", document),
				moved: () => this.#regulate(),
			});
			// A loop that begins after the end has nothing to wait for.
			if (this.state !== "connected") this.#queue.end(this.#close?.error, true);
		}
		return this.#queue;
	}

	#flush(): void {
		try {
			this.#queue?.flush();
		} catch (cause) {
			this.#fail(cause);
		}
	}

	#fail(cause: unknown): void {
		this.peer.end(new XMLSocketError("XMLSOCKET_INTERNAL", "A listener of the connection failed.", { cause }));
	}

	#regulate(): void {
		const queue = this.#queue;
		if (!queue || this.state !== "connected") return;
		if (!this.#isPaused && queue.isFull) {
			this.#isPaused = true;
			this.peer.pause();
		} else if (this.#isPaused && queue.hasRoom) {
			this.#isPaused = false;
			this.peer.resume();
		}
	}
}
