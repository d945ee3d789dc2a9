// What the load test sends to each kind of server: the documents of a client that enters, and those of messages.

import { XMLSocketError } from "../../errors/index.ts";
import { xml } from "../../xml/index.ts";
import { ID_PLACE, MessageTemplate, type Needle } from "./message.ts";
import type { BenchMode } from "./report.ts";

/** The first documents of a client of the chat. */
export function enteringDocuments(name: string, room: string): string[] {
	return [String(xml`<hello name=${name} />`), String(xml`<join room=${room} after="-1" />`)];
}

/** A document that is no message, for a relay or an echo server. */
export function probeDocument(text: string): string {
	return String(xml`<bench>${text}</bench>`);
}

/**
 * The template of a step's messages.
 *
 * @param step in the ids of a chat's messages, which must not repeat during a run: the chat stores a resend only once.
 * @throws XMLSOCKET_OPTION_INVALID where the size is too small
 */
export function messageTemplate(
	mode: BenchMode,
	room: string,
	step: number,
	sizeBytes: number,
	needle: Needle,
	terminator: Uint8Array,
): MessageTemplate {
	const document = (padding: string): string =>
		mode === "chat"
			? String(xml`<say room=${room} id=${`${step}-${ID_PLACE}`}>${padding}${needle.marker}</say>`)
			: probeDocument(padding + needle.marker);
	const least = Buffer.byteLength(document(""));
	if (sizeBytes < least)
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`A document of ${sizeBytes} bytes is too short: in mode ${mode}, its markup, number and time need ${least} bytes.`,
			{ details: { leastBytes: least } },
		);
	return new MessageTemplate(document("x".repeat(sizeBytes - least)), needle, terminator);
}
