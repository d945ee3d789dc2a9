// Private rooms: who may enter one without its key, and sees that it is there.

import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";

/** Whether a room is private, and the client neither in it, nor invited, nor an operator. */
export function isHidden(chat: ChatContext, client: ChatClient, room: string): boolean {
	if (!chat.states.settingsOf(room).isPrivate || client.operator || chat.rooms.get(room)?.has(client)) return false;
	return !chat.states.isInvited(room, client.nameKey);
}
