// Documents as replay reads them: their fields, values that are replaced, and what a document matches.

import { compare } from "../../../src/tools/replay/compare.ts";
import { IgnoredFields } from "../../../src/tools/replay/ignored-fields.ts";
import { parseDocument, withValues } from "../../../src/tools/replay/parse-document.ts";
import { recordedConnections } from "../../../src/tools/replay/recorded-connection.ts";
import { ExchangeIndex, RequestMatcher } from "../../../src/tools/replay/request-matcher.ts";
import { Variables } from "../../../src/tools/replay/variables.ts";
import { utf8Codec } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { holds, same, type Target } from "../target.ts";

const codec = utf8Codec();
const VALUES = ["v", "<&>\"'", "12", "null", "\u00e9\u{1f600}", "a%b|c"];

function run(input: Uint8Array, random: Random): void {
	// A zero byte ends a document; both halves are documents of a recording.
	const cut = input.indexOf(0);
	const bytes = cut < 0 ? input : input.subarray(0, cut);
	const document = parseDocument(bytes, codec);
	if (document.kind !== "binary") same("the text without new values", withValues(document, new Map()), document.text);
	let end = 0;
	for (const field of document.fields) {
		holds("fields overlap", field.start >= end && field.end >= field.start);
		end = field.end;
	}
	holds("a document is not like itself", compare(document, parseDocument(bytes, codec)).sameShape);
	const field = document.fields[random.below(Math.max(1, document.fields.length))];
	const value = VALUES[random.below(VALUES.length)]!;
	if (field) {
		const changed = parseDocument(codec.encode(withValues(document, new Map([[field, value]]))), codec);
		holds("another value makes another form", changed.kind === document.kind || document.kind === "text");
		// The attributes that name members of objects are part of their paths.
		if (document.kind === "xml" && field.name !== "n" && field.name !== "o")
			same("the new value", changed.paths.get(field.path)?.value, value);
	}
	const rest = cut < 0 ? bytes : input.subarray(cut + 1);
	const event = { kind: "document", connection: 1, time: 0, direction: "client", ending: "terminated" } as const;
	const info = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8" };
	const events = [bytes, rest, bytes].map((each) => ({ ...event, bytes: each }));
	const [connection] = recordedConnections({ info, events }, "server", codec);
	if (!connection) return;
	const ignored = new IgnoredFields([]);
	const matcher = new RequestMatcher(new ExchangeIndex(connection.exchanges, ignored), new Variables(false), ignored);
	for (const { request } of connection.exchanges) {
		const result = matcher.match(request.parsed);
		same("a recorded document", [result.kind, result.differences.length], ["matched", 0]);
	}
}

/** The target. */
export const open = (): Target => ({
	run,
	maxBytes: 16_384,
	tokens: [
		"<a>",
		"</a>",
		"<b x='1'/>",
		' y="2"',
		"<![CDATA[",
		"]]>",
		"<var n='q' t='s'>",
		"</var>",
		"<!--",
		"-->",
		"&lt;",
		"&#65;",
		"%xt%s%m#sm%1%",
		"%",
		"|",
		'{"k":',
		"[1,",
		"]",
		"}",
		"null",
		"\0",
		"\xc3\xbc",
	],
});
