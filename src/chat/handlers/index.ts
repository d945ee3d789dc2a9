// The elements that a client may send, and the dispatch of a document to the handler of its element.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { checkIgnored } from "../incoming.ts";
import { ban } from "./ban.ts";
import type { Handler } from "./handler.ts";
import { hello } from "./hello.ts";
import { history } from "./history.ts";
import { invite } from "./invite.ts";
import { join } from "./join.ts";
import { kick } from "./kick.ts";
import { leave } from "./leave.ts";
import { unban, unmute } from "./lift.ts";
import { mute } from "./mute.ts";
import { ping } from "./ping.ts";
import { pong } from "./pong.ts";
import { rooms } from "./rooms.ts";
import { bans, mutes } from "./sanctions.ts";
import { say } from "./say.ts";
import { send } from "./send.ts";
import { settings } from "./settings.ts";
import { tell } from "./tell.ts";
import { topic } from "./topic.ts";
import { who } from "./who.ts";

// A Map, so that no element is found in a prototype.
const HANDLERS: ReadonlyMap<string, Handler> = new Map(
	[
		ban,
		bans,
		hello,
		history,
		invite,
		join,
		kick,
		leave,
		mute,
		mutes,
		ping,
		pong,
		rooms,
		say,
		send,
		settings,
		tell,
		topic,
		unban,
		unmute,
		who,
	].map((handler) => [handler.element, handler]),
);

/** The names of the elements that a client can send. */
export const CHAT_ELEMENTS: readonly string[] = [...HANDLERS.keys()];

/**
 * Passes a document to the handler of its element; other elements are ignored.
 *
 * @throws XMLSocketError for what is refused.
 */
export function dispatch(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const handler = HANDLERS.get(root.name);
	if (!handler) {
		client.ignored(root.name);
		return checkIgnored(root);
	}
	if (!handler.readsContent) checkIgnored(root);
	if (!client.trusted && !chat.settings.guests && !handler.openToAll) {
		throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "This server requires a token: send hello with one first.");
	}
	return handler.handle(chat, client, root);
}
