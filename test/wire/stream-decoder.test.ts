// XMLStreams fragments: every vector whole, byte by byte and cut at every position. The fuzz target `stream` compares the decoder with a
// plain reading.

import { describe, expect, it, vi } from "vitest";
import type { XMLSocketError } from "../../src/errors/index.ts";
import { StreamDecoder, type StreamDecoderOptions, utf8Codec } from "../../src/wire/index.ts";
import { readPlainly } from "./plain-stream.ts";
import { latin1, segmentations } from "./segments.ts";

interface Outcome {
	readonly fragments: string[];
	readonly discarded: number;
	readonly code: string | undefined;
	readonly ended: boolean;
}

function decode(segments: readonly Uint8Array[], options: Partial<StreamDecoderOptions> = {}): Outcome {
	const fragments: string[] = [];
	let discarded = 0;
	let error: XMLSocketError | undefined;
	const decoder = new StreamDecoder({
		maxDocumentBytes: 1 << 20,
		discarded: () => {
			discarded++;
		},
		...options,
	});
	for (const segment of segments) {
		// What was given is the decoder's for the length of the call only.
		const lent = segment.slice();
		error ??= decoder.push(lent, 0, fragments);
		lent.fill(0x3f);
	}
	return { fragments, discarded, code: error?.code, ended: decoder.ended };
}

const header = `<stream:stream xmlns='jabber:client' xmlns:stream="http://etherx.jabber.org/streams" id='a>b' version='1.0'>`;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Vector {
	readonly title: string;
	readonly stream: string;
	readonly fragments: readonly string[];
	readonly code?: string;
	readonly ended?: boolean;
	readonly options?: Partial<StreamDecoderOptions>;
	readonly discarded?: number;
}

