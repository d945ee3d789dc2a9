// Bans, mutes, slow mode, private rooms and the message filter: what holds, for whom, for how long, and what is no way round it.

import { describe, expect, it } from "vitest";
import { type ChatOptions, type ChatParts, type CreateChatOptions, createChat } from "../../src/chat/index.ts";
import { XMLSocketError } from "../../src/errors/index.ts";
import { MemoryLog } from "../../src/message-log/index.ts";
import { addressFormat } from "../../src/server/address-format.ts";
import { ChatHarness, type Client, type ConnectOptions } from "./harness.ts";

const OPERATOR = { tokens: "t op operator" } satisfies ChatOptions;
const WALL = Date.parse("2026-01-01T00:00:00Z");

interface Setting extends ChatParts, Pick<CreateChatOptions, "filter"> {
	readonly options?: ChatOptions;
}

/** A chat with an operator, whose wall clock a test can set. */
async function chatWith({ options, filter, ...parts }: Setting = {}) {
	const clock = { wallMs: WALL };
	const harness: ChatHarness = new ChatHarness((own) =>
		createChat(
			{ ...OPERATOR, ...options, filter },
			{ ...own, addresses: addressFormat, wallMs: () => clock.wallMs, ...parts },
		),
	);
	/** Both clocks go on. */
	const pass = (seconds: number): void => {
		for (let at = 0; at < seconds; at++) {
			clock.wallMs += 1000;
			harness.sweep();
		}
	};
	const op = harness.connect({ remoteAddress: "198.51.100.1", addressKey: "198.51.100.1" });
	await op.ask('<hello token="t" />', '<join room="x" />');
	const from = async (address: string, name: string, options: ConnectOptions = {}): Promise<Client> => {
		const client = harness.connect({ remoteAddress: address, addressKey: address, ...options });
		await client.ask(`<hello name="${name}" />`);
		return client;
	};
	return { harness, op, clock, pass, from };
}

const join = async (client: Client, room = "x", more = ""): Promise<string> =>
	(await client.ask(`<join room="${room}" after="-1" ${more}/>`))[0]!.slice(0, 20);
const JOINED = expect.stringMatching(/^<joined /);
const BANNED = expect.stringMatching(/^<error code="banned"/);

describe("a ban by name", () => {
	it.each([
		["another letter case", "BOB"],
		["letters that look like Latin ones", "bоb"],
		["white space around it", "&#160;bob"],
		["full-width letters", "ｂｏｂ"],
		["invisible characters", "b\u200bo\u200bb"],
	])("holds for %s", async (_, name) => {
		const { harness, op } = await chatWith();
		await op.ask('<ban room="x" name="bob" />', '<ban room="y" name="bob" for="forever" />');
		const client = harness.connect();
		await client.ask(`<hello name="${name}" />`);
		expect([await join(client, "x"), await join(client, "y"), await join(client, "z")]).toEqual([
			BANNED,
			BANNED,
			JOINED,
		]);
	});

	it("holds for the session after a rename, and after a new connection with the session", async () => {
		const { harness, op } = await chatWith();
		const bob = await harness.client("bob", "x");
		await op.ask('<ban room="x" name="bob" />');
		await bob.ask('<hello name="innocent" />');
		expect(await join(bob)).toEqual(BANNED);
		const again = harness.connect();
		await again.ask(`<hello name="other" session="${bob.session}" />`);
		expect(await join(again)).toEqual(BANNED);
	});

	it("ends the stay of a member who takes the banned name in the room", async () => {
		const { harness, op } = await chatWith();
		await op.ask('<ban room="x" name="bob" />');
		const eve = await harness.client("eve", "x", "y");
		const got = await eve.ask('<hello name="bob" />');
		expect(got.filter((text) => text.includes('room="x"')).join()).toContain('reason="banned" by="op"');
		expect(await eve.ask('<say room="x">hi</say>')).toEqual([expect.stringContaining("room-not-joined")]);
		expect(await eve.ask('<say room="y">hi</say>')).toEqual([expect.stringContaining("<said ")]);
	});

	it("without a room ends the connection in words, and the name and the session are refused from then on", async () => {
		const { harness, op } = await chatWith();
		const bob = await harness.client("bob", "x");
		await op.ask('<ban name="bob" for="90" reason="advertising" />');
		expect(bob.take().slice(-2)).toEqual([
			'<error code="banned" retry-after="90">You are banned from this server for 90 more seconds. Reason: advertising</error>',
			'<bye reason="banned" />',
		]);
		await harness.settle();
		expect(bob.close).toBeDefined();
		const again = harness.connect();
		expect((await again.ask('<hello name="Bob" id="1" />')).at(-1)).toContain('<error code="banned" id="1" ');
		expect((await again.ask(`<hello name="eve" session="${bob.session}" />`)).at(-1)).toEqual(BANNED);
		expect((await again.ask('<hello name="eve" />'))[0]).toContain('<welcome name="eve"');
	});

	it("of another operator, or the same again, changes its end instead of adding one", async () => {
		const { op, pass } = await chatWith();
		await op.ask('<ban room="x" name="bob" for="10" />', '<ban room="x" name="BOB" for="100" />');
		pass(50);
		expect((await op.ask("<bans />"))[0]!.match(/<ban /g)).toHaveLength(1);
		pass(51);
		expect(await op.ask("<bans />")).toEqual(['<bans offset="0"></bans>']);
	});
});

