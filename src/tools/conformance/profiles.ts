// What each kind of server does with a document: how a case's document is sent, how it looks when it arrives, and how a client gets ready.

import type { Activity } from "./activity.ts";
import { CaseFailed, type ConformanceProfile, END } from "./case.ts";
import type { TestClient } from "./client.ts";
import type { Route } from "./route.ts";
import { showBytes } from "./show.ts";

/** The rules of one profile. */
export interface ProfileRules {
	/** Whether sender and receiver are two connections. */
	readonly isShared: boolean;
	/** Makes connected clients ready for documents. @throws CaseFailed */
	ready(route: Route, activity: Activity): Promise<void>;
	/** A case's document as it is sent. */
	wrap(payload: Uint8Array, route: Route): Buffer;
	/** A received document as it was before `wrap`; undefined: not one of this route. */
	unwrap(document: Buffer, route: Route): Buffer | undefined;
}

const READY = "<ready id=";
const RESEND_MS = 250;

/** The rules of each profile with documents. */
export const PROFILE_RULES: Readonly<Record<Exclude<ConformanceProfile, "policy">, ProfileRules>> = {
	echo: {
		isShared: false,
		ready: becomeReady,
		wrap: (payload) => Buffer.from(payload),
		// Whatever comes on this connection comes from its own documents. A server may ignore empty ones.
		unwrap: (document, { tag }) => (document.length === 0 || isReady(document, tag) ? undefined : document),
	},
	relay: {
		isShared: true,
		ready: becomeReady,
		wrap: (payload) => Buffer.from(payload),
		unwrap: (document, { tag }) => (!document.includes(tag) || isReady(document, tag) ? undefined : document),
	},
	chat: {
		isShared: true,
		ready: join,
		wrap: (payload, { room }) => Buffer.concat([Buffer.from(`<send room="${room}">`), payload, Buffer.from("</send>")]),
		unwrap(document, { tag, room }) {
			if (!document.includes(tag)) return undefined;
			const [, head, body] = /^<sent ([^>]*)>(.*)<\/sent>$/s.exec(document.toString("latin1")) ?? [];
			return body === undefined || !head!.includes(room) ? undefined : Buffer.from(body, "latin1");
		},
	},
};

function isReady(document: Buffer, tag: string): boolean {
	return document.includes(READY) && document.includes(tag);
}

// A server may register a client some time after its connection is open, or after its first document. So the receiver sends one too, and
// the sender's is repeated until it arrives.
async function becomeReady(route: Route, activity: Activity): Promise<void> {
	const { sender, receiver, tag, timeoutMs } = route;
	const first = Buffer.from(`<ready id="${tag}0">ready</ready>\0`);
	const isHere = (): boolean => receiver.documents.some((document) => document.includes(`${tag}0`));
	if (sender !== receiver) receiver.write(Buffer.from(`<ready id="${tag}r">ready</ready>\0`));
	for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += RESEND_MS) {
		// An echo server has the connection that it answers on, so once is enough.
		if (waitedMs === 0 || sender !== receiver) sender.write(first);
		if (await activity.until(() => isHere() || receiver.ended, RESEND_MS)) break;
	}
	if (isHere()) {
		receiver.documents.length = 0;
		return;
	}
	const expected = sender === receiver ? "the same document back" : "the document at the other client";
	throw notReady(first, receiver, timeoutMs, expected);
}

async function join(route: Route, activity: Activity): Promise<void> {
	const { timeoutMs } = route;
	const request = Buffer.from(`<join room="${route.room}" after="-1" />\0`);
	for (const client of new Set([route.receiver, route.sender])) {
		client.write(request);
		const joined = (): boolean => client.documents.some((document) => document.includes("<joined "));
		if (!(await activity.until(() => joined() || client.ended, timeoutMs)) || !joined())
			throw notReady(request, client, timeoutMs, `<joined room="${route.room}" …>`);
	}
	route.receiver.documents.length = 0;
}

function notReady(sent: Buffer, client: TestClient, timeoutMs: number, expected: string): CaseFailed {
	const seen = client.documents.at(-1);
	const got = client.ended
		? `${END}${client.error ? ` (${client.error})` : ""}`
		: seen
			? showBytes(seen)
			: client.rest.length > 0
				? `${showBytes(client.rest)} without a zero byte`
				: `nothing within ${timeoutMs / 1000} s`;
	return new CaseFailed({ sent: showBytes(sent), expected, got }, !client.ended);
}
