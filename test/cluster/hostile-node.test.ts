// Another program, or a broken daemon, publishes on the bus. The daemon drops what cannot be valid, keeps a bounded amount of what can,
// serves its clients, and forgets everything 15 s after the publisher has stopped.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChatApplication } from "../../src/chat/index.ts";
import { type MemoryBus, MemoryExchange } from "../../src/cluster/memory-bus.ts";
import { XMLSocketError } from "../../src/errors/index.ts";
import { AT, ChatHarness, type Client } from "../chat/harness.ts";

const encoder = new TextEncoder();
const SESSION = "00000000000000aa";
const DIGEST = "0".repeat(32);
const session = (number: number): string => number.toString(16).padStart(16, "0");

let exchange: MemoryExchange;
let harness: ChatHarness;
let hostile: MemoryBus;
let ann: Client;

beforeEach(async () => {
	exchange = new MemoryExchange();
	harness = ChatHarness.chat({ rooms: ["game:live"] }, { bus: exchange.join() });
	hostile = exchange.join();
	ann = await harness.client("ann", "game");
});

afterEach(async () => {
	// Whatever was published: the clients are served, everything that was invented goes, and nothing is reported but what was dropped.
	harness.sweep(15);
	await harness.settle();
	ann.take();
	expect(await ann.ask('<say room="game" id="end">still here</say>')).toEqual([
		`<said room="game" from="ann" at="${AT}" id="end">still here</said>`,
		'<ack id="end" />',
	]);
	expect(stats()).toMatchObject({ chat_nodes: 1, chat_remote_clients: 0 });
	expect(await ann.ask("<rooms />")).toEqual([
		'<rooms offset="0"><room name="lobby" kind="stored" members="0" /><room name="game" kind="live" members="1" /></rooms>',
	]);
	for (const error of harness.reported) {
		expect(error).toBeInstanceOf(XMLSocketError);
		expect(error).toMatchObject({ code: "XMLSOCKET_BUS_MESSAGES_DROPPED" });
	}
});

function stats(): Record<string, number> {
	return harness.application.stats!();
}

function dropped(reason: string): number {
	return stats()[`chat_bus_dropped_${reason}`]!;
}

function publish(data: string | Uint8Array, room?: string): void {
	const bytes = typeof data === "string" ? encoder.encode(data) : data;
	hostile.publish(room === undefined ? { to: "all" } : { to: "room", room }, bytes);
}

const send = (...message: unknown[]): void => publish(JSON.stringify(message));
const sendToRoom = (...message: unknown[]): void => publish(JSON.stringify(message), "game");
/** A node whose snapshot is requested, and its answer. */
async function join(node: string, snapshot: object = {}): Promise<void> {
	send("heartbeat", node, 0, 0);
	await harness.settle();
	send("snapshot", node, 0, 0, 1, { people: [], sent: [], ...snapshot });
	await harness.settle();
}
const person = (number: number, name = `p${number}`, ...rooms: string[]): unknown[] => [
	session(number),
	name,
	DIGEST,
	1,
	rooms,
];