const vectors: Vector[] = [
	{
		title: "a session: declaration, header, features, stanzas, end",
		stream: `<?xml version='1.0'?>\n${header}<stream:features><bind/></stream:features> <message to="a"><body>h\u00e9\u{1f600}</body></message>\n</stream:stream>`,
		fragments: [
			header,
			"<stream:features><bind/></stream:features>",
			'<message to="a"><body>h\u00e9\u{1f600}</body></message>',
			"</stream:stream>",
		],
		ended: true,
	},
	{
		title: "a second header, as after SASL, is a fragment at depth 0",
		stream: `${header}<success/><?xml version='1.0'?>${header}<a/></stream:stream>`,
		fragments: [header, "<success/>", header, "<a/>", "</stream:stream>"],
		ended: true,
	},
	{
		title: "quotes hide what looks like the end of a tag",
		stream: `${header}<a b='>' c="/>'"><d e='"/>'/></a><f g="'"/>`,
		fragments: [header, `<a b='>' c="/>'"><d e='"/>'/></a>`, `<f g="'"/>`],
	},
	{
		title: "comments, CDATA and instructions hide tags and quotes",
		stream: `${header}<a><!-- </a> ' --><![CDATA[</a> ]] > " ]]]><?p </a> ' ?>'</a><b/>`,
		fragments: [header, `<a><!-- </a> ' --><![CDATA[</a> ]] > " ]]]><?p </a> ' ?>'</a>`, "<b/>"],
	},
	{
		title: "zero bytes, white space, comments and instructions between fragments are passed over",
		stream: `\0 \t\r\n<!-- <a> -- --><?xml version='1.0'?>\0${header}\0<!----><a/>\0\0<!-->--><b/><??>`,
		fragments: [header, "<a/>", "<b/>"],
	},
	{
		title: "without a stream header each top-level element is a fragment, also one that is called stream",
		stream: "<policy><a/></policy><stream><x/></stream> <y/><x:stream/>",
		fragments: ["<policy><a/></policy>", "<stream><x/></stream>", "<y/>", "<x:stream/>"],
	},
	{
		title: "a header without a prefix, or with another one, is a header; elements below may have its name",
		stream: "<stream><a><stream><b/></stream></a></x:stream >",
		fragments: ["<stream>", "<a><stream><b/></stream></a>", "</x:stream >"],
		ended: true,
	},
	{
		title: "a header that closes itself is header and end in one",
		stream: "<stream:stream id='1' /><a/>",
		fragments: ["<stream:stream id='1' />"],
		ended: true,
	},
	{
		title: "what follows the end is passed over",
		stream: `${header}</stream:stream>text <!DOCTYPE a> & </a>`,
		fragments: [header, "</stream:stream>"],
		ended: true,
	},
	{
		title: "a name that only begins or ends like stream is no header",
		stream: "<streams><a/></streams><xstream></xstream>",
		fragments: ["<streams><a/></streams>", "<xstream></xstream>"],
	},
	{
		title: "a byte order mark may stand before the first tag",
		stream: "\ufeff<a/>",
		fragments: ["<a/>"],
	},
	{
		title: "a byte order mark anywhere else is text",
		stream: "<a/>\ufeff<b/>",
		fragments: ["<a/>"],
		code: "XMLSOCKET_NOT_WELL_FORMED",
	},
	{
		title: "text between the fragments ends the stream",
		stream: `${header}<a/> text <b/>`,
		fragments: [header, "<a/>"],
		code: "XMLSOCKET_NOT_WELL_FORMED",
	},
	{
		title: "CDATA between the fragments ends the stream",
		stream: `${header}<![CDATA[x]]>`,
		fragments: [header],
		code: "XMLSOCKET_NOT_WELL_FORMED",
	},
	{
		title: "a document type declaration ends the stream, wherever it stands",
		stream: `<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b "c">]>${header}`,
		fragments: [],
		code: "XMLSOCKET_DOCTYPE_REFUSED",
	},
	{
		title: "a document type declaration inside an element too",
		stream: `${header}<a/><b><!doctype x></b>`,
		fragments: [header, "<a/>"],
		code: "XMLSOCKET_DOCTYPE_REFUSED",
	},
	{
		title: "an end tag without its element ends the stream",
		stream: `${header}<a/></b>`,
		fragments: [header, "<a/>"],
		code: "XMLSOCKET_NOT_WELL_FORMED",
	},
	{
		title: "a < that begins nothing ends the stream",
		stream: `${header}<a/><b>1 < 2</b>`,
		fragments: [header, "<a/>"],
		code: "XMLSOCKET_NOT_WELL_FORMED",
	},
	{
		title: "elements that are closed in the wrong order still are one fragment: judging it is the parser's affair",
		stream: "<a><b></a></b><c/>",
		fragments: ["<a><b></a></b>", "<c/>"],
	},
	{
		title: "an unfinished fragment is never delivered",
		stream: `${header}<a><b></b>`,
		fragments: [header],
	},
	{
		title: "an element of exactly maxUnprocessedChars passes, and one more closes",
		stream: "<a>\u00e9\u{1f600}</a><a>\u00e9\u{1f600}.</a>",
		fragments: ["<a>\u00e9\u{1f600}</a>"],
		code: "XMLSOCKET_DOCUMENT_TOO_LARGE",
		options: { maxUnprocessedChars: 10 },
	},
	{
		title: "with overflow discard the long element is left out and the next ones come",
		stream: "<a>123</a><a>1234</a><b><c></c>...</b><d/>",
		fragments: ["<a>123</a>", "<d/>"],
		options: { maxUnprocessedChars: 10, overflow: "discard" },
		discarded: 2,
	},
	{
		title: "a stream header counts as an element, and a comment as none",
		stream: "<!-- ......................... --><stream a='...........'><b/>",
		fragments: [],
		code: "XMLSOCKET_DOCUMENT_TOO_LARGE",
		options: { maxUnprocessedChars: 10 },
	},
	{
		title: "a header left out is still the header",
		stream: "<stream a='...........'><b/></stream>",
		fragments: ["<b/>", "</stream>"],
		ended: true,
		options: { maxUnprocessedChars: 10, overflow: "discard" },
		discarded: 1,
	},
	{
		title: "the cap on bytes closes whatever overflow says",
		stream: "<a>12345678</a><b>12345678901234567890</b><c/>",
		fragments: [],
		code: "XMLSOCKET_DOCUMENT_TOO_LARGE",
		options: { maxUnprocessedChars: 10, overflow: "discard", maxDocumentBytes: 20 },
		discarded: 2,
	},
	{
		title: "an element that had grown too long before a mistake is told as too long",
		stream: "<a>12345678<!DOCTYPE",
		fragments: [],
		code: "XMLSOCKET_DOCUMENT_TOO_LARGE",
		options: { maxUnprocessedChars: 10 },
	},
];

describe("every vector, however it is cut", () => {
	for (const { title, stream, fragments, code, ended = false, options, discarded = 0 } of vectors) {
		it(title, () => {
			for (const { how, segments } of segmentations(utf8(stream))) {
				expect(decode(segments, options), how).toEqual({ fragments, discarded, code, ended });
			}
		});
		it(`${title}: the plain reading agrees`, () => {
			expect(
				readPlainly(Buffer.from(stream).toString("latin1"), {
					maxChars: options?.maxUnprocessedChars ?? 4096,
					maxBytes: options?.maxDocumentBytes ?? 1 << 20,
					discard: options?.overflow === "discard",
				}),
			).toEqual({ fragments, discarded, code, ended });
		});
	}

	it("invalid UTF-8 becomes U+FFFD, and the fragments beside it are cut where they end", () => {
		const bytes = latin1("<a>\xff\xe2\x82</a><b>\xc3\xa9</b><c/>");
		for (const { how, segments } of segmentations(bytes)) {
			expect(decode(segments).fragments, how).toEqual(["<a>\ufffd\ufffd</a>", "<b>\u00e9</b>", "<c/>"]);
		}
	});

	it("a strict codec ends the stream at a broken fragment, and those before it are delivered", () => {
		const bytes = latin1("<a>ok</a><b>\xff</b><c/>");
		for (const { how, segments } of segmentations(bytes)) {
			const outcome = decode(segments, { codec: utf8Codec(true) });
			expect(outcome.fragments, how).toEqual(["<a>ok</a>"]);
			expect(outcome.code, how).toBe("XMLSOCKET_INVALID_ENCODING");
		}
	});
});

