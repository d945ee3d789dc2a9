// `<leave room="lobby" />`: leaves a room. The answer is the `<exit>` that the other members receive too.

import { roomOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const leave: Handler = {
	element: "leave",
	handle(chat, client, root) {
		chat.rooms.joined(roomOf(root), client).exit(client);
	},
};
