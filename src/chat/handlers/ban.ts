// `<ban room="lobby" name="bob" for="600" />`: an operator keeps a name, and whoever has it now, out of a room for some
// seconds.

import { ackDocument } from "../documents.ts";
import { checkOperator, sanction } from "../operator.ts";
import type { Handler } from "./handler.ts";

export const ban: Handler = {
	element: "ban",
	handle(session, root) {
		checkOperator(session, "ban");
		const { room, person, id } = sanction(session, root, session.chat.bans);
		const inside = person && session.chat.hub.get(room);
		if (inside?.has(person!)) inside.exit(person!, { reason: "banned", by: session.name });
		if (id !== undefined) session.send(ackDocument(id));
	},
};
