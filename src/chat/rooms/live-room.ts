// A live room: a message goes to the members of the moment, and nobody keeps it. At most once, in order for each sender.

import type { ChatClient } from "../chat-client.ts";
import type { LiveMessage, LiveRoomListener, LiveRoomRelay } from "../cluster/cluster.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument, lostDocument, messageDocument } from "../documents.ts";
import { checkOutgoing, maxShownBytes } from "../outgoing-size.ts";
import { BaseRoom } from "./base-room.ts";
import type { NewMessage } from "./chat-room.ts";

/** Longer than a message waits for other nodes. */
const RESUMED_RECENTLY_MS = 15_000;

/** A room without memory. */
export class LiveRoom extends BaseRoom implements LiveRoomListener {
	readonly kind = "live";
	readonly #relay: LiveRoomRelay;

	constructor(name: string, chat: ChatContext) {
		super(name, chat);
		this.#relay = chat.cluster.relay(name, this);
	}

	dropped(): void {
		this.#relay.close();
	}

	greet(client: ChatClient): void {
		this.sendJoined(client);
	}

	post(client: ChatClient, { kind, body, id }: NewMessage): void {
		const message = { kind, body, room: this.name, from: client.name, at: this.chat.timestamp() };
		checkOutgoing(this.chat, client, body, () => messageDocument({ ...message, id }));
		const bytes = client.peer.encode(messageDocument(message));
		this.chat.pace.check(client, bytes.length, this);
		this.chat.counts.messages++;
		this.#relay.send(client.key.id, message);
		if (id === undefined) {
			this.send(bytes);
			return;
		}
		this.send(bytes, client);
		client.send(messageDocument({ ...message, id }));
		client.send(ackDocument(id));
	}

	// --- LiveRoomListener

	received(message: LiveMessage, delayed: boolean): void {
		this.chat.counts.messages++;
		const bytes = this.encode(messageDocument({ ...message, room: this.name }));
		if (!bytes) return;
		// Another daemon may have a higher limit.
		if (bytes.length > maxShownBytes(this.chat.settings.maxDocumentBytes)) {
			this.lost(1);
			return;
		}
		const recentMs = this.chat.clock.now() - RESUMED_RECENTLY_MS;
		for (const member of this.members()) {
			// A client that has just moved here may have received it at its old node: a gap, and not the message twice.
			if (delayed && member.resumedMs > recentMs) member.send(lostDocument(this.name, 1));
			else member.sendEncoded(bytes);
		}
	}

	lost(messages: number): void {
		this.sendText(lostDocument(this.name, messages));
	}
}
