// The limits of one connection, which every server has, on a port or in a page: options with words, flags and defaults. Sizes are
// in bytes, times in milliseconds.

import * as v from "valibot";
import { described } from "./check-options.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time in milliseconds. */
export const milliseconds = (minimum = 0) =>
	v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(MAX_TIMER_MS));
/** A size in bytes. */
export const bytes = (minimum: number) => v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(1 << 30));
/** How many. */
export const count = (minimum = 1) => v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(10_000_000));

/** What a document may be, and how long it may take. */
export const documentLimits = () => ({
	maxDocumentBytes: v.optional(described(bytes(64), "longest document, in bytes", "--max-document <n>"), 262_144),
	maxFirstDocumentBytes: v.optional(described(bytes(64), "longest first document of a connection, in bytes"), 10_240),
	firstDocumentTimeoutMs: v.optional(
		described(milliseconds(100), "time limit from the first byte of the first document to its end"),
		10_000,
	),
	documentTimeoutMs: v.optional(
		described(milliseconds(100), "time limit from the first byte of a later document to its end"),
		30_000,
	),
});

/** How much can wait for a reader, and for how long. */
export const readerLimits = () => ({
	maxOutboxBytes: v.optional(
		described(bytes(1024), "bytes that can wait for one reader; the server disconnects a reader above it"),
		1_048_576,
	),
	softOutboxBytes: v.optional(
		described(bytes(1024), "bytes that can wait for one reader for slowReaderGraceMs"),
		262_144,
	),
	slowReaderGraceMs: v.optional(described(milliseconds(), "how long a reader can be above softOutboxBytes"), 10_000),
	unreadOutputTimeoutMs: v.optional(
		described(milliseconds(), "disconnect a reader that reads nothing for this long; 0: never"),
		60_000,
	),
	lingerMs: v.optional(described(milliseconds(), "how long a closing connection may still deliver"), 5000),
});

/** How fast documents may come. */
export const rateLimits = () => ({
	documentsPerSecond: v.optional(
		described(count(), "documents a second from one connection; faster ones are read more slowly"),
		1000,
	),
	documentBurst: v.optional(described(count(), "burst of documents from one connection"), 2000),
});
