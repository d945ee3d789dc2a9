// `<send room="lobby" id="…">…</send>`: an application document for a room. Its content is delivered as it was written.

import { idOf, markupOf, roomOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";
import { post } from "./post.ts";

export const send: Handler = {
	element: "send",
	readsContent: true,
	handle(chat, client, root) {
		const room = chat.rooms.joined(roomOf(root), client);
		chat.moderation.checkMaySpeak(room.name, client);
		return post(chat, client, room, { kind: "sent", body: markupOf(root), id: idOf(root) });
	},
};
