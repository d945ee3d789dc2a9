// `<leave room="lobby" />`: leaves a room; the answer is the `<exit>` that the others get too.

import { roomOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const leave: Handler = {
	element: "leave",
	handle(session, root) {
		session.chat.joinedRoom(roomOf(root), session).exit(session);
	},
};
