// Cases about what is inside a document: characters of several bytes, and content that a server passes on unchanged.

import { DOCUMENT_PROFILES, RAW_PROFILES } from "../case.ts";
import type { Route } from "../route.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

const DECODE_LATER =
	"Keep bytes, not text, until a document is complete, and decode then; or use one streaming decoder for each connection (StringDecoder, TextDecoder with stream: true).";
const UNTOUCHED = "docs/conformance.md, rule 5: raw text is untouched";
const PASS_ON = "Pass on the bytes of the document as they came. Parse a copy if you need to look into it.";

/** A case whose documents must arrive byte for byte. */
function verbatim(
	facts: Pick<RunnableCase, "id" | "title" | "reason" | "source" | "change" | "profiles">,
	texts: (route: Route) => readonly string[],
): RunnableCase {
	return {
		...facts,
		async run(context) {
			const route = await context.route();
			for (const text of texts(route)) {
				const payload = Buffer.from(text);
				await route.deliver([payload], { sent: `${showBytes(payload)} and a zero byte` });
			}
			await route.check("a document after them", "the connection stays usable");
		},
	};
}

/** A case with a character that is cut between its bytes. */
function characters(id: string, bytes: number, characters: readonly string[]): RunnableCase {
	return {
		id,
		title: `delivers characters of ${bytes} bytes that are cut between two segments`,
		profiles: DOCUMENT_PROFILES,
		reason:
			"A segment can end inside a character. A server that decodes each chunk by itself turns both halves into U+FFFD.",
		source: "docs/conformance.md, rule 3: decode after framing, never per chunk",
		change: DECODE_LATER,
		async run(context) {
			const route = await context.route();
			for (const character of characters) {
				for (let cut = 1; cut < bytes; cut++) {
					const payload = route.element(character);
					const sent = `${showBytes(payload)} and a zero byte, cut after byte ${cut} of the character ${character}`;
					await route.deliver([payload], { sent }, (wire) => {
						const at = wire.indexOf(character) + cut;
						return route.sender.writePieces([wire.subarray(0, at), wire.subarray(at)]);
					});
				}
			}
		},
	};
}

