// `<join room="lobby" after="17" />`: enters a room. For a stored one it gives the last sequence number that the client has; a
// client that is in the room joins again to have a gap refilled. `log`, optional, names the history that `after` belongs to; `key` opens a
// private room.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { checkMayEnter } from "../identity.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import type { KnownHistory } from "../rooms/chat-room.ts";
import { isSameSecret } from "../same-secret.ts";
import type { Handler } from "./handler.ts";
import { isHidden } from "./hidden-room.ts";

export const join: Handler = { element: "join", handle };

function handle(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const name = roomOf(root);
	const known = {
		after: wholeNumber(root, "after", -1, Number.MAX_SAFE_INTEGER, undefined),
		log: root.attribute("log"),
	};
	const enterLater = (): void | Promise<void> => chat.answers.give(client, () => enter(chat, client, name, known));
	return isHidden(chat, client, name)
		? openPrivate(chat, client, name, root.attribute("key"), enterLater)
		: enterLater();
}

// A wrong key counts as a wrong token, so that guessing one is as slow.
function openPrivate(
	chat: ChatContext,
	client: ChatClient,
	name: string,
	key: string | undefined,
	enterLater: () => void | Promise<void>,
): void | Promise<void> {
	const right = chat.states.settingsOf(name).key;
	const words = `Room "${name}" is private: you need ${right === undefined ? "" : "its key or "}an invitation.`;
	if (key === undefined) throw new XMLSocketError("XMLSOCKET_ROOM_PRIVATE", words);
	return chat.guesses.whenAllowed(client, () => {
		if (right !== undefined && isSameSecret(key, right)) return enterLater();
		chat.guesses.add(client);
		throw new XMLSocketError("XMLSOCKET_ROOM_PRIVATE", `The key of room "${name}" is another one.`);
	});
}

function enter(chat: ChatContext, client: ChatClient, name: string, known: KnownHistory): void {
	checkMayEnter(client.identity, name);
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
