// `<who room="lobby" offset="200" limit="100" />`: a page of a room's members, at most 200 of them.

import { membersDocument } from "../documents.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import { MANY_MEMBERS } from "../rooms/chat-room.ts";
import type { Handler } from "./handler.ts";

export const who: Handler = {
	element: "who",
	handle(chat, client, root) {
		const room = roomOf(root);
		chat.rooms.checkExists(room);
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MANY_MEMBERS, MANY_MEMBERS);
		const { names, total } = chat.rooms.members(room, offset, limit);
		const more = offset + names.length < total && names.length > 0;
		client.send(membersDocument({ room, members: total, offset, more, names }));
	},
};
