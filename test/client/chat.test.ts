// The chat client against the real chat, over connections in memory that a test breaks: docs/guide/chat-client.md.

import { describe, expect, it } from "vitest";
import type { Gap, RoomMessage } from "../../src/client/index.ts";
import { MemoryLog, type MessageLog } from "../../src/message-log/index.ts";
import { xml } from "../../src/xml/index.ts";
import { ChatHarness } from "../chat/harness.ts";
import { Network } from "./frayed.ts";
import { turns, until } from "./support.ts";

const code = (code: string): unknown => expect.objectContaining({ code });
const texts = (messages: readonly { readonly text: string }[]): string[] => messages.map(({ text }) => text);

/** What a promise has become by now. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
	const nothing = Symbol();
	const settled = await Promise.race([promise.catch((error: unknown) => error), turns().then(() => nothing)]);
	return settled === nothing ? "pending" : settled;
}

/** How often a text was said by the client, over all connections. */
const times = (network: Network, text: string): number =>
	network.sent.filter((document) => document.includes(`>${text}<`)).length;

/** The text of everything that the log keeps. */
async function stored(log: MessageLog, room = "lobby"): Promise<string[]> {
	const { entries } = await log.readAfter(room, 0, { maxCount: 1000, maxBytes: 1e9 });
	return entries.map(({ payload }) => new TextDecoder().decode(payload).split("\n")[1]!);
}

describe("openChat", () => {
	it("takes the name, and has the session and the limit of the server", async () => {
		const chat = await new Network(ChatHarness.chat()).open("ann");
		expect([chat.name, chat.maxDocumentBytes, chat.status]).toEqual(["ann", 262_144, { type: "connected" }]);
		expect(chat.session).toMatch(/^[0-9a-f]{16}-[0-9a-f]{32}$/);
	});

	it("is a guest without a name, also where the server waits to be spoken to, and takes a name later", async () => {
		for (const greet of [true, false]) {
			const network = new Network(ChatHarness.chat({ greet }));
			const chat = await network.openChat("localhost:9000");
			expect(chat.name).toBe("guest-1");
			const room = await chat.join("lobby");
			await chat.rename("ann");
			expect([chat.name, room.isInside, room.members]).toEqual(["ann", true, ["ann"]]);
		}
	});

	it("rejects with the server's code where the name is refused, and leaves no connection behind", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		const bob = await bench.client("bob");
		const open = (name: string, token?: string): Promise<unknown> =>
			new Network(bench).open(name, token === undefined ? {} : { token });
		await expect(open("BOB")).rejects.toEqual(code("XMLSOCKET_NAME_TAKEN"));
		await expect(open("root")).rejects.toEqual(code("XMLSOCKET_TOKEN_INVALID"));
		await expect(open("\u0007")).rejects.toEqual(code("XMLSOCKET_NAME_INVALID"));
		await bench.settle();
		expect(bench.application.stats!().chat_clients).toBe(1);
		expect(await open("root", "sesame")).toMatchObject({ name: "root" });
		expect(bob.close).toBeUndefined();
	});

	it("rejects with every mistake in its options", async () => {
		const { openChat } = new Network(ChatHarness.chat());
		await expect(openChat("x:9000", { nam: "ann" } as never)).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: expect.stringContaining('did you mean "name"?'),
		});
		await expect(openChat("x:9000", { maxOutboxMessages: 0 })).rejects.toEqual(code("XMLSOCKET_OPTION_INVALID"));
		await expect(openChat("x:9000", { on: { told: 7 as never } })).rejects.toEqual(code("XMLSOCKET_OPTION_INVALID"));
	});

	it("goes on with the session of an earlier chat", async () => {
		const bench = ChatHarness.chat();
		const first = await new Network(bench).open("ann");
		const second = await new Network(bench).openChat("localhost:9000", { session: first.session });
		expect(second.name).toBe("ann");
		expect((await first.closed).error).toEqual(code("XMLSOCKET_SESSION_RESUMED"));
		await turns();
		expect(first.status).toMatchObject({ type: "closed", error: { code: "XMLSOCKET_SESSION_RESUMED" } });
	});
});