describe("a ban by address", () => {
	it("refuses a connection with words and a reason that is counted, and ends those that are open", async () => {
		const { harness, op, from } = await chatWith();
		const bob = await from("203.0.113.7", "bob");
		const far = await from("203.0.114.7", "far");
		bob.take();
		await op.ask('<ban address="203.0.113.0/24" for="60" reason="raid" />');
		expect(bob.take().slice(-2)).toEqual([expect.stringContaining("Reason: raid"), '<bye reason="banned" />']);
		const again = harness.connect({ remoteAddress: "203.0.113.9", addressKey: "203.0.113.9" });
		await harness.settle();
		expect(again.take()).toEqual([
			'<error code="banned" retry-after="60">You are banned from this server for 60 more seconds. Reason: raid</error>',
			'<bye reason="banned" />',
		]);
		expect(await join(far)).toEqual(JOINED);
	});

	it.each([
		["an IPv4 address in IPv6", "203.0.113.7", "::ffff:203.0.113.7"],
		["a range of IPv4 in IPv6", "::ffff:203.0.113.0/120", "203.0.113.99"],
		["another address of the same /64", "2001:db8:1:2::5", "2001:db8:1:2:aaaa:bbbb:cccc:dddd"],
		["an address of a range whose text names a host in it", "2001:db8:1:2::5/48", "2001:db8:1:ffff::1"],
		["an address with a zone", "fe80::1", "fe80::1%eth0"],
	])("holds for %s", async (_, banned, address) => {
		const { harness, op } = await chatWith();
		await op.ask(`<ban address="${banned}" />`);
		const client = harness.connect({ remoteAddress: address, addressKey: address });
		await harness.settle();
		expect(client.take()[0]).toEqual(BANNED);
	});

	it.each([
		["the next /64", "2001:db8:1:2::5", "2001:db8:1:3::5"],
		["the next address, where one alone is banned", "2001:db8:1:2::5/128", "2001:db8:1:2::6"],
		["the next range", "203.0.113.0/25", "203.0.113.128"],
	])("does not hold for %s", async (_, banned, address) => {
		const { op, from } = await chatWith();
		await op.ask(`<ban address="${banned}" />`);
		expect(await join(await from(address, "eve"))).toEqual(JOINED);
	});

	it.each([
		["everybody", "0.0.0.0/0", "larger than /8"],
		["a range that a missing digit makes huge", "203.0.113.0/2", "larger than /8"],
		["all of IPv6", "::/0", "larger than /16"],
		["this machine", "127.0.0.1", "this machine"],
		["this machine in IPv6", "::1", "this machine"],
		["this machine as IPv4 in IPv6", "::ffff:127.0.0.1", "this machine"],
		["the operator's own address", "198.51.0.0/16", "Your own address"],
		["a name", "example.org", "An address is"],
		["a number that old programs read as an address", "3405803783", "An address is"],
		["too many bits", "203.0.113.0/33", "An address is"],
		["two lengths", "203.0.113.0/24/8", "An address is"],
		["nothing", "", "An address is"],
		["a long text", "1".repeat(10_000), "An address is"],
	])("is refused for %s", async (_, address, words) => {
		const { op } = await chatWith();
		const [answer] = await op.ask(`<ban address="${address}" id="1" />`);
		expect(answer).toContain('<error code="attribute-invalid" id="1"');
		expect(answer).toContain(words);
		expect(await op.ask("<bans />")).toEqual(['<bans offset="0"></bans>']);
	});

	it("never holds for loopback and for a trusted proxy that names no client", async () => {
		const { harness, op } = await chatWith();
		await op.ask('<ban address="10.0.0.0/8" />');
		const local = harness.connect({ remoteAddress: "127.0.0.1" });
		const proxy = harness.connect({ remoteAddress: "10.0.0.5", addressKey: "10.0.0.5", isProxy: true });
		expect([await join(local), await join(proxy)].length).toBe(2);
		expect(await proxy.ask('<say room="x">hi</say>')).toEqual([expect.stringContaining("<said ")]);
	});

	it("comes with a ban by name where the operator asks for it, and follows to another name and session", async () => {
		const { op, from } = await chatWith();
		const bob = await from("203.0.113.7", "bob");
		await join(bob);
		expect((await op.ask('<ban room="x" name="bob" also="address" id="1" />')).at(-1)).toContain("<ack ");
		expect(await join(await from("203.0.113.7", "nobody"))).toEqual(BANNED);
		const [list] = await op.ask("<bans />");
		// The operator does not learn the address.
		expect(list).not.toContain("203.0.113.7");
		await op.ask('<unban room="x" name="bob" />');
		expect(await join(await from("203.0.113.7", "eve"))).toEqual(JOINED);
	});

	it("does not come with a name whose address is the operator's, or a proxy's", async () => {
		const { harness, op, from } = await chatWith();
		await from("198.51.100.1", "bob");
		await from("10.0.0.5", "eve", { isProxy: true });
		await harness.client("local");
		for (const [name, words] of [
			["bob", "Your own address"],
			["eve", "everyone behind it"],
			["local", "everyone behind it"],
		]) {
			expect((await op.ask(`<ban name="${name}" also="address" />`))[0]).toContain(words);
		}
	});

	it("of one room keeps out of that room alone, and a mute silences there", async () => {
		const { op, from } = await chatWith();
		await op.ask('<ban room="x" address="203.0.113.7" />', '<mute room="y" address="203.0.113.0/24" />');
		const bob = await from("203.0.113.7", "bob");
		expect([await join(bob), await join(bob, "y")]).toEqual([BANNED, JOINED]);
		expect(await bob.ask('<say room="y">hi</say>')).toEqual([expect.stringContaining('code="muted"')]);
	});
});

