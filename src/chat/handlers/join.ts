// `<join room="lobby" after="17" />`: enters a room. For a stored one it gives the last sequence number that the client has; a
// client that is in the room joins again to have a gap refilled. `log`, optional, names the history that `after` belongs to.

import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import type { KnownHistory } from "../rooms/chat-room.ts";
import type { Handler } from "./handler.ts";

export const join: Handler = { element: "join", handle };

function handle(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const name = roomOf(root);
	const known = {
		after: wholeNumber(root, "after", -1, Number.MAX_SAFE_INTEGER, undefined),
		log: root.attribute("log"),
	};
	return chat.answers.give(client, () => enter(chat, client, name, known));
}

function enter(chat: ChatContext, client: ChatClient, name: string, known: KnownHistory): void {
	chat.moderation.checkMayJoin(name, client);
	if (!chat.rooms.mayCreate(name)) chat.rooms.checkExists(name);
	const again = chat.rooms.get(name)?.has(client) ?? false;
	const room = chat.rooms.join(name, client);
	try {
		room.greet(client, again && known.after === undefined ? { ...known, after: -1 } : known);
	} catch (error) {
		if (!again) chat.rooms.leave(room, client);
		throw error;
	}
	if (again) return;
	chat.cluster.joined(client, room.name);
	room.announceEnter(client.name, client);
}
