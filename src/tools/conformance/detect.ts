// Finds out what a server does with documents, by harmless documents: two connections, a <ping> on one of them, and a policy request.

import { XMLSocketError } from "../../errors/index.ts";
import { type Activity, LIMITED_CONNECTS } from "./activity.ts";
import { type ConformanceProfile, END } from "./case.ts";
import { POLICY_REQUEST, policyOf } from "./cases/policy.ts";
import type { TestClient } from "./client.ts";
import { closeClients, openClient, type ServerUnderTest } from "./context.ts";
import { showBytes } from "./show.ts";

/** What was found out. */
export interface Detection {
	readonly profile: ConformanceProfile;
	/** Why, in one sentence. */
	readonly why: string;
	/** The answer to a policy request on this port; undefined: none. */
	readonly policy: Buffer | undefined;
	/** From the `<welcome>` of a chat. */
	readonly maxDocumentBytes: number | undefined;
}

/** Players expect the answer to a policy request within a second or two. */
const POLICY_WAIT_MS = 1500;
const ATTEMPTS = 3;
/** A relay may count a client as present only some time after its connection is open. */
const RESEND_MS = 400;

/**
 * Detects the profile, unless it is given, and whether the port answers policy requests. Rejects as `dial` does, and with
 * XMLSOCKET_PROFILE_UNKNOWN.
 */
export async function detect(
	server: ServerUnderTest,
	given: ConformanceProfile | undefined,
	tag: string,
	timeoutMs: number,
	activity: Activity,
): Promise<Detection> {
	const open: TestClient[] = [];
	const connect = async (): Promise<TestClient> => {
		const client = await openClient(server, activity);
		open.push(client);
		return client;
	};
	try {
		const asking = await connect();
		if (!asking.isLocal) activity.connectsPerSecond = LIMITED_CONNECTS;
		asking.write(POLICY_REQUEST);
		const answered = (): boolean => policyOf(asking) !== undefined || asking.documents.length > 0 || asking.ended;
		await activity.until(answered, POLICY_WAIT_MS);
		const policy = policyOf(asking);
		asking.finish();
		if (given === "policy") return { profile: given, why: "It was given.", policy, maxDocumentBytes: undefined };
		const attempts = given !== undefined || policy ? 1 : ATTEMPTS;
		const found = await detectForwarding({ connect, given, tag, timeoutMs, attempts }, activity);
		const { maxDocumentBytes } = found;
		if (given !== undefined) return { profile: given, why: "It was given.", policy, maxDocumentBytes };
		if (found.profile) return { profile: found.profile, why: found.why, policy, maxDocumentBytes };
		if (policy)
			return {
				profile: "policy",
				why: "The server answers a policy request, and passes on no document.",
				policy,
				maxDocumentBytes: undefined,
			};
		throw new XMLSocketError(
			"XMLSOCKET_PROFILE_UNKNOWN",
			`The server neither returns a document, nor passes it on to another client, nor answers a policy request. It sent: ${found.why || "nothing"}.`,
		);
	} finally {
		await closeClients(open, activity);
	}
}

/** What a server does with a document. */
export interface Forwarding {
	/** undefined: neither its sender nor another client received it. */
	readonly profile: Exclude<ConformanceProfile, "policy"> | undefined;
	/** Why, in one sentence; without a profile, what the server sent instead. */
	readonly why: string;
	/** Whether its sender received it. */
	readonly isReturned: boolean;
	readonly maxDocumentBytes: number | undefined;
}

/** How to find it out. */
export interface ForwardingProbe {
	/** Opens a connection, which the caller closes. */
	readonly connect: () => Promise<TestClient>;
	/** The profile if it is known. */
	readonly given: ConformanceProfile | undefined;
	readonly tag: string;
	readonly timeoutMs: number;
	readonly attempts: number;
	/** What ends a document. Default: a zero byte. */
	readonly terminator?: Uint8Array | undefined;
}

/** Detects what a server does with a document, with two connections for each attempt. Rejects as `connect` does. */
export async function detectForwarding(
	{ connect, given, tag, timeoutMs, attempts, terminator = ZERO }: ForwardingProbe,
	activity: Activity,
): Promise<Forwarding> {
	let seen = "";
	for (let attempt = 1; attempt <= attempts; attempt++) {
		// The silent connection comes second in one attempt, for servers that serve one after the other.
		const [first, second] = [await connect(), await connect()];
		const [other, probe] = attempt === 2 ? [second, first] : [first, second];
		const found = await look(probe, other, `${tag}-p${attempt}`, given, timeoutMs / 2, terminator, activity);
		if (found.profile) return found;
		if (found.why !== "") seen = found.why;
		for (const client of [other, probe]) client.finish();
	}
	return { profile: undefined, why: seen, isReturned: false, maxDocumentBytes: undefined };
}

const ZERO: Uint8Array = Uint8Array.of(0);

async function look(
	probe: TestClient,
	other: TestClient,
	tag: string,
	given: ConformanceProfile | undefined,
	limitMs: number,
	terminator: Uint8Array,
	activity: Activity,
): Promise<Forwarding> {
	const send = (client: TestClient, document: string): void =>
		client.write(Buffer.concat([Buffer.from(document), terminator]));
	const document = `<ping id="${tag}a" />`;
	const has = (client: TestClient, text: string): boolean =>
		client.documents.some((one) => one.includes(text)) || client.rest.includes(text);
	const isChat = (): boolean =>
		[...probe.documents, probe.rest].some((one) => /^<(welcome|pong) /.test(one.toString("latin1", 0, 16)));
	const decided = (): boolean => isChat() || has(probe, `${tag}a`) || has(other, `${tag}a`) || probe.ended;
	for (let waitedMs = 0; waitedMs < limitMs; waitedMs += RESEND_MS) {
		send(probe, document);
		if (await activity.until(decided, RESEND_MS)) break;
	}
	const limit = probe.documents
		.map((one) => /<limits [^>]*\bdocument="(\d{1,9})"/.exec(one.toString())?.[1])
		.find(Boolean);
	const maxDocumentBytes = limit === undefined ? undefined : Number(limit);
	if (given === "chat" || isChat())
		return {
			profile: "chat",
			why: `The server answers ${document} with ${showBytes(probe.documents[0] ?? probe.rest)}.`,
			isReturned: true,
			maxDocumentBytes,
		};
	// A relay may serve the sender last.
	if (has(other, `${tag}a`)) await activity.until(() => has(probe, `${tag}a`), RESEND_MS / 2);
	const isReturned = has(probe, `${tag}a`);
	if (isReturned || has(other, `${tag}a`)) {
		// What the other client sends and gets itself shows that it would have got the first document by now.
		if (isReturned && !has(other, `${tag}a`)) {
			send(other, `<ping id="${tag}b" />`);
			await activity.until(() => has(other, `${tag}b`) || other.ended, limitMs);
		}
		const isPassedOn = has(other, `${tag}a`);
		const back = isReturned ? "returns a document to its sender" : "does not return a document to its sender";
		const [profile, why] = isPassedOn
			? (["relay", `The server passes a document on to another client, and ${back}.`] as const)
			: (["echo", `The server ${back}, and does not pass it on to another client.`] as const);
		return { profile, why, isReturned, maxDocumentBytes };
	}
	const first = probe.documents[0] ?? (probe.rest.length > 0 ? probe.rest : undefined);
	return {
		profile: undefined,
		why: first ? showBytes(first) : probe.ended ? `${END}${probe.error ? ` (${probe.error})` : ""}` : "",
		isReturned: false,
		maxDocumentBytes,
	};
}
