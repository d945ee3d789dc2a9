// `<who room="lobby" offset="200" limit="100" />`: a page of a room's members, at most 200 of them.

import { MANY_MEMBERS } from "../chat-room.ts";
import { membersDocument } from "../documents.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const who: Handler = {
	element: "who",
	handle(session, root) {
		const room = session.chat.room(roomOf(root));
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MANY_MEMBERS, MANY_MEMBERS);
		const names = room.names(offset, limit);
		const more = offset + names.length < room.size && names.length > 0;
		session.send(membersDocument({ room: room.name, members: room.size, offset, more, names }));
	},
};
