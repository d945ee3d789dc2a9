// `<tell to="bob" id="c2">psst</tell>`: a private message, to someone who is here now; told again under the same id, it is passed
// on once.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument, toldDocument } from "../documents.ts";
import { idOf, personOf, textOf } from "../incoming.ts";
import { nameKey } from "../names.ts";
import type { Handler } from "./handler.ts";

export const tell: Handler = {
	element: "tell",
	readsContent: true,
	handle(session, root) {
		const { chat } = session;
		const name = personOf(root, "to");
		const key = nameKey(name);
		const text = textOf(root);
		const id = idOf(root);
		const nowMs = chat.nowMs();
		if (id !== undefined && chat.tells.has(session.key.id, key, id, nowMs)) {
			session.send(ackDocument(id, undefined, true));
			return;
		}
		const receiver = chat.names.holder(key);
		if (!receiver) throw new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody here is called "${name}".`);
		receiver.send(toldDocument(session.name, chat.timestamp(), text, id));
		if (id === undefined) return;
		chat.tells.add(session.key.id, key, id, nowMs);
		session.send(ackDocument(id));
	},
};
