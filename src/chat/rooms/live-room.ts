// A live room: a message goes to the members of the moment, and nobody keeps it. At most once, in order for each sender.

import type { ChatClient } from "../chat-client.ts";
import type { LiveMessage, LiveRoomListener, LiveRoomRelay } from "../cluster/cluster.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument, lostDocument, messageDocument } from "../documents.ts";
import { checkOutgoing, maxShownBytes } from "../outgoing-size.ts";
import { BaseRoom } from "./base-room.ts";
import type { NewMessage } from "./chat-room.ts";

/** The session of what the server itself sends: no client has it. */
const SERVER_SESSION = "0".repeat(16);

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
		const receivedMs = this.chat.deliveryTime.isDue() ? this.chat.clock.now() : undefined;
		const message = { kind, body, room: this.name, from: client.name, at: this.chat.timestamp() };
		checkOutgoing(this.chat, client, body, kind === "said" ? "text" : "markup", () =>
			messageDocument({ ...message, id }),
		);
		const bytes = client.peer.encode(messageDocument(message));
		this.chat.pace.check(client, bytes.length, this);
		this.countPosted();
		this.#relay.send(client.key.id, message);
		this.send(bytes, id === undefined ? undefined : client);
		this.countDelivery(bytes, undefined, receivedMs);
		if (id === undefined) return;
		client.send(messageDocument({ ...message, id }));
		client.send(ackDocument(id));
	}

	async announce(text: string): Promise<undefined> {
		this.checkAnnounced(text);
		const { settings } = this.chat;
		const message = { kind: "said" as const, body: text, from: settings.serverName, at: this.chat.timestamp() };
		const bytes = this.encode(messageDocument({ ...message, room: this.name }));
		this.countPosted();
		this.#relay.send(SERVER_SESSION, message);
		if (!bytes) return;
		this.send(bytes);
		this.countDelivery(bytes, undefined, undefined);
	}

	// --- LiveRoomListener

	received(message: LiveMessage, lateMs: number, session: string): void {
		this.chat.counts.messages++;
		this.chat.slowMode.sentElsewhere(this.name, { session, name: message.from, id: undefined });
		const bytes = this.encode(messageDocument({ ...message, room: this.name }));
		if (!bytes) return;
		// Another daemon may have a higher limit.
		if (bytes.length > maxShownBytes(this.chat.settings.maxDocumentBytes)) {
			this.lost(1);
			return;
		}
		const dueMs = this.chat.clock.now() - lateMs;
		for (const member of this.members()) {
			// A client that came here after it was due may have received it at its old node: a gap, and not the message twice.
			if (member.resumedMs > dueMs) member.send(lostDocument(this.name, 1));
			else member.sendEncoded(bytes);
		}
		this.countDelivery(bytes, undefined, undefined);
	}

	lost(messages: number): void {
		this.sendText(lostDocument(this.name, messages));
	}
}
