// What live and stored rooms have in common: members, presence, the topic. In a room of more than 200 members the number of
// members, announced at most once a second, replaces their names. docs/chat.md, "From the daemon".

import { Room } from "../../rooms/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { Topic } from "../cluster/cluster.ts";
import type { ChatContext } from "../context.ts";
import {
	countDocument,
	type ExitReason,
	enterDocument,
	exitDocument,
	joinedDocument,
	topicDocument,
} from "../documents.ts";
import { type ChatRoom, type KnownHistory, MANY_MEMBERS, type NewMessage, type RoomKind } from "./chat-room.ts";

/** A room of either kind. */
export abstract class BaseRoom extends Room<ChatClient> implements ChatRoom {
	abstract readonly kind: RoomKind;
	topic: Topic | undefined = undefined;
	protected readonly chat: ChatContext;

	constructor(name: string, chat: ChatContext) {
		super(name);
		this.chat = chat;
	}

	abstract greet(client: ChatClient, known: KnownHistory): void;
	abstract post(client: ChatClient, message: NewMessage): void;
	abstract dropped(): void;

	get total(): number {
		return this.size + this.chat.cluster.count(this.name);
	}

	memberNames(offset: number, limit: number = MANY_MEMBERS): string[] {
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
		yield* this.chat.cluster.members(this.name);
	}

	announceEnter(name: string, except?: ChatClient): void {
		const { total } = this;
		if (total > MANY_MEMBERS) this.chat.rooms.announceCountLater(this);
		else this.sendText(enterDocument(this.name, name, total), except);
	}

	announceRename(name: string, old: string): void {
		const { total } = this;
		if (total > MANY_MEMBERS) return;
		this.sendText(exitDocument(this.name, old, total - 1));
		this.sendText(enterDocument(this.name, name, total));
	}

	announceExit(name: string, reason?: ExitReason): void {
		const { total } = this;
		if (total >= MANY_MEMBERS) this.chat.rooms.announceCountLater(this);
		else this.sendText(exitDocument(this.name, name, total, reason));
	}

	announceCount(): void {
		this.sendText(countDocument(this.name, this.total));
	}

	exit(client: ChatClient, reason?: ExitReason): void {
		if (!this.chat.rooms.leave(this, client)) return;
		this.chat.cluster.left(client, this.name, reason);
		if (!client.gone) client.send(exitDocument(this.name, client.name, this.total, reason));
		this.announceExit(client.name, reason);
	}

	setTopic(topic: Topic): void {
		this.sendText(topicDocument(this.name, topic.by, topic.text));
		this.topic = topic.text === "" ? undefined : topic;
	}

	/** Answers a `join`. @param log of a stored room, with its last sequence number. */
	protected sendJoined(client: ChatClient, log?: string, seq?: number): void {
		const { name: room, kind, total: members } = this;
		const text = joinedDocument({ room, kind, log, seq, members, names: this.memberNames(0) });
		this.chat.answers.count(client, text.length);
		client.send(text);
		if (this.topic) client.send(topicDocument(room, this.topic.by, this.topic.text));
	}

	/** Sends one document to every member but `except`, encoded once. */
	protected sendText(text: string, except?: ChatClient): void {
		const bytes = this.encode(text);
		if (bytes) this.send(bytes, except);
	}

	/** The bytes of a document, which are the same for every member; undefined where there is none. */
	protected encode(text: string): Uint8Array | undefined {
		for (const member of this.members()) return member.peer.encode(text);
		return undefined;
	}
}
