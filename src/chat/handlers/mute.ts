// `<mute room="lobby" name="bob" for="600" />`: an operator keeps a name, and whoever has it now, silent in a room for some
// seconds.

import { ackDocument } from "../documents.ts";
import { checkOperator, sanction } from "../operator.ts";
import type { Handler } from "./handler.ts";

export const mute: Handler = {
	element: "mute",
	handle(session, root) {
		checkOperator(session, "mute");
		const { id } = sanction(session, root, "mute");
		if (id !== undefined) session.send(ackDocument(id));
	},
};
