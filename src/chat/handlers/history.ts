// `<history room="lobby" before="17" limit="50" />`: a page of a stored room's messages, oldest first, at most 100 messages and
// 64 KiB. Without `before`: the newest.

import { XMLSocketError } from "../../errors/index.ts";
import type { LogPage } from "../../message-log/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { pageDocument } from "../documents.ts";
import { roomOf, wholeNumber } from "../incoming.ts";
import { StoredRoom } from "../rooms/stored-room.ts";
import type { Handler } from "./handler.ts";

const MAX_MESSAGES = 100;
const MAX_PAGE_BYTES = 64 * 1024;
const DEFAULT_MESSAGES = 50;
/** Sixty-four characters of up to six bytes each, and the tags. */
const ENVELOPE_BYTES = 512;

export const history: Handler = { element: "history", handle };

function handle(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const room = chat.rooms.joined(roomOf(root), client);
	const before = wholeNumber(root, "before", 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
	const maxCount = wholeNumber(root, "limit", 1, MAX_MESSAGES, DEFAULT_MESSAGES);
	if (!(room instanceof StoredRoom)) {
		throw new XMLSocketError("XMLSOCKET_ROOM_NOT_STORED", `Room "${room.name}" keeps no history.`);
	}
	return chat.answers.give(client, async () => {
		if (!client.peer.isOpen) return;
		const page = await chat.reads
			.before(client, room.name, before, { maxCount, maxBytes: MAX_PAGE_BYTES })
			.catch((error: unknown) => Promise.reject(room.unavailable(error)));
		if (client.gone) return;
		// It may have been removed from the room meanwhile.
		chat.rooms.joined(room.name, client);
		client.peer.account(() => {
			const text = documentOf(room, page, client);
			chat.answers.count(client, text.length);
			client.send(text);
		});
	});
}

// The envelopes count too, so that a page may begin later than what was read.
function documentOf(room: StoredRoom, { entries, more }: LogPage, client: ChatClient): string {
	const messages: string[] = [];
	let bytes = 0;
	let at = entries.length;
	while (at > 0) {
		const shown = room.shown(entries[at - 1]!, client.peer, client);
		bytes += shown?.bytes.length ?? 0;
		if (messages.length > 0 && bytes > MAX_PAGE_BYTES - ENVELOPE_BYTES) break;
		if (shown) messages.push(shown.text);
		at--;
	}
	return pageDocument(room.name, messages.reverse(), more || at > 0);
}