describe("a restart", () => {
	it("begins with an unknown stream again, after white space", () => {
		const decoder = new StreamDecoder({ maxDocumentBytes: 1000 });
		const fragments: string[] = [];
		decoder.push(utf8("<a/> \0"), 0, fragments);
		expect(decoder.restart()).toBe(true);
		decoder.push(utf8("<stream><b/></stream>"), 0, fragments);
		expect(fragments).toEqual(["<a/>", "<stream>", "<b/>", "</stream>"]);
	});

	it("is refused where part of a fragment, a comment or a byte order mark has come already", () => {
		for (const part of ["<", "<a>", "<!-", "<!-- ", "<?x", "\ufeff"]) {
			const decoder = new StreamDecoder({ maxDocumentBytes: 1000 });
			decoder.push(utf8(part).subarray(0, part === "\ufeff" ? 2 : undefined), 0, []);
			expect(decoder.restart(), part).toBe(false);
		}
	});
});

describe("what is kept", () => {
	it("is the unfinished fragment and nothing else", () => {
		const decoder = new StreamDecoder({ maxDocumentBytes: 1 << 20, maxUnprocessedChars: 1 << 20 });
		const fragments: string[] = [];
		decoder.push(utf8(`<a/><b>${"x".repeat(1000)}`), 5, fragments);
		expect(decoder.pendingBytes).toBe(1003);
		expect(decoder.pendingSinceMs).toBe(5);
		decoder.push(utf8("</b> "), 6, fragments);
		expect(decoder.pendingBytes).toBe(0);
		expect(decoder.pendingSinceMs).toBeUndefined();
	});

	it("is nothing of a comment between fragments, or of an element that is left out", () => {
		const decoder = new StreamDecoder({ maxDocumentBytes: 1 << 20, maxUnprocessedChars: 100, overflow: "discard" });
		decoder.push(utf8("<!-- "), 0, []);
		for (let i = 0; i < 100; i++) expect(decoder.push(utf8("x".repeat(1000)), 0, [])).toBeUndefined();
		expect(decoder.pendingBytes).toBe(0);
		decoder.push(utf8("--><a>"), 0, []);
		for (let i = 0; i < 100; i++) expect(decoder.push(utf8("x".repeat(1000)), 0, [])).toBeUndefined();
		expect(decoder.pendingBytes).toBe(0);
	});
});

describe("the decoder's work", () => {
	it("is linear for a text of 4 MiB in chunks of 64 bytes", () => {
		const size = 4 * 1024 * 1024;
		const chunk = new Uint8Array(64).fill(0x78);
		const work = { copied: 0, searched: 0 };
		const set = Uint8Array.prototype.set;
		const indexOf = Uint8Array.prototype.indexOf;
		vi.spyOn(Uint8Array.prototype, "set").mockImplementation(function (this: Uint8Array, source, offset) {
			work.copied += source.length;
			set.call(this, source, offset);
		});
		vi.spyOn(Uint8Array.prototype, "indexOf").mockImplementation(function (this: Uint8Array, byte, from = 0) {
			const at = indexOf.call(this, byte, from);
			work.searched += (at < 0 ? this.length : at) - from;
			return at;
		});
		const fragments: string[] = [];
		try {
			const decoder = new StreamDecoder({ maxDocumentBytes: 2 * size, maxUnprocessedChars: size + 100 });
			decoder.push(utf8("<a>"), 0, fragments);
			for (let at = 0; at < size; at += 64) decoder.push(chunk, 0, fragments);
			decoder.push(utf8("</a>"), 0, fragments);
		} finally {
			vi.restoreAllMocks();
		}
		expect(fragments).toEqual([`<a>${"x".repeat(size)}</a>`]);
		// Each byte is copied in once, and again as the buffer doubles; nothing that has been searched is searched again.
		expect(work.copied).toBeLessThan(3 * size);
		expect(work.searched).toBeLessThanOrEqual(size);
	});
});
