// A live room: a message goes to everyone who is there now, and nobody keeps it. At most once, in order for each sender.

import type { Chat } from "./chat.ts";
import { ChatRoom, type Spoken } from "./chat-room.ts";
import type { ChatSession } from "./chat-session.ts";
import type { LiveFeed } from "./deployment/live-feed.ts";
import { ackDocument, lostDocument, type Message, messageDocument } from "./documents.ts";
import { checkOutgoing, maxShownBytes } from "./outgoing-size.ts";

/** Longer than a message waits for other nodes. */
const CAME_LATELY_MS = 15_000;

/** A room without memory. */
export class LiveRoom extends ChatRoom {
	readonly kind = "live";
	readonly #feed: LiveFeed | undefined;

	constructor(name: string, chat: Chat) {
		super(name, chat);
		this.#feed = chat.deployment?.openFeed(this);
	}

	override dropped(): void {
		if (this.#feed) this.chat.deployment?.closeFeed(this.#feed);
	}

	/**
	 * Delivers what was said at another node.
	 *
	 * @param late it had to wait there: who has just come from elsewhere may have heard it there, and is told of a message
	 * that did not come instead of getting it twice.
	 */
	hear(message: Message, late: boolean): void {
		const bytes = this.encode(messageDocument(message));
		if (!bytes) return;
		// Another daemon may have a higher limit.
		if (bytes.length > maxShownBytes(this.chat.settings.maxDocumentBytes)) {
			this.missed(1);
			return;
		}
		const sinceMs = this.chat.nowMs() - CAME_LATELY_MS;
		for (const member of this.members()) {
			if (late && member.cameMs > sinceMs) member.send(lostDocument(this.name, 1));
			else member.sendEncoded(bytes);
		}
	}

	/** Tells everyone that messages from another node did not come. */
	missed(count: number): void {
		this.sendText(lostDocument(this.name, count));
	}

	greet(session: ChatSession): void {
		this.sendJoined(session);
	}

	post(session: ChatSession, { kind, body, id }: Spoken): void {
		const message = { kind, body, room: this.name, from: session.name, at: this.chat.timestamp() };
		checkOutgoing(session, body, () => messageDocument({ ...message, id }));
		const bytes = session.peer.encode(messageDocument(message));
		this.chat.messages++;
		if (this.#feed) {
			this.chat.deployment?.flush();
			this.#feed.send(kind, session, message.at, body);
		}
		if (id === undefined) {
			this.send(bytes);
			return;
		}
		this.send(bytes, session);
		session.send(messageDocument({ ...message, id }));
		session.send(ackDocument(id));
	}
}