describe("bans and mutes", () => {
	it("are listed in pages and lifted by id or by whom they are for, and a lift of none is refused", async () => {
		const { op } = await chatWith();
		const [, ack] = await op.ask(
			'<ban room="x" name="bob" for="60" reason="&lt;b&gt;" id="1" />',
			'<ban name="eve" for="forever" id="2" />',
		);
		const id = /ban="(\w+)"/.exec(ack!)![1]!;
		await op.ask('<ban session="0123456789abcdef" />', '<mute address="203.0.113.0/24" />');
		const [bans] = await op.ask("<bans />");
		expect(bans!.replaceAll(/ id="\w+"/g, "")).toBe(
			'<bans offset="0">' +
				'<ban room="x" name="bob" by="op" at="2026-01-01T00:00:00.000Z" until="2026-01-01T00:01:00.000Z" reason="&lt;b&gt;" />' +
				`<ban name="eve" by="op" at="2026-01-01T00:00:00.000Z" />` +
				'<ban session="0123456789abcdef" by="op" at="2026-01-01T00:00:00.000Z" until="2026-01-01T00:10:00.000Z" /></bans>',
		);
		expect((await op.ask('<bans offset="1" limit="1" />'))[0]).toMatch(
			/^<bans offset="1" more="true"><ban [^>]*name="eve"[^>]*\/><\/bans>$/,
		);
		expect((await op.ask('<bans room="x" />'))[0]!.match(/<ban /g)).toHaveLength(1);
		expect((await op.ask("<mutes />"))[0]).toContain('address="203.0.113.0/24"');
		expect(
			await op.ask(
				`<unban ban="${id}" id="3" />`,
				'<unban room="x" name="Bob" id="4" />',
				'<unban name="EVE" id="5" />',
			),
		).toEqual(['<ack id="3" />', '<ack id="4" />', expect.stringContaining('<error code="sanction-unknown" id="5"')]);
		expect(await op.ask('<unmute address="203.0.113.9/24" id="6" />')).toEqual(['<ack id="6" />']);
		expect((await op.ask("<bans />"))[0]!.match(/<ban /g)).toHaveLength(1);
	});

	it("are for operators alone, in all documents about them", async () => {
		const { harness } = await chatWith();
		const eve = await harness.client("eve", "x");
		for (const document of [
			'<ban name="op" />',
			'<unban name="op" />',
			'<unmute ban="1" />',
			"<bans />",
			"<mutes />",
			'<settings room="x" slow="9" />',
			'<settings room="x" />',
			'<invite room="x" name="eve" />',
		]) {
			expect(await eve.ask(document)).toEqual([expect.stringContaining('<error code="not-operator">')]);
		}
	});

	it.each([
		["nobody", "<ban />"],
		["two at once", '<ban name="a" address="203.0.113.7" />'],
		["a whole session, whose second part is secret", `<ban session="0123456789abcdef-${"0".repeat(32)}" />`],
		["an address of a session", '<ban session="0123456789abcdef" also="address" />'],
		["something else of a name", '<ban name="a" also="dog" />'],
		["a long reason", `<ban name="a" reason="${"r".repeat(201)}" />`],
		["eleven years", `<ban name="a" for="${11 * 365 * 86_400}" />`],
	])("are refused for %s", async (_, document) => {
		const { op } = await chatWith();
		expect(await op.ask(document)).toEqual([expect.stringContaining('<error code="attribute-invalid">')]);
	});

	it("are the same in a chat that opens with the same records, and end when they would have", async () => {
		const log = new MemoryLog();
		const one = await chatWith({ log });
		await one.op.ask(
			'<ban room="x" name="bob" for="300" />',
			'<mute address="203.0.113.7" for="forever" />',
			'<topic room="x">chess</topic>',
		);
		const two = await chatWith({ log });
		two.clock.wallMs = WALL;
		const bob = await two.from("203.0.113.7", "bob");
		expect(await bob.ask('<join room="x" />')).toEqual([expect.stringContaining("for 300 more seconds")]);
		await join(bob, "y");
		expect(await bob.ask('<say room="y">hi</say>')).toEqual([expect.stringContaining('code="muted"')]);
		const carl = await two.harness.client("carl");
		expect(await carl.ask('<join room="x" />')).toContain('<topic room="x" by="op">chess</topic>');
		// Half of the time passes while no chat runs.
		const three = await chatWith({ log, wallMs: () => WALL + 150_000 });
		const again = await three.harness.client("bob");
		expect(await again.ask('<join room="x" />')).toEqual([expect.stringContaining("for 150 more seconds")]);
		expect(two.harness.reported.concat(three.harness.reported)).toEqual([]);
	});

	it("that were lifted are not back after a restart", async () => {
		const log = new MemoryLog();
		const one = await chatWith({ log });
		await one.op.ask('<ban room="x" name="bob" />', '<unban room="x" name="bob" />');
		const two = await chatWith({ log });
		expect(await join(await two.harness.client("bob"))).toEqual(JOINED);
	});

	it("do not end because a wall clock jumps, and hold again where a clock was wrong at the start", async () => {
		const log = new MemoryLog();
		const { op, clock, pass, harness } = await chatWith({ log });
		await op.ask('<ban room="x" name="bob" for="600" />');
		clock.wallMs += 10 * 365 * 86_400_000;
		pass(120);
		const bob = await harness.client("bob");
		expect(await join(bob)).toEqual(BANNED);
		clock.wallMs = WALL + 120_000;
		pass(1);
		pass(481);
		expect(await join(bob)).toEqual(JOINED);
		await op.ask('<ban room="x" name="bob" for="600" />');
		const atMs = clock.wallMs;
		// Another daemon starts with a clock ten years ahead, until the time is fetched from the network.
		const late = await chatWith({ log });
		late.clock.wallMs = atMs + 10 * 365 * 86_400_000;
		late.pass(1);
		late.pass(119);
		late.clock.wallMs = atMs + 120_000;
		late.pass(1);
		const again = await late.harness.client("bob");
		expect((await again.ask('<join room="x" />'))[0]).toMatch(/for (47|48)\d more seconds/);
	});

	it("of which a record was damaged, or is none, are left out, reported, and harm nothing else", async () => {
		const log = new MemoryLog();
		const one = await chatWith({ log });
		await one.op.ask('<ban room="x" name="bob" for="forever" />');
		const bad: [string, string][] = [
			["sanction/1", "{"],
			["sanction/2", "null"],
			["sanction/3", '{"kind":"ban","name":"a","by":"op","at":"now"}'],
			["sanction/4", '{"kind":"reboot","name":"a","by":"op","at":1}'],
			["sanction/5", '{"kind":"ban","address":"0.0.0.0.0","by":"op","at":1}'],
			["sanction/6", '{"kind":"ban","name":"a","session":"0123456789abcdef","by":"op","at":1}'],
			["sanction/__proto__", '{"kind":"ban","name":"a","by":"op","at":1}'],
			["topic/x", '{"by":"op","text":7}'],
			["topic/\u0001", '{"by":"op","text":"a"}'],
			["settings/x", '{"slow":-1}'],
			["settings/y", "[]"],
			["future/1", "what a later version stores"],
		];
		for (const [key, value] of bad) await log.records.put(key, value);
		const two = await chatWith({ log });
		expect(await join(await two.harness.client("bob"))).toEqual(BANNED);
		expect(await join(await two.harness.client("a"))).toEqual(JOINED);
		expect(two.harness.application.stats?.()).toMatchObject({ chat_records_unreadable: 11, chat_bans: 1 });
		expect(two.harness.reported).toHaveLength(5);
		expect(two.harness.reported[0]).toMatchObject({
			code: "XMLSOCKET_STATE_UNREADABLE",
			details: { key: "sanction/1" },
		});
	});

	it("hold while the storage cannot be reached, the operator gets an error, and they are stored when it is back", async () => {
		const log = new MemoryLog();
		const { harness, op, pass } = await chatWith({ log });
		const bob = await harness.client("bob", "x");
		const { put } = log.records;
		log.records.put = async () => {
			throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "no disk");
		};
		const answers = await op.ask('<ban room="x" name="bob" id="1" />');
		expect(answers.at(-1)).toContain(
			'<error code="unavailable" id="1">It holds at this server, but it is not stored yet',
		);
		bob.take();
		expect(await join(bob)).toEqual(BANNED);
		expect(harness.application.stats?.()).toMatchObject({ chat_records_unsaved: 1 });
		log.records.put = put;
		pass(6);
		await harness.settle();
		expect(harness.application.stats?.()).toMatchObject({ chat_records_unsaved: 0 });
		const two = await chatWith({ log });
		expect(await join(await two.harness.client("bob"))).toEqual(BANNED);
	});
});

