// `<rooms offset="200" limit="100" />`: a page of the rooms that exist, at most 200 of them.

import type { RoomEntry } from "../chat.ts";
import { roomsDocument } from "../documents.ts";
import { wholeNumber } from "../incoming.ts";
import type { Handler } from "./handler.ts";

const MAX_ROOMS = 200;

export const rooms: Handler = {
	element: "rooms",
	handle(session, root) {
		const { chat } = session;
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MAX_ROOMS, MAX_ROOMS);
		const page: RoomEntry[] = [];
		let at = 0;
		let more = false;
		for (const room of chat.directory()) {
			more = at >= offset + limit;
			if (more) break;
			if (at++ >= offset) page.push(room);
		}
		session.send(roomsDocument(page, offset, more && page.length > 0));
	},
};
