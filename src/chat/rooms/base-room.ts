// What live and stored rooms have in common: members, presence, the topic. In a room of more than 200 members the number of
// members, announced at most once a second, replaces their names. docs/chat.md, "From the daemon".

import { XMLSocketError } from "../../errors/index.ts";
import { Room } from "../../rooms/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import {
	countDocument,
	type ExitReason,
	enterDocument,
	exitDocument,
	joinedDocument,
	settingsDocument,
	topicDocument,
} from "../documents.ts";
import { isXmlText } from "../incoming.ts";
import { type ChatRoom, type KnownHistory, MANY_MEMBERS, type NewMessage, type RoomKind } from "./chat-room.ts";
import type { Topic } from "./room-states.ts";

/** A character takes at most so many bytes: `&quot;`, or four. */
const MAX_TEXT_GROWTH = 6;

/** A room of either kind. */
export abstract class BaseRoom extends Room<ChatClient> implements ChatRoom {
	abstract readonly kind: RoomKind;
	topic: Topic | undefined = undefined;
	posted = 0;
	protected readonly chat: ChatContext;

	constructor(name: string, chat: ChatContext) {
		super(name);
		this.chat = chat;
	}

	abstract greet(client: ChatClient, known: KnownHistory): void;
	abstract post(client: ChatClient, message: NewMessage): void;
	abstract announce(text: string): Promise<number | undefined>;
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
		else this.sendText(enterDocument(this.name, name, total, this.chat.isOperator(name)), except);
	}

	announceRename(name: string, old: string): void {
		const { total } = this;
		if (total > MANY_MEMBERS) return;
		this.sendText(exitDocument(this.name, old, total - 1));
		this.sendText(enterDocument(this.name, name, total, this.chat.isOperator(name)));
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

	announceSettings(): void {
		this.sendText(settingsDocument(this.name, this.chat.states.settingsOf(this.name)));
	}

	/** Counts a message that a client of this daemon, or the server itself, has sent to the room. */
	protected countPosted(): void {
		this.posted++;
		this.chat.counts.posted++;
		this.chat.counts.messages++;
	}

	/** Checks a text of the server itself. @throws XMLSOCKET_DOCUMENT_TOO_LARGE, XMLSOCKET_NOT_WELL_FORMED, XMLSOCKET_NUL_IN_DOCUMENT */
	protected checkAnnounced(text: string): void {
		const limit = this.chat.settings.maxDocumentBytes;
		if (text.length * MAX_TEXT_GROWTH > limit) {
			const largest = Math.floor(limit / MAX_TEXT_GROWTH);
			const words = `The text has ${text.length} characters; the server itself sends at most ${largest}.`;
			throw new XMLSocketError("XMLSOCKET_DOCUMENT_TOO_LARGE", words, { details: { limit: largest } });
		}
		if (!isXmlText(text)) {
			throw new XMLSocketError("XMLSOCKET_NOT_WELL_FORMED", "The text holds a character that XML cannot carry.");
		}
		const [anyone] = this.members();
		anyone?.peer.checkText(text);
	}

	/** Answers a `join`. @param log of a stored room, with its last sequence number. */
	protected sendJoined(client: ChatClient, log?: string, seq?: number): void {
		const { name: room, kind, total: members } = this;
		const { slowSeconds, isPrivate } = this.chat.states.settingsOf(room);
		const names = this.memberNames(0);
		const isOperator = (name: string): boolean => this.chat.isOperator(name);
		const text = joinedDocument({ room, kind, log, seq, members, names, isOperator, slowSeconds, isPrivate });
		this.chat.answers.count(client, text.length);
		client.send(text);
		if (this.topic) client.send(topicDocument(room, this.topic.by, this.topic.text));
	}

	/** Sends one document to every member but `except`, encoded once. */
	protected sendText(text: string, except?: ChatClient): void {
		const bytes = this.encode(text);
		if (bytes) this.send(bytes, except);
	}

	/**
	 * A message was passed to the members.
	 *
	 * @param seq its number in a stored room.
	 * @param receivedMs when it was received, if its delivery is timed.
	 */
	protected countDelivery(bytes: Uint8Array, seq: number | undefined, receivedMs: number | undefined): void {
		const { clock, counts, deliveryTime, observer } = this.chat;
		counts.deliveries += this.size;
		observer?.messageDelivered?.({ room: this.name, seq, receivers: this.size, bytes: bytes.length });
		if (receivedMs === undefined) return;
		// What was sent is written when the tick ends; the first of these can come before that.
		clock.afterTick(() => clock.afterTick(() => deliveryTime.add(clock.now() - receivedMs)));
	}

	/** The bytes of a document, which are the same for every member; undefined where there is none. */
	protected encode(text: string): Uint8Array | undefined {
		for (const member of this.members()) return member.peer.encode(text);
		return undefined;
	}
}
