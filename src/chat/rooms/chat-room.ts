// A room as the rest of the chat sees it. `LiveRoom` and `StoredRoom` implement it.

import type { Room } from "../../rooms/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ExitReason, RoomMessage } from "../documents.ts";
import type { Topic } from "./room-states.ts";

/** From how many members on a room announces their number instead of names, and how many names one list holds. */
export const MANY_MEMBERS = 200;

/** Whether a log keeps the messages of a room. */
export type RoomKind = "live" | "stored";

/** What a client knows of a room's history. */
export interface KnownHistory {
	/** The last sequence number that it has; -1: it wants no history; undefined: it knows none. */
	readonly after: number | undefined;
	/** The log that the number belongs to, where the client gives it. */
	readonly log: string | undefined;
}

/** A message that a client sends to a room. */
export type NewMessage = Pick<RoomMessage, "kind" | "body"> & { readonly id: string | undefined };

/** A room that is open at this daemon. */
export interface ChatRoom extends Room<ChatClient> {
	readonly kind: RoomKind;
	/** Members here and on other nodes. */
	readonly total: number;
	topic: Topic | undefined;
	/** Messages that came from this daemon since the room was opened here. */
	readonly posted: number;
	/** The number of the newest message; undefined in a live room. */
	readonly lastSeq?: number;
	/** Answers a `join` of a member with `<joined>`, and then with what the room remembers and the client does not know. */
	greet(client: ChatClient, known: KnownHistory): void;
	/** Sends a member's message to the room. @throws XMLSocketError for what is refused at once. */
	post(client: ChatClient, message: NewMessage): void;
	/**
	 * Sends a text of the server itself to the room.
	 *
	 * @returns its number in a stored room. Rejects with XMLSOCKET_DOCUMENT_TOO_LARGE, XMLSOCKET_NUL_IN_DOCUMENT, XMLSOCKET_UNAVAILABLE.
	 */
	announce(text: string): Promise<number | undefined>;
	/** Removes a member and announces it, to the member too. Does nothing for a client that is no member. */
	exit(client: ChatClient, reason?: ExitReason): void;
	/** Sets the topic, or removes it where the text is empty, and announces it. */
	setTopic(topic: Topic): void;
	/** Announces what operators have set for the room. */
	announceSettings(): void;
	/** A page of the members' names; those of other nodes come last. */
	memberNames(offset: number, limit?: number): string[];
	/** Announces a member that has entered. @param except is not notified. */
	announceEnter(name: string, except?: ChatClient): void;
	/** Announces another name of a member. */
	announceRename(name: string, old: string): void;
	/** Announces to the members that are left that one has gone. */
	announceExit(name: string, reason?: ExitReason): void;
	/** Announces the number of members. */
	announceCount(): void;
	/** The last member has left, and the room is forgotten. */
	dropped(): void;
}
