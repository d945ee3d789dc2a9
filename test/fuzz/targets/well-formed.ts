// The strict check, the bounded parser and the root reader: they agree about what is well-formed, and refuse with their own codes.

import { checkFragment, checkWellFormed, parseBounded, readRoot, XML } from "../../../src/xml/index.ts";
import { randomDocument } from "../../xml/random-documents.ts";
import { holds, same, type Target, utf8Of } from "../target.ts";
import { MARKUP } from "./xml.ts";

const CODES = [
	"XMLSOCKET_NOT_WELL_FORMED",
	"XMLSOCKET_DOCTYPE_REFUSED",
	"XMLSOCKET_TOO_DEEP",
	"XMLSOCKET_TOO_MANY_NODES",
	"XMLSOCKET_TOO_MANY_ATTRIBUTES",
	"XMLSOCKET_NAME_TOO_LONG",
];

function run(input: Uint8Array): void {
	const text = utf8Of(input);
	const flaw = checkWellFormed(text);
	const { document, refusal } = parseBounded(text);
	if (flaw === undefined && !/<\?(?!xml\s)/.test(text)) same("status of a well-formed text", new XML(text).status, 0);
	if (document === undefined) holds(`a refusal with ${refusal.code}`, CODES.includes(refusal.code));
	const root = readRoot(text);
	if (root) {
		root.text();
		[...root.attributes()];
		// Content that is checked can be put into another element.
		if (root.checkContent() === undefined) same("flaw of checked content", checkFragment(root.content), undefined);
	}
	if (checkFragment(text) === undefined)
		same("flaw of a fragment in an element", checkWellFormed(`<a>${text}</a>`), undefined);
}

/** The target. */
export const open = (): Target => ({
	run,
	generate: (random) => new TextEncoder().encode(randomDocument(random)),
	maxBytes: 65_000,
	tokens: MARKUP,
});
