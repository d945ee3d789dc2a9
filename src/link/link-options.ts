// What a link is given: its owner, whom it hands documents to and tells how it ended, and its limits. Types alone.

import type { XMLSocketError } from "../errors/index.ts";
import type { Decoder, DocumentDecoderOptions, TextCodec } from "../wire/index.ts";
import type { Rate } from "./inbound-queue.ts";

/** How a link ended. */
export interface LinkClose {
	/** Which side ended it; `local` also where a limit of ours did. */
	readonly by: "local" | "remote";
	/** Why, where it was not an orderly close. */
	readonly error?: XMLSocketError;
	/** Bytes at the end of what was received that no terminator followed. They are dropped. Absent: none. */
	readonly unfinishedBytes?: number;
	/** Whole documents that came before the end and that `rate` did not let through within `lingerMs` after it. They are dropped. Absent: none. */
	readonly unhandledDocuments?: number;
}

/** Who gets a link's documents. Handlers may throw: the link then ends with XMLSOCKET_INTERNAL, and others go on. */
export interface LinkOwner<Output extends "text" | "bytes" = "text"> {
	/** One whole document, without its terminator as text, with it as bytes. */
	document(document: Inbound<Output>): void;
	/** The other side will send no more. The link closes once the returned promise settles, or `lingerMs` have passed. */
	ended?(): Promise<void> | undefined;
	/** Nothing has come for half of `idleTimeoutMs`: time to ask for a sign of life. */
	idle?(): void;
	/** The outbox had been held back, and is empty again. */
	drained?(): void;
	/** A limit was met that slows the peer down and does not end the link. */
	throttled?(): void;
	/** The link is about to end because of a limit or a broken document; a last document may still be sent from here. */
	failing?(error: XMLSocketError): void;
	/** The connection is over. Once, and last. */
	closed(close: LinkClose): void;
}

/** How much may wait for the other side, and for how long. */
export interface OutboxLimits {
	/** The outbox, with what the transport holds: past it the peer is a slow reader and is cut. */
	readonly maxOutboxBytes: number;
	/** Past this for `slowReaderGraceMs` the peer is cut too. Default: `maxOutboxBytes`. */
	readonly softOutboxBytes?: number;
	/** Default 10 000. */
	readonly slowReaderGraceMs?: number;
	/** Written and not taken by the other side for so long, the link closes. 0: never. */
	readonly unreadOutputTimeoutMs: number;
}

/** The limits of a link. Sizes are in bytes, times in milliseconds; where 0 switches a rule off, it says so. */
export interface LinkOptions<Output extends "text" | "bytes" = "text"> extends OutboxLimits {
	readonly output: Output;
	/** Default: UTF-8. */
	readonly codec?: TextCodec;
	/** Goes out behind each document, and ends those that come. Default: one zero byte. Of length 0: nothing, for streams. */
	readonly terminator?: Uint8Array;
	/** How what comes in is cut and decoded, where it has another encoding or terminator than what goes out. */
	readonly inbound?: Omit<DocumentDecoderOptions, "output">;
	/** Cuts what comes in. Default: at the terminator, within the limits below. */
	readonly decoder?: Decoder<Inbound<Output>>;
	readonly maxDocumentBytes: number;
	/** The limit until the first complete document. Default: `maxDocumentBytes`. */
	readonly maxFirstDocumentBytes?: number;
	/** Whether empty documents reach the owner. Default false. */
	readonly keepEmpty?: boolean;
	/** From the first byte of the first document to its end. 0: no limit. */
	readonly firstDocumentTimeoutMs: number;
	/** From the first byte of any later document to its end. 0: no limit. */
	readonly documentTimeoutMs: number;
	/** Without any bytes from the other side for so long, the link closes. 0: never. */
	readonly idleTimeoutMs: number;
	/** For transports that can ping: after so long without bytes ask, after twice as long close. 0: never. */
	readonly pingIntervalMs: number;
	/** How long an ending link may take to deliver what is left. */
	readonly lingerMs: number;
	/** Documents a second, and how many at once; a faster peer is read more slowly, and nothing is lost. Default: no limit. */
	readonly rate?: Rate;
}

/** One document as it comes in. */
export type Inbound<Output> = Output extends "text" ? string : Uint8Array;
