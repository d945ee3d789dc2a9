// `<tell to="bob" id="c2">psst</tell>`: a private message, to someone who is here now; told again under the same id, it is passed
// on once.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument, toldDocument } from "../documents.ts";
import { idOf, personOf, textOf } from "../incoming.ts";
import { nameKey } from "../names.ts";
import { checkOutgoing } from "../outgoing-size.ts";
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
		checkOutgoing(session, text, () => toldDocument(session.name, chat.timestamp(), text, id));
		const unknown = (): XMLSocketError =>
			new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody here is called "${name}".`);
		const nowMs = chat.nowMs();
		if (id !== undefined && chat.tells.has(session.key.id, key, id, nowMs)) {
			session.send(ackDocument(id, undefined, true));
			return;
		}
		const receiver = chat.names.holder(key);
		if (!receiver) {
			const remote = chat.deployment?.roster.byName(key);
			if (!remote) throw unknown();
			const { key: own, name: from } = session;
			const demand = ["tell", remote.session, own.id, from, chat.timestamp(), text, id ?? null] as const;
			session.await(chat.deployment!.demand(remote.node, demand), id, (done) => {
				if (!done) throw unknown();
				if (id !== undefined) session.send(ackDocument(id));
			});
			return;
		}
		receiver.send(toldDocument(session.name, chat.timestamp(), text, id));
		if (id === undefined) return;
		chat.tells.add(session.key.id, key, id, nowMs);
		session.send(ackDocument(id));
	},
};
