// Cases about socket policy files, for servers that answer the request of Flash Player on this port. Each request has a connection of
// its own, as in the player.

import { readPolicyFile } from "../../../policy/index.ts";
import { ALL_PROFILES, CaseFailed, CaseSkipped, DOCUMENT_PROFILES, END } from "../case.ts";
import type { TestClient } from "../client.ts";
import type { CaseContext } from "../context.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

/** What players send: 22 bytes and a zero byte. */
export const POLICY_REQUEST: Buffer = Buffer.from("<policy-file-request/>\0");

/** A server that answers fewer requests at the same time has no limit, but a fault. */
const FEWEST_ANSWERS = 10;
const ADOBE = "Adobe, Policy file changes in Flash Player 9 and 10: socket policy files";
const COMPARE_DOCUMENTS =
	"Collect bytes until the zero byte as for every document, then compare the document with <policy-file-request/>; do not compare a chunk.";

/** What a client has received of a policy file; undefined: none of it is one. */
export function policyOf(client: TestClient): Buffer | undefined {
	const [document] = client.documents;
	if (document) return document.includes("<cross-domain-policy") ? document : undefined;
	const { rest } = client;
	return rest.includes("<cross-domain-policy") &&
		/<\/cross-domain-policy>\s*$|<cross-domain-policy\s*\/>\s*$/.test(rest.toString("latin1"))
		? rest
		: undefined;
}

/** Sends a request, expects a policy file, and closes the connection, as the player does. @throws CaseFailed */
async function ask(
	context: CaseContext,
	sent: string,
	write: (client: TestClient) => Promise<void> | void,
): Promise<Buffer> {
	const { client, policy } = await request(context, sent, write);
	client.finish();
	return policy;
}

async function request(
	context: CaseContext,
	sent: string,
	write: (client: TestClient) => Promise<void> | void,
): Promise<{ client: TestClient; policy: Buffer }> {
	const client = await context.connect();
	await write(client);
	return { client, policy: await answer(context, client, sent) };
}

async function answer({ timeoutMs, activity }: CaseContext, client: TestClient, sent: string): Promise<Buffer> {
	const decided = await activity.until(
		() => policyOf(client) !== undefined || client.documents.length > 0 || client.ended,
		timeoutMs,
	);
	const policy = policyOf(client);
	if (policy) return policy;
	const [document] = client.documents;
	const end = client.ended ? `${END}${client.error ? ` (${client.error})` : ""}` : "";
	const rest = client.rest.length > 0 ? `${showBytes(client.rest)} ` : "";
	const got = document
		? showBytes(document)
		: `${rest}${end || `nothing${rest && " more"} within ${timeoutMs / 1000} s`}`;
	throw new CaseFailed({ sent, expected: "a policy file", got }, !decided);
}

const inOnePiece = (client: TestClient): void => client.write(POLICY_REQUEST);