describe("a message that is not one of a daemon", () => {
	const malformed: [string, string | Uint8Array][] = [
		["no JSON", "hello"],
		["nothing", ""],
		["bytes that are no text", new Uint8Array([0xff, 0xfe, 0, 1])],
		["an object", '{"0":"heartbeat","1":"x"}'],
		["__proto__ as its kind", '["__proto__","x",1]'],
		["constructor as its kind", '["constructor","x",1]'],
		["an unknown kind", '["reboot","x"]'],
		["no sender", '["heartbeat"]'],
		["a sender that is no id", '["snapshot-request","*"]'],
		["a sender that ends a line of NATS", '["snapshot-request","x 5\\r\\nPUB y"]'],
		["a sender of 65 characters", `["heartbeat","${"x".repeat(65)}",0,0]`],
		["a heartbeat of words", '["heartbeat","x","many","now"]'],
		["a time without end", '["heartbeat","x",0,1e999]'],
		["a negative number", '["heartbeat","x",-1,0]'],
		["changes that are no list", '["changes","x",1,{"length":9}]'],
		["a change with a prototype", '["changes","x",1,[["__proto__","a"]]]'],
		["a person without a name", `["changes","x",1,[["person","${SESSION}","","${DIGEST}",1]]]`],
		["a person whose name breaks lines", `["changes","x",1,[["person","${SESSION}","a\\nb","${DIGEST}",1]]]`],
		["a person of the far future", `["changes","x",1,[["person","${SESSION}","a","${DIGEST}",9007199254740991]]]`],
		["a room that is no name", `["changes","x",1,[["enter","${SESSION}","${"r".repeat(65)}"]]]`],
		["a topic, which comes from the records", '["changes","x",1,[["topic","game","eve","chess"]]]'],
		["an exit for an invented reason", `["changes","x",1,[["exit","${SESSION}","game",{"reason":"<b/>"}]]]`],
		["a ban, which comes from the records", '["changes","x",1,[["ban","game",["ann"],60,"eve"]]]'],
		["a snapshot of null", '["snapshot","x",0,0,1,null]'],
		["a part beyond the last one", '["snapshot","x",0,7,3,{"people":[],"sent":[]}]'],
		["a snapshot without counts", '["snapshot","x",0,0,1,{"people":[]}]'],
		["an unknown request", '["request","x",1,["shutdown"]]'],
		[
			"a private message with an id of 65 characters",
			`["request","x",1,["tell","${SESSION}","${SESSION}","a","${AT}","t","${"i".repeat(65)}"]]`,
		],
		["100,000 arrays inside each other", `["changes","x",1,${"[".repeat(100_000)}${"]".repeat(100_000)}]`],
	];
	it.each(malformed)("is dropped and counted: %s", async (_, data) => {
		publish(data);
		await harness.settle();
		expect(dropped("unreadable")).toBe(1);
		expect(stats()).toMatchObject({ chat_nodes: 1 });
		expect(ann.take()).toEqual([]);
	});

	const said = ["x", 1, 1, "said", SESSION, "eve", AT, "hi", 0];
	const relayed: [string, unknown[]][] = [
		["markup that ends its element", said.with(3, "sent").with(7, "</sent><bye/><sent>")],
		["markup with a DOCTYPE", said.with(3, "sent").with(7, "<!DOCTYPE a>")],
		["a text with a zero byte", said.with(7, "a\0b")],
		["a text that is a number", said.with(7, 5)],
		["a name that turns the line round", said.with(5, "\u202eeve")],
		["a time that is markup", said.with(6, '" x="')],
		["an unknown kind", said.with(3, "__proto__")],
		["a number that is not whole", said.with(2, 1.5)],
		["too few values", said.slice(0, 7)],
	];
	it.each(relayed)("does not reach the members of a room: %s", async (_, message) => {
		sendToRoom(...message);
		await harness.settle();
		expect(dropped("unreadable")).toBe(1);
		expect(ann.take()).toEqual([]);
	});

	it("is reported once in ten seconds for its reason, with the number of such messages", async () => {
		for (let i = 0; i < 500; i++) publish("x");
		await harness.settle();
		harness.sweep(3);
		for (let i = 0; i < 100; i++) publish("x");
		await harness.settle();
		harness.sweep(11);
		expect(harness.reported.map((error) => (error as XMLSocketError).details.dropped)).toEqual([500, 100]);
	});

	it("of 15 MB costs its sender what it may send", async () => {
		send("heartbeat", "big", 0, 0);
		await harness.settle();
		publish(`["changes","big",1,["${"x".repeat(15_400_000)}"]]`);
		send("heartbeat", "big", 0, 0);
		await harness.settle();
		expect(dropped("unreadable")).toBe(1);
		expect(dropped("too_fast")).toBe(1);
	});
});

