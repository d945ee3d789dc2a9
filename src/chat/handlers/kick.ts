// `<kick room="lobby" name="bob" />`: an operator removes a person from a room; the person may join it again.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument } from "../documents.ts";
import { idOf, personOf, roomOf } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { nameKey } from "../names.ts";
import type { Handler } from "./handler.ts";

export const kick: Handler = { element: "kick", handle };

function handle(chat: ChatContext, client: ChatClient, root: RootElement): void {
	checkOperator(client, "kick");
	const room = roomOf(root);
	const name = personOf(root, "name");
	const id = idOf(root);
	const key = nameKey(name);
	chat.rooms.checkExists(room);
	const answer = (kicked: boolean): void => {
		if (!kicked) {
			throw new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody in room "${room}" is called "${name}".`);
		}
		if (id !== undefined) client.send(ackDocument(id));
	};
	const person = chat.names.holder(key);
	const here = chat.rooms.get(room);
	if (person && here?.has(person)) {
		here.exit(person, { reason: "kicked", by: client.name });
		answer(true);
		return;
	}
	const remote = chat.cluster.personByName(key);
	if (remote?.rooms.has(room)) client.answerLater(chat.cluster.kick(remote, room, client.name), id, answer);
	else answer(false);
}
