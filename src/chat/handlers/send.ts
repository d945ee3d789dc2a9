// `<send room="lobby" id="…">…</send>`: an application document for a room; its content goes to everyone as it was written.

import { idOf, markupOf, roomOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const send: Handler = {
	element: "send",
	readsContent: true,
	handle(session, root) {
		const room = session.chat.joinedRoom(roomOf(root), session);
		room.checkMaySpeak(session);
		room.post(session, { kind: "sent", body: markupOf(root), id: idOf(root) });
	},
};
