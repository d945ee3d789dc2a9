// `<rooms offset="200" limit="100" />`: a page of the rooms that exist, at most 200 of them.

import type { ChatRoom } from "../chat-room.ts";
import { roomsDocument } from "../documents.ts";
import { wholeNumber } from "../incoming.ts";
import type { Handler } from "./handler.ts";

const MAX_ROOMS = 200;

export const rooms: Handler = {
	element: "rooms",
	handle(session, root) {
		const { hub } = session.chat;
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MAX_ROOMS, MAX_ROOMS);
		const page: ChatRoom[] = [];
		let at = 0;
		for (const room of hub.rooms()) {
			if (at >= offset + limit) break;
			if (at++ >= offset) page.push(room);
		}
		session.send(roomsDocument(page, offset, offset + page.length < hub.size && page.length > 0));
	},
};
