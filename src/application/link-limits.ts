// From a server's options to the limits of its links: the same on a port and in a page.

import type { LinkOptions } from "../link/index.ts";

/** The limits of one connection as options name them. Sizes are in bytes, times in milliseconds. */
export interface ConnectionLimits {
	readonly maxDocumentBytes: number;
	readonly maxFirstDocumentBytes: number;
	readonly firstDocumentTimeoutMs: number;
	readonly documentTimeoutMs: number;
	readonly maxOutboxBytes: number;
	readonly softOutboxBytes: number;
	readonly slowReaderGraceMs: number;
	readonly unreadOutputTimeoutMs: number;
	readonly lingerMs: number;
	readonly documentsPerSecond: number;
	readonly documentBurst: number;
}

/** The limits of a link's options that a server sets; of two limits the lower one applies. */
export type LinkLimits = Omit<
	LinkOptions<"text" | "bytes">,
	"output" | "codec" | "terminator" | "keepEmpty" | "idleTimeoutMs" | "pingIntervalMs"
>;

/** The limits of a server's links. */
export function linkLimits(limits: ConnectionLimits): LinkLimits {
	return {
		maxDocumentBytes: limits.maxDocumentBytes,
		maxFirstDocumentBytes: Math.min(limits.maxFirstDocumentBytes, limits.maxDocumentBytes),
		maxOutboxBytes: limits.maxOutboxBytes,
		softOutboxBytes: Math.min(limits.softOutboxBytes, limits.maxOutboxBytes),
		slowReaderGraceMs: limits.slowReaderGraceMs,
		firstDocumentTimeoutMs: limits.firstDocumentTimeoutMs,
		documentTimeoutMs: limits.documentTimeoutMs,
		unreadOutputTimeoutMs: limits.unreadOutputTimeoutMs,
		lingerMs: limits.lingerMs,
		rate: { documentsPerSecond: limits.documentsPerSecond, burst: limits.documentBurst },
	};
}
