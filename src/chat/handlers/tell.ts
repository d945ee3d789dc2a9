// `<tell to="bob" id="c2">psst</tell>`: a private message, to someone who is here now.

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
		const text = textOf(root);
		const id = idOf(root);
		const key = nameKey(name);
		const unknown = (): XMLSocketError =>
			new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody here is called "${name}".`);
		const receiver = chat.names.holder(key);
		if (!receiver) {
			const remote = chat.deployment?.roster.byName(key);
			if (!remote) throw unknown();
			const demand = ["tell", remote.session, session.name, chat.timestamp(), text, id ?? null] as const;
			session.await(chat.deployment!.demand(remote.node, demand), id, (done) => {
				if (!done) throw unknown();
				if (id !== undefined) session.send(ackDocument(id));
			});
			return;
		}
		receiver.send(toldDocument(session.name, chat.timestamp(), text, id));
		if (id !== undefined) session.send(ackDocument(id));
	},
};
