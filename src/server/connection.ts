// The server as a library: each connection as an object with rooms and events. It stands on the same border as the chat, as an
// application whose meaning of a document is the program's own handler.

import { EventEmitter } from "node:events";
import type { Application, Peer, Session } from "../application/index.ts";
import type { LinkClose } from "../link/index.ts";
import { type Member, Room, RoomRegistry } from "../rooms/index.ts";
import { XML } from "../xml/index.ts";

/** What can be sent: text, or anything whose `toString` gives it (a node, an `xml` result). */
export type Sendable = string | { toString(): string };

/** A document from a client. */
export class ReceivedDocument {
	/** The document as it came, without its zero byte. */
	readonly text: string;
	#xml: XML | undefined = undefined;

	constructor(text: string) {
		this.text = text;
	}

	/** The document parsed, when first asked for; look at `status` where it may be malformed. */
	get xml(): XML {
		this.#xml ??= new XML(this.text);
		return this.#xml;
	}

	toString(): string {
		return this.text;
	}
}

/** One client. Its events: `document` with a {@link ReceivedDocument}, and `close` with how it ended. */
export class Connection
	extends EventEmitter<{ document: [ReceivedDocument]; close: [LinkClose] }>
	implements Session, Member
{
	readonly #peer: Peer;
	readonly #hub: RoomRegistry<Connection, Room<Connection>>;

	/** @internal made by the server. */
	constructor(peer: Peer, hub: RoomRegistry<Connection, Room<Connection>>) {
		super();
		this.#peer = peer;
		this.#hub = hub;
	}

	/** Unique in this process's life. */
	get id(): string {
		return this.#peer.id;
	}

	/** The client's address. */
	get remoteAddress(): string {
		return this.#peer.remoteAddress;
	}

	/** How the client is connected. */
	get transport(): Peer["transport"] {
		return this.#peer.transport;
	}

	/** Names of the rooms it is in. */
	get rooms(): string[] {
		return Array.from(this.#hub.roomsOf(this), (room) => room.name);
	}

	/**
	 * Sends one document.
	 *
	 * @throws XMLSOCKET_NUL_IN_DOCUMENT
	 */
	send(document: Sendable): void {
		this.#peer.send(String(document));
	}

	/**
	 * Enters a room, which exists from then on until its last member leaves.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS
	 */
	join(room: string): void {
		this.#hub.join(room, this);
	}

	/** Leaves a room. */
	leave(room: string): void {
		const known = this.#hub.get(room);
		if (known) this.#hub.leave(known, this);
	}

	/** Delivers what was sent, then closes. */
	close(): void {
		this.#peer.end();
	}

	/** @internal */
	sendEncoded(bytes: Uint8Array): void {
		this.#peer.sendEncoded(bytes);
	}

	/** @internal */
	encode(text: string): Uint8Array {
		return this.#peer.encode(text);
	}

	/** @internal */
	document(text: string): void {
		this.emit("document", new ReceivedDocument(text));
	}

	/** @internal */
	closed(close: LinkClose): void {
		this.#hub.leaveAll(this);
		this.emit("close", close);
	}
}

/** Whom a document goes to: `server.to("lobby").except(connection).send(document)`. */
export class Audience {
	readonly #members: Iterable<Connection>;
	readonly #except: Connection | undefined;

	/** @internal made by `to`. */
	constructor(members: Iterable<Connection>, except?: Connection) {
		this.#members = members;
		this.#except = except;
	}

	/** The same without one connection. */
	except(connection: Connection): Audience {
		return new Audience(this.#members, connection);
	}

	/**
	 * Sends a document to all of them; it is encoded once.
	 *
	 * @throws XMLSOCKET_NUL_IN_DOCUMENT
	 */
	send(document: Sendable): void {
		let bytes: Uint8Array | undefined;
		for (const member of this.#members) {
			if (member === this.#except) continue;
			bytes ??= member.encode(String(document));
			member.sendEncoded(bytes);
		}
	}
}

/** The application behind `createServer` where none is given. */
export class ConnectionEvents implements Application {
	readonly output = "text";
	readonly #hub: RoomRegistry<Connection, Room<Connection>> = new RoomRegistry<Connection, Room<Connection>>({
		create: (name) => new Room<Connection>(name),
	});
	readonly #connections = new Set<Connection>();
	readonly #opened: (connection: Connection) => void;

	constructor(opened: (connection: Connection) => void) {
		this.#opened = opened;
	}

	open(peer: Peer): Session {
		const connection = new Connection(peer, this.#hub);
		this.#connections.add(connection);
		connection.once("close", () => this.#connections.delete(connection));
		this.#opened(connection);
		return connection;
	}

	/** The members of a room, or everyone. */
	to(room?: string): Audience {
		return new Audience(room === undefined ? this.#connections : (this.#hub.get(room)?.members() ?? []));
	}

	stats(): Record<string, number> {
		return { rooms: this.#hub.size };
	}
}
