// What the operators' commands have in common.

import { XMLSocketError } from "../errors/index.ts";
import type { RootElement } from "../xml/index.ts";
import type { ChatSession } from "./chat-session.ts";
import { idOf, personOf, roomOf, wholeNumber } from "./incoming.ts";
import { nameKey } from "./names.ts";

const DEFAULT_SECONDS = 600;
const MAX_SECONDS = 30 * 24 * 3600;

/** @throws XMLSOCKET_NOT_OPERATOR */
export function checkOperator(session: ChatSession, what: string): void {
	if (!session.operator) throw new XMLSocketError("XMLSOCKET_NOT_OPERATOR", `Only an operator may ${what}.`);
}

/**
 * Begins a ban or mute of the person that a document names, who need not be here. It holds for the name, and for the session
 * that has it now, so that another name does not help.
 *
 * @throws XMLSOCKET_ATTRIBUTE_INVALID, XMLSOCKET_NAME_INVALID, XMLSOCKET_TOO_MANY_SANCTIONS
 */
export function sanction(
	session: ChatSession,
	root: RootElement,
	kind: "ban" | "mute",
): { room: string; key: string; seconds: number; id: string | undefined } {
	const { chat } = session;
	const room = roomOf(root);
	const key = nameKey(personOf(root, "name"));
	const seconds = wholeNumber(root, "for", 1, MAX_SECONDS, DEFAULT_SECONDS);
	const id = idOf(root);
	const person = chat.names.holder(key)?.key.id ?? chat.deployment?.roster.byName(key)?.session;
	const who = person === undefined ? [key] : [key, person];
	chat.sanction(kind, room, who, seconds, session.name);
	chat.deployment?.sanctioned(kind, room, who, seconds, session.name);
	return { room, key, seconds, id };
}
