// `<rooms offset="200" limit="100" />`: a page of the rooms that exist, at most 200 of them and about 32 KiB.

import { roomsDocument } from "../documents.ts";
import { wholeNumber } from "../incoming.ts";
import type { RoomListEntry } from "../rooms/chat-rooms.ts";
import type { Handler } from "./handler.ts";
import { isHidden } from "./hidden-room.ts";

const MAX_ROOMS = 200;

export const rooms: Handler = {
	element: "rooms",
	handle(chat, client, root) {
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MAX_ROOMS, MAX_ROOMS);
		return chat.answers.give(client, () => {
			if (!client.peer.isOpen) return;
			const page: RoomListEntry[] = [];
			let at = 0;
			let more = false;
			for (const room of chat.rooms.list()) {
				if (isHidden(chat, client, room.name)) continue;
				more = at >= offset + limit;
				if (more) break;
				if (at++ >= offset) page.push(room);
			}
			const text = roomsDocument(page, offset, more && page.length > 0);
			chat.answers.countList(client, text, at);
			client.send(text);
		});
	},
};
