// `<leave room="lobby" />`: leaves a room. The answer is the `<exit>` that the other members receive too.

import { roomOf } from "../incoming.ts";
import { MANY_MEMBERS } from "../rooms/chat-room.ts";
import type { Handler } from "./handler.ts";

export const leave: Handler = {
	element: "leave",
	handle(chat, client, root) {
		const room = chat.rooms.joined(roomOf(root), client);
		// A client that comes and goes all the time sends the members more than a slow one reads, so its next `join` waits.
		chat.answers.countAnnounced(client, 2 * Math.min(room.size, MANY_MEMBERS));
		room.exit(client);
	},
};
