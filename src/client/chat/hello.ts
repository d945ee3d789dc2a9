// The `<hello>` of a client and its answer. The server also greets a new connection with a `<welcome>` of its own, which must not
// be taken for the answer. docs/chat.md, "hello".

import type { ReceivedDocument, Sendable, WaitOptions } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { RequestOptions } from "../requests.ts";
import { clientDocument, readServerDocument, type ServerDocument } from "./message-types.ts";
import type { ChatToken } from "./options.ts";

/** The name and the proofs that a client sends. */
export interface HelloParts {
	readonly name: string | undefined;
	readonly token: ChatToken | undefined;
	readonly session: string | undefined;
	/** Whether the answer must have that name; otherwise it could belong to another request of the same session. */
	readonly exactly?: boolean;
}

/** What the server has given: the name, the session's secret, its limits, and what this client can do. */
export type Welcome = Omit<Extract<ServerDocument, { is: "welcome" }>, "is">;

/** A connection, or the way past its queue while it is made again. */
export interface Asking {
	request(document: Sendable, options: RequestOptions): Promise<ReceivedDocument>;
}

/** Rejects with the server's refusal, or as `request` does. */
export async function sayHello(
	asking: Asking,
	wanted: HelloParts,
	id: string,
	wait: WaitOptions = {},
): Promise<Welcome> {
	const { name, session } = wanted;
	const token = typeof wanted.token === "function" ? await wanted.token() : wanted.token;
	const answer = await asking.request(clientDocument("hello", { name, token, session, id }), {
		...wait,
		match: (received) => {
			const document = readServerDocument(received.root);
			return document.is === "welcome" && isAnswer(document, wanted);
		},
	});
	const document = readServerDocument(answer.root);
	if (document.is === "welcome") return document;
	throw new XMLSocketError("XMLSOCKET_INTERNAL", `A <${document.is}> was taken for a <welcome>.`);
}

// Behind the key can be a ticket, which a new login changes.
function keyOf(session: string): string {
	return session.split("-", 2).join("-");
}

// The greeting of a new connection has a new session and the name of a guest.
function isAnswer(welcome: Welcome, { name, token, session, exactly }: HelloParts): boolean {
	if (session !== undefined) return keyOf(welcome.session) === keyOf(session) && (!exactly || welcome.name === name);
	if (name !== undefined) return welcome.name === name;
	return token === undefined || !welcome.name.startsWith("guest-");
}