describe("slow mode", () => {
	it("lets a member send one message in so many seconds, whatever the name or the connection, and operators more", async () => {
		const { harness, op, pass } = await chatWith();
		const bob = await harness.client("bob", "x");
		const eve = await harness.client("eve", "x");
		expect(await op.ask('<settings room="x" slow="5" id="1" />')).toEqual([
			'<settings room="x" slow="5" private="false"></settings>',
			'<ack id="1" />',
		]);
		expect(bob.take()).toEqual(['<settings room="x" slow="5" private="false"></settings>']);
		await bob.ask('<say room="x" id="a">1</say>');
		pass(2);
		expect(await bob.ask('<say room="x" id="b">2</say>', '<send room="x"><a/></send>')).toEqual([
			'<error code="slow-mode" id="b" retry-after="3">Room &quot;x&quot; is in slow mode: one message in 5 seconds. Wait 3 more seconds.</error>',
			expect.stringContaining('<error code="slow-mode" retry-after="3">'),
		]);
		await bob.ask('<hello name="rob" />');
		expect(await bob.ask('<say room="x">2</say>')).toEqual([expect.stringContaining("slow-mode")]);
		const again = await harness.client("bob", "x");
		expect(await again.ask('<say room="x">2</say>')).toEqual([expect.stringContaining("slow-mode")]);
		expect((await eve.ask('<say room="x">other</say>')).join()).toContain("other");
		op.take();
		for (let at = 0; at < 3; at++) expect(await op.ask('<say room="x">op</say>')).toHaveLength(1);
		pass(3);
		expect((await bob.ask('<say room="x" id="b">2</say>')).at(-1)).toBe('<ack id="b" />');
	});

	it("does not count what was refused, and answers a resend of the last message as the first time", async () => {
		const { harness, op } = await chatWith({ options: { rooms: ["news"] } });
		await op.ask('<settings room="news" slow="60" />');
		const bob = await harness.client("bob", "news");
		expect(await bob.ask('<say room="news"><b/></say>')).toEqual([expect.stringContaining("elements-refused")]);
		expect((await bob.ask('<say room="news" id="c1">hi</say>')).at(-1)).toBe('<ack id="c1" seq="1" />');
		expect((await bob.ask('<say room="news" id="c1">hi</say>')).at(-1)).toBe(
			'<ack id="c1" seq="1" duplicate="true" />',
		);
		expect(await bob.ask('<tell to="op">psst</tell>', '<who room="news" />')).toHaveLength(1);
	});

	it("is part of what a member gets at its join, and holds after a restart", async () => {
		const log = new MemoryLog();
		const one = await chatWith({ log });
		await one.op.ask('<settings room="x" slow="5" />');
		const two = await chatWith({ log });
		const bob = await two.harness.client("bob");
		expect((await bob.ask('<join room="x" />'))[0]).toContain(' slow="5"');
		expect((await two.op.ask('<settings room="x" slow="21601" />')).at(-1)).toContain("attribute-invalid");
		await two.op.ask('<settings room="x" slow="0" />');
		bob.take();
		expect(await bob.ask('<say room="x">1</say>', '<say room="x">2</say>')).toHaveLength(2);
	});
});

