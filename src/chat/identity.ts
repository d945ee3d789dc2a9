// How a client has proved its name, and the rooms that it can enter with that.

import { XMLSocketError } from "../errors/index.ts";

/** What a client has proved; a guest has none. */
export interface Identity {
	readonly operator: boolean;
	/** The rooms that it can enter; undefined: all. */
	readonly rooms: ReadonlySet<string> | undefined;
	/** A part of its session's key, which proves the same at its next connection. */
	readonly ticket: string | undefined;
	/** Its token of the token file; undefined: it has proved its name in another way. */
	readonly fileToken: string | undefined;
}

/** @throws XMLSOCKET_ROOM_NOT_ALLOWED for a room that the client's login does not name. */
export function checkMayEnter(identity: Identity | undefined, room: string): void {
	if (!identity?.rooms || identity.rooms.has(room)) return;
	throw new XMLSocketError("XMLSOCKET_ROOM_NOT_ALLOWED", `Your login is not for the room "${room}".`);
}
