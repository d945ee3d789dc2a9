// Cases about several connections: none may notice another one's fault, pace or pieces. Everything is bounded: at most 100 connections
// at the same time, and 8 MiB that nobody reads.

import { CaseFailed, CaseSkipped, DOCUMENT_PROFILES } from "../case.ts";
import { type CaseContext, closeClients } from "../context.ts";
import type { Route } from "../route.ts";
import type { RunnableCase } from "../runnable-case.ts";

const MAX_CONNECTIONS = 100;
/** A server that accepts fewer has no limit, but a fault. */
const FEWEST_CONNECTIONS = 10;
/** Many servers have a backlog of five: a sixth connection that comes at the same moment waits a second. */
const CONNECTED_TOGETHER = 5;
const FILL_BYTES = 8 * 1024 * 1024;
const FILL_STALL_MS = 400;
/** Servers hold fast senders for some seconds before they give up a slow reader: 15 s with the default time limit. */
const SLOW_READER_LIMITS = 5;
const OTHERS = "docs/conformance.md, rule 9: a connection never depends on another one";

export const NEIGHBOUR_CASES: readonly RunnableCase[] = [
	{
		id: "interleaved-connections",
		title: "keeps the pieces of two connections apart",
		profiles: DOCUMENT_PROFILES,
		reason:
			"One buffer for all connections works while one client is connected, and mixes documents when there are two.",
		source: OTHERS,
		change: "Keep one buffer for each connection, not one for the server.",
		async run(context) {
			const [a, b] = [await context.route(), await context.route()];
			const [first, second] = [a.element("from the first"), b.element("from the second")];
			const [one, two] = [a.wire(first), b.wire(second)];
			const sent = "halves of two documents by turns, on two connections";
			await a.sender.writePieces([one.subarray(0, 9)]);
			await b.sender.writePieces([two.subarray(0, 9)]);
			await a.sender.writePieces([one.subarray(9)]);
			await b.sender.writePieces([two.subarray(9)]);
			await a.expect([first], { sent });
			await b.expect([second], { sent });
		},
	},
	{
		id: "silent-connections",
		title: "serves others while clients are connected that send nothing",
		profiles: DOCUMENT_PROFILES,
		reason: "A server that waits for one client's bytes before it looks at the next stops at the first silent one.",
		source: OTHERS,
		change: "Read from all connections at the same time: events, a thread or a task for each, or select/poll.",
		async run(context) {
			const silent = await Promise.all(Array.from({ length: 5 }, () => context.connect()));
			silent[0]!.write(Buffer.from("<m>half a doc"));
			await context.activity.segmentGap();
			const route = await context.route();
			await route.check("nothing, on five other connections", "a document arrives");
		},
	},
	{
		id: "slow-reader",
		title: "serves others while a client does not read",
		profiles: DOCUMENT_PROFILES,
		reason: "One player with a bad line or a stopped tab must not stop the room.",
		source: OTHERS,
		change:
			"Never wait for one client's socket in the loop that serves all: queue for each client, with a limit, and disconnect a client above it.",
		async run(context) {
			const slow = await context.route();
			const neighbour = await context.route();
			slow.receiver.pauseReading();
			const written = await fill(slow, context);
			const payload = neighbour.element("on time");
			const sent = `${Math.round(written / 1024)} KiB that one client does not read, then a document on another connection`;
			neighbour.sender.write(neighbour.wire(payload));
			try {
				await neighbour.expect([payload], { sent }, SLOW_READER_LIMITS * context.timeoutMs);
			} catch (error) {
				if (!(error instanceof CaseFailed)) throw error;
				// The slow client is the cause if the others are served when it reads again.
				slow.receiver.finish();
				slow.sender.finish();
				const later = await neighbour.expect([payload], { sent }).then(
					() => "; it arrived when the slow client read again",
					() => "",
				);
				throw new CaseFailed({ sent, expected: error.expected, got: `${error.got}${later}` }, later === "");
			}
		},
	},
	{
		id: "neighbours-fault",
		title: "ends no client's connection for what another client does",
		profiles: DOCUMENT_PROFILES,
		reason: "An exception in one handler, or a bad client, must cost one connection only.",
		source: OTHERS,
		change:
			"Catch the errors of each connection by itself, close only the connection that caused one, and remove only that one from your list, once (indexOf may be -1).",
		async run(context) {
			const neighbour = await context.route();
			const faults: readonly (readonly [what: string, bytes: string])[] = [
				["half a document and the end", "<m>half a doc"],
				["1,000 zero bytes", "\0".repeat(1000)],
				["16 KiB without a zero byte and the end", "x".repeat(16_384)],
				["a policy request", "<policy-file-request/>\0"],
				["an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
				["brackets without sense", '<<<>>&&&;"<!--\0'],
				["nothing", ""],
			];
			for (const [what, bytes] of faults) {
				const client = await context.connect();
				client.write(Buffer.from(bytes));
				await context.activity.segmentGap();
				client.finish();
				await context.activity.segmentGap();
				await neighbour.check(`${what}, on another connection`, "a document of the others arrives");
			}
			// Many servers remove the wrong client from their list: the last, or the next.
			const leaving = [await context.connect(), await context.connect()];
			for (const client of leaving) client.write(Buffer.from("<leaving/>\0"));
			await context.activity.segmentGap();
			const later = await context.route();
			for (const client of leaving) {
				client.finish();
				await context.activity.segmentGap();
				await later.check("the end of another connection", "a document of a client that connected later arrives");
			}
		},
	},
	{
		id: "many-connections",
		title: `serves ${MAX_CONNECTIONS} connections at the same time`,
		profiles: DOCUMENT_PROFILES,
		reason: "A small game has this many players. Fixed tables of connections, or of threads, are often smaller.",
		source: OTHERS,
		change: "Raise the limit of connections, of open files, or of waiting connections (the backlog of listen).",
		async run(context) {
			const routes: Route[] = [];
			let refusal: CaseFailed | undefined;
			const isShared = context.facts.profile !== "echo";
			const wanted = isShared ? MAX_CONNECTIONS / 2 : MAX_CONNECTIONS;
			while (routes.length < wanted && !refusal) {
				const batch = await Promise.allSettled(Array.from({ length: CONNECTED_TOGETHER }, () => context.routeOnce()));
				for (const one of batch) {
					if (one.status === "fulfilled") routes.push(one.value);
					else if (one.reason instanceof CaseFailed) refusal ??= one.reason;
					else throw one.reason;
				}
			}
			const open = routes.length * (isShared ? 2 : 1);
			for (const route of routes) await route.check(`a document on one of ${open} connections`, "it arrives");
			if (refusal && open < FEWEST_CONNECTIONS) throw refusal;
			if (refusal)
				throw new CaseSkipped(`The server accepted ${open} connections, which work, and no more from this address.`);
		},
	},
	{
		id: "reconnect-storm",
		title: "survives clients that connect, send a document and are gone, many times",
		profiles: DOCUMENT_PROFILES,
		reason: "When a network returns, all players reconnect within a second.",
		source: OTHERS,
		change: "Remove a connection from every list when it ends, and accept the next without waiting.",
		async run(context) {
			const neighbour = await context.route();
			for (let round = 0; round < 10; round++) {
				const clients = await Promise.all(Array.from({ length: CONNECTED_TOGETHER }, () => context.connect()));
				for (const client of clients) client.write(Buffer.from(`<storm round="${round}"/>\0`));
				if (round % 2 === 0) await context.activity.segmentGap();
				await closeClients(clients, context.activity);
			}
			await neighbour.check("50 short connections", "a document of another client arrives");
			const route = await context.route();
			await route.check("50 short connections", "a document on a new connection arrives");
		},
	},
];

/** Sends until the server accepts no more, at most `FILL_BYTES`. Resolves with the bytes that were written. */
async function fill(slow: Route, { activity }: CaseContext): Promise<number> {
	const text = "x".repeat(4000);
	for (let written = 0; ; ) {
		if (written >= FILL_BYTES || slow.sender.ended) return written;
		const bytes = slow.wire(...Array.from({ length: 32 }, () => slow.element(text)));
		slow.sender.write(bytes);
		written += bytes.length;
		const sent = (): boolean => slow.sender.unsentBytes === 0 || slow.sender.ended;
		if (!(await activity.until(sent, FILL_STALL_MS))) return written - slow.sender.unsentBytes;
		await activity.turn();
	}
}
