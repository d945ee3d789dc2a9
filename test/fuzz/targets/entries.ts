// Entries of both message logs and the records in them: any bytes decode, and what decodes is encoded to the same bytes.

import { decodeRecord, encodeRecord } from "../../../src/chat/rooms/record.ts";
import { decodeEntry as decodeStream, encodeEntry as encodeStream } from "../../../src/cluster/nats/entry-format.ts";
import {
	decodeEntry,
	decodeId,
	decodeRoom,
	encodeEntry,
	encodeRoom,
	entryKey,
} from "../../../src/message-log/level/level-format.ts";
import type { Random } from "../../xml/random-documents.ts";
import { allow, holds, same, type Target } from "../target.ts";

const NAMES = [undefined, "", "s", "é", "x".repeat(300), "\0\r\n"];

function run(input: Uint8Array, random: Random): void {
	const value = Buffer.from(input);
	const entry = decodeEntry(entryKey(3, 17), value);
	same("seq", entry.seq, 17);
	holds("a payload longer than its entry", entry.payload.length <= value.length);
	const isWhole = entry.payload.length === value.length;
	// Invalid UTF-8 in a name becomes U+FFFD, so that only names of valid UTF-8 are encoded to the same bytes.
	if (!isWhole && !`${entry.session}${entry.id}`.includes("\ufffd"))
		sameBytes("entry of a folder", encodeEntry(entry), value);

	const content = decodeStream(input);
	holds("a payload longer than its message", content.payload.length <= input.length);
	if (content.payload.length < input.length && !`${content.session}${content.id}`.includes("\ufffd")) {
		sameBytes("entry of a stream", encodeStream(content, content.atMs), input);
	}

	const record = decodeRecord(input);
	if (record) same("record", decodeRecord(encodeRecord(record)), record);
	const room = allow(["XMLSOCKET_DATA_UNREADABLE"], () => decodeRoom(value));
	if (room) sameBytes("room", encodeRoom(room), value);
	if (value.length === 18) decodeId(value);

	const own = { payload: input, session: random.pick(NAMES), id: random.pick(NAMES) };
	const stream = decodeStream(encodeStream(own, 5));
	same("session", stream.session, own.session);
	same("id", stream.id, own.id);
	sameBytes("payload", stream.payload, input);
	const folder = decodeEntry(entryKey(1, 2), encodeEntry({ ...own, seq: 2, prev: 1, atMs: 5 }));
	same("session", folder.session, own.session);
	same("id", folder.id, own.id);
	sameBytes("payload", folder.payload, input);
}

function sameBytes(what: string, real: Uint8Array, expected: Uint8Array): void {
	if (Buffer.compare(real, expected) !== 0)
		same(what, Buffer.from(real).toString("hex"), Buffer.from(expected).toString("hex"));
}

function generate(random: Random): Uint8Array {
	const own = {
		session: random.pick(NAMES),
		id: random.pick(NAMES),
		payload: Uint8Array.of(0x74, 0x61, 10, random.below(256)),
	};
	const bytes = random.once(2)
		? encodeStream(own, random.below(2 ** 32))
		: encodeEntry({ ...own, seq: 9, prev: 8, atMs: random.below(2 ** 32) });
	return random.once(3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

/** The target. */
export const open = (): Target => ({
	run,
	generate,
	tokens: ["\xff\xff", "\0\0", "\0\x01s", "\x01", "tann\nhi", "xann\n<a/>"],
});
