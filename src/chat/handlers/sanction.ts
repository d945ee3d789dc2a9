// What `ban` and `mute` share: both impose something on a person, who need not be connected, for some seconds.

import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { SanctionKind } from "../cluster/cluster.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument } from "../documents.ts";
import { idOf, personOf, roomOf, wholeNumber } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { nameKey } from "../names.ts";
import type { Handler } from "./handler.ts";

const DEFAULT_SECONDS = 600;
const MAX_SECONDS = 30 * 24 * 3600;

/** The handler of the element that imposes it. */
export function sanctionHandler(kind: SanctionKind): Handler {
	return { element: kind, handle: (chat, client, root) => impose(kind, chat, client, root) };
}

function impose(kind: SanctionKind, chat: ChatContext, client: ChatClient, root: RootElement): void {
	checkOperator(client, kind);
	const room = roomOf(root);
	const key = nameKey(personOf(root, "name"));
	const seconds = wholeNumber(root, "for", 1, MAX_SECONDS, DEFAULT_SECONDS);
	const id = idOf(root);
	const session = chat.names.holder(key)?.key.id ?? chat.cluster.personByName(key)?.session;
	const who = session === undefined ? [key] : [key, session];
	chat.moderation.impose(kind, room, who, seconds, client.name);
	chat.cluster.sanctioned(kind, room, who, seconds, client.name);
	if (id !== undefined) client.send(ackDocument(id));
}