describe("saying something", () => {
	it("resolves with the number of a stored message, and without one in a live room", async () => {
		const chat = await new Network(ChatHarness.chat()).open("ann");
		const room = await chat.join("lobby");
		expect(await room.say("one")).toMatchObject({ seq: 1, duplicate: false });
		const again = await room.say("two", { id: "mine" });
		expect(again).toEqual({ id: "mine", seq: 2, duplicate: false });
		expect(await room.say("two", { id: "mine" })).toEqual({ id: "mine", seq: 2, duplicate: true });
		const live = await chat.join("den");
		expect(await live.say("three")).toMatchObject({ seq: undefined, duplicate: false });
		expect([room.kind, live.kind]).toEqual(["stored", "live"]);
	});

	it("carries any text as text, and a document as a document", async () => {
		const chat = await new Network(ChatHarness.chat()).open("ann");
		const room = await chat.join("lobby");
		const read: RoomMessage[] = [];
		room.on("message", (message) => void read.push(message));
		await room.say("<say room='x'>&amp;</say> ]]> \u{1f600}");
		await room.send(xml`<move x="3" name=${"a & b"} />`);
		expect(texts(read)).toEqual(["<say room='x'>&amp;</say> ]]> \u{1f600}", '<move x="3" name="a &amp; b" />']);
		expect(read.map(({ kind, own, from }) => [kind, own, from])).toEqual([
			["said", true, "ann"],
			["sent", true, "ann"],
		]);
		expect(read[1]!.xml.firstChild!.nodeName).toBe("move");
	});

	it("refuses at once what could never be sent", async () => {
		const chat = await new Network(ChatHarness.chat({ maxDocumentBytes: 200 })).open("ann");
		const room = await chat.join("lobby");
		await expect(room.say("x".repeat(200))).rejects.toEqual(code("XMLSOCKET_DOCUMENT_TOO_LARGE"));
		await expect(room.say("a\0b")).rejects.toEqual(code("XMLSOCKET_NUL_IN_DOCUMENT"));
		await expect(room.say("a", { id: "x".repeat(65) })).rejects.toEqual(code("XMLSOCKET_OPTION_INVALID"));
		await expect(room.say("a\u0001b")).rejects.toEqual(code("XMLSOCKET_NOT_WELL_FORMED"));
		expect(await room.say("fine")).toMatchObject({ seq: 1 });
	});

	it("lets only so many messages and bytes wait", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann", { maxOutboxMessages: 2, maxOutboxBytes: 300 });
		const room = await chat.join("lobby");
		network.isUp = false;
		network.cut();
		await turns();
		const waiting = [room.say("one"), room.say("two")];
		await expect(room.say("three")).rejects.toMatchObject({
			code: "XMLSOCKET_OUTBOX_FULL",
			details: { waiting: 2, limit: 2, limitBytes: 300 },
		});
		network.isUp = true;
		expect((await Promise.all(waiting)).map(({ seq }) => seq)).toEqual([1, 2]);
		await expect(room.say("x".repeat(300))).rejects.toEqual(code("XMLSOCKET_OUTBOX_FULL"));
	});

	it("gives up at its signal or time limit: what has not left is not sent", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.isUp = false;
		network.cut();
		await turns();
		const controller = new AbortController();
		const aborted = room.say("aborted", { signal: controller.signal });
		const late = room.say("late", { timeoutMs: 5 });
		const joining = chat.join("den", { timeoutMs: 5 });
		controller.abort("reason");
		await expect(aborted).rejects.toMatchObject({
			code: "XMLSOCKET_ABORTED",
			cause: "reason",
			details: { id: expect.any(String), sent: false },
		});
		await expect(late).rejects.toMatchObject({ code: "XMLSOCKET_REQUEST_TIMEOUT", details: { sent: false } });
		await expect(joining).rejects.toEqual(code("XMLSOCKET_REQUEST_TIMEOUT"));
		expect([...chat.rooms.keys()]).toEqual(["lobby"]);
		network.isUp = true;
		expect(await room.say("sent")).toMatchObject({ seq: 1 });
		expect([times(network, "aborted"), times(network, "late")]).toEqual([0, 0]);
	});

	it("refuses unknown options of each call", async () => {
		const chat = await new Network(ChatHarness.chat()).open("ann");
		const room = await chat.join("lobby");
		const wrong = { nothing: 1 } as never;
		for (const call of [
			() => room.say("x", wrong),
			() => room.send(xml`<x />`, wrong),
			() => room.history(wrong),
			() => room.setTopic("x", wrong),
			() => chat.tell("ann", "x", wrong),
			() => chat.join("den", wrong),
			() => chat.rename("eve", wrong),
			() => chat.listRooms(wrong),
			() => chat.close(wrong),
		])
			await expect(call()).rejects.toEqual(code("XMLSOCKET_OPTION_UNKNOWN"));
		expect([chat.state, chat.name, room.state, chat.rooms.size]).toEqual(["connected", "ann", "joined", 1]);
	});

	it("keeps the order of a thousand messages, however few may be on their way at a time", async () => {
		const bench = ChatHarness.chat();
		const chat = await new Network(bench).open("ann");
		const room = await chat.join("lobby");
		const receipts = await Promise.all(Array.from({ length: 1000 }, (_, n) => room.say(String(n))));
		expect(receipts.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
	});
});