describe("a private room", () => {
	it("lets in those who are invited or know the key, and is neither listed nor described to others", async () => {
		const { harness, op } = await chatWith();
		await op.ask('<join room="den" />', '<settings room="den" private="true" key="sesame" />');
		const [bob, eve] = [await harness.client("bob"), await harness.client("eve")];
		expect(await bob.ask('<join room="den" id="1" />')).toEqual([
			'<error code="room-private" id="1">Room &quot;den&quot; is private: you need its key or an invitation.</error>',
		]);
		expect(await bob.ask('<who room="den" />')).toEqual([expect.stringContaining("room-private")]);
		expect((await bob.ask("<rooms />"))[0]).not.toContain("den");
		expect((await op.ask("<rooms />"))[0]).toContain("den");
		expect(await join(bob, "den", 'key="sesamE"')).toEqual(expect.stringContaining("<error code"));
		expect(await join(bob, "den", 'key="sesame"')).toEqual(JOINED);
		expect((await bob.ask("<rooms />"))[0]).toContain("den");
		await op.ask('<invite room="den" name="EVE" />');
		expect(eve.take()).toEqual([
			'<notice code="invited" room="den">op has invited you to room &quot;den&quot;.</notice>',
		]);
		expect(await join(eve, "den")).toEqual(JOINED);
		expect((await op.ask('<settings room="den" id="7" />')).at(-1)).toBe(
			'<settings room="den" id="7" slow="0" private="true" key="sesame"><invited name="EVE" /></settings>',
		);
		await op.ask('<invite room="den" name="eve" remove="true" />');
		await eve.ask('<leave room="den" />');
		expect(await join(eve, "den")).toEqual(expect.stringContaining("<error code"));
	});

	it("makes guessing its key as slow as guessing a token, and its key is not in what members get", async () => {
		const { harness, op, pass } = await chatWith();
		const bob = await harness.client("bob", "x");
		await op.ask('<settings room="x" private="true" key="sesame" />');
		expect(bob.take().join()).not.toContain("sesame");
		const eve = await harness.client("eve");
		for (let at = 0; at < 5; at++) await eve.ask(`<join room="x" key="guess${at}" />`);
		expect(await eve.ask('<join room="x" key="sesame" />')).toEqual([]);
		pass(2);
		await harness.settle();
		expect(eve.take()[0]).toEqual(JOINED);
	});
});

