// What `ban` and `mute` share: both impose something on a name, a session or an address, in one room or everywhere, for some seconds or
// without an end. Nobody of them need be connected.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { sanctionAckDocument } from "../documents.ts";
import { idOf, optionalRoomOf, wholeNumber } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { checkedName } from "../names.ts";
import type { SanctionKind, SanctionTarget } from "../sanctions/sanction.ts";
import type { Handler } from "./handler.ts";

const DEFAULT_SECONDS = 600;
/** Ten years. */
const MAX_SECONDS = 10 * 365 * 24 * 3600;
const FOREVER = "forever";

/** The handler of the element that imposes it. */
export function sanctionHandler(kind: SanctionKind): Handler {
	return { element: kind, handle: (chat, client, root) => impose(kind, chat, client, root) };
}

// The next document of the operator waits until the sanction is stored, so that a long list of them is no flood.
async function impose(kind: SanctionKind, chat: ChatContext, client: ChatClient, root: RootElement): Promise<void> {
	checkOperator(client, kind);
	const id = idOf(root);
	const sanction = await chat.moderation.impose({
		kind,
		room: optionalRoomOf(root),
		target: targetOf(root),
		alsoAddress: alsoAddress(root),
		seconds: secondsOf(root),
		reason: root.attribute("reason"),
		by: client.name,
		peer: client.peer,
	});
	if (id !== undefined && !client.gone) client.send(sanctionAckDocument(id, kind, sanction));
}

/** Whom a document is about: exactly one of name, session and address. @throws XMLSOCKET_ATTRIBUTE_INVALID, XMLSOCKET_NAME_INVALID */
export function targetOf(root: RootElement): SanctionTarget {
	const name = root.attribute("name");
	const session = root.attribute("session");
	const address = root.attribute("address");
	if ([name, session, address].filter((one) => one !== undefined).length !== 1) {
		throw invalid(`<${root.name}> needs one of the attributes name, session and address.`);
	}
	if (name !== undefined) return { name: checkedName(name, "name") };
	if (address !== undefined) return { address };
	return { session };
}

function secondsOf(root: RootElement): number | undefined {
	if (root.attribute("for") === FOREVER) return undefined;
	return wholeNumber(root, "for", 1, MAX_SECONDS, DEFAULT_SECONDS);
}

function alsoAddress(root: RootElement): boolean {
	const also = root.attribute("also");
	if (also === undefined) return false;
	if (also === "address" && root.attribute("name") !== undefined) return true;
	throw invalid('The attribute also has the value "address", and comes with the attribute name.');
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", message);
}