describe("reconnecting", () => {
	it("keeps messages pending while the connection is away, then sends them under their ids, in order", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("out");
		const lost = room.say("lost");
		network.isUp = false;
		network.cut();
		await turns();
		const later = room.say("later");
		expect([await outcome(lost), await outcome(later)]).toEqual(["pending", "pending"]);
		expect(chat.status.type).toBe("reconnecting");
		network.isUp = true;
		expect([(await lost).seq, (await later).seq]).toEqual([1, 2]);
	});

	it("sends what is said while documents of a broken connection are still read after what was lost with it", async () => {
		const bench = ChatHarness.chat({}, { log: new MemoryLog({ dedupeWindowMs: 0 }) });
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const answers: Promise<unknown>[] = [];
		const room = await chat.join("lobby", {
			on: {
				message: ({ own, text }) => {
					if (own) return;
					if (text === "0") network.cut();
					answers.push(room.say(`answer to ${text}`));
					// Longer than a turn, so that the next document is read after the end of the connection.
					for (const end = performance.now() + 5; performance.now() < end; );
				},
			},
		});
		network.deafen("out");
		const lost = room.say("lost");
		await turns();
		await bob.ask(...Array.from({ length: 4 }, (_, n) => `<say room="lobby">${n}</say>`));
		expect(await lost).toMatchObject({ seq: 5 });
		await until(() => answers.length === 4);
		await Promise.all(answers);
		const own = (await room.history()).messages.filter(({ from }) => from === "ann").map(({ text }) => text);
		expect(own).toEqual(["lost", "answer to 0", "answer to 1", "answer to 2", "answer to 3"]);
	});

	it("counts a message of its own in the replay as acknowledged, and does not resend it", async () => {
		const network = new Network(ChatHarness.chat({}, { log: new MemoryLog({ dedupeWindowMs: 0 }) }));
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("in");
		const said = room.say("heard, but not acknowledged");
		await turns();
		network.cut();
		expect(await said).toMatchObject({ seq: 1, duplicate: false });
		expect(times(network, "heard, but not acknowledged")).toBe(1);
	});

	it("does so also where nothing had been read in the room before", async () => {
		const log = new MemoryLog({ dedupeWindowMs: 0 });
		const bench = ChatHarness.chat({ history: 0 }, { log });
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">before</say>');
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("in");
		const said = room.say("mine");
		await turns();
		await bob.ask(...Array.from({ length: 60 }, (_, n) => `<say room="lobby">${n}</say>`));
		network.cut();
		expect(await said).toMatchObject({ seq: 2 });
		expect(times(network, "mine")).toBe(1);
	});

	it("resends a message that the server may have forgotten where the replay proves that it is missing", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("out");
		const lost = room.say("lost");
		network.aheadMs = 3_600_000;
		network.cut();
		expect(await lost).toMatchObject({ seq: 1 });
	});

	it("rejects it, and does not resend it, where the history has a gap there", async () => {
		const log = new MemoryLog({ retention: { maxCount: 1 } });
		const bench = ChatHarness.chat({}, { log });
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const room = await chat.join("lobby", { on: { gap: (gap) => void gaps.push(gap) } });
		network.deafen("both");
		const lost = room.say("lost");
		await bob.ask('<say room="lobby">one</say>', '<say room="lobby">two</say>');
		network.aheadMs = 3_600_000;
		network.cut();
		await expect(lost).rejects.toMatchObject({
			code: "XMLSOCKET_OUTCOME_UNKNOWN",
			message: expect.stringContaining("gap"),
		});
		expect(await stored(log)).toEqual(["two"]);
		expect(gaps).toEqual([{ why: "lost", from: 1, to: 1 }]);
	});

	it("resends it in spite of the gap while the server remembers its id", async () => {
		const bench = ChatHarness.chat({}, { log: new MemoryLog({ retention: { maxCount: 1 } }) });
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("in");
		const said = room.say("first");
		await turns();
		await bob.ask('<say room="lobby">one</say>', '<say room="lobby">two</say>');
		network.cut();
		expect(await said).toMatchObject({ seq: 1, duplicate: true });
	});

	it("resumes reading where it stopped, and asks for exactly that", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		const read: RoomMessage[] = [];
		room.on("message", (message) => void read.push(message));
		await bob.ask('<say room="lobby">one</say>');
		network.isUp = false;
		network.cut();
		await bob.ask('<say room="lobby">two</say>', '<say room="lobby">three</say>');
		network.isUp = true;
		await until(() => read.length === 3);
		expect(read.map(({ text, old, afterGap }) => [text, old, afterGap])).toEqual([
			["one", false, false],
			["two", false, false],
			["three", false, false],
		]);
		expect(network.sent.filter((document) => document.startsWith("<join")).at(-1)).toMatch(/ after="1" log="\w+"/);
		expect(room.position).toMatchObject({ seq: 3 });
	});

	it("misses no message that was sent while it was away, also where nothing had been read before", async () => {
		const bench = ChatHarness.chat({ history: 0 });
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">before</say>');
		for (const history of [true, false]) {
			const network = new Network(bench);
			const chat = await network.open(`ann ${history}`);
			const read: string[] = [];
			await chat.join("lobby", { history, on: { message: ({ text }) => void read.push(text) } });
			network.isUp = false;
			network.cut();
			await bob.ask('<say room="lobby">one</say>', '<say room="lobby">two</say>');
			network.isUp = true;
			await until(() => read.length === 2);
			expect(read).toEqual(["one", "two"]);
		}
	});

	it("announces that the room has another history, reads its newest messages, and sends there what waits", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const read: string[] = [];
		const room = await chat.join("lobby", {
			on: { gap: (gap) => void gaps.push(gap), message: ({ text, afterGap }) => void read.push(`${text} ${afterGap}`) },
		});
		await room.say("in the old one");
		network.deafen("out");
		const waits = room.say("waits");
		const other = ChatHarness.chat();
		await (await other.client("bob", "lobby")).ask('<say room="lobby">in the new one</say>');
		network.bench = other;
		network.cut();
		expect(await waits).toMatchObject({ seq: 2 });
		expect(gaps).toEqual([{ why: "history", from: undefined, to: undefined }]);
		expect(read).toEqual(["in the old one false", "in the new one true", "waits false"]);
	});

	it("reads a hole that nobody explained again, before it shows what stands behind it", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const read: string[] = [];
		await chat.join("lobby", {
			on: { gap: (gap) => void gaps.push(gap), message: ({ text }) => void read.push(text) },
		});
		await bob.ask('<say room="lobby">one</say>');
		network.swallows = /^<said [^>]*>two</;
		await bob.ask('<say room="lobby">two</say>');
		network.swallows = undefined;
		await bob.ask('<say room="lobby">three</say>', '<say room="lobby">four</say>');
		await bench.settle();
		expect(read).toEqual(["one", "two", "three", "four"]);
		expect(gaps).toEqual([]);
	});

	it("shows a hole that cannot be read again as a gap", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const read: string[] = [];
		await chat.join("lobby", {
			on: { gap: (gap) => void gaps.push(gap), message: ({ text }) => void read.push(text) },
		});
		await bob.ask('<say room="lobby">one</say>');
		network.swallows = /^<said [^>]*>two</;
		await bob.ask('<say room="lobby">two</say>');
		await bob.ask('<say room="lobby">three</say>', '<say room="lobby">four</say>');
		await bench.settle();
		expect(read).toEqual(["one", "three", "four"]);
		expect(gaps).toEqual([{ why: "lost", from: 2, to: 2 }]);
	});

	it("knows its own message behind a hole, also where the connection breaks before the room was read again", async () => {
		const bench = ChatHarness.chat({}, { log: new MemoryLog({ retention: { maxCount: 1 } }) });
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		await bob.ask('<say room="lobby">one</say>');
		network.swallows = /^<said [^>]*>two<|^<ack/;
		await bob.ask('<say room="lobby">two</say>');
		network.deafAfter = /^<join .*after="1"/;
		const mine = room.say("mine");
		await turns();
		await bob.ask('<say room="lobby">four</say>', '<say room="lobby">five</say>');
		network.aheadMs = 3_600_000;
		network.deafAfter = undefined;
		network.cut();
		expect(await mine).toEqual({ id: expect.any(String), seq: 3, duplicate: false });
		expect(times(network, "mine")).toBe(1);
	});

	it("reads a hole again on the next connection, where the reread had not come to its end", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const read: string[] = [];
		await chat.join("lobby", {
			on: { gap: (gap) => void gaps.push(gap), message: ({ text }) => void read.push(text) },
		});
		await bob.ask('<say room="lobby">one</say>');
		network.swallows = /^<said [^>]*>two</;
		await bob.ask('<say room="lobby">two</say>');
		network.deafAfter = /^<join .*after="1"/;
		await bob.ask('<say room="lobby">three</say>');
		await turns();
		network.deafAfter = undefined;
		// The next join is that of the new connection, which shows the hole again; the one after it reads the hole.
		let joins = 0;
		network.onSent = (document) => {
			if (/^<join .*after="1"/.test(document) && ++joins === 2) network.swallows = undefined;
		};
		network.cut();
		await until(() => read.length === 3);
		expect(read).toEqual(["one", "two", "three"]);
		expect(gaps).toEqual([]);
	});

	it("does not resend in a live room what was on its way, but sends what had not left", async () => {
		const bench = ChatHarness.chat();
		const network = new Network(bench);
		const chat = await network.open("ann");
		const gaps: Gap[] = [];
		const room = await chat.join("den", { on: { gap: (gap) => void gaps.push(gap) } });
		network.deafen("in");
		const left = room.say("left");
		await turns();
		network.isUp = false;
		network.cut();
		await expect(left).rejects.toMatchObject({
			code: "XMLSOCKET_OUTCOME_UNKNOWN",
			cause: { code: "XMLSOCKET_CONNECTION_LOST" },
		});
		const waits = room.say("waits");
		network.isUp = true;
		expect(await waits).toMatchObject({ duplicate: false });
		expect([times(network, "left"), times(network, "waits")]).toEqual([1, 1]);
		expect(gaps).toEqual([{ why: "away", from: undefined, to: undefined }]);
	});

	it("resends a private message that was on its way, and the receiver gets it once", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob");
		const network = new Network(bench);
		const chat = await network.open("ann");
		network.deafen("in");
		const told = chat.tell("bob", "psst");
		await turns();
		network.cut();
		expect(await told).toMatchObject({ duplicate: true });
		expect(times(network, "psst")).toBe(2);
		expect(bob.take()).toHaveLength(1);
	});

	it("shows a private message once that a server passes on twice", async () => {
		const network = new Network(ChatHarness.chat());
		const heard: string[] = [];
		await network.open("ann", { on: { told: ({ text }) => void heard.push(text) } });
		const bob = await network.bench.client("bob");
		const carol = await network.bench.client("carol");
		const tell = '<tell to="ann" id="7">psst</tell>';
		await bob.ask(tell);
		network.bench.advance(600_000);
		await bob.ask(tell);
		await carol.ask(tell);
		expect(heard).toEqual(["psst", "psst"]);
	});

	it("comes back after its own hello, given up before, was handled late; another chat with the session ends it", async () => {
		const bench = ChatHarness.chat();
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		const hellos = (): number => network.sent.filter((document) => document.startsWith("<hello")).length;
		network.deafAfter = /^<hello/;
		network.cut();
		await until(() => hellos() === 2);
		network.deafAfter = undefined;
		network.cut();
		await until(() => chat.status.type === "connected" && hellos() === 3);
		const resume = (): ReturnType<ChatHarness["connect"]> => {
			const client = bench.connect();
			client.send(`<hello session="${chat.session}" />`);
			return client;
		};
		// To the server, a hello that it handles late is another connection that resumes the session.
		const late = resume();
		await until(() => late.close !== undefined);
		expect(await room.say("still here")).toMatchObject({ seq: 1 });
		resume();
		expect((await chat.closed).error).toEqual(code("XMLSOCKET_SESSION_RESUMED"));
	});

	it("waits as long as the server asks when it goes away for a while", async () => {
		const network = new Network(ChatHarness.chat());
		await network.open("ann");
		network.bench.application.drain!(3);
		await turns();
		network.cut();
		await until(() => network.connections === 2);
		expect(network.host.waits).toEqual([4000]);
	});

	it("is over, with the code, when someone else has the name by then", async () => {
		const bench = ChatHarness.chat();
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.isUp = false;
		network.cut();
		await bench.settle();
		const waits = room.say("waits");
		await bench.client("ann");
		network.isUp = true;
		expect((await chat.closed).error).toEqual(code("XMLSOCKET_NAME_TAKEN"));
		await expect(waits).rejects.toMatchObject({ code: "XMLSOCKET_CLOSED", cause: { code: "XMLSOCKET_NAME_TAKEN" } });
		await expect(chat.join("other")).rejects.toEqual(code("XMLSOCKET_CLOSED"));
		const { connections } = network;
		await turns(50);
		expect(network.connections).toBe(connections);
	});

	it("enters a room once the connection is back, where it was asked to while away", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		network.isUp = false;
		network.cut();
		await turns();
		const joining = chat.join("den");
		expect(await outcome(joining)).toBe("pending");
		network.isUp = true;
		expect((await joining).isInside).toBe(true);
	});
});

