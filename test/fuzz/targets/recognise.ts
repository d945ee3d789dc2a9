// First bytes: what was told is never taken back, and is told within 128 bytes, or at the end of what may be an HTTP request line.

import { isPolicyRequest, type Recognised, recognise } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { holds, latin1Of, same, type Target } from "../target.ts";

const LOOK_BYTES = 128;
const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+(?: (?:[/*h][!-\xff]*(?: [HTP]*)?)?)?$/;

function run(input: Uint8Array, random: Random): void {
	let told: Recognised = "more";
	const longest = Math.min(input.length, LOOK_BYTES + 8);
	// Every prefix is as long to read as the whole; a few of many suffice.
	const step = 1 + random.below(1 + (longest >> 3));
	for (let length = random.below(step + 1); length <= longest; length += step) {
		const answer = recognise(input.subarray(0, length));
		if (told !== "more") same(`answer after ${length} bytes`, answer, told);
		told = answer;
		holds(
			`no answer after ${length} bytes`,
			answer !== "more" || length < LOOK_BYTES || mayBeRequestLine(input.subarray(0, length)),
		);
	}
	const whole = recognise(input);
	if (told !== "more") same("answer for all bytes", whole, told);
	// A request is recognised in the same way as a document, after the empty ones before it.
	const text = latin1Of(input);
	if (text.length <= LOOK_BYTES && whole === "policy") {
		const document = /^[\0\s]*([^\0]*)\0/.exec(text)?.[1] ?? "";
		holds("a policy request that is none as a document", document.startsWith("\xef") || isPolicyRequest(document));
	}
	isPolicyRequest(text);
}

/** The target. */
export const open = (): Target => ({
	run,
	maxBytes: 65_000,
	tokens: [
		"<policy-file-request/>",
		"<cross-domain-request/>",
		"<policy-file-request></policy-file-request>",
		"\0",
		"\\0",
		" \r\n\t",
		"\xef\xbb\xbf",
		"<?xml version='1.0'?>",
		"GET /",
		"OPTIONS *",
		"PRI * HTTP/2.0",
		"\x16\x03\x01",
		"\xff\xfe",
		"\0<",
	],
});

function mayBeRequestLine(bytes: Uint8Array): boolean {
	return bytes.length < 4096 && REQUEST_LINE.test(Buffer.from(bytes).toString("latin1"));
}
