// `<join room="lobby" after="17" />`: enters a room. In a stored one it says what the client has seen last; joining again is
// how a client on the same connection has a gap refilled. `log`, optional, names the history that `after` belongs to.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatSession } from "../chat-session.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const join: Handler = { element: "join", handle };

function handle(session: ChatSession, root: RootElement): void {
	const { chat } = session;
	const name = roomOf(root);
	const known = {
		after: wholeNumber(root, "after", -1, Number.MAX_SAFE_INTEGER, undefined),
		log: root.attribute("log"),
	};
	const seconds = chat.secondsLeft(chat.bans, name, session);
	if (seconds > 0) {
		throw new XMLSocketError("XMLSOCKET_BANNED", `You are banned from room "${name}" for ${seconds} more seconds.`);
	}
	if (!chat.mayCreate(name)) chat.checkRoom(name);
	const again = chat.hub.get(name)?.has(session) ?? false;
	const room = chat.hub.join(name, session);
	try {
		room.greet(session, again && known.after === undefined ? { ...known, after: -1 } : known);
	} catch (error) {
		if (!again) chat.hub.leave(room, session);
		throw error;
	}
	if (again) return;
	chat.deployment?.entered(session, room);
	room.announceEnter(session.name, session);
}