describe("an invented node", () => {
	it("is one of 256 at most", async () => {
		for (let i = 0; i < 5000; i++) send("heartbeat", `invented${i}`, 0, 0);
		await harness.settle();
		expect(stats()).toMatchObject({ chat_nodes: 257 });
		expect(dropped("too_many_nodes")).toBe(5000 - 256);
	});

	it("cannot make room for others by leaving", async () => {
		for (let i = 0; i < 5000; i++) {
			send("heartbeat", `invented${i}`, 0, 0);
			send("leave", `invented${i}`);
		}
		await harness.settle();
		expect(dropped("too_many_nodes")).toBe(5000 - 256);
	});

	it("that has left does not return, so that nobody comes and goes with it", async () => {
		await join("x", { people: [person(1, "eve", "game")] });
		expect(ann.take()).toEqual(['<enter room="game" name="eve" members="2" />']);
		for (let i = 0; i < 1000; i++) {
			send("leave", "x");
			send("heartbeat", "x", 0, 0);
			send("snapshot", "x", 0, 0, 1, { people: [person(1, "eve", "game")], sent: [] });
		}
		await harness.settle();
		expect(ann.take()).toEqual(['<exit room="game" name="eve" members="1" />']);
	});

	it("sends no snapshot that was not requested", async () => {
		await join("x");
		for (let i = 0; i < 50; i++) {
			const people = i % 2 === 0 ? [person(1, "eve", "game")] : [];
			send("snapshot", "x", i, 0, 1, { people, sent: [] });
		}
		await harness.settle();
		expect(ann.take().length).toBeLessThanOrEqual(2);
		expect(dropped("unrequested")).toBeGreaterThanOrEqual(48);
	});

	it("has 250,000 people and memberships at most", async () => {
		send("heartbeat", "x", 0, 0);
		await harness.settle();
		const rooms = Array.from({ length: 5000 }, (_, number) => `room ${number}`);
		const parts = 60;
		for (let part = 0; part < parts; part++) {
			send("snapshot", "x", 0, part, parts, {
				people: [person(part, `p${part}`, ...rooms)],
				sent: [],
			});
		}
		await harness.settle();
		// 49 people with all their rooms, one with 4950 of them, and ten who are not known at all.
		expect(dropped("too_many_entries")).toBe(50 + 10);
		expect(stats()).toMatchObject({ chat_remote_clients: 50 });
	});

	it("keeps no more than 16 MiB of a snapshot whose end does not come, and that for 10 s", async () => {
		send("heartbeat", "x", 0, 0);
		await harness.settle();
		const text = "x".repeat(1_000_000);
		for (let part = 0; part < 14; part++) {
			send("snapshot", "x", 0, part, 10_000, { people: [], sent: [], unknown: text });
		}
		await harness.settle();
		for (let second = 0; second < 10; second++) {
			harness.sweep();
			send("heartbeat", "x", 0, 0);
			await harness.settle();
		}
		// The rest is not added to what was forgotten.
		send("snapshot", "x", 0, 14, 15, { people: [person(1)], sent: [] });
		await harness.settle();
		expect(stats()).toMatchObject({ chat_remote_clients: 0 });
	});

	it("gets one snapshot for many requests", async () => {
		let parts = 0;
		hostile.subscribe({ to: "node", node: "x" }, (data) => {
			if (new TextDecoder().decode(data).startsWith('["snapshot",')) parts++;
		});
		send("heartbeat", "x", 0, 0);
		for (let i = 0; i < 5000; i++) send("snapshot-request", "x");
		await harness.settle();
		harness.advance(50);
		await harness.settle();
		expect(parts).toBeGreaterThanOrEqual(1);
		expect(parts).toBeLessThanOrEqual(2);
	});

	it("that floods is dropped unread, beyond what a node may send in a second", async () => {
		send("heartbeat", "x", 0, 0);
		await harness.settle();
		ann.take();
		for (let i = 1; i <= 100_000; i++) {
			const message = JSON.stringify(["x", 1, i, "said", SESSION, "eve", AT, "flood", 0]);
			publish(message, "game");
		}
		await harness.settle();
		expect(ann.take().length).toBeLessThanOrEqual(60_000);
		expect(dropped("too_fast")).toBeGreaterThanOrEqual(40_000);
	});

	it("cannot make the daemon forget how much an honest node has sent to a room", async () => {
		await join("honest");
		sendToRoom("honest", 1, 5);
		for (let i = 0; i < 2000; i++) sendToRoom(`invented${i}`, 1, 1);
		sendToRoom("honest", 1, 8);
		await harness.settle();
		expect(ann.take()).toEqual(['<gap room="game" messages="3" />']);
	});

	it("with a clock that jumps is one with a clock", async () => {
		for (const sentMs of [0, 9e15, -9e15, 5, 1e300]) send("heartbeat", "x", 0, sentMs);
		for (const [number, sentMs] of [0, 1e300, -1e300].entries()) {
			sendToRoom("x", 1, number + 1, "said", SESSION, "eve", AT, "hi", sentMs);
		}
		await harness.settle();
		expect(ann.take().filter((text) => text.startsWith("<said"))).toHaveLength(3);
	});

	it("whose changes come out of order is asked for a snapshot once a second", async () => {
		let requests = 0;
		hostile.subscribe({ to: "node", node: "x" }, (data) => {
			if (new TextDecoder().decode(data).startsWith('["snapshot-request",')) requests++;
		});
		for (let number = 1000; number > 0; number--) send("changes", "x", number, [["gone", SESSION]]);
		await harness.settle();
		expect(requests).toBe(1);
	});
});

