// The bytes that a process with an open data folder sends to `xmlsocket data DIR backup`: a greeting, keys with their values, and an end that
// says whether all came. A stream that stops without that end is not a backup. Nothing here reads or writes a socket.

import { XMLSocketError } from "../../errors/index.ts";
import type { Piece } from "./folder-copy.ts";

/** What the client sends. */
export const REQUEST = "backup 1\n";
/** What the server answers first; another version of this protocol has another number. */
export const GREETING = "xmlsocket backup 1\n";
const END = 0xffffffff;
/** More than the daemon stores in one entry. */
const MAX_PART_BYTES = 1 << 30;

/** Keys with their values: for each, both lengths (u32, big-endian), then both. */
export function encodePiece(piece: Piece): Buffer {
	const parts: Buffer[] = [];
	for (const [key, value] of piece) {
		const head = Buffer.allocUnsafe(8);
		head.writeUInt32BE(key.length, 0);
		head.writeUInt32BE(value.length, 4);
		parts.push(head, key, value);
	}
	return Buffer.concat(parts);
}

/** The end: ffffffff, a length, and JSON with the number of keys, or with the error that ended it. */
export function encodeEnd(end: { readonly keys: number } | { readonly error: string }): Buffer {
	const text = Buffer.from(JSON.stringify(end));
	const head = Buffer.allocUnsafe(8);
	head.writeUInt32BE(END, 0);
	head.writeUInt32BE(text.length, 4);
	return Buffer.concat([head, text]);
}

/**
 * Reads such a stream.
 *
 * @throws XMLSOCKET_BACKUP_FAILED where the server could not go on, where the stream ends too early, or is not one.
 */
export async function* decodePieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
	let rest: Buffer = Buffer.alloc(0);
	let isGreeted = false;
	let keys = 0;
	for await (const chunk of chunks) {
		rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		if (!isGreeted) {
			if (rest.length < GREETING.length) continue;
			if (rest.toString("latin1", 0, GREETING.length) !== GREETING) {
				throw failed("The process that has the folder open is another version: use its `xmlsocket` for the backup.");
			}
			isGreeted = true;
			rest = rest.subarray(GREETING.length);
		}
		const piece: [Buffer, Buffer][] = [];
		let at = 0;
		while (rest.length - at >= 8) {
			const first = rest.readUInt32BE(at);
			const second = rest.readUInt32BE(at + 4);
			const length = (first === END ? 0 : first) + second;
			if (length > MAX_PART_BYTES) throw failed("The process that has the folder open sends something else.");
			if (rest.length - at - 8 < length) break;
			const body = rest.subarray(at + 8, at + 8 + length);
			at += 8 + length;
			if (first === END) {
				if (piece.length > 0) yield piece;
				checkEnd(body, keys);
				return;
			}
			piece.push([body.subarray(0, first), body.subarray(first)]);
			keys++;
		}
		rest = rest.subarray(at);
		if (piece.length > 0) yield piece;
	}
	throw failed("The process that has the folder open ended before the backup was complete.");
}

function checkEnd(body: Buffer, keys: number): void {
	const end = JSON.parse(body.toString("utf8")) as { keys?: number; error?: string };
	if (end.error !== undefined) throw failed(end.error);
	if (end.keys !== keys) throw failed(`${keys} of ${end.keys} records came.`);
}

function failed(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_BACKUP_FAILED", message);
}
