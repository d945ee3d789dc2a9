// `<who room="lobby" offset="200" limit="100" />`: a page of a room's members, at most 200 of them and about 32 KiB.

import { XMLSocketError } from "../../errors/index.ts";
import { membersDocument } from "../documents.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import { MANY_MEMBERS } from "../rooms/chat-room.ts";
import type { Handler } from "./handler.ts";
import { isHidden } from "./hidden-room.ts";

export const who: Handler = {
	element: "who",
	handle(chat, client, root) {
		const room = roomOf(root);
		chat.rooms.checkExists(room);
		if (isHidden(chat, client, room)) throw new XMLSocketError("XMLSOCKET_ROOM_PRIVATE", `Room "${room}" is private.`);
		const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
		const limit = wholeNumber(root, "limit", 1, MANY_MEMBERS, MANY_MEMBERS);
		return chat.answers.give(client, () => {
			if (!client.peer.isOpen) return;
			const { names, total } = chat.rooms.members(room, offset, limit);
			const text = membersDocument({
				room,
				members: total,
				offset,
				names,
				isOperator: (name) => chat.isOperator(name),
			});
			chat.answers.countList(client, text, Math.min(total, offset + names.length));
			client.send(text);
		});
	},
};
