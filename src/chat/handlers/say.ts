// `<say room="lobby" id="c1">hi</say>`: speaks in a room. Text only.

import { idOf, roomOf, textOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const say: Handler = {
	element: "say",
	readsContent: true,
	handle(session, root) {
		const room = session.chat.joinedRoom(roomOf(root), session);
		room.checkMaySpeak(session);
		room.post(session, { kind: "said", body: textOf(root), id: idOf(root) });
	},
};
