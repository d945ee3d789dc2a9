// The deadlines of what a link receives, as pure functions: a document that takes too long, and a peer that is silent for too long.
// Those of what it sends are in `outbox.ts`.

import { XMLSocketError } from "../errors/index.ts";
import type { LinkOptions } from "./link-options.ts";

type InboundLimits = Pick<
	LinkOptions,
	"firstDocumentTimeoutMs" | "documentTimeoutMs" | "idleTimeoutMs" | "pingIntervalMs"
>;

/** XMLSOCKET_DOCUMENT_TIMEOUT where a document that began `ageMs` ago should be complete. */
export function unfinished(ageMs: number, isFirst: boolean, limits: InboundLimits): XMLSocketError | undefined {
	const limitMs = isFirst ? limits.firstDocumentTimeoutMs : limits.documentTimeoutMs;
	if (limitMs === 0 || ageMs < limitMs) return undefined;
	return new XMLSocketError("XMLSOCKET_DOCUMENT_TIMEOUT", `A document was not finished within ${limitMs} ms.`, {
		details: { limitMs },
	});
}

/**
 * What a peer's silence means: time to ask for a sign of life, XMLSOCKET_PEER_SILENT for one that was asked by a ping, XMLSOCKET_IDLE
 * for any other, or nothing yet. Who is asked by a ping has the whole interval to answer, also where the interval is shorter than the time
 * between two looks, or this process stood still.
 *
 * @param askedMs how long ago it was asked; undefined: it was not.
 */
export function silent(
	silentMs: number,
	askedMs: number | undefined,
	canPing: boolean,
	limits: InboundLimits,
): XMLSocketError | "ask" | undefined {
	const { pingIntervalMs, idleTimeoutMs } = limits;
	if (canPing && pingIntervalMs > 0) {
		if (askedMs === undefined) return silentMs < pingIntervalMs ? undefined : "ask";
		if (askedMs < pingIntervalMs) return undefined;
		return new XMLSocketError("XMLSOCKET_PEER_SILENT", `No ping was answered for ${pingIntervalMs} ms.`, {
			details: { limitMs: pingIntervalMs },
		});
	}
	if (idleTimeoutMs === 0 || silentMs < idleTimeoutMs / 2) return undefined;
	if (silentMs < idleTimeoutMs) return "ask";
	return new XMLSocketError("XMLSOCKET_IDLE", `Nothing was received for ${idleTimeoutMs} ms.`, {
		details: { limitMs: idleTimeoutMs },
	});
}
