import { describe, expect, it } from "vitest";
import { readDocument, writeDocument } from "../../console/chat-client.ts";
import type { Command, Incoming } from "../../console/events.ts";
import { errorWords } from "../../console/words.ts";
import { XML } from "../../src/xml/index.ts";

const read = (text: string): Incoming => readDocument(new XML(text).firstChild);
const AT = Date.UTC(2006, 5, 28, 12);

describe("what the page reads", () => {
	it.each<[string, Incoming]>([
		[
			'<welcome name="ann" session="s-1" server="x"><limits document="1000" rate="7" rooms="3" /></welcome>',
			{ is: "welcome", name: "ann", session: "s-1", maxDocumentBytes: 1000 },
		],
		[
			'<joined room="lobby" kind="stored" log="L" seq="42" members="2"><member name="ann" /><member name="bob" /></joined>',
			{ is: "joined", room: "lobby", stored: true, log: "L", seq: 42, members: 2, names: ["ann", "bob"] },
		],
		[
			'<said room="lobby" seq="43" prev="42" from="ann" at="2006-06-28T12:00:00.000Z" id="c1">a &lt;b&gt; &amp; c</said>',
			{
				is: "arrival",
				room: "lobby",
				arrival: { kind: "message", from: "ann", text: "a <b> & c", at: AT, seq: 43, prev: 42, id: "c1" },
			},
		],
		[
			'<sent room="game" from="ann" at="2006-06-28T12:00:00.000Z"><move x="1" /></sent>',
			{
				is: "arrival",
				room: "game",
				arrival: {
					kind: "document",
					from: "ann",
					text: '<move x="1" />',
					at: AT,
					seq: undefined,
					prev: undefined,
					id: undefined,
				},
			},
		],
		['<ack id="c1" seq="43" />', { is: "ack", id: "c1", seq: 43 }],
		['<ack id="c1" />', { is: "ack", id: "c1", seq: undefined }],
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
			{ is: "rooms", rooms: [{ name: "x", members: 3, topic: "" }] },
		],
		['<gap room="lobby" from="40" to="42" />', { is: "gap", room: "lobby", to: 42 }],
		['<bye reason="draining" retry-after="3" />', { is: "bye", reason: "draining" }],
		[
			'<error code="room-not-joined" id="c1">You are not in room &quot;lobby&quot;.</error>',
			{ is: "error", code: "room-not-joined", id: "c1", text: 'You are not in room "lobby".' },
		],
		['<ping id="7" />', { is: "ping", id: "7" }],
		["<toString />", { is: "unknown", element: "toString" }],
	])("%s", (text, incoming) => {
		expect(read(text)).toEqual(incoming);
	});

	it.each(["", "plain text", "<", "<said", "<a></b>"])("is not upset by %j", (text) => {
		expect(() => read(text)).not.toThrow();
	});

	it("takes no attribute from an object's prototype", () => {
		expect(read("<error>words</error>")).toEqual({ is: "error", code: "", id: undefined, text: "words" });
	});

	it("orders a page by its numbers, texts and application documents alike", () => {
		const page = read('<page room="x" more="true"><said seq="2">b</said><sent seq="1"><a /></sent></page>');
		expect(page.is === "page" && page.arrivals.map(({ seq, kind }) => [seq, kind])).toEqual([
			[1, "document"],
			[2, "message"],
		]);
	});
});

describe("what the page writes", () => {
	it.each<[Command, string]>([
		[
			{ do: "hello", id: "1", name: "a\"<'", session: undefined, token: undefined },
			'<hello name="a&quot;&lt;&apos;" id="1" />',
		],
		[{ do: "join", id: "2", room: "x", after: 17, log: "L" }, '<join room="x" after="17" log="L" id="2" />'],
		[{ do: "join", id: "2", room: "x", after: undefined, log: undefined }, '<join room="x" id="2" />'],
		[
			{ do: "say", room: "x", id: "c1", text: "</say><kick />" },
			'<say room="x" id="c1">&lt;/say&gt;&lt;kick /&gt;</say>',
		],
		[{ do: "tell", to: "bob", id: "c2", text: "psst" }, '<tell to="bob" id="c2">psst</tell>'],
		[{ do: "topic", room: "x", text: "" }, '<topic room="x"></topic>'],
		[{ do: "pong", id: undefined }, "<pong />"],
	])("%j", (command, text) => {
		expect(String(writeDocument(command))).toBe(text);
	});
});

describe("refusals in words", () => {
	it("has words of its own for what people meet, and the server's otherwise", () => {
		expect(errorWords("name-taken", "x")).toBe("Someone else is using that name. Please choose another.");
		expect(errorWords("muted", "You are muted for 7 more seconds.")).toBe("You are muted for 7 more seconds.");
		expect(errorWords("constructor", "")).toBe("The server refused that (constructor).");
	});
});
