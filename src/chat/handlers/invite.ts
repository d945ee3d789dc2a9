// `<invite room="den" name="bob" />`: an operator lets a person into a private room; with `remove="true"` no longer.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument, noticeDocument } from "../documents.ts";
import { idOf, personOf, roomOf } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { nameKey } from "../names.ts";
import { MAX_INVITED } from "../rooms/room-states.ts";
import type { Handler } from "./handler.ts";

export const invite: Handler = {
	element: "invite",
	async handle(chat, client, root) {
		checkOperator(client, "invite");
		const room = roomOf(root);
		const name = personOf(root, "name");
		const id = idOf(root);
		const key = nameKey(name);
		const others = chat.states.settingsOf(room).invited.filter((one) => nameKey(one) !== key);
		const isRemoved = root.attribute("remove") === "true";
		if (!isRemoved && others.length >= MAX_INVITED) {
			throw new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", `A room has at most ${MAX_INVITED} invited people.`);
		}
		const changed = chat.states.change(room, { invited: isRemoved ? others : [...others, name] });
		changed.catch(() => {});
		const words = `${client.name} has invited you to room "${room}".`;
		if (!isRemoved) chat.names.holder(key)?.send(noticeDocument("invited", words, room));
		await changed;
		if (id !== undefined && !client.gone) client.send(ackDocument(id));
	},
};
