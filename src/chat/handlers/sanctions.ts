// `<bans room="lobby" offset="0" limit="100" />` and `<mutes … />`: a page of the bans or mutes that hold, oldest first, for operators.

import { sanctionsDocument } from "../documents.ts";
import { optionalRoomOf, wholeNumber } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import type { Sanction, SanctionKind } from "../sanctions/sanction.ts";
import type { Handler } from "./handler.ts";

const MAX_LISTED = 200;

export const bans: Handler = listHandler("ban");
export const mutes: Handler = listHandler("mute");

function listHandler(kind: SanctionKind): Handler {
	return {
		element: `${kind}s`,
		handle(chat, client, root) {
			checkOperator(client, `list ${kind}s`);
			const room = optionalRoomOf(root);
			const offset = wholeNumber(root, "offset", 0, Number.MAX_SAFE_INTEGER, 0);
			const limit = wholeNumber(root, "limit", 1, MAX_LISTED, MAX_LISTED);
			return chat.answers.give(client, () => {
				if (!client.peer.isOpen) return;
				const page: Sanction[] = [];
				let at = 0;
				let more = false;
				for (const sanction of chat.moderation.inForce({ kind, room })) {
					more = at >= offset + limit;
					if (more) break;
					if (at++ >= offset) page.push(sanction);
				}
				const text = sanctionsDocument(kind, page, { room, offset, more }, (wallMs) => chat.timestamp(wallMs));
				chat.answers.countList(client, text, at);
				client.send(text);
			});
		},
	};
}
