// The bad servers, each with the cases that it must fail: exactly these, and no others.

import { CONFORMANCE_CASES } from "../../../src/tools/index.ts";
import * as connections from "./connections.ts";
import * as framing from "./framing.ts";
import * as policy from "./policy.ts";
import type { BadServer } from "./server.ts";

/** A bad server and what the suite must find. */
export interface BadServerRow {
	/** What it does, as the end of a test's title. */
	readonly title: string;
	readonly start: () => Promise<BadServer>;
	readonly fails: readonly string[];
	/** Cases whose result depends on how the operating system cuts long writes. */
	readonly mayFail?: readonly string[];
	/** Cases to run. Default: all of its profile, for those beside the twelve without the slowest. */
	readonly only?: readonly string[];
	/** Default: the suite finds out. */
	readonly profile?: "echo" | "relay";
	/** The case that ends the server. Default: none does. */
	readonly endedBy?: string;
}

/** The cases without those that take longest, for mistakes that are near those of other servers. */
const QUICK = CONFORMANCE_CASES.map(({ id }) => id).filter(
	(id) =>
		!["order-of-2000", "slow-reader", "many-connections", "size-64k", "split-at-every-position"].includes(id) &&
		!id.startsWith("chat-"),
);
const SPLITS = ["split-at-every-position", "byte-by-byte", "tail-in-next-segment", "order-of-2000"];
const CHARACTERS = ["two-byte-characters", "three-byte-characters", "four-byte-characters"];

/** Those that run with all cases of their profile. */
const TWELVE: readonly BadServerRow[] = [
	{
		title: "takes the first document of each chunk and forgets the rest",
		start: framing.firstOfChunk,
		fails: [
			...SPLITS,
			...CHARACTERS,
			"coalesced-documents",
			"empty-documents",
			"unfinished-document",
			"interleaved-connections",
			"half-close",
			"unfinished-at-close",
		],
		mayFail: ["size-64k"],
	},
	{
		title: "ignores chunks that do not end in a zero byte",
		start: framing.chunkEndsInZero,
		fails: [...SPLITS, ...CHARACTERS, "zero-byte-in-next-segment", "unfinished-document", "interleaved-connections"],
		mayFail: ["size-64k"],
	},
	{
		title: "decodes each chunk by itself",
		start: framing.textPerChunk,
		fails: [...CHARACTERS, "order-of-2000"],
	},
	{
		title: "takes everything up to a chunk that ends in a zero byte for one document",
		start: framing.oneDocumentPerZeroEnd,
		fails: ["coalesced-documents", "tail-in-next-segment", "empty-documents", "order-of-2000", "half-close"],
	},
	{
		title: "trims documents",
		start: framing.trims,
		fails: ["white-space-kept", "line-feed-kept", "byte-order-mark-kept"],
	},
	{
		title: "has one buffer for all connections",
		start: framing.oneBuffer,
		fails: [
			"unfinished-document",
			"interleaved-connections",
			"neighbours-fault",
			"unfinished-at-close",
			"reset-mid-document",
			"vanish-while-answered",
		],
	},
	{ title: "ends a connection for an empty document", start: framing.endsOnEmpty, fails: ["empty-documents"] },
	{ title: "destroys a connection at the end of its input", start: connections.destroysAtEnd, fails: ["half-close"] },
	{
		title: "recognises a policy request only as a whole chunk",
		start: policy.policyInOneChunk,
		fails: ["policy-split", "policy-byte-by-byte", "policy-with-documents"],
	},
	{ title: "sends its policy file without a zero byte", start: policy.policyWithoutZero, fails: ["policy-zero-byte"] },
	{ title: "waits for a client that does not read", start: connections.waitsForReaders, fails: ["slow-reader"] },
	{
		title: "has a buffer of 1,024 bytes for a document",
		start: framing.fixedBuffer,
		fails: ["size-1k", "size-4k", "size-8k", "size-64k"],
	},
];