describe("the filter of a program", () => {
	it("allows, changes and refuses what is said, sent, told and set as a topic", async () => {
		const seen: string[] = [];
		const { harness, op } = await chatWith({
			options: { topics: "everyone" },
			filter: ({ kind, from, to, room, text, operator }) => {
				seen.push([kind, from, to ?? room, text, operator].join(" "));
				if (text.includes("spam")) return { refuse: "No <spam>, please." };
				if (text.includes("darn")) return { text: text.replace("darn", "****") };
				return undefined;
			},
		});
		const bob = await harness.client("bob", "x");
		op.take();
		expect((await bob.ask('<say room="x" id="1">darn it</say>'))[0]).toContain(">**** it</said>");
		expect(op.take()[0]).toContain(">**** it</said>");
		expect((await bob.ask('<send room="x"><a>darn</a></send>'))[0]).toContain("><a>****</a></sent>");
		expect(
			await bob.ask('<say room="x" id="2">spam</say>', '<tell to="op">spam</tell>', '<topic room="x">spam</topic>'),
		).toEqual([
			'<error code="message-refused" id="2">No &lt;spam&gt;, please.</error>',
			expect.stringContaining("message-refused"),
			expect.stringContaining("message-refused"),
		]);
		expect((await bob.ask('<topic room="x">darn</topic>'))[0]).toContain(">****</topic>");
		expect(seen.slice(0, 2)).toEqual(["said bob x darn it false", "sent bob x <a>darn</a> false"]);
	});

	it("may take its time: the order of its client stays, and nobody else waits", async () => {
		const decide: (() => void)[] = [];
		const { harness } = await chatWith({
			filter: ({ from }) =>
				from === "bob" ? new Promise<undefined>((resolve) => decide.push(() => resolve(undefined))) : undefined,
		});
		const bob = await harness.client("bob", "x");
		const eve = await harness.client("eve", "x");
		bob.send('<say room="x">1</say>', '<say room="x">2</say>', "<ping />");
		await eve.ask('<say room="x">me first</say>');
		expect(decide).toHaveLength(1);
		for (let at = 0; at < 2; at++) {
			decide[at]!();
			await harness.settle();
		}
		expect(bob.take().map((text) => text.replace(/^<(\w+).*?>?([^>]*)<.*$/, "$1 $2"))).toEqual([
			expect.stringContaining("me first"),
			expect.stringContaining("1"),
			expect.stringContaining("2"),
			"<pong />",
		]);
	});

	it.each([
		["throws", () => Promise.reject(new Error("out of order"))],
		[
			"throws at once",
			() => {
				throw new Error("out of order");
			},
		],
		["returns something else", () => ({ words: "?" }) as never],
		["returns a text that XML cannot carry", () => ({ text: "a\u0001" })],
		["does not answer within 2 s", () => new Promise<never>(() => {})],
	])("that %s refuses that message with a code, is reported, and harms nobody else", async (_, broken) => {
		const { harness, pass } = await chatWith({ filter: ({ text }) => (text === "bad" ? broken() : undefined) });
		const bob = await harness.client("bob", "x");
		bob.send('<say room="x" id="1">bad</say>', '<say room="x" id="2">good</say>');
		await harness.settle();
		pass(2);
		await harness.settle();
		const [refusal, ...rest] = bob.take();
		expect(refusal).toContain('<error code="filter-failed" id="1"');
		expect(rest.at(-1)).toBe('<ack id="2" />');
		expect(harness.reported).toHaveLength(1);
	});

	it("cannot let a person speak who was muted or removed while it decided", async () => {
		let decide = (): void => {};
		const { harness, op } = await chatWith({
			filter: ({ from }) =>
				from === "op"
					? undefined
					: new Promise<undefined>((resolve) => {
							decide = () => resolve(undefined);
						}),
		});
		const bob = await harness.client("bob", "x");
		bob.send('<say room="x" id="1">hi</say>');
		await harness.settle();
		await op.ask('<mute room="x" name="bob" />');
		decide();
		await harness.settle();
		expect(bob.take().at(-1)).toContain('<error code="muted" id="1"');
	});
});

