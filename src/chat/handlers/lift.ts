// `<unban room="lobby" name="bob" />`, `<unban ban="ID" />`, and the same with `unmute`: an operator ends a ban or a mute.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument } from "../documents.ts";
import { idOf, optionalRoomOf } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import type { SanctionKind } from "../sanctions/sanction.ts";
import type { Handler } from "./handler.ts";
import { targetOf } from "./sanction.ts";

export const unban: Handler = liftHandler("ban");
export const unmute: Handler = liftHandler("mute");

function liftHandler(kind: SanctionKind): Handler {
	return {
		element: `un${kind}`,
		async handle(chat, client, root) {
			checkOperator(client, `lift a ${kind}`);
			const id = idOf(root);
			const sanction = root.attribute(kind);
			const lifted = await chat.moderation.lift(
				sanction === undefined ? { kind, room: optionalRoomOf(root), target: targetOf(root) } : { id: sanction },
			);
			if (lifted.length === 0) throw new XMLSocketError("XMLSOCKET_SANCTION_UNKNOWN", `There is no such ${kind}.`);
			if (id !== undefined && !client.gone) client.send(ackDocument(id));
		},
	};
}
