// `<say room="lobby" id="c1">hi</say>`: a text message to a room.

import { idOf, roomOf, textOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";
import { post } from "./post.ts";

export const say: Handler = {
	element: "say",
	readsContent: true,
	handle(chat, client, root) {
		const room = chat.rooms.joined(roomOf(root), client);
		chat.moderation.checkMaySpeak(room.name, client);
		return post(chat, client, room, { kind: "said", body: textOf(root), id: idOf(root) });
	},
};