describe("a room", () => {
	it("is the same one for everybody who joins it, until it is left", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const [one, two] = await Promise.all([chat.join("e\u0301den"), chat.join("\u00e9den")]);
		expect(one).toBe(two);
		expect([...chat.rooms.keys()]).toEqual(["\u00e9den"]);
		one.leave();
		expect(await one.ended).toEqual({});
		await expect(one.say("still here?")).rejects.toEqual(code("XMLSOCKET_ROOM_NOT_JOINED"));
		expect(await chat.join("\u00e9den")).not.toBe(one);
	});

	it("is refused with the server's code", async () => {
		const chat = await new Network(ChatHarness.chat({ createRooms: "off" })).open("ann");
		await expect(chat.join("nowhere")).rejects.toEqual(code("XMLSOCKET_ROOM_UNKNOWN"));
		await expect(chat.join("")).rejects.toEqual(code("XMLSOCKET_NAME_INVALID"));
		expect(chat.rooms.size).toBe(0);
	});

	it("goes on from the position of an earlier reading", async () => {
		const bench = ChatHarness.chat();
		const first = await new Network(bench).open("ann");
		const before = await first.join("lobby");
		await before.say("one");
		const since = before.position;
		await before.say("two");
		await first.close();
		const second = await new Network(bench).open("ann");
		const room = await second.join("lobby", { since });
		await room.say("three");
		const read: RoomMessage[] = [];
		for await (const message of room) if (read.push(message) === 2) break;
		expect(texts(read)).toEqual(["two", "three"]);
	});

	it("has no newest messages where they are not wanted, and returns pages of them", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<say room="lobby">one</say>', '<send room="lobby"><x/></send>', '<say room="lobby">three</say>');
		const chat = await new Network(bench).open("ann");
		const read: string[] = [];
		const room = await chat.join("lobby", { history: false, on: { message: ({ text }) => void read.push(text) } });
		await bench.settle();
		expect(read).toEqual([]);
		const page = await room.history({ limit: 2 });
		expect([texts(page.messages), page.more]).toEqual([["<x />", "three"], true]);
		const older = await room.history({ before: page.messages[0]!.seq!, limit: 2 });
		expect([texts(older.messages), older.more]).toEqual([["one"], false]);
		await expect((await chat.join("den")).history()).rejects.toEqual(code("XMLSOCKET_ROOM_NOT_STORED"));
	});

	it("emits who enters and leaves, and the topic", async () => {
		const bench = ChatHarness.chat({ topics: "everyone" });
		const bob = await bench.client("bob", "lobby");
		await bob.ask('<topic room="lobby">tea</topic>');
		const chat = await new Network(bench).open("ann");
		const events: string[] = [];
		const room = await chat.join("lobby", {
			on: {
				enter: ({ name }) => void events.push(`+${name}`),
				exit: ({ name }) => void events.push(`-${name}`),
				topic: ({ by, text, standing }) => void events.push(`${by}: ${text} ${standing}`),
			},
		});
		await bench.client("carol", "lobby");
		await bob.ask('<leave room="lobby" />');
		await room.setTopic("cake");
		expect(events).toEqual(["bob: tea true", "+carol", "-bob", "ann: cake false"]);
		expect([[...room.members].sort(), room.memberCount, room.topic]).toEqual([["ann", "carol"], 2, "cake"]);
	});

	it("rejects a topic that one may not set", async () => {
		const chat = await new Network(ChatHarness.chat()).open("ann");
		await expect((await chat.join("lobby")).setTopic("mine")).rejects.toEqual(code("XMLSOCKET_NOT_OPERATOR"));
	});

	it("ends with the reason when an operator sends one out, and is not entered again", async () => {
		const bench = ChatHarness.chat({ tokens: "sesame root operator\n" });
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		const reading = expect(
			(async () => {
				for await (const _ of room);
			})(),
		).rejects.toEqual(code("XMLSOCKET_KICKED"));
		const root = bench.connect();
		await root.ask('<hello name="root" token="sesame" />', '<join room="lobby" />', '<kick room="lobby" name="ann" />');
		await reading;
		expect((await room.ended).error).toEqual(code("XMLSOCKET_KICKED"));
		network.cut();
		await until(() => network.connections === 2);
		await bench.settle();
		expect(chat.rooms.size).toBe(0);
		expect(network.sent.filter((document) => document.startsWith("<join"))).toHaveLength(1);
	});

	it("keeps the newest messages for a later reader, and marks that older ones are missing", async () => {
		const bench = ChatHarness.chat();
		const chat = await new Network(bench).open("ann", { maxInboxMessages: 3 });
		const room = await chat.join("lobby");
		for (let n = 1; n <= 5; n++) await room.say(String(n));
		const read: string[] = [];
		for await (const { text, afterGap } of room) if (read.push(`${text} ${afterGap}`) === 3) break;
		expect(read).toEqual(["3 true", "4 false", "5 false"]);
	});

	it("brings a slow reader everything, also one that waits for its own answers", async () => {
		const bench = ChatHarness.chat();
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann", { maxInboxMessages: 3 });
		const room = await chat.join("lobby");
		const read: string[] = [];
		const reading = (async () => {
			for await (const { text, own, afterGap } of room) {
				expect(afterGap).toBe(false);
				if (own) continue;
				if (read.push(text) === 300) break;
				if (read.length % 50 === 0) await room.say(`at ${text}`);
			}
		})();
		for (let n = 0; n < 300; n++) bob.send(`<say room="lobby">${n}</say>`);
		await reading;
		expect(read).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
	});

	it("is entered again when the server's log is back", async () => {
		const log = new BrokenLog();
		const bench = ChatHarness.chat({}, { log });
		const bob = await bench.client("bob", "lobby");
		const network = new Network(bench);
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		await room.say("one");
		network.isUp = false;
		network.cut();
		await bob.ask('<say room="lobby">meanwhile</say>');
		log.isBroken = true;
		network.isUp = true;
		await until(() => network.connections === 2 && bench.reported.length === 1);
		const waits = room.say("two");
		expect(await outcome(waits)).toBe("pending");
		log.isBroken = false;
		log.back();
		expect(await waits).toMatchObject({ seq: 3 });
	});
});

