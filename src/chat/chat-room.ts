// What live and stored rooms have in common: coming and going, presence, the topic. Above 200 members a count, at most once
// a second, takes the place of names. docs/chat.md, "Server to client".

import { XMLSocketError } from "../errors/index.ts";
import { Room } from "../rooms/index.ts";
import type { Chat } from "./chat.ts";
import type { ChatSession } from "./chat-session.ts";
import {
	countDocument,
	type ExitReason,
	enterDocument,
	exitDocument,
	joinedDocument,
	type Message,
	topicDocument,
} from "./documents.ts";

/** From how many members on a room tells numbers instead of names, and how many names one list holds. */
export const MANY_MEMBERS = 200;

/** What a client says of the history that it knows. */
export interface Known {
	/** The sequence number that it saw last; -1: it wants no history; undefined: it knows none. */
	readonly after: number | undefined;
	/** The log that the number belongs to, where the client says so. */
	readonly log: string | undefined;
}

/** A message on its way into a room. */
export type Spoken = Pick<Message, "kind" | "body"> & { readonly id: string | undefined };

/** A room of the chat. */
export abstract class ChatRoom extends Room<ChatSession> {
	abstract readonly kind: "live" | "stored";
	readonly chat: Chat;
	topic: { readonly by: string; readonly text: string } | undefined = undefined;

	constructor(name: string, chat: Chat) {
		super(name);
		this.chat = chat;
	}

	/** Brings a member in, or up to date: answers with `joined`, and with what the room remembers. */
	abstract greet(session: ChatSession, known: Known): void;

	/** Takes a message from a member. @throws XMLSocketError for what is refused at once. */
	abstract post(session: ChatSession, spoken: Spoken): void;

	/** Called when the hub has forgotten the room. */
	dropped(): void {}

	/** Members here and on other nodes. */
	get total(): number {
		return this.size + (this.chat.deployment?.roster.count(this.name) ?? 0);
	}

	/** Sends the answer to a `join`. */
	sendJoined(session: ChatSession, log?: string, seq?: number): void {
		session.send(
			joinedDocument({ room: this.name, kind: this.kind, log, seq, members: this.total, names: this.names(0) }),
		);
		if (this.topic) session.send(topicDocument(this.name, this.topic.by, this.topic.text));
	}

	/** A page of members' names, those of other nodes last. */
	names(offset: number, limit: number = MANY_MEMBERS): string[] {
		const names: string[] = [];
		let at = 0;
		for (const { name } of this.#everyone()) {
			if (at >= offset + limit) break;
			if (at++ >= offset) names.push(name);
		}
		return names;
	}

	*#everyone(): Generator<{ readonly name: string }> {
		yield* this.members();
		const { deployment } = this.chat;
		if (deployment) yield* deployment.roster.members(this.name);
	}

	/** Tells the others that someone has come. */
	announceEnter(name: string, except?: ChatSession): void {
		if (this.total > MANY_MEMBERS) this.chat.countLater(this);
		else this.sendText(enterDocument(this.name, name, this.total), except);
	}

	/** Tells everyone that a member has another name. */
	announceRename(name: string, old: string): void {
		if (this.total > MANY_MEMBERS) return;
		this.sendText(exitDocument(this.name, old, this.total - 1));
		this.sendText(enterDocument(this.name, name, this.total));
	}

	/** Tells everyone who is left that someone has gone. */
	announceExit(name: string, why?: ExitReason): void {
		if (this.total >= MANY_MEMBERS) this.chat.countLater(this);
		else this.sendText(exitDocument(this.name, name, this.total, why));
	}

	/** Takes a member out and tells everyone, the one who leaves included. */
	exit(session: ChatSession, why?: ExitReason): void {
		session.replays?.get(this)?.stop();
		if (!this.chat.hub.leave(this, session)) return;
		this.chat.deployment?.left(session, this, why);
		if (!session.gone) session.send(exitDocument(this.name, session.name, this.total, why));
		this.announceExit(session.name, why);
	}

	/** Tells everyone how many there are. */
	sendCount(): void {
		this.sendText(countDocument(this.name, this.total));
	}

	/** Changes the topic and tells everyone. */
	setTopic(by: string, text: string): void {
		const document = topicDocument(this.name, by, text);
		this.sendText(document);
		this.topic = text === "" ? undefined : { by, text };
	}

	/** Sends one document to every member but `except`, encoded once. */
	sendText(text: string, except?: ChatSession): void {
		const bytes = this.encode(text);
		if (bytes) this.send(bytes, except);
	}

	/** The bytes of a document as every member gets them; undefined where nobody is here. */
	encode(text: string): Uint8Array | undefined {
		for (const member of this.members()) return member.peer.encode(text);
		return undefined;
	}

	/** @throws XMLSOCKET_MUTED */
	checkMaySpeak(session: ChatSession): void {
		const { mutes } = this.chat;
		if (mutes.size === 0) return;
		const seconds = this.chat.secondsLeft(mutes, this.name, session);
		if (seconds === 0) return;
		throw new XMLSocketError("XMLSOCKET_MUTED", `You are muted in room "${this.name}" for ${seconds} more seconds.`);
	}
}
