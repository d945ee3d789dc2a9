// A live room: a message goes to everyone who is there now, and nobody keeps it. At most once, in order for each sender.

import { ChatRoom, type Spoken } from "./chat-room.ts";
import type { ChatSession } from "./chat-session.ts";
import { ackDocument, messageDocument } from "./documents.ts";

/** A room without memory. */
export class LiveRoom extends ChatRoom {
	readonly kind = "live";

	greet(session: ChatSession): void {
		this.sendJoined(session);
	}

	post(session: ChatSession, { kind, body, id }: Spoken): void {
		const message = { kind, body, room: this.name, from: session.name, at: this.chat.timestamp() };
		const bytes = session.peer.encode(messageDocument(message));
		this.chat.messages++;
		if (id === undefined) {
			this.send(bytes);
			return;
		}
		this.send(bytes, session);
		session.send(messageDocument({ ...message, id }));
		session.send(ackDocument(id));
	}
}
