// Cases for servers of this project's chat documents: docs/chat.md. They use a live room of their own, which ends with the run.

import { CaseFailed, END } from "../case.ts";
import type { TestClient } from "../client.ts";
import type { CaseContext } from "../context.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

/** Sends a document, and expects one that matches. @throws CaseFailed */
async function exchange(
	context: CaseContext,
	client: TestClient,
	request: string | undefined,
	expected: RegExp,
	words: string,
	receiver: TestClient = client,
): Promise<string> {
	if (request !== undefined) client.write(Buffer.from(`${request}\0`));
	const find = (): Buffer | undefined => receiver.documents.find((document) => expected.test(document.toString()));
	const decided = await context.activity.until(() => find() !== undefined || receiver.ended, context.timeoutMs);
	const found = find();
	if (found) return found.toString();
	const last = receiver.documents.at(-1);
	throw new CaseFailed(
		{
			sent: request ?? "a connection",
			expected: words,
			got: receiver.ended ? END : last ? `among others ${showBytes(last)}` : "nothing",
		},
		!decided,
	);
}

type Facts = Pick<RunnableCase, "id" | "title" | "reason" | "change">;

function chat(facts: Facts, run: RunnableCase["run"]): RunnableCase {
	return { ...facts, profiles: ["chat"], source: "docs/chat.md", run };
}

export const CHAT_CASES: readonly RunnableCase[] = [
	chat(
		{
			id: "chat-welcome",
			title: "sends <welcome> with a name, a session and its limits as its first document",
			reason: "A client learns its name and what it may send from it.",
			change:
				"Send <welcome name= session= server=><limits document= …/></welcome> first, at the latest after the client's first document.",
		},
		async (context) => {
			const client = await context.connect();
			await exchange(context, client, '<ping id="w1" />', /^<pong /, '<pong id="w1" />');
			const [first] = client.documents;
			if (!/^<welcome (?=[^>]*\bname=)(?=[^>]*\bsession=)[^>]*><limits [^>]*\bdocument="\d+"/.test(String(first)))
				throw new CaseFailed({ sent: '<ping id="w1" />', expected: "<welcome …> first", got: showBytes(first!) });
		},
	),
	chat(
		{
			id: "chat-ping",
			title: "answers <ping> with <pong> and the same id",
			reason: "Clients find dead connections with it.",
			change: "Answer each <ping> with <pong>, with its id.",
		},
		async (context) => {
			const client = await context.connect();
			for (const id of ["1", "a-b", "7"])
				await exchange(
					context,
					client,
					`<ping id="${id}" />`,
					new RegExp(`^<pong id="${id}" />$`),
					`<pong id="${id}" />`,
				);
		},
	),
	chat(
		{
			id: "chat-said",
			title: "sends what a member says to every member, the speaker included, and then the acknowledgement",
			reason: "A client knows from its own copy and from <ack> that its message was accepted, and where in the order.",
			change: "Send <said> to all members, with the id only in the speaker's copy, and <ack> to the speaker after it.",
		},
		async (context) => {
			const route = await context.route();
			const { sender, receiver, room } = route;
			const id = route.unique();
			const said = `<said room="${room}" … from=… at=…>a &lt; b</said>`;
			const request = `<say room="${room}" id="${id}">a &lt; b</say>`;
			const heard = /^<said (?=[^>]*\bfrom=)(?=[^>]*\bat=)[^>]*>a &lt; b<\/said>$/;
			await exchange(context, sender, request, heard, said, receiver);
			await exchange(context, sender, undefined, new RegExp(`^<ack [^>]*\\bid="${id}"`), `<ack id="${id}" …/>`);
			const at = (pattern: RegExp): number =>
				sender.documents.findIndex((document) => pattern.test(document.toString()));
			const own = new RegExp(`^<said [^>]*\\bid="${id}"`);
			if (at(own) < 0 || at(own) > at(/^<ack /))
				throw new CaseFailed({
					sent: request,
					expected: "the speaker's own <said> with its id, then <ack>",
					got: "another order",
				});
		},
	),
	chat(
		{
			id: "chat-verbatim",
			title: "delivers the content of <send> as it was written",
			reason: "Applications put their own documents into it.",
			change: "Copy the checked source between the tags; do not write the parsed tree again.",
		},
		async (context) => {
			const route = await context.route();
			for (const text of ["<a b='1'  c=\"2\"/>", "<a><![CDATA[<x>]]></a>", "plain &#65; text", "<é>日本</é>"]) {
				const payload = Buffer.from(`<m id="${route.unique()}">${text}</m>`);
				await route.deliver([payload], { sent: `<send room="…">${text}</send>` });
			}
		},
	),
	chat(
		{
			id: "chat-error",
			title: "answers what it refuses with <error>, and keeps the connection",
			reason: "A mistake of a client is no reason to lose its place in the room.",
			change: "Answer with <error code= id=> and continue.",
		},
		async (context) => {
			const client = await context.connect();
			const refused: readonly (readonly [request: string, code: string])[] = [
				[`<say room="conformance-nowhere" id="e1">x</say>`, "room-not-joined"],
				["%xt%s%m#sm%1%x%", "not-xml"],
			];
			for (const [request, code] of refused)
				await exchange(
					context,
					client,
					request,
					new RegExp(`^<error [^>]*\\bcode="${code}"`),
					`<error code="${code}" …>`,
				);
			await exchange(context, client, '<ping id="after" />', /^<pong id="after"/, '<pong id="after" />');
		},
	),
	chat(
		{
			id: "chat-unknown",
			title: "stays usable after elements and attributes that it does not know",
			reason: "Newer clients send more than older servers know.",
			change: "Ignore what you do not know; do not end the connection.",
		},
		async (context) => {
			const client = await context.connect();
			client.write(Buffer.from("<conformance-unknown a='1'><b/></conformance-unknown>\0"));
			await exchange(context, client, '<ping id="u1" extra="1" />', /^<pong id="u1"/, '<pong id="u1" />');
		},
	),
	chat(
		{
			id: "chat-tell",
			title: "delivers a private message to its receiver alone",
			reason: "Nobody else may read it.",
			change: "Send <told from= id= at=> to the named client only.",
		},
		async (context) => {
			const { sender, receiver, room } = await context.route();
			const other = (await context.route()).receiver;
			const welcome = await exchange(context, receiver, `<who room="${room}" />`, /^<members /, "<members …>");
			// The receiver's name is the one that it enters with.
			const joined = /<member name="([^"]+)"/g;
			const names = [...welcome.matchAll(joined)].map(([, name]) => name!);
			for (const name of names) sender.write(Buffer.from(`<tell to="${name}" id="t-${name}">for ${name}</tell>\0`));
			const told = await exchange(context, receiver, undefined, /^<told /, "<told …>for its name</told>");
			const mine = /for ([^<]+)<\/told>$/.exec(told)?.[1];
			const leaked = [sender, receiver, other].filter((client) =>
				client.documents.some((document) => document.toString().endsWith(`>for ${mine}</told>`)),
			);
			if (leaked.length !== 1)
				throw new CaseFailed({
					sent: `<tell to="${mine}" …>`,
					expected: "one receiver",
					got: `${leaked.length} receivers`,
				});
		},
	),
];
