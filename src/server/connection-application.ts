// The application of a server that is given none: each client becomes a connection that the program handles, and the rooms of these
// connections. It gives documents no meaning.

import type { Application, Handshake, Peer, Session } from "../application/index.ts";
import { documentText, type Sendable } from "../connection/index.ts";
import { Room, RoomRegistry } from "../rooms/index.ts";
import { type ConnectionRooms, ConnectionSession } from "./connection-session.ts";
import type { ServerConnection } from "./server-connection.ts";

/** The receivers of a document: `server.to("lobby").except(connection).send(document)`. */
export class BroadcastTarget<Data extends object = Record<string, unknown>> {
	readonly #members: Iterable<ConnectionSession<Data>>;
	readonly #except: ServerConnection<Data> | undefined;

	/** @internal `server.to()` makes targets. */
	constructor(members: Iterable<ConnectionSession<Data>>, except?: ServerConnection<Data>) {
		this.#members = members;
		this.#except = except;
	}

	/** The same without one connection. */
	except(connection: ServerConnection<Data>): BroadcastTarget<Data> {
		return new BroadcastTarget(this.#members, connection);
	}

	/**
	 * Sends a document to all of them; it is encoded once.
	 *
	 * @throws XMLSOCKET_NUL_IN_DOCUMENT, XMLSOCKET_DOCUMENT_INVALID for a value without text.
	 */
	send(document: Sendable): void {
		const text = documentText(document);
		let bytes: Uint8Array | undefined;
		for (const member of this.#members) {
			if (member.connection === this.#except) continue;
			bytes ??= member.peer.encode(text);
			member.sendEncoded(bytes);
		}
	}
}

/** The application behind `createServer` where none is given. */
export class ConnectionApplication<Data extends object> implements Application {
	readonly output = "text";
	readonly #rooms: ConnectionRooms<Data> = new RoomRegistry<ConnectionSession<Data>, Room<ConnectionSession<Data>>>({
		create: (name) => new Room<ConnectionSession<Data>>(name),
	});
	readonly #sessions = new Set<ConnectionSession<Data>>();
	readonly #opened: (connection: ServerConnection<Data>) => void;

	constructor(opened: (connection: ServerConnection<Data>) => void) {
		this.#opened = opened;
	}

	open(peer: Peer, handshake: Handshake): Session {
		const session = new ConnectionSession<Data>(peer, handshake, this.#rooms, (left) => this.#sessions.delete(left));
		this.#sessions.add(session);
		this.#opened(session.connection);
		return session;
	}

	/** The members of a room, or every connection. */
	to(room?: string): BroadcastTarget<Data> {
		return new BroadcastTarget(room === undefined ? this.#sessions : (this.#rooms.get(room)?.members() ?? []));
	}

	stats(): Record<string, number> {
		return { rooms: this.#rooms.size };
	}
}
