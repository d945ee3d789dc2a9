// `<tell to="bob" id="c2">psst</tell>`: a private message to a person who is connected now. A client may resend it under the same
// id; it is delivered once.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument, toldDocument } from "../documents.ts";
import { idOf, personOf, textOf } from "../incoming.ts";
import { nameKey } from "../names.ts";
import { checkOutgoing } from "../outgoing-size.ts";
import type { Handler } from "./handler.ts";

export const tell: Handler = { element: "tell", readsContent: true, handle };

function handle(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const name = personOf(root, "to");
	chat.moderation.checkMayTell(client);
	const text = textOf(root);
	const id = idOf(root);
	const { name: from, operator } = client;
	return chat.filters.check({ kind: "told", from, operator, room: undefined, to: name, text }, (checked) => {
		if (!client.gone) deliver(chat, client, { name, text: checked, id });
	});
}

interface Telling {
	/** The receiver's name. */
	readonly name: string;
	readonly text: string;
	readonly id: string | undefined;
}

function deliver(chat: ChatContext, client: ChatClient, { name, text, id }: Telling): void {
	const key = nameKey(name);
	const from = client.name;
	checkOutgoing(chat, client, text, "text", () => toldDocument(from, chat.timestamp(), text, id));
	const nowMs = chat.clock.now();
	const session = client.key.id;
	if (id !== undefined && chat.delivered.has(session, key, id, nowMs)) {
		client.send(ackDocument(id, undefined, true));
		return;
	}
	const answer = (delivered: boolean): void => {
		if (!delivered) throw new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody here is called "${name}".`);
		if (id !== undefined) client.send(ackDocument(id));
	};
	const at = chat.timestamp();
	const receiver = chat.names.holder(key);
	if (receiver) {
		const bytes = client.peer.encode(toldDocument(from, at, text, id));
		chat.pace.check(client, bytes.length, { size: 1, members: () => [receiver] });
		receiver.sendEncoded(bytes);
		if (id !== undefined) chat.delivered.add(session, key, id, nowMs);
		answer(true);
		return;
	}
	const remote = chat.cluster.personByName(key);
	if (remote) client.answerLater(chat.cluster.tell(remote, session, { from, at, text, id }), id, answer);
	else answer(false);
}