describe("100,000 bans", () => {
	it("cost a connection one look-up for each length of range, and one more is refused until some end", async () => {
		const log = new MemoryLog();
		for (let at = 0; at < 100_000; at++) {
			const address = `${11 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.0/24`;
			const record = { kind: "ban", address, by: "op", at: WALL, ...(at < 10 ? { until: WALL + 60_000 } : {}) };
			await log.records.put(`sanction/${String(at).padStart(9, "0")}`, JSON.stringify(record));
		}
		const { harness, op, from, pass } = await chatWith({ log });
		expect(harness.application.stats?.()).toMatchObject({ chat_bans: 100_000 });
		const [refused] = await op.ask('<ban name="one more" id="1" />');
		expect(refused).toContain('<error code="too-many-sanctions" id="1"');
		const client = harness.connect({ remoteAddress: "11.200.7.9", addressKey: "11.200.7.9" });
		await harness.settle();
		expect(client.take()[0]).toEqual(BANNED);
		expect(await join(await from("200.1.2.3", "eve"))).toEqual(JOINED);
		pass(61);
		expect((await op.ask('<ban name="one more" id="1" />')).at(-1)).toContain("<ack ");
		expect(harness.application.stats?.()).toMatchObject({ chat_bans: 99_991 });
	});
});
