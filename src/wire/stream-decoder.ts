// Bytes in, the fragments of an XML stream out: the start tag <stream:stream …> as soon as it is complete, each whole
// element below it, the end tag. One pass over the bytes whatever their segments; it keeps a copy of one unfinished fragment,
// never a received chunk, and decodes each fragment by itself once it is complete: a tree is made faster from a text of its own
// than from a piece of a long one, and keeps no other alive. It checks only as much XML as it takes to find where
// elements end. Server-Side ActionScript Language Reference p. 227 (XMLStreams), p. 223 (maxUnprocessedChars).

import { XMLSocketError } from "../errors/index.ts";
import type { Decoder } from "./decoder.ts";
import { ElementSize } from "./element-size.ts";
import { MarkupScanner } from "./markup-scanner.ts";
import { type TextCodec, utf8Codec } from "./text-codec.ts";
import { UnfinishedUnit } from "./unfinished-unit.ts";

/** How much a stream decoder can buffer. */
export interface StreamDecoderOptions {
	/** The encoding; ASCII must stand for itself in it, as in UTF-8. Default: UTF-8 with U+FFFD for invalid bytes. */
	readonly codec?: TextCodec;
	/**
	 * The longest top-level element, in characters (UTF-16 units), counted from its `<`. Default 4096, as Flash Media Server
	 * has it; rosters and other real answers are longer.
	 */
	readonly maxUnprocessedChars?: number;
	/** A longer one ends the stream with XMLSOCKET_DOCUMENT_TOO_LARGE (`close`), or is left out (`discard`). Default `close`. */
	readonly overflow?: "close" | "discard";
	/** Hears of each element that was left out. */
	readonly discarded?: (error: XMLSocketError) => void;
	/** The longest top-level element in bytes; a longer one ends the stream whatever `overflow` says. */
	readonly maxDocumentBytes: number;
}

/** What Flash Media Server allows for one element. */
export const DEFAULT_UNPROCESSED_CHARS = 4096;

const LT = 0x3c;
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/**
 * Cuts an XML stream into fragments.
 *
 * White space, zero bytes, comments, processing instructions and XML declarations between the fragments are passed over; text
 * there ends the stream (XMLSOCKET_NOT_WELL_FORMED). So does a document type declaration anywhere
 * (XMLSOCKET_DOCTYPE_REFUSED): XMPP forbids it, and what it declares could not be honoured. A further stream header, as
 * comes after SASL or STARTTLS, is a fragment like the first. One that closes itself is header and end in one.
 *
 * @example
 * ```ts
 * const decoder = new StreamDecoder({ maxDocumentBytes: 65_536 });
 * const fragments: string[] = [];
 * decoder.push(new TextEncoder().encode("<stream:stream id='7'> <a><b/></a><c"), 0, fragments);
 * // fragments: ["<stream:stream id='7'>", "<a><b/></a>"]
 * ```
 */
export class StreamDecoder implements Decoder<string> {
	/** Always 0: between elements nothing counts. */
	readonly emptyDocuments = 0;
	pendingSinceMs: number | undefined = undefined;
	/** Whether the stream's end tag has come; bytes behind it are passed over. */
	ended = false;
	readonly #codec: TextCodec;
	readonly #size: ElementSize;
	readonly #discarded: ((error: XMLSocketError) => void) | undefined;
	#scanner: MarkupScanner = new MarkupScanner();
	/** Known from the first tag on: a stream, or elements one after the other. */
	#kind: "unknown" | "stream" | "elements" = "unknown";
	#depth = 0;
	/** Whether a "<" at depth 0 has been seen whose fragment is not complete. */
	#inside = false;
	/** Bytes passed over of a fragment that grew too long; undefined while it has not. */
	#skippedBytes: number | undefined = undefined;
	#byteOrderMark = 0;
	#pending: UnfinishedUnit | undefined = undefined;

	constructor(options: StreamDecoderOptions) {
		this.#codec = options.codec ?? utf8Codec();
		this.#size = new ElementSize(options.maxUnprocessedChars ?? DEFAULT_UNPROCESSED_CHARS, options.maxDocumentBytes);
		this.#discarded = options.overflow === "discard" ? (options.discarded ?? (() => {})) : undefined;
	}

	/** The bytes of the unfinished fragment that are kept. */
	get pendingBytes(): number {
		return this.#pending?.length ?? 0;
	}

	/** See {@link Decoder.push}. Ends with XMLSOCKET_DOCUMENT_TOO_LARGE, NOT_WELL_FORMED, DOCTYPE_REFUSED or INVALID_ENCODING. */
	push(chunk: Uint8Array, nowMs: number, fragments: string[]): XMLSocketError | undefined {
		if (this.ended) return undefined;
		try {
			this.#scan(chunk, nowMs, fragments);
			return undefined;
		} catch (error) {
			this.#release();
			if (error instanceof XMLSocketError) return error;
			return new XMLSocketError("XMLSOCKET_INVALID_ENCODING", `An element is not valid ${this.#codec.label}.`, {
				cause: error,
			});
		}
	}