export const CONTENT_CASES: readonly RunnableCase[] = [
	characters("two-byte-characters", 2, ["é", "ß", "Я"]),
	characters("three-byte-characters", 3, ["€", "日", "한"]),
	characters("four-byte-characters", 4, ["😀", "𝄞"]),
	{
		id: "invalid-utf8",
		title: "survives bytes that are not UTF-8, and delivers the documents of others",
		profiles: DOCUMENT_PROFILES,
		reason: "Content in other encodings, and broken clients, send such bytes. Only their sender may be refused.",
		source: "docs/conformance.md, rule 7: invalid UTF-8 becomes U+FFFD, or ends the sender's connection",
		change:
			"Catch the error of the decoder, or let it replace what it cannot decode. End at most the connection of the sender.",
		async run(context) {
			const neighbour = await context.route();
			for (const bad of ["ff fe 41", "c3 28", "e2 82", "f0 9f 98", "ed a0 80", "c0 af"]) {
				const { sender } = await context.route();
				const bytes = Buffer.from(bad.replaceAll(" ", ""), "hex");
				sender.write(Buffer.concat([Buffer.from("<m>"), bytes, Buffer.from("</m>\0")]));
				await context.activity.segmentGap();
				await neighbour.check(`the bytes ${bad} in a document`, "another client's document arrives");
				sender.finish();
			}
		},
	},
	verbatim(
		{
			id: "white-space-kept",
			title: "keeps white space at both ends of a document",
			profiles: RAW_PROFILES,
			reason: "White space has no meaning to the framing, and content can depend on it.",
			source: UNTOUCHED,
			change: "Do not trim documents.",
		},
		(route) => [`  <m id="${route.unique()}">x</m>`, `<m id="${route.unique()}">x</m> \t `, ` ${route.unique()} `],
	),
	verbatim(
		{
			id: "line-feed-kept",
			title: "keeps line breaks before the zero byte",
			profiles: RAW_PROFILES,
			reason: "Some clients put a line feed before the zero byte, and some servers of old games answer so.",
			source: "docs/conformance.md, rule 5; observed with clients of a role-playing game of 2004",
			change: "Do not trim documents, and do not cut at line breaks.",
		},
		(route) => [
			`<m id="${route.unique()}">x</m>\n`,
			`AA${route.unique()}|1|0\n`,
			`\n${route.unique()}\r\n`,
			`<m>\r\n${route.unique()}\n</m>`,
		],
	),
	verbatim(
		{
			id: "raw-text",
			title: "passes on documents that are not XML",
			profiles: RAW_PROFILES,
			reason: "Games send %xt% messages, JSON and texts of their own over the same connection as XML.",
			source: UNTOUCHED,
			change: "Do not parse what you pass on, and refuse nothing for not being XML.",
		},
		(route) => [
			`%xt%s%m#sm%1%${route.unique()}%`,
			`{"id":"${route.unique()}","ok":true}`,
			`+connect id=${route.unique()}`,
			`HC${route.unique()}`,
			`<m id="${route.unique()}">not closed & <b>`,
			`a < b && "${route.unique()}"`,
		],
	),
	verbatim(
		{
			id: "control-characters-kept",
			title: "keeps control characters other than the zero byte",
			profiles: RAW_PROFILES,
			reason: "Some protocols separate fields with U+0001 or U+001E inside a document.",
			source: UNTOUCHED,
			change: "Cut at the zero byte alone.",
		},
		(route) => [`a\u0001b\u001ec\u007f${route.unique()}`, `\u0003${route.unique()}\u0004`],
	),
	verbatim(
		{
			id: "byte-order-mark-kept",
			title: "keeps U+FEFF at the beginning of a document",
			profiles: RAW_PROFILES,
			reason: "Decoders of some platforms remove it, and then the bytes that arrive are not those that were sent.",
			source: "docs/conformance.md, rule 5: U+FEFF has no meaning to the framing",
			change: "Pass on bytes; if you decode, tell the decoder to keep the byte order mark (ignoreBOM: true).",
		},
		(route) => [`\ufeff<m id="${route.unique()}">x</m>`],
	),
	verbatim(
		{
			id: "xml-declaration",
			title: "passes on an XML declaration, a document type and comments",
			profiles: RAW_PROFILES,
			reason: "ActionScript's XML class sends xmlDecl and docTypeDecl where the movie has set them.",
			source: "ActionScript 2.0 Language Reference, XML.xmlDecl and XML.docTypeDecl",
			change: PASS_ON,
		},
		(route) => [
			`<?xml version="1.0" encoding="UTF-8"?><m id="${route.unique()}">x</m>`,
			`<!DOCTYPE m><m id="${route.unique()}">x</m>`,
			`<!-- a comment --><m id="${route.unique()}">x</m>`,
		],
	),
	verbatim(
		{
			id: "cdata",
			title: "passes on CDATA sections as they are",
			profiles: DOCUMENT_PROFILES,
			reason: "The messages of several game servers carry their data in CDATA; ActionScript reads them as text.",
			source: "docs/conformance.md, rule 5; observed in the dialects of game servers",
			change: PASS_ON,
		},
		(route) => [`<m id="${route.unique()}"><![CDATA[<a b='c'>&amp;</a>]]></m>`],
	),
	verbatim(
		{
			id: "single-quotes",
			title: "passes on attributes in single quotes, empty elements and entities as they are written",
			profiles: DOCUMENT_PROFILES,
			reason:
				"Parsing and writing again changes quotes, order, spaces and entities; old clients that search in the text then find nothing.",
			source: "docs/conformance.md, rule 5; observed in the dialects of game servers",
			change: PASS_ON,
		},
		(route) => [
			`<msg t='sys' id='${route.unique()}'><body action='verChk' r='0'><ver v='153' /></body></msg>`,
			`<m  b = "2"  a="1" id="${route.unique()}"><e/><e></e>&#65;&apos;</m>`,
		],
	),
	verbatim(
		{
			id: "policy-text-in-document",
			title: "passes on a document that contains the text of a policy request",
			profiles: DOCUMENT_PROFILES,
			reason:
				"A server that searches for the request in all it receives ends the connection of a player who quotes it.",
			source: "docs/conformance.md, rule 10: a policy request is the first document of a connection",
			change: "Compare the whole first document of a connection with the request; do not search for it.",
		},
		(route) => [
			`<m id="${route.unique()}"><![CDATA[<policy-file-request/>]]></m>`,
			`<m id="${route.unique()}"><policy-file-request/></m>`,
		],
	),
];
