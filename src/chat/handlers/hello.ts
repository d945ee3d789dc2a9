// `<hello name="ann" session="…" token="…" />`: changes the name, proves it, continues a session. All of it or nothing; the
// answer is a `<welcome>` with what is in force then.

import { NO_HANDSHAKE } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import type { Identity } from "../identity.ts";
import { checkedName, isGuestKey, nameKey } from "../names.ts";
import { parseSessionKey, type SessionKey, sessionText } from "../session-key.ts";
import type { Handler } from "./handler.ts";

export const hello: Handler = {
	element: "hello",
	openToAll: true,
	handle: (chat, client, root) => chat.answers.give(client, () => handleToken(chat, client, root)),
};

/** A name that is proved, and how. */
interface Proof extends Identity {
	readonly name: string;
}

/** A wrong one may have been guessed. */
const GUESSES: ReadonlySet<string> = new Set(["XMLSOCKET_TOKEN_INVALID", "XMLSOCKET_LOGIN_REFUSED"]);

function handleToken(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void> {
	const token = root.attribute("token");
	if (token === undefined) return identify(chat, client, root, undefined);
	return chat.guesses.whenAllowed(client, () => identify(chat, client, root, token));
}

// The token file first, then the program that embeds the chat.
function identify(
	chat: ChatContext,
	client: ChatClient,
	root: RootElement,
	token: string | undefined,
): void | Promise<void> {
	const line = token === undefined ? undefined : chat.tokens.grant(token);
	if (line) return handle(chat, client, root, { ...line, rooms: undefined, ticket: undefined, fileToken: token });
	if (chat.authentication) return authenticate(chat, client, root, token);
	if (token === undefined) return handle(chat, client, root, undefined);
	chat.guesses.add(client);
	throw unknownToken();
}

async function authenticate(
	chat: ChatContext,
	client: ChatClient,
	root: RootElement,
	token: string | undefined,
): Promise<void> {
	const session = root.attribute("session");
	// A session of another client is refused before anything is asked.
	const key = keyOf(chat, client, session);
	const ticket = session === undefined ? client.identity?.ticket : parseSessionKey(session)?.ticket;
	const facts = {
		name: root.attribute("name"),
		token,
		session: sessionText(key ?? client.key),
		ticket,
		remoteAddress: client.peer.remoteAddress,
	};
	let proof: Proof | undefined;
	try {
		const grant = await chat.authentication!.grant(client, facts, client.handshake ?? NO_HANDSHAKE);
		if (client.gone) return;
		if (!grant && token !== undefined) throw unknownToken();
		if (grant && chat.tokens.owns(nameKey(grant.name))) throw ownedName(grant.name);
		proof = grant && {
			name: grant.name,
			operator: grant.operator ?? false,
			rooms: grant.rooms && new Set(grant.rooms),
			ticket: grant.ticket,
			fileToken: undefined,
		};
	} catch (error) {
		if (token !== undefined && error instanceof XMLSocketError && GUESSES.has(error.code)) chat.guesses.add(client);
		throw error;
	}
	return handle(chat, client, root, proof);
}

function handle(
	chat: ChatContext,
	client: ChatClient,
	root: RootElement,
	proof: Proof | undefined,
): void | Promise<void> {
	const key = keyOf(chat, client, root.attribute("session"));
	const earlier = key && earlierConnection(chat, key);
	const asked = root.attribute("name") ?? proof?.name ?? earlier?.name ?? client.name;
	const name = nameFor(client, checkedName(asked, "name"), earlier, key);
	const wanted = nameKey(name);
	checkProof(chat, wanted, proof);
	chat.moderation.checkMayBe(wanted, key?.id);
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
		// Before the new name is announced, with whether it is an operator's.
		client.identity = proof;
		client.rename(name);
		leaveOtherRooms(chat, client);
		client.welcome();
	};
	if (!key && wanted === client.nameKey) return begin();
	return chat.cluster.acquireName(wanted, name, (key ?? client.key).id, begin);
}

function continueSession(chat: ChatContext, client: ChatClient, key: SessionKey, wanted: string, name: string): void {
	const before = chat.sessions.get(key.id);
	checkFree(chat, wanted, name, [client, before]);
	// Also where this node still has an earlier connection: the client may have been elsewhere since.
	client.resumedMs = chat.clock.now();
	before?.supersede(before.nameKey === wanted);
	client.adopt(key, (before ?? chat.cluster.personBySession(key.id))?.connectionEpoch);
}

function earlierConnection(
	chat: ChatContext,
	key: SessionKey,
): { readonly name: string; readonly nameKey: string } | undefined {
	return chat.sessions.get(key.id) ?? chat.cluster.personBySession(key.id);
}

function leaveOtherRooms(chat: ChatContext, client: ChatClient): void {
	const rooms = client.identity?.rooms;
	if (!rooms) return;
	for (const room of [...chat.rooms.roomsOf(client)]) if (!rooms.has(room.name)) room.exit(client);
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
	throw new XMLSocketError(
		"XMLSOCKET_NAME_INVALID",
		"Names that begin with guest- are reserved: the server gives them to guests.",
	);
}

function checkProof({ settings, tokens }: ChatContext, wanted: string, proof: Proof | undefined): void {
	if (
		proof
			? nameKey(proof.name) === wanted
			: settings.guests && !tokens.owns(wanted) && wanted !== nameKey(settings.serverName)
	)
		return;
	throw new XMLSocketError(
		"XMLSOCKET_TOKEN_INVALID",
		proof ? `The token belongs to the name "${proof.name}".` : "This name, or this server, requires a token.",
	);
}

function unknownToken(): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "The token is not one of this server's.");
}

function ownedName(name: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_TOKEN_INVALID", `The name "${name}" belongs to a line of the token file.`);
}
