// `<hello name="ann" session="…" token="…" />`: changes the name, proves a token, continues a session. All of it or nothing; the
// answer is a `<welcome>` with what is in force then.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { checkedName, isGuestKey, nameKey } from "../names.ts";
import { parseSessionKey, type SessionKey } from "../session-key.ts";
import type { Grant } from "../tokens.ts";
import type { Handler } from "./handler.ts";

export const hello: Handler = {
	element: "hello",
	openToAll: true,
	handle: (chat, client, root) => chat.answers.give(client, () => handleToken(chat, client, root)),
};

function handleToken(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const token = root.attribute("token");
	if (token === undefined) return handle(chat, client, root, undefined);
	return chat.guesses.whenAllowed(client, () => {
		const grant = chat.tokens.grant(token);
		if (grant) return handle(chat, client, root, grant);
		chat.guesses.add(client);
		throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "The token is not one of this server's.");
	});
}

function handle(
	chat: ChatContext,
	client: ChatClient,
	root: RootElement,
	grant: Grant | undefined,
): void | Promise<void> {
	const key = keyOf(chat, client, root.attribute("session"));
	const earlier = key && earlierConnection(chat, key);
	const asked = root.attribute("name") ?? grant?.name ?? earlier?.name ?? client.name;
	const name = nameFor(client, checkedName(asked, "name"), earlier, key);
	const wanted = nameKey(name);
	checkToken(chat, wanted, grant);
	const begin = (): void => {
		if (client.gone) return;
		// The client has given up this connection and connected again, and what it had sent here before comes late. The session stays where
		// the client is now, and nothing more is taken from here: the client resends what was not acknowledged.
		if (key && (chat.sessions.get(key.id)?.arrival ?? 0) > client.arrival) {
			client.supersede(false);
			return;
		}
		if (key) continueSession(chat, client, key, wanted, name);
		else checkFree(chat, wanted, name, [client]);
		client.rename(name);
		client.trusted = grant !== undefined;
		client.operator = grant?.operator ?? false;
		client.welcome();
	};
	if (!key && wanted === client.nameKey) return begin();
	return chat.cluster.acquireName(wanted, name, (key ?? client.key).id, begin);
}

function continueSession(chat: ChatContext, client: ChatClient, key: SessionKey, wanted: string, name: string): void {
	const before = chat.sessions.get(key.id);
	checkFree(chat, wanted, name, [client, before]);
	client.resumedMs = before?.resumedMs ?? chat.clock.now();
	before?.supersede(before.nameKey === wanted);
	client.adopt(key, (before ?? chat.cluster.personBySession(key.id))?.connectionEpoch);
}

function earlierConnection(
	chat: ChatContext,
	key: SessionKey,
): { readonly name: string; readonly nameKey: string } | undefined {
	return chat.sessions.get(key.id) ?? chat.cluster.personBySession(key.id);
}

function checkFree(chat: ChatContext, wanted: string, name: string, owners: readonly (ChatClient | undefined)[]): void {
	const holder = chat.names.holder(wanted);
	if (!holder || owners.includes(holder)) return;
	throw new XMLSocketError("XMLSOCKET_NAME_TAKEN", `Someone else has the name "${name}".`);
}

// A key that no client has is accepted as well: the server may have been restarted, or the old connection may be long gone.
function keyOf(chat: ChatContext, client: ChatClient, text: string | undefined): SessionKey | undefined {
	if (text === undefined) return undefined;
	const key = parseSessionKey(text);
	const holder = key && chat.sessions.get(key.id);
	const remote = key && !holder ? chat.cluster.personBySession(key.id) : undefined;
	const wrong =
		!key || (holder && holder.key.secret !== key.secret) || (remote && !chat.cluster.provesSession(remote, key.secret));
	if (wrong) {
		throw new XMLSocketError("XMLSOCKET_SESSION_IN_USE", "The session is not one that this server gave you.");
	}
	return holder === client ? undefined : key;
}

// Only the server gives guests their names. A client may ask for its own, and for that of the session that it continues; where it
// comes too late for that one, it keeps the guest's name that it has now.
function nameFor(
	client: ChatClient,
	name: string,
	earlier: { readonly nameKey: string } | undefined,
	key: SessionKey | undefined,
): string {
	const wanted = nameKey(name);
	if (!isGuestKey(wanted) || wanted === client.nameKey || wanted === earlier?.nameKey) return name;
	if (key) return client.name;
	throw new XMLSocketError("XMLSOCKET_NAME_INVALID", "Only the server gives names that begin with guest-.");
}

function checkToken({ settings, tokens }: ChatContext, wanted: string, grant: Grant | undefined): void {
	if (grant ? nameKey(grant.name) === wanted : settings.guests && !tokens.owns(wanted)) return;
	throw new XMLSocketError(
		"XMLSOCKET_TOKEN_INVALID",
		grant ? `The token belongs to the name "${grant.name}".` : "This name, or this server, requires a token.",
	);
}