export const POLICY_CASES: readonly RunnableCase[] = [
	{
		id: "policy-answered",
		title: "answers the policy request of players",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "Flash Player 9.0.124 and later connects to no server without a socket policy file.",
		source: ADOBE,
		change: "Answer <policy-file-request/> and a zero byte with a policy file, within 3 s.",
		async run(context) {
			for (let i = 0; i < 3; i++) await ask(context, "the policy request in one segment", inOnePiece);
		},
	},
	{
		id: "policy-zero-byte",
		title: "ends the policy file with one zero byte",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "The player waits for the zero byte, and gives up without it.",
		source: ADOBE,
		change: "Send one zero byte behind the policy file, before you end the connection.",
		async run(context) {
			const sent = "the policy request";
			const { client } = await request(context, sent, inOnePiece);
			await context.activity.until(() => client.documents.length > 0 || client.ended, context.timeoutMs);
			if (client.documents.length === 0)
				throw new CaseFailed({
					sent,
					expected: "a zero byte at the end of the policy file",
					got: client.ended ? END : "nothing more",
				});
		},
	},
	{
		id: "policy-file-valid",
		title: "sends a policy file that players accept",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "Players ignore a file that is not well-formed, and entries without to-ports.",
		source: ADOBE,
		change: "Fix what is named here; `xmlsocket policy HOST:PORT` explains the file.",
		async run(context) {
			const sent = "the policy request";
			const policy = await ask(context, sent, inOnePiece);
			const file = readPolicyFile(policy.toString());
			const errors = file.findings.filter(({ level }) => level === "error").map(({ text }) => text);
			if (!file.valid)
				throw new CaseFailed({
					sent,
					expected: "a policy file that players accept",
					got: `${showBytes(policy)}: ${showBytes(Buffer.from(errors.join(" "))).slice(1, -1)}`,
				});
		},
	},
	{
		id: "policy-split",
		title: "answers a policy request that comes in two segments, wherever it is cut",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "The request is a document like any other, and a network can cut it.",
		source: "docs/conformance.md, rules 2 and 10",
		change: COMPARE_DOCUMENTS,
		async run(context) {
			for (let cut = 1; cut < POLICY_REQUEST.length; cut++) {
				await ask(context, `the policy request, cut after byte ${cut}`, (client) =>
					client.writePieces([POLICY_REQUEST.subarray(0, cut), POLICY_REQUEST.subarray(cut)]),
				);
			}
		},
	},
	{
		id: "policy-byte-by-byte",
		title: "answers a policy request that comes one byte at a time",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "The request is a document like any other, and a slow line can cut it anywhere.",
		source: "docs/conformance.md, rules 2 and 10",
		change: COMPARE_DOCUMENTS,
		async run(context) {
			await ask(context, "the policy request, one byte at a time", (client) =>
				client.writePieces(Array.from(POLICY_REQUEST, (byte) => Uint8Array.of(byte))),
			);
		},
	},
	{
		id: "policy-spellings",
		title: "answers the request also as ActionScript's XML class writes it",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason:
			"Movies and checkers that build the request with the XML class send a space before the slash. Players do not, so a server that does not answer is not wrong.",
		source: 'docs/conformance.md, rule 10; recorded from Flash Player: new XML("<a/>").toString() is "<a />"',
		change: "Compare the document without its white space, or answer none of it.",
		async run(context) {
			const request = "<policy-file-request />";
			const client = await context.connect();
			client.write(Buffer.from(`${request}\0`));
			const { activity, timeoutMs } = context;
			const decided = (): boolean => policyOf(client) !== undefined || client.documents.length > 0 || client.ended;
			await activity.until(decided, Math.min(timeoutMs, 1000));
			if (client.rest.length > 0) await activity.until(decided, timeoutMs);
			if (policyOf(client)) return;
			if (client.rest.includes("<cross-domain-policy"))
				throw new CaseFailed({
					sent: request,
					expected: "the whole policy file, or none",
					got: showBytes(client.rest),
				});
			throw new CaseSkipped(`The server does not answer ${request}. Flash Player itself sends no space.`);
		},
	},
	{
		id: "policy-with-documents",
		title: "answers a policy request that has documents behind it in the same segment",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "A server that closes with unread bytes sends a reset, and the answer can be lost.",
		source: "docs/conformance.md, rule 10; RFC 9293, section 3.10.7.4",
		change:
			"Cut the first document off before you compare it. Read what follows until the end, and end your direction before you close.",
		async run(context) {
			await ask(context, "the policy request and two documents in one segment", (client) =>
				client.write(Buffer.concat([POLICY_REQUEST, Buffer.from("<m>one</m>\0<m>two</m>\0")])),
			);
		},
	},
	{
		id: "policy-half-close",
		title: "answers a policy request whose sender has ended its direction",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "People check policy servers with printf … | nc, which ends its direction at once.",
		source: "docs/conformance.md, rules 2 and 10",
		change: "At the end of input, send the answer first, then end your direction.",
		async run(context) {
			await ask(context, "the policy request and the end of this direction", (client) => {
				client.write(POLICY_REQUEST);
				client.halfClose();
			});
		},
	},
	{
		id: "policy-slow-clients",
		title: "answers while other clients have sent half of their request",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "A policy server that serves one connection after the other stops at the first client that sends nothing.",
		source: "docs/conformance.md, rule 9: a connection never depends on another one",
		change: "Read from all connections at the same time, and end those that send nothing for some seconds.",
		async run(context) {
			const slow = await Promise.all(Array.from({ length: 5 }, () => context.connect()));
			for (const client of slow.slice(1)) client.write(POLICY_REQUEST.subarray(0, 9));
			await context.activity.segmentGap();
			await ask(context, "the policy request, beside five clients that send half of it or nothing", inOnePiece);
		},
	},
	{
		id: "policy-reset",
		title: "survives a client that resets its connection in the middle of the request",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "Players drop the connection when the movie is closed.",
		source: "RFC 9293, section 3.10.7; observed when a page with a movie is closed",
		change: "Handle the error that reading reports, and close only that connection.",
		async run(context) {
			for (let i = 0; i < 3; i++) {
				const client = await context.connect();
				client.write(i === 2 ? POLICY_REQUEST : POLICY_REQUEST.subarray(0, 9));
				if (i > 0) await context.activity.segmentGap();
				client.reset();
				await ask(context, "half a policy request and a reset, then the request", inOnePiece);
			}
		},
	},
	{
		id: "policy-many-connections",
		title: "answers 50 requests at the same time",
		profiles: ALL_PROFILES,
		needsPolicy: true,
		reason: "All players of a game ask when its page opens, and again when they reconnect.",
		source: "docs/conformance.md, rule 9: a connection never depends on another one",
		change: "Raise the limit of connections, or of waiting connections (the backlog of listen).",
		async run(context) {
			// On this machine all are open before the first is answered. On others connections are opened slowly, and a server may take one that
			// sends nothing for a client of another kind.
			const isSlow = Number.isFinite(context.activity.connectsPerSecond);
			const clients = await Promise.all(
				Array.from({ length: 50 }, async () => {
					const client = await context.connect();
					if (isSlow) client.write(POLICY_REQUEST);
					return client;
				}),
			);
			for (let i = 0; i < 8; i++) await context.activity.segmentGap();
			if (!isSlow) for (const client of clients) client.write(POLICY_REQUEST);
			let answered = 0;
			let refusal: CaseFailed | undefined;
			for (const client of clients) {
				try {
					await answer(context, client, "50 policy requests together");
					answered++;
				} catch (error) {
					if (!(error instanceof CaseFailed)) throw error;
					refusal ??= error;
				}
				client.finish();
			}
			// Without an answer, but ended at once: the server has a limit for an address, or for all.
			if (refusal && answered >= FEWEST_ANSWERS && refusal.got.startsWith(END))
				throw new CaseSkipped(`The server answered ${answered} of 50 requests, and ended the other connections.`);
			if (refusal) throw refusal;
		},
	},
	{
		id: "policy-then-documents",
		title: "serves a new connection with documents after a policy request",
		profiles: DOCUMENT_PROFILES,
		needsPolicy: true,
		reason: "The player asks on one connection, closes it, and opens the second for the documents.",
		source: ADOBE,
		change: "Treat the policy request as the whole life of its connection, not of the server or of the address.",
		async run(context) {
			await ask(context, "the policy request", inOnePiece);
			const route = await context.route();
			await route.check("the policy request, and documents on a new connection", "a document arrives");
		},
	},
	{
		id: "policy-not-delivered",
		title: "does not deliver a policy request to other clients",
		profiles: ["relay", "chat"],
		needsPolicy: true,
		reason: "The request is for the server. A movie that receives it takes it for a document of its own protocol.",
		source: "docs/conformance.md, rule 10",
		change: "Answer the request before you look for receivers.",
		async run(context) {
			const route = await context.route();
			route.receiver.keepBytes();
			await ask(context, "the policy request", inOnePiece);
			await route.check("the policy request on another connection", "a document arrives");
			if (Buffer.concat(route.receiver.kept!).includes("policy-file-request"))
				throw new CaseFailed({
					sent: "the policy request on another connection",
					expected: "nothing of it",
					got: "the request as a document",
				});
		},
	},
];
