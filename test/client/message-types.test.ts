// The chat's documents as a client reads and writes them: docs/chat.md.

import { describe, expect, it } from "vitest";
import { clientDocument, readServerDocument, type ServerDocument } from "../../src/client/chat/message-types.ts";
import { XML } from "../../src/xml/index.ts";

const read = (text: string): ServerDocument => readServerDocument(new XML(text).firstChild);
const AT = Date.UTC(2006, 5, 28, 12);

describe("what a client reads", () => {
	it.each<[string, unknown]>([
		[
			'<welcome name="ann" session="s-1" server="x"><limits document="1000" rate="7" rooms="3" /></welcome>',
			{ is: "welcome", name: "ann", session: "s-1", maxDocumentBytes: 1000 },
		],
		['<welcome name="ann" session="s-1" />', { is: "welcome", maxDocumentBytes: 65_536 }],
		[
			'<joined room="lobby" kind="stored" log="L" seq="42" members="2"><member name="ann" /><member name="bob" /></joined>',
			{ is: "joined", room: "lobby", stored: true, log: "L", seq: 42, members: 2, names: ["ann", "bob"] },
		],
		[
			'<said room="lobby" seq="43" prev="42" from="ann" at="2006-06-28T12:00:00.000Z" id="c1">a &lt;b&gt; &amp; c</said>',
			{
				is: "message",
				room: "lobby",
				message: { kind: "said", from: "ann", text: "a <b> & c", at: AT, seq: 43, prev: 42, id: "c1" },
			},
		],
		[
			'<sent room="game" from="ann" at="2006-06-28T12:00:00.000Z"><move x="1" /></sent>',
			{ is: "message", room: "game", message: { kind: "sent", text: '<move x="1" />', seq: undefined, id: undefined } },
		],
		['<ack id="c1" seq="43" />', { is: "ack", id: "c1", seq: 43, duplicate: false }],
		['<ack id="c1" duplicate="true" />', { is: "ack", id: "c1", seq: undefined, duplicate: true }],
		[
			'<told from="bob" id="7" at="2006-06-28T12:00:00.000Z">psst</told>',
			{ is: "told", from: "bob", id: "7", text: "psst", at: AT },
		],
		[
			'<exit room="x" name="bob" members="0" reason="kicked" by="root" />',
			{ is: "presence", room: "x", name: "bob", came: false, members: 0, reason: "kicked" },
		],
		['<count room="x" members="300" />', { is: "count", room: "x", members: 300 }],
		[
			'<rooms offset="0" more="false"><room name="x" kind="live" members="3" /></rooms>',
			{ is: "rooms", rooms: [{ name: "x", members: 3 }] },
		],
		['<gap room="lobby" from="40" to="42" />', { is: "gap", room: "lobby", from: 40, to: 42 }],
		['<bye reason="draining" retry-after="3" />', { is: "bye", reason: "draining", retryAfterSeconds: 3 }],
		[
			'<error code="room-not-joined" id="c1">You are not in room &quot;lobby&quot;.</error>',
			{ is: "error", code: "room-not-joined", id: "c1", text: 'You are not in room "lobby".' },
		],
		["<error>words</error>", { is: "error", code: "", id: undefined, text: "words" }],
		['<ping id="7" />', { is: "ping", id: "7" }],
		["<toString />", { is: "unknown", element: "toString" }],
		['<joined room="x" kind="stored" seq="-1" members="1e99" />', { is: "joined", seq: undefined, members: 0 }],
	])("%s", (text, document) => {
		expect(read(text)).toMatchObject(document as object);
	});

	it.each(["", "plain text", "<", "<said", "<a></b>"])("is not upset by %j", (text) => {
		expect(() => read(text)).not.toThrow();
	});

	it("orders a page by its numbers, texts and application documents alike", () => {
		const page = read('<page room="x" more="true"><said seq="2">b</said><sent seq="1"><a /></sent></page>');
		expect(page.is === "page" && page.messages.map(({ seq, kind }) => [seq, kind])).toEqual([
			[1, "sent"],
			[2, "said"],
		]);
	});
});

describe("what a client writes", () => {
	it("is one element whose values are values, whatever they hold", () => {
		expect(clientDocument("hello", { name: "a\"<'", session: undefined, id: "1" })).toBe(
			'<hello name="a&quot;&lt;&apos;" id="1" />',
		);
		expect(clientDocument("say", { room: "x", id: "c1" }, "</say><kick />")).toBe(
			'<say room="x" id="c1">&lt;/say&gt;&lt;kick /&gt;</say>',
		);
		expect(clientDocument("topic", { room: "x" }, "")).toBe('<topic room="x"></topic>');
		expect(clientDocument("pong", { id: undefined })).toBe("<pong />");
	});
});
