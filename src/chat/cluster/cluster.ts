// The seam between one daemon and many: what the chat asks of the daemons that it runs with. `SingleNode` implements it for a
// daemon that runs alone, `ClusterMembership` for one of several, so that no caller asks which of the two it has.

import type { ExitReason, PrivateMessage, RoomMessage } from "../documents.ts";
import type { SessionKey } from "../session-key.ts";

/** A client that is connected to this daemon, as far as other nodes see it. */
export interface LocalPerson {
	readonly key: SessionKey;
	readonly name: string;
	readonly nameKey: string;
	/** Orders the connections of one session over all nodes: the newest has the highest. */
	readonly connectionEpoch: number;
	/** Whether the connection is over. */
	readonly gone: boolean;
}

/** A client that is connected to another node. */
export interface RemotePerson {
	readonly session: string;
	readonly node: string;
	readonly name: string;
	readonly nameKey: string;
	readonly connectionEpoch: number;
	readonly rooms: ReadonlySet<string>;
}

/** A message of a live room, on its way between nodes. */
export type LiveMessage = Pick<RoomMessage, "kind" | "from" | "at" | "body">;

/** Carries one live room's messages to the nodes that have the room open. */
export interface LiveRoomRelay {
	/** Sends a message that a client of this node sent to the room; while no node can be reached, it waits. */
	send(session: string, message: LiveMessage): void;
	/** The room is closed here. */
	close(): void;
}

/** Receives what other nodes send to a live room that is open here. */
export interface LiveRoomListener {
	/** Members that are connected to this node. */
	readonly size: number;
	/**
	 * @param lateMs how much later than usual the message comes: a client that moved here meanwhile may have it already.
	 * @param session of the sender.
	 */
	received(message: LiveMessage, lateMs: number, session: string): void;
	/** Messages of another node were lost. */
	lost(messages: number): void;
}

/** The daemons that share one chat. */
export interface ChatCluster {
	/** The text of the notice that the log, or the other nodes, can be reached again. */
	readonly restoredNotice: string;

	// --- presence: this node's clients

	/** A client has connected, or has another name or session. */
	personChanged(person: LocalPerson): void;
	/** The client of a session has gone. */
	personGone(session: string): void;
	/** A client has entered a room. */
	joined(person: LocalPerson, room: string): void;
	/** A client has left a room. */
	left(person: LocalPerson, room: string, reason: ExitReason | undefined): void;

	// --- presence: the clients of other nodes

	/** The client with that session, on another node. */
	personBySession(session: string): RemotePerson | undefined;
	/** The client whose name has that key, on another node. */
	personByName(nameKey: string): RemotePerson | undefined;
	/** Members of a room on other nodes. */
	count(room: string): number;
	/** The members of a room on other nodes. */
	members(room: string): Iterable<RemotePerson>;
	/** The rooms that have members on other nodes. */
	rooms(): Iterable<string>;

	// --- requests to the node of a client

	/** Whether a secret proves the session of a client of another node. */
	provesSession(person: RemotePerson, secret: string): boolean;
	/**
	 * Removes a client of another node from a room.
	 *
	 * @returns whether it was there. Rejects with XMLSOCKET_UNAVAILABLE where its node does not answer within 3 s.
	 */
	kick(person: RemotePerson, room: string, by: string): Promise<boolean>;
	/**
	 * Delivers a private message to a client of another node.
	 *
	 * @param sender the sender's session.
	 * @returns whether it was there. Rejects with XMLSOCKET_UNAVAILABLE where its node does not answer within 3 s.
	 */
	tell(person: RemotePerson, sender: string, message: PrivateMessage): Promise<boolean>;

	// --- names

	/** The number of the next guest; no two guests of the cluster have the same. */
	guestNumber(): string;
	/**
	 * Acquires a name for a session in the whole cluster, then calls `begin`. Where `begin` throws, the name is released.
	 *
	 * @returns nothing where `begin` was called at once. Rejects with XMLSOCKET_NAME_TAKEN, XMLSOCKET_UNAVAILABLE, and what
	 * `begin` throws.
	 */
	acquireName(nameKey: string, name: string, session: string, begin: () => void): void | Promise<void>;
	/** Releases a session's name. */
	releaseName(nameKey: string, session: string): void;

	// --- rooms

	/** Connects a live room that opens here with the same room on other nodes. */
	relay(room: string, listener: LiveRoomListener): LiveRoomRelay;

	// --- questions of the operator

	/** This node. */
	readonly node: string;
	/** The other nodes that run. */
	nodes(): Iterable<string>;
	/**
	 * Asks another node what its `ClusterEvents.asked` answers.
	 *
	 * @param question at most 262,144 characters.
	 * @returns its answer. Rejects with XMLSOCKET_UNAVAILABLE where it does not answer within 3 s.
	 */
	ask(node: string, question: string): Promise<string>;

	// --- the daemon

	/** Called once a second. */
	sweep(): void;
	/** Numbers for `/metrics`, by name. */
	stats(): Record<string, number>;
	/** Tells the other nodes that this one ends, and its clients with it. */
	leave(): void;
	/** Ends the connection to the other nodes; call `leave` first. */
	close(): Promise<void>;
}
