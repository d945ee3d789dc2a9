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
		const room = chat.room(roomOf(root));
		const name = personOf(root, "name");
		const id = idOf(root);
		const person = chat.names.holder(nameKey(name));
		if (!person || !room.has(person)) {
			throw new XMLSocketError("XMLSOCKET_NAME_UNKNOWN", `Nobody in room "${room.name}" is called "${name}".`);
		}
		room.exit(person, { reason: "kicked", by: session.name });
		if (id !== undefined) session.send(ackDocument(id));
	},
};
