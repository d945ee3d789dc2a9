// `<history room="lobby" before="17" limit="50" />`: a page of what was said in a stored room, oldest first, at most 100
// messages and 256 KiB. Without `before`: the newest.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatSession } from "../chat-session.ts";
import { pageDocument } from "../documents.ts";
import { idOf, roomOf, wholeNumber } from "../incoming.ts";
import { StoredRoom } from "../stored-room.ts";
import type { Handler } from "./handler.ts";

const MAX_MESSAGES = 100;
const MAX_PAGE_BYTES = 256 * 1024;
const DEFAULT_MESSAGES = 50;

export const history: Handler = { element: "history", handle };

function handle(session: ChatSession, root: RootElement): void {
	const { chat } = session;
	const room = chat.joinedRoom(roomOf(root), session);
	const before = wholeNumber(root, "before", 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
	const maxCount = wholeNumber(root, "limit", 1, MAX_MESSAGES, DEFAULT_MESSAGES);
	if (!(room instanceof StoredRoom)) {
		throw new XMLSocketError("XMLSOCKET_ROOM_NOT_STORED", `Room "${room.name}" keeps no history.`);
	}
	const id = idOf(root);
	session.begin();
	chat.log
		.readBefore(room.name, before, { maxCount, maxBytes: MAX_PAGE_BYTES })
		.then(({ entries, more }) => {
			// The envelopes count too, so that the page may have to begin later than what was read.
			const messages: string[] = [];
			let bytes = 0;
			let at = entries.length;
			while (at > 0) {
				const shown = room.shown(entries[at - 1]!, session.peer, session);
				bytes += shown?.bytes.length ?? 0;
				if (messages.length > 0 && bytes > MAX_PAGE_BYTES - ENVELOPE_BYTES) break;
				if (shown) messages.push(shown.text);
				at--;
			}
			session.send(pageDocument(room.name, messages.reverse(), more || at > 0));
		})
		.catch((error: unknown) => session.refuse(room.unavailable(error), id))
		.finally(() => session.finish());
}

// Sixty-four characters of up to six bytes each, and the tags.
const ENVELOPE_BYTES = 512;
