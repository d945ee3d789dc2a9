// What the operators' commands have in common.

import { XMLSocketError } from "../errors/index.ts";
import type { RootElement } from "../xml/index.ts";
import type { ChatSession } from "./chat-session.ts";
import { idOf, personOf, roomOf, wholeNumber } from "./incoming.ts";
import { nameKey } from "./names.ts";
import type { Sanctions } from "./sanctions.ts";

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
	sanctions: Sanctions,
): { room: string; person: ChatSession | undefined; seconds: number; id: string | undefined } {
	const { chat } = session;
	const room = roomOf(root);
	const key = nameKey(personOf(root, "name"));
	const seconds = wholeNumber(root, "for", 1, MAX_SECONDS, DEFAULT_SECONDS);
	const id = idOf(root);
	const person = chat.names.holder(key);
	const untilMs = chat.nowMs() + seconds * 1000;
	sanctions.set(room, key, untilMs);
	if (person) sanctions.set(room, person.key.id, untilMs);
	return { room, person, seconds, id };
}
