// Cases about where documents begin and end: the same documents in other segments must give the same result.

import { CaseFailed, DOCUMENT_PROFILES, END, RAW_PROFILES } from "../case.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

const KEEP_REST =
	"Keep the bytes after the last zero byte for each connection, and put the next chunk behind them before you look for zero bytes.";
const TAKE_ALL = "After a chunk, take every document that it completes in a loop, not only the first.";
const SEGMENTS = "docs/conformance.md, rule 2: a message may span any number of segments";
const MANUAL = "Server-Side ActionScript Language Reference (Flash Media Server 2), p. 218";

export const FRAMING_CASES: readonly RunnableCase[] = [
	{
		id: "whole-document",
		title: "delivers a document that comes whole in one segment",
		profiles: DOCUMENT_PROFILES,
		reason: "A message is a document followed by one zero byte. Without this, no other case can pass.",
		source: MANUAL,
		change: "End each document that you send with one zero byte, and cut what you receive at zero bytes.",
		async run(context) {
			const route = await context.route();
			for (let i = 0; i < 3; i++) await route.deliver([route.element()]);
		},
	},
	{
		id: "split-at-every-position",
		title: "delivers a document that comes in two segments, wherever it is cut",
		profiles: DOCUMENT_PROFILES,
		reason: "TCP has no message boundaries: a network or a long document cuts anywhere.",
		source: SEGMENTS,
		change: KEEP_REST,
		async run(context) {
			const route = await context.route();
			const length = route.wire(route.element("Hello, World")).length;
			for (let cut = 1; cut < length; cut++) {
				const payload = route.element("Hello, World");
				const sent = `${showBytes(payload)} and a zero byte, cut after byte ${cut}`;
				await route.deliver([payload], { sent }, (bytes) =>
					route.sender.writePieces([bytes.subarray(0, cut), bytes.subarray(cut)]),
				);
			}
		},
	},
	{
		id: "byte-by-byte",
		title: "delivers a document that comes one byte at a time",
		profiles: DOCUMENT_PROFILES,
		reason: "A slow line, a telnet client and some players send a document in many small segments.",
		source: SEGMENTS,
		change: KEEP_REST,
		async run(context) {
			const route = await context.route();
			const payload = route.element("drip");
			await route.deliver([payload], { sent: `${showBytes(payload)} and a zero byte, one byte at a time` }, (bytes) =>
				route.sender.writePieces(Array.from(bytes, (byte) => Uint8Array.of(byte))),
			);
		},
	},
	{
		id: "coalesced-documents",
		title: "delivers all documents that come in one segment, in order",
		profiles: DOCUMENT_PROFILES,
		reason: "Two `send` calls of a movie usually arrive as one segment.",
		source: "docs/conformance.md, rule 2: a segment may hold any number of messages",
		change: TAKE_ALL,
		async run(context) {
			const route = await context.route();
			const payloads = Array.from({ length: 20 }, (_, i) => route.element(`number ${i + 1}`));
			await route.deliver(payloads, { sent: "20 documents in one segment" });
		},
	},
	{
		id: "tail-in-next-segment",
		title: "delivers a document whose beginning came behind another one",
		profiles: DOCUMENT_PROFILES,
		reason: "When a player sends quickly, a segment usually ends inside a document.",
		source: SEGMENTS,
		change: KEEP_REST,
		async run(context) {
			const route = await context.route();
			const words = { sent: "one and a half documents in a segment, the other half in the next" };
			for (let tail = 1; tail < 24; tail += 4) {
				const payloads = [route.element("first"), route.element("second")];
				await route.deliver(payloads, words, (bytes) =>
					route.sender.writePieces([bytes.subarray(0, -tail), bytes.subarray(-tail)]),
				);
			}
		},
	},
	{
		id: "zero-byte-in-next-segment",
		title: "delivers a document whose zero byte comes alone",
		profiles: DOCUMENT_PROFILES,
		reason: "A program that writes the text and the terminator with two calls sends them as two segments.",
		source: "docs/conformance.md, rule 2; observed with clients that write the terminator on its own",
		change: KEEP_REST,
		async run(context) {
			const route = await context.route();
			const payload = route.element("alone");
			await route.deliver(
				[payload],
				{ sent: `${showBytes(payload)}, and the zero byte in the next segment` },
				(bytes) => route.sender.writePieces([bytes.subarray(0, -1), bytes.subarray(-1)]),
			);
		},
	},
	{
		id: "empty-documents",
		title: "stays usable after zero bytes with nothing between them",
		profiles: DOCUMENT_PROFILES,
		reason: 'Players send them: `send("")` is a lone zero byte, and old players add zero bytes after multi-byte text.',
		source: "docs/conformance.md, rule 4; recorded from Flash Player",
		change:
			"Ignore an empty document, or deliver it as an empty one. Do not end the connection, and do not stop at it.",
		async run(context) {
			const route = await context.route();
			const [first, second, third] = [route.element("first"), route.element("second"), route.element("third")];
			const zero = Buffer.alloc(3);
			const words = { sent: "three zero bytes, a document, three zero bytes, a document" };
			await route.deliver([first, second], words, () => {
				route.sender.write(Buffer.concat([zero, route.wire(first), zero, route.wire(second)]));
			});
			await route.deliver([third], { sent: "a document after empty ones" });
		},
	},
	{
		id: "short-first-document",
		title: "delivers a first document that is shorter than a policy request",
		profiles: DOCUMENT_PROFILES,
		reason:
			"A server that first reads the 23 bytes of a policy request keeps a shorter first document until more comes.",
		source: "docs/conformance.md, rules 2 and 10; observed in servers that read a fixed number of bytes first",
		change: "Read up to the zero byte, then compare the document with <policy-file-request/>.",
		async run(context) {
			const { profile } = context.facts;
			const route = await context.route();
			const client = await context.connect();
			const document = profile === "chat" ? '<ping id="1" />' : route.unique();
			const wanted = profile === "chat" ? "<pong " : document;
			const receiver = profile === "relay" ? route.receiver : client;
			const arrived = (): boolean => receiver.documents.some((one) => one.includes(wanted));
			client.write(Buffer.from(`${document}\0`));
			const decided = await context.activity.until(() => arrived() || receiver.ended, context.timeoutMs);
			if (arrived()) return;
			const sent = `"${document}" and a zero byte, as the first ${document.length + 1} bytes of a connection`;
			const got = receiver.ended ? END : "nothing";
			throw new CaseFailed({ sent, expected: `"${wanted}"`, got }, !decided);
		},
	},
	{
		id: "order-of-2000",
		title: "delivers 2,000 documents in order that are cut at random into segments of at most 64 bytes",
		profiles: DOCUMENT_PROFILES,
		reason: "Mistakes in framing that seldom show up do so here.",
		source: "docs/conformance.md, rule 2; measured on framing code of public servers, which keeps 0 to 14 of them",
		change: `${KEEP_REST} ${TAKE_ALL} Handle one connection's documents one after the other.`,
		async run(context) {
			const route = await context.route();
			const payloads = Array.from({ length: 2000 }, () => route.element("é€"));
			await route.deliver(payloads, { sent: "2,000 documents in segments of at most 64 bytes" }, async (bytes) => {
				const next = random(20);
				for (let from = 0, wrote = 0; from < bytes.length; wrote++) {
					const to = from + 1 + (next() % 64);
					route.sender.write(bytes.subarray(from, to));
					from = to;
					await context.activity.turn();
					if (wrote % 64 === 0) context.activity.checkAborted();
				}
			});
		},
	},
	{
		id: "unfinished-document",
		title: "delivers nothing of a document before its zero byte",
		profiles: DOCUMENT_PROFILES,
		reason: "A document ends at its zero byte, not at the end of a segment and not at its last tag.",
		source: "docs/conformance.md, rule 2",
		change: "Handle a document only when its zero byte has arrived.",
		async run(context) {
			const route = await context.route();
			const other = await context.route();
			const payload = route.element("waits");
			const bytes = route.wire(payload);
			await route.sender.writePieces([bytes.subarray(0, -1)]);
			// Documents on another route show that the server has had the time to read the first one.
			for (let i = 0; i < 2; i++) await other.deliver([other.element("meanwhile")]);
			await context.activity.segmentGap();
			const early = route.take();
			const sent = `${showBytes(payload)} without a zero byte`;
			// A server that passes on bytes as they come delivers no document either.
			if (early)
				throw new CaseFailed({
					sent,
					expected: "no document, until the zero byte is sent",
					got: `${showBytes(early)} and a zero byte`,
				});
			await route.deliver([payload], { sent: `${sent}, and the zero byte later` }, () =>
				route.sender.write(bytes.subarray(-1)),
			);
		},
	},
	{
		id: "nothing-added",
		title: "adds no bytes between documents, and omits none",
		profiles: RAW_PROFILES,
		reason:
			"Each byte that the server adds becomes part of the next document: a line break after the zero byte is one.",
		source: "docs/conformance.md, rule 1: a document and one zero byte",
		change: "Send each document and one zero byte, and nothing else: no line break, no second zero byte, no length.",
		async run(context) {
			const route = await context.route();
			route.receiver.keepBytes();
			const payloads = Array.from({ length: 5 }, () => route.element());
			for (const payload of payloads) await route.deliver([payload]);
			await context.activity.segmentGap();
			const got = Buffer.concat(route.receiver.kept!);
			const wanted = route.wire(...payloads);
			// A relay may send documents of its own, for example about who connected.
			if (got.equals(wanted) || (route.sender !== route.receiver && withoutForeign(got, route.tag).equals(wanted)))
				return;
			let at = 0;
			while (got[at] === wanted[at]) at++;
			throw new CaseFailed({
				sent: "5 documents one after the other",
				expected: `exactly their ${wanted.length} bytes`,
				got: `${got.length} bytes, different from byte ${at + 1}: ${showBytes(got.subarray(Math.max(0, at - 12), at + 40))}`,
			});
		},
	},
];

/** Bytes without the documents that lack a tag; empty documents and what precedes a tag within a document stay. */
function withoutForeign(bytes: Buffer, tag: string): Buffer {
	const documents = bytes.toString("latin1").split("\0");
	const last = documents.pop()!;
	const own = documents
		.filter((document) => document === "" || document.includes(tag))
		.map((document) => `${document}\0`);
	return Buffer.from(own.join("") + last, "latin1");
}

/** A small generator of whole numbers, the same in each run, so that a failure can be repeated. */
function random(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state >>> 8;
	};
}