describe("an invented person", () => {
	it("cannot take a session of this daemon, or of another one, without its secret", async () => {
		await join("honest", { people: [person(1, "bob", "game")] });
		await join("x", { people: [[session(1), "bob", "1".repeat(32), 99, ["game"]]] });
		const own = ann.session.slice(0, 16);
		send("changes", "x", 1, [["person", own, "ann", DIGEST, 8e15]]);
		await harness.settle();
		expect(dropped("forged")).toBe(2);
		expect(ann.close).toBeUndefined();
		expect(ann.take().filter((text) => !text.startsWith("<enter"))).toEqual([]);
		expect(stats()).toMatchObject({ chat_remote_clients: 1 });
	});

	it("with the name of a client leaves it its name, and costs one lease a second", async () => {
		let leases = 0;
		const own = exchange.leases;
		const get = own.get.bind(own);
		own.get = (key) => {
			leases++;
			return get(key);
		};
		await join("x");
		for (let number = 1; number <= 1000; number++) {
			send("changes", "x", number, [
				["person", session(number), "Ann", DIGEST, 1],
				["gone", session(number)],
			]);
		}
		await harness.settle();
		expect(leases).toBeLessThanOrEqual(2);
		expect(ann.take()).toEqual([]);
	});

	it("with the session of a client, its digest and an earlier connection is told so once a second", async () => {
		let changes = 0;
		hostile.subscribe({ to: "all" }, (data) => {
			if (new TextDecoder().decode(data).includes(ann.session.slice(0, 16))) changes++;
		});
		const secret = ann.session.slice(17);
		await join("x");
		changes = 0;
		for (let number = 1; number <= 1000; number++) {
			send("changes", "x", number, [["person", ann.session.slice(0, 16), "ann", secret, 1]]);
		}
		await harness.settle();
		harness.advance(5);
		await harness.settle();
		// The hostile node receives its own messages too.
		expect(changes - 1000).toBeLessThanOrEqual(2);
	});
});

describe("a question of an operator", () => {
	it("is answered at most 50 times a second, 200 times at once and 64 at the same time, and never one that is no question", async () => {
		await join("x");
		let answers = 0;
		hostile.subscribe({ to: "node", node: "x" }, (data) => {
			if (new TextDecoder().decode(data).startsWith('["response",')) answers++;
		});
		for (const question of [1, null, {}, [], "x".repeat(262_145)]) send("request", "x", 1, ["ask", question]);
		await harness.settle();
		expect(dropped("unreadable")).toBe(5);
		const ask = async (times: number): Promise<void> => {
			for (let number = 0; number < times; number++) send("request", "x", number, ["ask", "{}"]);
			await harness.settle();
		};
		await ask(100);
		expect(answers).toBe(64);
		for (let i = 0; i < 10; i++) await ask(60);
		expect(answers).toBe(200);
		harness.advance(1000);
		for (let i = 0; i < 3; i++) await ask(50);
		expect(answers).toBe(250);
		expect(dropped("too_fast")).toBe(600);
		ann.take();
	});

	it("gets the answer of the node that was asked, and of no other", async () => {
		await join("honest");
		const { administration } = harness.application as ChatApplication;
		const asked = administration.ask("honest", "how are you");
		await harness.settle();
		for (const answer of ["forged", true]) send("response", "x", 1, answer);
		await harness.settle();
		send("response", "honest", 1, "well");
		await harness.settle();
		expect(await asked).toBe("well");
		const late = administration.ask("honest", "again");
		const failed = expect(late).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		harness.sweep(4);
		await failed;
	});
});

describe("a response", () => {
	it("that was not asked for, or comes from another node than the one that was asked, changes nothing", async () => {
		await join("honest", { people: [person(1, "bob")] });
		ann.take();
		ann.send('<tell to="bob" id="t">hi</tell>');
		await harness.settle();
		for (let id = 0; id < 100; id++) send("response", "x", id, true);
		await harness.settle();
		expect(dropped("unrequested")).toBe(100);
		expect(ann.take()).toEqual([]);
		send("response", "honest", 1, true);
		await harness.settle();
		expect(ann.take()).toEqual(['<ack id="t" />']);
	});

	it("that never comes is replaced by an error after 3 s, and does not hold up requests to other nodes", async () => {
		await join("mute", { people: [person(1, "bob")] });
		await join("honest", { people: [person(2, "eve")] });
		const speakers = [ann];
		for (let number = 0; number < 3; number++) speakers.push(await harness.client(`s${number}`));
		for (const [at, speaker] of speakers.entries()) {
			for (let i = 0; i < 250; i++) speaker.send(`<tell to="bob" id="${at}-${i}">hi</tell>`);
		}
		await harness.settle();
		expect(ann.take()).toEqual([]);
		const last = await harness.client("last");
		expect(await last.ask('<tell to="bob" id="one-more">hi</tell>')).toEqual([
			expect.stringContaining('<error code="unavailable" id="one-more"'),
		]);
		last.send('<tell to="eve" id="other">hi</tell>');
		await harness.settle();
		send("response", "honest", 1002, true);
		await harness.settle();
		expect(last.take()).toEqual(['<ack id="other" />']);
		harness.sweep(4);
		await harness.settle();
		expect(ann.take().filter((text) => text.startsWith('<error code="unavailable"'))).toHaveLength(250);
	});
});
