// What `say` and `send` share: a message to a room, which slow mode and the filter can refuse.

import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import type { ChatRoom, NewMessage } from "../rooms/chat-room.ts";

/**
 * Sends a message of a member who may speak.
 *
 * @returns nothing where it was sent at once. Throws or rejects with XMLSOCKET_SLOW_MODE, XMLSOCKET_MESSAGE_REFUSED,
 * XMLSOCKET_FILTER_FAILED, and what `ChatRoom.post` throws.
 */
export function post(chat: ChatContext, client: ChatClient, room: ChatRoom, message: NewMessage): void | Promise<void> {
	const { name } = room;
	chat.slowMode.check(name, client, message.id);
	// Most chats have no filter: a message costs nothing then.
	if (!chat.filters.isActive) {
		room.post(client, message);
		chat.slowMode.sent(name, client, message.id);
		return undefined;
	}
	const { kind, body: text } = message;
	const filtered = { kind, from: client.name, operator: client.operator, room: name, to: undefined, text };
	return chat.filters.check(filtered, (body) => {
		if (client.gone) return;
		// The client may have been removed or muted while the filter looked at the message.
		const here = chat.rooms.joined(name, client);
		chat.moderation.checkMaySpeak(name, client);
		here.post(client, body === text ? message : { ...message, body });
		chat.slowMode.sent(name, client, message.id);
	});
}
