// Saying who one is, and knowing the answer: the server greets a new connection with a `<welcome>` of its own, which must not be
// taken for it. docs/chat.md, "hello".

import type { Incoming, Sendable } from "../incoming.ts";
import type { RequestOptions } from "../requests.ts";
import { refusal } from "./refusal.ts";
import { clientDocument, readServerDocument, type ServerDocument } from "./vocabulary.ts";

/** Who one wants to be. */
export interface HelloParts {
	readonly name: string | undefined;
	readonly token: string | undefined;
	readonly session: string | undefined;
	/** Whether the answer must have that name: it could be meant for another question of the same session otherwise. */
	readonly exactly?: boolean;
}

/** Who one is, and what the server takes. */
export interface Welcome {
	readonly name: string;
	readonly session: string;
	readonly maxDocumentBytes: number;
}

/** What a question can be put to: a connection, or the way past its queue while it is made again. */
export interface Asking {
	request(document: Sendable, options: Partial<RequestOptions>): Promise<Incoming>;
}

/** Rejects with the server's refusal, or as `request` does. */
export async function sayHello(asking: Asking, wanted: HelloParts, id: string): Promise<Welcome> {
	const { name, token, session } = wanted;
	const answer = await asking.request(clientDocument("hello", { name, token, session, id }), {
		match: (incoming) => {
			const document = readServerDocument(incoming.xml.firstChild);
			return document.is === "error" ? document.id === id : document.is === "welcome" && isAnswer(document, wanted);
		},
	});
	const document = readServerDocument(answer.xml.firstChild);
	if (document.is === "welcome") return document;
	const { code, text } = document as Extract<ServerDocument, { is: "error" }>;
	throw refusal(code, text, id);
}

// The greeting has a session that was never seen before and the name of a guest.
function isAnswer(welcome: Welcome, { name, token, session, exactly }: HelloParts): boolean {
	if (session !== undefined) return welcome.session === session && (!exactly || welcome.name === name);
	if (name !== undefined) return welcome.name === name;
	return token === undefined || !welcome.name.startsWith("guest-");
}