	/** See {@link Decoder.restart}. White space and zero bytes between fragments are no part of one. */
	restart(): boolean {
		if (this.#inside || this.#byteOrderMark > 0) return false;
		this.#kind = "unknown";
		this.#scanner = new MarkupScanner();
		this.ended = false;
		return true;
	}

	#scan(chunk: Uint8Array, nowMs: number, fragments: string[]): void {
		const scanner = this.#scanner;
		const length = chunk.length;
		let start = 0;
		let at = 0;
		while (at < length && !this.ended) {
			if (!this.#inside) {
				at = this.#between(chunk, at);
				if (at === length) return;
				this.#inside = true;
				start = at;
			}
			at = scanner.next(chunk, at, this.#depth === 0);
			switch (scanner.found) {
				case "start":
					if (this.#depth > 0) this.#depth++;
					else if (this.#isHeader()) this.#complete(chunk, start, at, fragments);
					else this.#depth = 1;
					break;
				case "empty":
					if (this.#depth === 0) {
						const header = this.#isHeader();
						this.#complete(chunk, start, at, fragments);
						this.ended = header && !isFlashHeader(fragments.at(-1));
					}
					break;
				case "end":
					if (this.#depth > 0) {
						if (--this.#depth === 0) this.#complete(chunk, start, at, fragments);
						break;
					}
					if (this.#kind === "stream" && scanner.isStream) {
						this.#complete(chunk, start, at, fragments);
						this.ended = true;
						break;
					}
					// What had grown too long before the mistake is told first, as it would be byte by byte.
					this.#keep(chunk, start, at - 1, nowMs);
					throw misplaced("An end tag closes no element");
				case "aside":
					if (this.#depth === 0) {
						this.#inside = false;
						this.#release();
					}
					break;
				case "mistake":
					this.#keep(chunk, start, at, nowMs);
					throw scanner.mistake;
			}
		}
		if (this.#inside) this.#keep(chunk, start, length, nowMs);
	}

	// Whether the start tag at depth 0 is a stream header; the first tag decides whether there can be any.
	#isHeader(): boolean {
		if (this.#kind === "unknown") this.#kind = this.#scanner.isStream ? "stream" : "elements";
		return this.#kind === "stream" && this.#scanner.isStream;
	}

	// The index of the next "<" between the fragments, where only white space and zero bytes stand, and a byte order mark
	// before the first.
	#between(chunk: Uint8Array, at: number): number {
		for (; at < chunk.length; at++) {
			const byte = chunk[at]!;
			if (this.#byteOrderMark > 0 || (byte === BYTE_ORDER_MARK[0] && this.#kind === "unknown")) {
				if (byte !== BYTE_ORDER_MARK[this.#byteOrderMark]) throw misplaced("Text stands between the elements");
				this.#byteOrderMark = this.#byteOrderMark === 2 ? 0 : this.#byteOrderMark + 1;
			} else if (byte === LT) return at;
			else if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0) {
				if (this.#kind === "unknown") throw notXml(byte);
				throw misplaced("Text stands between the elements");
			}
		}
		return at;
	}

	#complete(chunk: Uint8Array, start: number, end: number, fragments: string[]): void {
		this.#inside = false;
		if (this.#skippedBytes !== undefined) this.#skip(end - start);
		else if (this.#pending) {
			this.#pending.append(chunk, start, end);
			const { bytes, length } = this.#pending;
			if (!this.#tooLong(bytes, 0, length, true)) fragments.push(this.#codec.decode(bytes, 0, length));
		} else if (!this.#tooLong(chunk, start, end, true)) fragments.push(this.#codec.decode(chunk, start, end));
		this.#release();
	}

	// The chunk ends, or a mistake follows, inside a fragment: what there is of it is copied and measured.
	#keep(chunk: Uint8Array, start: number, end: number, nowMs: number): void {
		if (this.#depth === 0 && this.#scanner.isAside) {
			this.#release(); // a comment or an instruction between the fragments is passed over, however long
			return;
		}
		this.pendingSinceMs ??= nowMs;
		if (this.#skippedBytes !== undefined) {
			this.#skip(end - start);
			return;
		}
		this.#pending ??= new UnfinishedUnit();
		this.#pending.append(chunk, start, end);
		// A "<" that nothing follows yet may begin a comment, whose length is no matter.
		if (this.#depth === 0 && this.#scanner.isUndecided) return;
		if (this.#tooLong(this.#pending.bytes, 0, this.#pending.length, false)) {
			this.#skippedBytes = this.#pending.length;
			this.#pending = undefined;
		}
	}

	/** Whether the fragment grew too long and is left out; throws where that ends the stream. */
	#tooLong(bytes: Uint8Array, start: number, end: number, complete: boolean): boolean {
		const limit = this.#size.passed(bytes, start, end, complete);
		if (limit === undefined) return false;
		if (limit === "bytes" || !this.#discarded) throw this.#size.error(limit);
		this.#discarded(this.#size.error(limit));
		if (this.#size.isTooManyBytes(end - start)) throw this.#size.error("bytes");
		return true;
	}

	#skip(bytes: number): void {
		this.#skippedBytes! += bytes;
		if (this.#size.isTooManyBytes(this.#skippedBytes!)) throw this.#size.error("bytes");
	}

	#release(): void {
		this.#pending = undefined;
		this.#skippedBytes = undefined;
		this.pendingSinceMs = undefined;
		this.#size.reset();
	}
}

// The header of the Flash dialect is an empty element, which opens the stream: each document is well-formed by itself there.
function isFlashHeader(header: string | undefined): boolean {
	return header !== undefined && /^<flash:|["']http:\/\/www\.jabber\.com\/streams\/flash["']/.test(header);
}

function notXml(byte: number): XMLSocketError {
	const shown = byte > 0x20 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`;
	return new XMLSocketError(
		"XMLSOCKET_NOT_WELL_FORMED",
		`The other side's first bytes are no XML: they begin with ${shown}, not with "<". The port may belong to another protocol, or expect TLS from the first byte.`,
	);
}

function misplaced(what: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_NOT_WELL_FORMED", `${what}, so where elements end cannot be told.`);
}
