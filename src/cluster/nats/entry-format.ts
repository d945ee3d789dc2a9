// How an entry lies in a message of the stream. Numbers are unsigned and big-endian.
//
//   format u8 (1), atMs u48, session, id, payload
//
// Session and id are a length u16 and UTF-8; the length ffff stands for "none". They are not headers: those end at a CR LF, and
// anyone may put one into an id. The time is the appender's wall clock, because nats-server 2.9 republishes a message without its
// own. What is none of ours is an entry with nothing but a payload.

import { XMLSocketError } from "../../errors/index.ts";
import type { NewEntry } from "../../message-log/index.ts";

const FORMAT = 1;
const HEAD_BYTES = 7;
const NONE = 0xffff;
/** The longest session or id, in bytes. */
export const MAX_NAME_BYTES = 1024;

/** What a message of the stream says of an entry. */
export interface EntryContent {
	readonly atMs: number;
	readonly session: string | undefined;
	readonly id: string | undefined;
	readonly payload: Uint8Array;
}

/** The bytes of an entry. Throws XMLSOCKET_NAME_INVALID where session or id are too long. */
export function encodeEntry({ payload, session, id }: NewEntry, atMs: number): Buffer {
	const names = [session, id].map((name) => (name === undefined ? undefined : Buffer.from(name, "utf8")));
	const nameBytes = names.reduce((sum, name) => sum + 2 + (name?.length ?? 0), 0);
	const bytes = Buffer.allocUnsafe(HEAD_BYTES + nameBytes + payload.length);
	bytes[0] = FORMAT;
	bytes.writeUIntBE(atMs, 1, 6);
	let at = HEAD_BYTES;
	for (const name of names) {
		if (name && name.length > MAX_NAME_BYTES) {
			throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `A session or id has more than ${MAX_NAME_BYTES} bytes.`);
		}
		bytes.writeUInt16BE(name?.length ?? NONE, at);
		if (name) bytes.set(name, at + 2);
		at += 2 + (name?.length ?? 0);
	}
	bytes.set(payload, at);
	return bytes;
}

/** The entry of a message. It never throws, whatever the bytes are. The payload is a view of them. */
export function decodeEntry(data: Uint8Array): EntryContent {
	const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
	const foreign: EntryContent = { atMs: 0, session: undefined, id: undefined, payload: data };
	if (bytes.length < HEAD_BYTES || bytes[0] !== FORMAT) return foreign;
	let at = HEAD_BYTES;
	const names: (string | undefined)[] = [];
	for (let i = 0; i < 2; i++) {
		if (at + 2 > bytes.length) return foreign;
		const length = bytes.readUInt16BE(at);
		at += 2;
		if (length === NONE) names.push(undefined);
		else {
			if (length > MAX_NAME_BYTES || at + length > bytes.length) return foreign;
			names.push(bytes.toString("utf8", at, at + length));
			at += length;
		}
	}
	return { atMs: bytes.readUIntBE(1, 6), session: names[0], id: names[1], payload: data.subarray(at) };
}
