// `<hello name="ann" session="…" token="…" />`: takes a name, proves a token, takes a session up again. All or nothing; the
// answer is a `<welcome>` with what is in force then.

import { XMLSocketError } from "../../errors/index.ts";
import type { RootElement } from "../../xml/index.ts";
import type { ChatSession } from "../chat-session.ts";
import { checkedName, isGuestKey, nameKey } from "../names.ts";
import { parseSessionKey, type SessionKey } from "../session-key.ts";
import type { Grant } from "../tokens.ts";
import type { Handler } from "./handler.ts";

export const hello: Handler = { element: "hello", openToAll: true, handle };

function handle(session: ChatSession, root: RootElement): void | Promise<void> {
	const { chat } = session;
	const grant = grantOf(session, root.attribute("token"));
	const key = keyOf(session, root.attribute("session"));
	const earlier = key && (chat.sessions.get(key.id) ?? chat.deployment?.roster.bySession(key.id));
	const asked = root.attribute("name") ?? grant?.name ?? earlier?.name ?? session.name;
	const name = nameFor(session, checkedName(asked, "name"), earlier, key);
	const wanted = nameKey(name);
	checkToken(session, wanted, grant);
	const begin = (): void => {
		const before = key && chat.sessions.get(key.id);
		const holder = chat.names.holder(wanted);
		if (holder && holder !== session && holder !== before) {
			throw new XMLSocketError("XMLSOCKET_NAME_TAKEN", `Someone else has the name "${name}".`);
		}
		if (key) session.cameMs = before?.cameMs ?? chat.nowMs();
		before?.supersede(before.nameKey === wanted);
		if (key) session.adopt(key, (before ?? chat.deployment?.roster.bySession(key.id))?.arrival);
		session.rename(name);
		session.trusted = grant !== undefined;
		session.operator = grant?.operator ?? false;
		session.welcome();
	};
	const { deployment } = chat;
	if (!deployment || isGuestKey(wanted) || (!key && wanted === session.nameKey)) return begin();
	return deployment.names.claim(wanted, name, (key ?? session.key).id, () => {
		if (!session.gone) begin();
	});
}

function grantOf(session: ChatSession, token: string | undefined): Grant | undefined {
	if (token === undefined) return undefined;
	const grant = session.chat.tokens.grant(token);
	if (!grant) throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "The token is not one of this server's.");
	return grant;
}

// A key that nobody has is good as well: the server may have been started anew, or the old connection be long gone.
function keyOf(session: ChatSession, text: string | undefined): SessionKey | undefined {
	if (text === undefined) return undefined;
	const key = parseSessionKey(text);
	const { chat } = session;
	const holder = key && chat.sessions.get(key.id);
	const remote = key && !holder ? chat.deployment?.roster.bySession(key.id) : undefined;
	const wrong =
		(holder && holder.key.secret !== key?.secret) || (remote && !chat.deployment!.proves(remote, key!.secret));
	if (!key || wrong) {
		throw new XMLSocketError("XMLSOCKET_SESSION_IN_USE", "The session is not one that this server gave you.");
	}
	return holder === session ? undefined : key;
}

// Guests' names are the server's to give: the own one may be said, and that of the session that is taken up. A client that
// comes back too late for it goes on as the guest that it is now.
function nameFor(
	session: ChatSession,
	name: string,
	earlier: { readonly nameKey: string } | undefined,
	key: SessionKey | undefined,
): string {
	const wanted = nameKey(name);
	if (!isGuestKey(wanted) || wanted === session.nameKey || wanted === earlier?.nameKey) return name;
	if (key) return session.name;
	throw new XMLSocketError("XMLSOCKET_NAME_INVALID", "Names that begin with guest- are given by the server.");
}

function checkToken(session: ChatSession, wanted: string, grant: Grant | undefined): void {
	const { settings, tokens } = session.chat;
	if (grant ? nameKey(grant.name) === wanted : settings.guests && !tokens.owns(wanted)) return;
	throw new XMLSocketError(
		"XMLSOCKET_TOKEN_INVALID",
		grant ? `The token belongs to the name "${grant.name}".` : "This name, or this server, asks for a token.",
	);
}
