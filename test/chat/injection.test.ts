import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHAT_ELEMENTS } from "../../src/chat/handlers/index.ts";
import { XML } from "../../src/xml/index.ts";
import { ChatHarness } from "./harness.ts";

const runs = { numRuns: 200 };
const written = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
/** Texts that are made of what could break out, and of anything else that XML can carry. */
const text = fc.string({
	unit: fc
		.oneof(fc.constantFrom(9, 10), fc.integer({ min: 32, max: 0xd7ff }), fc.integer({ min: 0x10000, max: 0x10ffff }))
		.map((code) => String.fromCodePoint(code)),
	maxLength: 60,
});
const hostile = fc.oneof(
	text,
	fc
		.array(
			fc.constantFrom(
				"</said>",
				"<said>",
				"<",
				">",
				'"',
				"'",
				"&",
				"&amp;",
				"&#60;",
				"]]>",
				"<![CDATA[",
				"-->",
				"<!--",
				" room=",
				"/>",
				"<?x?>",
				"\n",
			),
			{ maxLength: 12 },
		)
		.map((pieces) => pieces.join("")),
);

/** Each document is one element with nothing around it, and prints as it came. */
function root(document: string): XML["firstChild"] & object {
	const parsed = new XML(document);
	expect(parsed.status).toBe(0);
	expect(parsed.childNodes).toHaveLength(1);
	return parsed.firstChild!;
}

describe("nothing that a client sends", () => {
	it("becomes markup when it is a text, an id, a topic or a private message", async () => {
		const harness = ChatHarness.chat({ topics: "everyone" });
		const ann = await harness.client("ann", "x", "lobby");
		const bob = await harness.client("bob", "x", "lobby");
		// An id said twice is the same message said again.
		let number = 0;
		await fc.assert(
			fc.asyncProperty(hostile, hostile, async (body, id) => {
				const attribute = `id="${++number}${written([...id].slice(0, 30).join("").replace(/\s/g, " "))}"`;
				await ann.ask(
					`<say room="x" ${attribute}>${written(body)}</say>`,
					`<say room="lobby">${written(body)}</say>`,
					`<tell to="bob" ${attribute}>${written(body)}</tell>`,
					`<topic room="x">${written(body)}</topic>`,
				);
				const heard = bob.take().map(root);
				expect(heard.map((node) => node.nodeName).sort()).toEqual(["said", "said", "told", "topic"]);
				for (const node of heard) {
					expect(node.childNodes.map((child) => child.nodeValue).join("")).toBe(body);
					expect(node.childNodes.every((child) => child.nodeType === 3)).toBe(true);
				}
			}),
			runs,
		);
		expect(harness.reported).toEqual([]);
	});

	it("becomes markup when it is a name", async () => {
		await fc.assert(
			fc.asyncProperty(hostile, hostile, async (name, roomName) => {
				const harness = ChatHarness.chat();
				const bob = await harness.client("bob");
				const ann = harness.connect();
				await ann.ask(`<hello name="${written(name)}" />`, `<join room="${written(roomName)}" />`);
				await bob.ask(`<join room="${written(roomName)}" />`, "<rooms />");
				await ann.ask(`<say room="${written(roomName)}">hi</say>`, '<leave room="nowhere" />');
				for (const document of [...ann.take(), ...bob.take()]) {
					const node = root(document);
					if (node.nodeName !== "said") continue;
					expect(node.attributes.room).toBe(roomName.normalize("NFC"));
				}
			}),
			runs,
		);
	});

	it("leaves its envelope when it is an application document: it is refused, or arrives as the one content", async () => {
		const harness = ChatHarness.chat();
		const ann = await harness.client("ann", "x");
		const bob = await harness.client("bob", "x");
		const piece = fc.constantFrom(
			"<a>",
			"</a>",
			"<b/>",
			"</send>",
			"</sent>",
			"<sent>",
			"<![CDATA[",
			"<![cdata[",
			"]]>",
			"<!--",
			"-->",
			"<a b='",
			"'/>",
			'"',
			"&",
			"&lt;",
			"&x;",
			"<?xml ?>",
			"<!DOCTYPE a>",
			"t",
			" ",
		);
		let delivered = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join("")),
				async (content) => {
					// Otherwise eleven refusals in a minute would end the connection.
					harness.advance(60_000);
					const answers = await ann.ask(`<send room="x">${content}</send>`);
					const heard = bob.take();
					expect(answers).toHaveLength(1);
					if (answers[0]!.startsWith("<error")) {
						expect(heard).toEqual([]);
						return;
					}
					delivered++;
					expect(heard).toEqual(answers);
					const node = root(heard[0]!);
					expect(node.nodeName).toBe("sent");
					expect(heard[0]).toMatch(/^<sent room="x" from="ann" at="[^"]*">/);
					expect(heard[0]!.slice(heard[0]!.indexOf(">") + 1, -"</sent>".length)).toBe(content);
				},
			),
			{ numRuns: 1000 },
		);
		expect(delivered).toBeGreaterThan(20);
	});

	it("makes the server fail, whatever bytes it is made of", async () => {
		const harness = ChatHarness.chat({ maxBadDocumentsPerMinute: 1_000_000 });
		let ann = await harness.client("ann", "x", "lobby");
		const name = fc.constantFrom(...CHAT_ELEMENTS, "x");
		const attribute = fc.tuple(
			fc.constantFrom(
				"room",
				"name",
				"to",
				"id",
				"after",
				"before",
				"limit",
				"offset",
				"for",
				"session",
				"token",
				"log",
			),
			fc.oneof(hostile, fc.constantFrom("x", "lobby", "0", "-1", "5", "ann")),
		);
		const document = fc.oneof(
			fc.string({ maxLength: 40 }),
			hostile,
			fc.tuple(name, fc.array(attribute, { maxLength: 4 }), hostile).map(([element, attributes, body]) => {
				const attributesText = attributes.map(([key, value]) => ` ${key}="${written(value)}"`).join("");
				return `<${element}${attributesText}>${body}</${element}>`;
			}),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(document, { maxLength: 5 }), async (documents) => {
				ann.link.sendEncoded(new TextEncoder().encode(documents.map((one) => `${one}\0`).join("")));
				await harness.settle();
				for (const answer of ann.take()) root(answer);
				// A lone "<" looks like UTF-16 and ends the connection.
				if (ann.close) ann = await harness.client("ann", "x", "lobby");
			}),
			{ numRuns: 500 },
		);
		expect(harness.reported).toEqual([]);
	});
});
