// `<settings room="lobby" slow="5" private="true" key="…" />`: an operator sets how a room works. Without one of the three attributes,
// the answer is the present settings.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import { ackDocument, settingsDocument } from "../documents.ts";
import { idOf, isXmlText, roomOf, wholeNumber } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { MAX_KEY_CHARACTERS, MAX_SLOW_SECONDS, type RoomSettings } from "../rooms/room-states.ts";
import type { Handler } from "./handler.ts";

export const settings: Handler = {
	element: "settings",
	async handle(chat, client, root) {
		checkOperator(client, "change the settings of a room");
		const room = roomOf(root);
		const id = idOf(root);
		const changes = changesOf(root);
		if (Object.keys(changes).length === 0) {
			client.send(settingsDocument(room, chat.states.settingsOf(room), { id }));
			return;
		}
		await chat.states.change(room, changes);
		if (id !== undefined && !client.gone) client.send(ackDocument(id));
	},
};

function changesOf(root: RootElement): Partial<RoomSettings> {
	const slowSeconds = wholeNumber(root, "slow", 0, MAX_SLOW_SECONDS, undefined);
	const isPrivate = root.attribute("private");
	const key = root.attribute("key");
	if (isPrivate !== undefined && isPrivate !== "true" && isPrivate !== "false") {
		throw new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", "The attribute private is true or false.");
	}
	if (key !== undefined && (key.length > MAX_KEY_CHARACTERS || !isXmlText(key))) {
		throw new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", `A key has at most ${MAX_KEY_CHARACTERS} characters.`);
	}
	return {
		...(slowSeconds === undefined ? {} : { slowSeconds }),
		...(isPrivate === undefined ? {} : { isPrivate: isPrivate === "true" }),
		// An empty key removes it.
		...(key === undefined ? {} : { key: key === "" ? undefined : key }),
	};
}
