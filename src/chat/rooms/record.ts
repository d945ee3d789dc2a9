// The payload that a stored room's log keeps of a message: its kind, its sender, and the body. The log entry itself has the
// session, the id and the time.
//
//   offset  bytes
//   0       1      "t" a text, as it is; "x" the content of an application document, checked markup
//   1       n      the sender's name, UTF-8 (it holds no control characters)
//   1+n     1      line feed
//   2+n     rest   the body, UTF-8

import type { RoomMessage } from "../documents.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a payload holds. */
export type MessageRecord = Pick<RoomMessage, "kind" | "from" | "body">;

/** The payload of a message. */
export function encodeRecord(message: MessageRecord): Uint8Array {
	return encoder.encode(`${message.kind === "said" ? "t" : "x"}${message.from}\n${message.body}`);
}

/** The message of a payload; undefined where it holds none. */
export function decodeRecord(payload: Uint8Array): MessageRecord | undefined {
	const text = decoder.decode(payload);
	const end = text.indexOf("\n");
	const mark = text[0];
	if (end < 2 || (mark !== "t" && mark !== "x") || text.includes("\0")) return undefined;
	return { kind: mark === "t" ? "said" : "sent", from: text.slice(1, end), body: text.slice(end + 1) };
}
