// What a cluster needs of the daemon that it connects: the state that it shows to other nodes, and what to call when
// something happens on them. The chat implements both in `chat/local-node.ts`.

import type { XMLSocketError } from "../../errors/index.ts";
import type { ExitReason, PrivateMessage } from "../documents.ts";
import type { LocalPerson } from "./cluster.ts";

/** The state of this daemon. */
export interface LocalState {
	/** The client of this daemon that has a session. */
	person(session: string): LocalPerson | undefined;
	/** All clients of this daemon. */
	people(): Iterable<LocalPerson>;
	/** The rooms that a client of this daemon is in. */
	roomsOf(session: string): Iterable<string>;
	/** The session of the client of this daemon whose name has that key. */
	nameHolder(nameKey: string): string | undefined;
	/** Members of a room that are connected to this daemon. */
	roomSize(room: string): number;
}

/** What happened on other nodes. */
export interface ClusterEvents {
	/** A client of another node has entered a room. */
	memberEntered(room: string, name: string): void;
	/** A member of a room on another node has another name. */
	memberRenamed(room: string, name: string, old: string): void;
	/** A client of another node has left a room. */
	memberLeft(room: string, name: string, reason: ExitReason | undefined): void;
	/** A client of this daemon has continued its session over a connection to another node. */
	superseded(session: string): void;
	/** Another client has the name of a client of this daemon, which was cut off. */
	nameLost(session: string, error: XMLSocketError): void;
	/** Removes a client of this daemon from a room. @returns whether it was there. */
	kick(session: string, room: string, by: string): boolean;
	/** Delivers a private message to a client of this daemon, once. @returns whether the client is here. */
	tell(session: string, sender: string, message: PrivateMessage): boolean;
	/** Another node asks for the operator. @returns the answer; empty where this daemon answers no such questions. */
	asked(question: string): Promise<string>;
	/** The connection to the other nodes was lost, or is back. */
	connectionChanged(connected: boolean): void;
}