/** Others, whose mistakes are near those, or that people reported of servers for Flash and of others whose messages end in a zero byte. */
const NEIGHBOURS: readonly BadServerRow[] = [
	{
		title: "parses documents and writes them again",
		start: framing.parsesAndWrites,
		fails: ["raw-text", "xml-declaration", "cdata", "single-quotes", "policy-text-in-document"],
	},
	{
		title: "handles an unfinished document at the end",
		start: framing.handlesUnfinished,
		fails: ["unfinished-at-close"],
	},
	{
		title: "guesses the end of a document from its last tag",
		start: framing.guessesEnd,
		fails: ["unfinished-document", "unfinished-at-close"],
	},
	{
		title: "removes control characters",
		start: framing.removesControls,
		fails: ["white-space-kept", "line-feed-kept", "control-characters-kept"],
	},
	{ title: "removes the byte order mark", start: framing.removesMark, fails: ["byte-order-mark-kept"] },
	{
		title: "writes a line break behind each zero byte",
		start: framing.addsLineBreak,
		only: ["whole-document", "nothing-added"],
		fails: ["whole-document", "nothing-added"],
	},
	{ title: "writes two zero bytes", start: framing.addsZeroByte, fails: ["nothing-added"] },
	{
		title: "answers documents in another order",
		start: framing.losesOrder,
		fails: ["coalesced-documents", "half-close"],
	},
	{
		title: "ends its documents with a line feed",
		start: framing.endsWithLineFeed,
		profile: "echo",
		fails: ["whole-document"],
		endedBy: "whole-document",
	},
	{
		title: "serves one connection after the other",
		start: connections.oneAtATime,
		fails: [
			"short-first-document",
			"unfinished-document",
			"invalid-utf8",
			"interleaved-connections",
			"silent-connections",
		],
		endedBy: "silent-connections",
	},
	{
		title: "ends all connections for one bad document",
		start: connections.endsAllConnections,
		fails: ["neighbours-fault"],
	},
	{ title: "ends all connections for invalid UTF-8", start: connections.strictForAll, fails: ["invalid-utf8"] },
	{
		title: "has five places",
		start: connections.fivePlaces,
		// With silent-connections a new client is refused too, but that can be a limit for one address.
		only: ["whole-document", "silent-connections", "many-connections"],
		fails: ["many-connections"],
	},
	{
		title: "never frees the place of a connection",
		start: connections.keepsPlaces,
		only: ["reconnect-storm"],
		fails: ["reconnect-storm"],
		endedBy: "reconnect-storm",
	},
	{
		title: "answers its first policy request only",
		start: policy.policyFirstOnly,
		only: ["policy-answered"],
		fails: ["policy-answered"],
		endedBy: "policy-answered",
	},
	{
		title: "sends a policy file that is not well-formed",
		start: policy.policyNotWellFormed,
		fails: ["policy-file-valid"],
	},
	{
		title: "destroys a policy connection at the end of its input",
		start: policy.policyLate,
		fails: ["policy-half-close"],
	},
	{
		title: "serves one policy request after the other",
		start: policy.policyOneAtATime,
		fails: ["policy-slow-clients"],
	},
	{
		title: "has eight places for policy requests",
		start: policy.policyEightPlaces,
		fails: ["policy-many-connections"],
	},
	{
		title: "passes policy requests on to others",
		start: policy.policyPassedOn,
		fails: ["policy-many-connections", "policy-not-delivered"],
	},
	{
		title: "sends half a policy file for another spelling",
		start: policy.policyHalf,
		fails: ["policy-spellings"],
	},
	{
		title: "stops listening after a policy request",
		start: policy.policyOnce,
		only: ["policy-then-documents"],
		fails: ["policy-then-documents"],
		endedBy: "policy-then-documents",
	},
	{
		title: "decodes each chunk strictly, and the exception ends the connection",
		start: framing.strictPerChunk,
		fails: [...CHARACTERS],
	},
	{ title: "trims each chunk", start: framing.trimsChunks, fails: ["byte-by-byte", "white-space-kept"] },
	{
		title: "also ends a document at a line feed",
		start: framing.cutsAtLineFeeds,
		fails: ["line-feed-kept"],
	},
	{
		title: "reads Latin-1 and writes UTF-8",
		start: framing.doublyEncoded,
		fails: [...CHARACTERS, "byte-order-mark-kept"],
	},
	{
		title: "counts characters instead of bytes",
		start: framing.characterCounts,
		fails: [...CHARACTERS, "byte-order-mark-kept"],
	},
	{ title: "stops at an empty document", start: framing.stopsAtEmpty, fails: ["empty-documents"] },
	{
		title: "waits for 23 bytes before its first document",
		start: framing.waitsFor23Bytes,
		fails: ["short-first-document"],
	},
	{
		title: "removes the wrong client from its list when one leaves",
		start: connections.removesWrongClient,
		only: ["whole-document", "neighbours-fault"],
		fails: ["neighbours-fault"],
	},
	{
		title: "removes the wrong client from its list when a connection is reset",
		start: connections.removesWrongClient,
		only: ["whole-document", "reset-mid-document"],
		fails: ["reset-mid-document"],
	},
	{
		title: "leaves out the client after one that is gone",
		start: connections.skipsNextClient,
		only: ["reset-mid-document"],
		fails: ["reset-mid-document"],
	},
	{
		title: "searches for the policy request in all it receives",
		start: policy.policyAnywhere,
		fails: ["policy-byte-by-byte", "policy-split", "policy-text-in-document"],
	},
];

/** All of them. */
export const BAD_SERVERS: readonly BadServerRow[] = [...TWELVE, ...NEIGHBOURS.map((row) => ({ only: QUICK, ...row }))];
