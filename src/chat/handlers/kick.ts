// `<kick room="lobby" name="bob" />`: an operator takes someone out of a room; nothing keeps that person from coming back.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument } from "../documents.ts";
import { idOf, personOf, roomOf } from "../incoming.ts";
import { nameKey } from "../names.ts";
import { checkOperator } from "../operator.ts";
import type { Handler } from "./handler.ts";

export const kick: Handler = {
	element: "kick",
	handle(session, root) {
		checkOperator(session, "kick");
		const { chat } = session;
		const room = roomOf(root);
		const name = personOf(root, "name");
		const id = idOf(root);
		const key = nameKey(name);
		chat.checkRoom(room);
		const unknown = (): XMLSocketError =>
			new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody in room "${room}" is called "${name}".`);
		const person = chat.names.holder(key);
		const here = chat.hub.get(room);
		if (person && here?.has(person)) here.exit(person, { reason: "kicked", by: session.name });
		else {
			const remote = chat.deployment?.roster.byName(key);
			if (!remote?.rooms.has(room)) throw unknown();
			session.await(chat.deployment!.demand(remote.node, ["kick", room, remote.session, session.name]), id, (done) => {
				if (!done) throw unknown();
				if (id !== undefined) session.send(ackDocument(id));
			});
			return;
		}
		if (id !== undefined) session.send(ackDocument(id));
	},
};