describe("close", () => {
	it("is what an abort does at once, with the code", async () => {
		const controller = new AbortController();
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann", { signal: controller.signal });
		const room = await chat.join("lobby");
		controller.abort();
		expect((await chat.closed).error).toEqual(code("XMLSOCKET_ABORTED"));
		expect((await room.ended).error).toEqual(code("XMLSOCKET_ABORTED"));
	});

	it("waits for the answers to what is on its way", async () => {
		const log = new MemoryLog();
		const network = new Network(ChatHarness.chat({}, { log }));
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		const said = room.say("last words");
		await chat.close();
		expect(await said).toMatchObject({ seq: 1 });
		expect(await room.ended).toEqual({});
		expect(await stored(log)).toEqual(["last words"]);
	});

	it("rejects what never left with one code, and what has no answer with another", async () => {
		const network = new Network(ChatHarness.chat());
		const chat = await network.open("ann");
		const room = await chat.join("lobby");
		network.deafen("in");
		const left = room.say("left");
		await turns();
		network.isUp = false;
		network.cut();
		await turns();
		const waits = room.say("waits");
		const ends = Promise.allSettled([left, waits]);
		await chat.close();
		expect(await ends).toEqual([
			{ status: "rejected", reason: code("XMLSOCKET_OUTCOME_UNKNOWN") },
			{ status: "rejected", reason: code("XMLSOCKET_CLOSED") },
		]);
		await chat.close();
	});
});

/** A log in memory that cannot be reached at times. */
class BrokenLog extends MemoryLog {
	isBroken = false;
	back: () => void = () => {};

	override async readAfter(...args: Parameters<MemoryLog["readAfter"]>): ReturnType<MemoryLog["readAfter"]> {
		if (this.isBroken) throw new Error("no log");
		return await super.readAfter(...args);
	}

	watch(changed: (reachable: boolean) => void): () => void {
		this.back = () => changed(true);
		return () => {};
	}
}
