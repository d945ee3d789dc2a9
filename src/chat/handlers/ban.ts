// `<ban room="lobby" name="bob" for="600" />`: an operator keeps a name, and whoever has it now, out of a room for some
// seconds.

import { ackDocument } from "../documents.ts";
import { checkOperator, sanction } from "../operator.ts";
import type { Handler } from "./handler.ts";

export const ban: Handler = {
	element: "ban",
	handle(session, root) {
		checkOperator(session, "ban");
		const { id } = sanction(session, root, "ban");
		if (id !== undefined) session.send(ackDocument(id));
	},
};
