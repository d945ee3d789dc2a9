// Attacks with documents: unfinished, endless, deep, wide, in a wrong encoding, or no XML at all.

import { withShortPackets } from "./variants.js";

const LIMIT = 256 * 1024;
const FIRST_LIMIT = 10 * 1024;
/** More than the deadline of a first document. */
const FIRST_DEADLINE = { waitMs: 13_000, seconds: 14 };

/** Members who say the same document again and again. @param {string} document @param {number} [size] @param {number} [everyMs] */
function sayers(document, size = 8, everyMs = 0) {
	return (/** @type {import("./toolkit.js").Attacker} */ a) =>
		a.crowd(
			size,
			async (line) => {
				await line.enter(["lobby"]);
				await line.flood(`${document}\0`, everyMs);
			},
			{ again: true },
		);
}

/** A say whose document has exactly so many bytes. @param {number} bytes */
function sayOf(bytes) {
	const [begin, end] = ['<say room="nowhere">', "</say>"];
	return `${begin}${"x".repeat(bytes - begin.length - end.length)}${end}`;
}

/** @type {readonly import("./attacks.js").Written[]} */
export const DOCUMENTS = [
	{
		name: "slow-first-document",
		traced: true,
		what: "400 connections that begin a first document and never finish it; each is ended in time",
		atLeastSeconds: FIRST_DEADLINE.seconds,
		run: (a) =>
			a.crowd(400, async (line) => {
				line.dribble(`<say room="${"a".repeat(100)}`, 700);
				if (!(await line.endsWithin(FIRST_DEADLINE.waitMs)))
					a.finding("an unfinished first document kept a connection open for 13 s");
			}),
	},
	{
		name: "slow-later-document",
		what: "400 members who dribble a document a byte at a time",
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.send("<ping/>");
				await line.dribble(`<say room="${"a".repeat(10_000)}`, 50);
			}),
	},
	{
		name: "slow-later-document-deadline",
		what: "100 members whose later document never ends; each is ended after 30 s",
		atLeastSeconds: 35,
		run: (a) =>
			a.crowd(100, async (line) => {
				await line.send("<ping/>");
				line.dribble(`<say room="${"a".repeat(1000)}`, 500);
				if (!(await line.endsWithin(34_000))) a.finding("an unfinished document kept a connection open for 34 s");
			}),
	},
	...withShortPackets({
		name: "endless-first-document",
		what: "first documents without an end, as fast as they are read",
		weakened: true,
		// A blank, because a word without an end could still become a request line.
		run: (a) => a.crowd(32, (line) => line.flood(`<a> ${"a".repeat(64 * 1024)}`), { again: true }),
	}),
	...withShortPackets({
		name: "endless-later-document",
		what: "later documents without an end, as fast as they are read",
		run: (a) =>
			a.crowd(
				32,
				async (line) => {
					await line.send("<ping/>");
					await line.flood("a".repeat(64 * 1024));
				},
				{ again: true },
			),
	}),
	{
		name: "unfinished-at-the-limit",
		what: "400 members who stop one byte before the limit of a document",
		weakened: true,
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.send("<ping/>");
				await line.write("a".repeat(LIMIT - 1));
				await line.hold();
			}),
	},
	{
		name: "documents-at-the-limit",
		traced: true,
		what: "documents of one byte less than the limit, of the limit, and of one more",
		async run(a) {
			const first = `<a>${"x".repeat(FIRST_LIMIT - 7)}</a>`;
			await Promise.all(
				[LIMIT - 1, LIMIT, LIMIT + 1].map((bytes) =>
					a.crowd(
						4,
						async (line) => {
							await line.send(first);
							await line.flood(`${sayOf(bytes)}\0`, 20);
						},
						{ again: true, paceMs: 50 },
					),
				),
			);
		},
	},
	{
		name: "zero-bytes",
		what: "nothing but zero bytes",
		run: (a) => a.crowd(8, (line) => line.flood(Buffer.alloc(256 * 1024)), { again: true }),
	},
	{
		name: "white-space",
		what: "documents of white space",
		run: (a) => a.crowd(8, (line) => line.flood(" \0\n\0\t\0 \0".repeat(16 * 1024)), { again: true }),
	},
	{
		name: "deep-nesting",
		what: "60,000 elements inside each other, in documents at the limit",
		run: sayers(`<send room="lobby">${"<a>".repeat(30_000)}${"</a>".repeat(30_000)}</send>`, 8, 5),
	},
	{
		name: "deep-unclosed",
		what: "elements that are opened and not closed",
		run: sayers("<a>".repeat(80_000), 8, 5),
	},
	{
		name: "nesting-at-the-limit",
		what: "documents of 256 levels, to the room",
		run: sayers(`<send room="x">${"<a>".repeat(250)}${"</a>".repeat(250)}</send>`),
	},
	{
		name: "attribute-flood",
		what: "elements with 20,000 attributes",
		run: sayers(`<say ${Array.from({ length: 20_000 }, (_, at) => `a${at}="1"`).join(" ")}/>`, 8, 5),
	},
	{
		name: "attributes-at-the-limit",
		what: "many elements with 250 attributes each",
		run: sayers(
			`<send room="x">${`<b ${Array.from({ length: 250 }, (_, at) => `a${at}="1"`).join(" ")}/>`.repeat(100)}</send>`,
		),
	},
	{
		name: "same-attributes",
		what: "one attribute 20,000 times",
		run: sayers(`<say ${'room="lobby" '.repeat(18_000)}>x</say>`, 8, 5),
	},
	{
		name: "colliding-names",
		what: "attributes and elements whose names are whole numbers apart by powers of two",
		run: sayers(
			`<send room="x">${Array.from({ length: 200 }, (_, at) => `<a${at * 65_536} ${Array.from({ length: 60 }, (_, by) => `n${by * 2 ** 20}="1"`).join(" ")}/>`).join("")}</send>`,
		),
	},
	{
		name: "prototype-names",
		what: "rooms, names and attributes called __proto__, constructor, toString",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__"];
					await line.flood((turn) => {
						const name = names[turn % names.length];
						return `<hello name="${name}"/>\0<join room="${name}"/>\0<say room="${name}" id="${name}" ${name}="${name}">x</say>\0<${name}/>\0<leave room="${name}"/>\0`;
					});
				},
				{ again: true },
			),
	},
	{
		name: "many-nodes",
		what: "documents of 60,000 elements",
		run: sayers(`<send room="lobby">${"<a/>".repeat(60_000)}</send>`, 8, 5),
	},
	{
		name: "entity-flood",
		what: "documents of nothing but entities and character references",
		run: sayers(`<say room="x">${"&amp;&#65;&lt;".repeat(18_000)}</say>`, 8, 5),
	},
	{
		name: "bad-references",
		what: "character references that mean no character",
		run: sayers('<say room="lobby">&#9999999;&#0;&#xD800;&#xFFFFFFFFFF;&#-1;&nope;&;</say>'),
	},
	{
		name: "doctype-bomb",
		what: "entities that are defined by ten of the one before",
		run: sayers(
			`<!DOCTYPE a [${Array.from({ length: 20 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join("")}]><say room="lobby">&e20;</say>`,
		),
	},
	{
		name: "doctype-unclosed",
		what: "document types, comments, CDATA and processing instructions that do not end",
		run: (a) =>
			a.crowd(
				16,
				async (line, number) => {
					const begin = ["<!DOCTYPE a [", "<!--", "<![CDATA[", "<?pi "][number % 4];
					await line.flood(`${begin}${'<>"-]?'.repeat(1500)}\0`, 2);
				},
				{ again: true },
			),
	},
	{
		name: "invalid-utf8",
		what: "bytes that are no UTF-8, in documents and in names",
		run: (a) =>
			a.crowd(
				8,
				async (line) => {
					await line.enter(["lobby"]);
					const bad = Buffer.alloc(8192, Buffer.from([0xc0, 0x80, 0xff, 0xed, 0xa0, 0x80, 0xf8]));
					await line.flood(Buffer.concat([Buffer.from('<say room="x">'), bad, Buffer.from("</say>\0")]));
				},
				{ again: true },
			),
	},
	{
		name: "utf16",
		traced: true,
		what: "clients that send UTF-16",
		run: (a) =>
			a.crowd(
				50,
				async (line) => {
					await line.write(Buffer.from('\ufeff<say room="lobby">hello</say>\0'.repeat(50), "utf16le"));
					await line.endsWithin(200);
				},
				{ again: true, paceMs: 5 },
			),
	},
	{
		name: "bad-documents",
		traced: true,
		what: "documents that are no XML, by connections that come again when they are disconnected",
		run: (a) => a.crowd(50, (line) => line.flood("<a <b>\0", 5), { again: true, paceMs: 10 }),
	},
	{
		name: "bad-large-documents",
		what: "documents at the limit whose last character is the mistake",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.send("<ping/>");
					await line.flood(`<a>${"<b/>".repeat(60_000)}</c>\0`, 5);
				},
				{ again: true, paceMs: 10 },
			),
	},
	{
		name: "json-and-text",
		what: "documents that are JSON, SmartFox strings, or text",
		run: (a) => a.crowd(50, (line) => line.flood('{"a":1}\0%xt%a%b%\0hello\0', 5), { again: true, paceMs: 10 }),
	},
	{
		name: "huge-values",
		what: "ids, names and rooms of 200,000 characters",
		async run(a) {
			const huge = "z".repeat(200_000);
			const documents = [
				`<hello name="${huge}"/>`,
				`<join room="${huge}"/>`,
				`<say room="lobby" id="${huge}">x</say>`,
				`<tell to="${huge}">x</tell>`,
				`<ping id="${huge}"/>`,
				`<join room="lobby" after="${"9".repeat(100_000)}"/>`,
				`<${huge}/>`,
			];
			await a.crowd(
				14,
				async (line, number) => {
					await line.send("<ping/>");
					await line.flood(`${documents[number % documents.length]}\0`, 5);
				},
				{ again: true },
			);
		},
	},
	{
		name: "one-byte-writes",
		what: "documents whose every byte is a packet of its own",
		run: (a) => a.crowd(50, (line) => line.dribble('<ping id="1"/>\0'.repeat(10_000), 0), { again: true }),
	},
	{
		name: "slow-drops-of-ten",
		what: "400 members who send 10 bytes of a document each 20 ms: what is kept of them must not pin more",
		run: (a) =>
			a.crowd(400, async (line) => {
				await line.send("<ping/>");
				await line.flood("aaaaaaaaaa", 20);
			}),
	},
	{
		name: "pieces-of-large-documents",
		what: "documents of 250 KiB in pieces of 1 KiB",
		run: (a) =>
			a.crowd(
				16,
				async (line) => {
					await line.send("<ping/>");
					const piece = "y".repeat(1024);
					for (let turn = 0; line.open && !a.over; turn++) {
						await line.write(turn % 250 === 0 ? '<say room="nowhere">' : turn % 250 === 249 ? "</say>\0" : piece);
						if (turn % 50 === 49) await a.sleep(5);
					}
				},
				{ again: true },
			),
	},
];
