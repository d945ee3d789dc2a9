// Several chats as one deployment, over a bus in memory: what holds across nodes, and what happens when one is cut off or dies.

import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ChatOptions } from "../../src/chat/index.ts";
import { type MemoryBus, MemoryExchange } from "../../src/cluster/memory-bus.ts";
import { MemoryLog, type MessageLog } from "../../src/message-log/index.ts";
import { AT, ChatHarness } from "./harness.ts";

const LIVE = { rooms: ["game:live"] } satisfies ChatOptions;

/** One node: a chat and its bus. */
class Node {
	readonly bus: MemoryBus;
	readonly harness: ChatHarness;

	constructor(exchange: MemoryExchange, log: MessageLog, options: ChatOptions) {
		this.bus = exchange.join();
		this.harness = ChatHarness.chat({ ...LIVE, ...options }, { bus: this.bus, log });
	}

	client(name: string, ...rooms: string[]): ReturnType<ChatHarness["client"]> {
		return this.harness.client(name, ...rooms);
	}
}

class Nodes {
	readonly exchange: MemoryExchange = new MemoryExchange();
	readonly log: MessageLog = new MemoryLog();
	readonly all: Node[] = [];

	async start(options: ChatOptions = {}): Promise<Node> {
		const node = new Node(this.exchange, this.log, options);
		this.all.push(node);
		await this.settle();
		return node;
	}

	async settle(): Promise<void> {
		for (let turn = 0; turn < 3; turn++) {
			// A node gathers its changes for 5 ms.
			for (const { harness } of this.all) harness.advance(5);
			for (const { harness } of this.all) await harness.settle();
		}
	}

	async sweep(seconds: number, but?: Node): Promise<void> {
		for (let second = 0; second < seconds; second++) {
			for (const node of this.all) if (node !== but) node.harness.sweep();
			// What they send arrives in the same second.
			await new Promise((resolve) => setImmediate(resolve));
		}
		await this.settle();
	}
}

let nodes = new Nodes();
afterEach(() => {
	for (const { harness } of nodes.all) expect(harness.reported).toEqual([]);
	nodes = new Nodes();
});

const game = (text: string, from: string, id = ""): string =>
	`<said room="game" from="${from}" at="${AT}"${id}>${text}</said>`;

/** What a client has read of messages, and of their loss. */
const heard = (client: { take(): string[] }): string[] => client.take().filter((text) => /^<(gap|said)/.test(text));

/** A node hears nothing from the others until the returned function is called. Its clients it hears first when it goes on. */
function standStill({ bus }: Node): () => void {
	const deliver = bus.deliver.bind(bus);
	const late: [string, Uint8Array][] = [];
	bus.deliver = (channel, data) => void late.push([channel, data]);
	return () => {
		bus.deliver = deliver;
		for (const [channel, data] of late) deliver(channel, data);
	};
}

describe("a deployment of several nodes", () => {
	it("shows the members of a room on all nodes, and who comes and goes", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob");
		await nodes.settle();
		ann.take();
		bob.send('<join room="game" />');
		await nodes.settle();
		expect(bob.take()).toEqual([
			'<joined room="game" kind="live" members="2"><member name="bob" /><member name="ann" /></joined>',
		]);
		expect(ann.take()).toEqual(['<enter room="game" name="bob" members="2" />']);
		bob.send('<leave room="game" />');
		await nodes.settle();
		expect(ann.take()).toEqual(['<exit room="game" name="bob" members="1" />']);
	});

	it("slow mode counts what a member has sent at another node, in live and stored rooms", async () => {
		const options = { rooms: ["game:live", "news"], tokens: "sesame-sesame op operator" };
		const [one, two] = [await nodes.start(options), await nodes.start(options)];
		const op = one.harness.connect();
		op.send('<hello token="sesame-sesame" />');
		op.send('<settings room="game" slow="5" />');
		op.send('<settings room="news" slow="5" />');
		const bob = await one.client("bob", "game", "news");
		await two.client("eve", "game", "news");
		await nodes.settle();
		for (const room of ["game", "news"]) bob.send(`<say room="${room}" id="1 ${room}">1</say>`);
		await nodes.settle();
		const again = two.harness.connect();
		again.send(`<hello name="bob" session="${bob.session}" />`);
		await nodes.settle();
		for (const room of ["game", "news"]) again.send(`<join room="${room}" after="-1" />`);
		await nodes.settle();
		const refusals = async (text: string): Promise<string[]> => {
			again.take();
			for (const room of ["game", "news"]) again.send(`<say room="${room}">${text}</say>`);
			await nodes.settle();
			return again.take().filter((document) => document.startsWith('<error code="slow-mode"'));
		};
		expect(await refusals("2")).toHaveLength(2);
		// A resend of the stored message is no further one.
		again.send('<say room="news" id="1 news">1</say>');
		await nodes.settle();
		expect(again.take()).toEqual([expect.stringMatching(/^<ack id="1 news".* duplicate="true"/)]);
		two.harness.advance(5000);
		expect(await refusals("2")).toEqual([]);
	});

	it("carries what is said in a live room to every node, in the speaker's order, once", async () => {
		const [one, two, three] = [await nodes.start(), await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		const eve = await three.client("eve", "game");
		await nodes.settle();
		for (const client of [ann, bob, eve]) client.take();
		for (let i = 0; i < 5; i++) ann.send(`<say room="game" id="c${i}">${i}</say>`);
		await nodes.settle();
		const expected = ["0", "1", "2", "3", "4"].map((text) => game(text, "ann"));
		expect(bob.take()).toEqual(expected);
		expect(eve.take()).toEqual(expected);
		expect(ann.take()).toEqual(
			["0", "1", "2", "3", "4"].flatMap((i) => [game(i, "ann", ` id="c${i}"`), `<ack id="c${i}" />`]),
		);
	});

	it("gives a name once, also where two ask for it at the same time", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ask = [one, two, one].map((node) => {
			const client = node.harness.connect();
			client.send('<hello name="Ann" id="h" />');
			return client;
		});
		await nodes.settle();
		const answers = ask.map((client) => client.take().at(-1)!);
		expect(answers.filter((text) => text.includes('name="Ann"'))).toHaveLength(1);
		expect(answers.filter((text) => text.includes('<error code="name-taken" id="h"'))).toHaveLength(2);
	});

	it("gives every guest of every node another name", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const names = [one, two, one, two].map((node) => node.harness.connect());
		await nodes.settle();
		const all = names.map((client) => /name="([^"]*)"/.exec(client.take()[0]!)![1]);
		expect(new Set(all).size).toBe(4);
	});

	it("keeps the order of what a client sends while its name is being asked for", async () => {
		const [one] = [await nodes.start(), await nodes.start()];
		const client = one.harness.connect();
		client.send('<hello name="ann" />');
		client.send('<join room="game" />');
		client.send('<say room="game" id="1">a</say>');
		client.send('<hello name="anna" />');
		client.send('<say room="game" id="2">b</say>');
		await nodes.settle();
		const texts = client.take().filter((text) => /^<(said|ack)/.test(text));
		expect(texts).toEqual([
			game("a", "ann", ' id="1"'),
			'<ack id="1" />',
			game("b", "anna", ' id="2"'),
			'<ack id="2" />',
		]);
	});

	it("tells a rename to the rooms of other nodes, and frees the old name", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		bob.take();
		ann.send('<hello name="anna" />');
		await nodes.settle();
		expect(bob.take()).toEqual([
			'<exit room="game" name="ann" members="1" />',
			'<enter room="game" name="anna" members="2" />',
		]);
		const other = two.harness.connect();
		other.send('<hello name="ann" />');
		await nodes.settle();
		expect(other.take().at(-1)).toContain('<welcome name="ann"');
	});

	it("carries private messages, and says where nobody has the name", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann");
		const bob = await two.client("bob");
		await nodes.settle();
		ann.send('<tell to="bob" id="t1">psst &amp; so</tell>');
		await nodes.settle();
		expect(bob.take()).toEqual([`<told from="ann" id="t1" at="${AT}">psst &amp; so</told>`]);
		expect(ann.take()).toEqual(['<ack id="t1" />']);
		ann.send('<tell to="eve" id="t2">psst</tell>');
		await nodes.settle();
		expect(ann.take()).toEqual(['<error code="name-unknown" id="t2">Nobody here is called &quot;eve&quot;.</error>']);
	});

	it("kicks, bans and mutes people of other nodes, and a node that comes later knows it", async () => {
		const options = { tokens: "secret op operator" };
		const [one, two] = [await nodes.start(options), await nodes.start(options)];
		const op = one.harness.connect();
		op.send('<hello token="secret" />');
		const bob = await two.client("bob", "game");
		const carl = await two.client("carl", "game");
		const dora = await two.client("dora", "game");
		await nodes.settle();
		for (const client of [op, bob, carl, dora]) client.take();
		op.send('<kick room="game" name="bob" id="k" />');
		await nodes.settle();
		expect(op.take()).toEqual(['<ack id="k" />']);
		expect(bob.take().at(-1)).toBe('<exit room="game" name="bob" members="2" reason="kicked" by="op" />');
		op.send('<ban room="game" name="carl" for="60" />');
		op.send('<mute room="game" name="dora" for="60" />');
		await nodes.settle();
		expect(carl.take().at(-1)).toBe('<exit room="game" name="carl" members="1" reason="banned" by="op" />');
		expect(dora.take().at(-1)).toBe(
			'<notice code="muted" room="game">You are muted in room &quot;game&quot; for 60 seconds.</notice>',
		);
		dora.send('<say room="game" id="1">hm</say>');
		await nodes.settle();
		expect(dora.take().at(-1)).toContain('<error code="muted" id="1"');
		const three = await nodes.start(options);
		const again = three.harness.connect();
		again.send(`<hello name="carl2" session="${carl.session}" />`);
		again.send('<join room="game" />');
		await nodes.settle();
		expect(again.take().at(-1)).toContain('<error code="banned"');
	});

	it("lists rooms and members that are on other nodes alone", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann");
		await two.client("bob", "attic");
		await nodes.settle();
		ann.send('<who room="attic" />');
		ann.send("<rooms />");
		await nodes.settle();
		expect(ann.take()).toEqual([
			'<members room="attic" members="1" offset="0"><member name="bob" /></members>',
			'<rooms offset="0"><room name="lobby" kind="stored" members="0" /><room name="game" kind="live" members="0" /><room name="attic" kind="live" members="1" /></rooms>',
		]);
	});

	it("has one topic for a room", async () => {
		const [one, two] = [await nodes.start({ topics: "everyone" }), await nodes.start({ topics: "everyone" })];
		const ann = await one.client("ann", "attic");
		ann.send('<topic room="attic">dust</topic>');
		await nodes.settle();
		const bob = await two.client("bob");
		bob.send('<join room="attic" />');
		await nodes.settle();
		expect(bob.take()).toContain('<topic room="attic" by="ann">dust</topic>');
	});

	it("lets a client go on at another node with its session, its name and its place", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		await nodes.settle();
		const again = two.harness.connect();
		again.send(`<hello session="${ann.session}" />`);
		again.send('<join room="game" />');
		await nodes.settle();
		expect(again.take().filter((text) => /^<(welcome name="ann"|joined|error)/.test(text))).toHaveLength(2);
		expect(ann.take().at(-1)).toBe('<bye reason="session-resumed" />');
		again.send('<who room="game" />');
		await nodes.settle();
		expect(again.take()).toEqual(['<members room="game" members="1" offset="0"><member name="ann" /></members>']);
	});

	it("refuses a session that is proved with another secret", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann");
		await nodes.settle();
		const thief = two.harness.connect();
		thief.send(`<hello session="${ann.session.slice(0, -1)}${ann.session.endsWith("0") ? "1" : "0"}" />`);
		await nodes.settle();
		expect(thief.take().at(-1)).toContain('<error code="session-in-use"');
		expect(ann.take()).toEqual([]);
	});

	it("takes the people of a silent node out of every room within 15 s, and frees their names", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		await two.client("bob", "game");
		await nodes.settle();
		ann.take();
		two.bus.connected = false;
		await nodes.sweep(9, two);
		expect(ann.take()).toEqual([]);
		await nodes.sweep(6, two);
		expect(ann.take()).toEqual(['<exit room="game" name="bob" members="1" />']);
		const other = one.harness.connect();
		other.send('<hello name="bob" />');
		await nodes.settle();
		expect(other.take().at(-1)).toContain('<welcome name="bob"');
	});

	it("gives a name to its own session at once, before its dead node's time is over", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		await nodes.settle();
		one.bus.connected = false;
		const again = two.harness.connect();
		again.send(`<hello name="ann" session="${ann.session}" />`);
		await nodes.settle();
		expect(again.take().at(-1)).toContain('<welcome name="ann"');
	});

	it("makes a guest of whoever lost the name while its node was cut off", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const old = await one.client("bob", "game");
		await nodes.settle();
		one.bus.connected = false;
		await nodes.sweep(16, one);
		const bob = await two.client("bob", "game");
		await nodes.settle();
		old.take();
		one.bus.connected = true;
		await nodes.settle();
		const texts = old.take();
		expect(texts.some((text) => text.startsWith('<error code="name-taken"'))).toBe(true);
		expect(texts.findLast((text) => text.startsWith("<welcome"))).toContain('name="guest-');
		bob.take();
		bob.send('<who room="game" />');
		await nodes.settle();
		const members = bob.take().at(-1)!;
		expect(members).toContain('members="2"');
		expect(members.match(/name="bob"/g)).toHaveLength(1);
	});

	it("goes on among those who are here while it is cut off, says so, and sends what waited afterwards", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const al = await one.client("al", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		for (const client of [ann, al, bob]) client.take();
		one.bus.connected = false;
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		expect(al.take().map((text) => text.slice(0, 26))).toEqual([
			'<notice code="broker-lost"',
			game("1", "ann").slice(0, 26),
		]);
		expect(one.harness.application.health?.().ready).toBe(false);
		expect(bob.take()).toEqual([]);
		one.bus.connected = true;
		await nodes.settle();
		expect(one.harness.application.health?.()).toEqual({ ready: true, trouble: undefined });
		expect(bob.take()).toEqual([game("1", "ann")]);
		ann.send('<say room="game">2</say>');
		await nodes.settle();
		expect(bob.take()).toEqual([game("2", "ann")]);
	});

	it("counts what waits as not sent yet, and what was given up as lost, also for a node that had given it up", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		ann.send('<say room="game">0</say>');
		await nodes.settle();
		one.bus.connected = false;
		ann.send('<say room="game">1</say>', '<say room="game">2</say>');
		await nodes.settle();
		await nodes.sweep(16);
		ann.send('<say room="game">3</say>', '<say room="game">4</say>');
		await nodes.settle();
		bob.take();
		one.bus.connected = true;
		await nodes.sweep(6);
		expect(heard(bob)).toEqual(['<gap room="game" messages="2" />', game("3", "ann"), game("4", "ann")]);
	});

	it("reports how many messages are lost, where they waited too long or were sent while a reader's node was cut off", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		bob.take();
		one.bus.connected = false;
		for (const text of "abc") ann.send(`<say room="game">${text}</say>`);
		await nodes.settle();
		await nodes.sweep(11);
		one.bus.connected = true;
		await nodes.settle();
		expect(heard(bob)).toEqual(['<gap room="game" messages="3" />']);
		two.bus.connected = false;
		ann.send('<say room="game">d</say>');
		await nodes.settle();
		two.bus.connected = true;
		await nodes.settle();
		ann.send('<say room="game">e</say>');
		await nodes.settle();
		expect(heard(bob)).toEqual(['<gap room="game" messages="1" />', game("e", "ann")]);
	});

	it("drops what a node sends late for a speaker who has gone on elsewhere, and says so", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		one.bus.connected = false;
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		const again = two.harness.connect();
		again.send(`<hello session="${ann.session}" />`);
		again.send('<join room="game" />');
		again.send('<say room="game">2</say>');
		await nodes.settle();
		one.bus.connected = true;
		await nodes.settle();
		expect(heard(bob)).toEqual([game("2", "ann"), '<gap room="game" messages="1" />']);
	});

	it("drops what a node sends late for a speaker who had gone on elsewhere and has left there too", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		const goOn = standStill(one);
		const again = two.harness.connect();
		again.send(`<hello session="${ann.session}" />`, '<join room="game" />', '<say room="game">2</say>');
		await nodes.settle();
		again.link.destroy();
		await nodes.settle();
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		expect(heard(bob)).toEqual([game("2", "ann"), '<gap room="game" messages="1" />']);
		goOn();
		await nodes.settle();
		const back = one.harness.connect();
		back.send(`<hello name="ann" session="${ann.session}" />`, '<join room="game" />', '<say room="game">3</say>');
		await nodes.settle();
		expect(heard(bob)).toEqual([game("3", "ann")]);
	});

	it("drops what a node sends late for a speaker who has gone on elsewhere and come back", async () => {
		const [one, two, three] = [await nodes.start(), await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		const carol = await three.client("carol", "game");
		await nodes.sweep(6);
		one.bus.connected = false;
		ann.send('<say room="game">1</say>');
		await nodes.sweep(1);
		const elsewhere = two.harness.connect();
		elsewhere.send(`<hello session="${ann.session}" />`, '<join room="game" />', '<say room="game">2</say>');
		await nodes.sweep(1);
		elsewhere.link.destroy();
		await nodes.sweep(1);
		const back = one.harness.connect();
		back.send(`<hello session="${ann.session}" />`, '<join room="game" />', '<say room="game">3</say>');
		await nodes.sweep(1);
		one.bus.connected = true;
		await nodes.sweep(1);
		// At the node that it has left last, nothing shows yet that it is somewhere else.
		const gap = '<gap room="game" messages="1" />';
		expect(heard(bob)).toEqual([game("2", "ann"), gap, gap]);
		expect(heard(carol)).toEqual([game("2", "ann"), gap, game("3", "ann")]);
		back.send('<say room="game">4</say>');
		await nodes.settle();
		for (const member of [bob, carol]) expect(heard(member)).toEqual([game("4", "ann")]);
	});

	it("believes the node where a client came last, whatever a node says that was deaf meanwhile", async () => {
		const [one, two, three] = [await nodes.start(), await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await three.client("bob", "game");
		await nodes.settle();
		one.bus.connected = false;
		await one.client("eve", "game");
		const again = two.harness.connect();
		again.send(`<hello session="${ann.session}" />`, '<join room="game" />', '<say room="game">2</say>');
		await nodes.settle();
		again.take();
		bob.take();
		// It is back, and the others ask how it is before it hears anything from them: it has the client, too.
		const hear = one.bus.deliver.bind(one.bus);
		one.bus.deliver = (channel, data) => {
			if (new TextDecoder().decode(data).startsWith('["snapshot-request"')) hear(channel, data);
		};
		one.bus.connected = true;
		await nodes.settle();
		ann.send('<say room="game">late</say>');
		await nodes.settle();
		one.bus.deliver = hear;
		await nodes.sweep(6);
		again.send('<say room="game">3</say>');
		await nodes.settle();
		expect(heard(bob).filter((text) => text.startsWith("<said"))).toEqual([game("3", "ann")]);
		expect(again.close).toBeUndefined();
		expect(ann.take().some((text) => text.startsWith('<bye reason="session-resumed"'))).toBe(true);
	});

	it("gives nobody twice what was heard at another node before", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const al = await one.client("al", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		one.bus.connected = false;
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		expect(al.take()).toContain(game("1", "ann"));
		const again = two.harness.connect();
		again.send(`<hello session="${al.session}" />`);
		again.send('<join room="game" />');
		await nodes.settle();
		one.bus.connected = true;
		await nodes.settle();
		expect(heard(again)).toEqual(['<gap room="game" messages="1" />']);
		expect(heard(bob)).toEqual([game("1", "ann")]);
	});

	it("keeps one connection of a session that comes to all nodes at once, with its name", async () => {
		const [one, two, three] = [await nodes.start(), await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		const bob = await two.client("bob", "game");
		await nodes.settle();
		const again = [one, two, three].map((node) => node.harness.connect());
		for (const client of again) client.send(`<hello session="${ann.session}" />`, '<join room="game" />');
		await nodes.settle();
		await nodes.sweep(6);
		const left = again.filter((client) => client.close === undefined);
		expect(left).toHaveLength(1);
		expect(ann.close).toBeDefined();
		bob.take();
		expect(await bob.ask('<who room="game" />')).toEqual([
			'<members room="game" members="2" offset="0"><member name="bob" /><member name="ann" /></members>',
		]);
		const rival = three.harness.connect();
		rival.send('<hello name="ann" id="h" />');
		await nodes.settle();
		expect(rival.take().at(-1)).toContain('<error code="name-taken" id="h"');
		left[0]!.send('<say room="game">still here</say>');
		await nodes.settle();
		expect(bob.take()).toContain(game("still here", "ann"));
	});

	it("gives nobody twice what was heard at another node before, where the way itself held it up", async () => {
		const one = await nodes.start();
		// Their clocks have nothing to do with each other.
		one.harness.advance(5_000_000);
		const two = await nodes.start();
		const ann = await one.client("ann", "game");
		const al = await one.client("al", "game");
		const bob = await two.client("bob", "game");
		await nodes.sweep(6);
		const goOn = standStill(two);
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		expect(al.take()).toContain(game("1", "ann"));
		const again = two.harness.connect();
		again.send(`<hello session="${al.session}" />`, '<join room="game" />');
		await nodes.sweep(2);
		goOn();
		await nodes.settle();
		ann.send('<say room="game">2</say>');
		await nodes.settle();
		expect(heard(again)).toEqual(['<gap room="game" messages="1" />', game("2", "ann")]);
		expect(heard(bob)).toEqual([game("1", "ann"), game("2", "ann")]);
	});

	it("gives nobody twice what was heard elsewhere, where a client comes back to a node that stood still for a moment", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const al = await one.client("al", "game");
		const bob = await one.client("bob", "game");
		const ann = await two.client("ann", "game");
		await nodes.sweep(6);
		const goOn = standStill(one);
		const elsewhere = two.harness.connect();
		elsewhere.send(`<hello session="${al.session}" />`, '<join room="game" />');
		await nodes.settle();
		ann.send('<say room="game">1</say>');
		await nodes.settle();
		expect(heard(elsewhere)).toEqual([game("1", "ann")]);
		elsewhere.link.destroy();
		await nodes.settle();
		// The node that goes on hears its own clients first, and has not noticed that this one had left.
		const comeBack = async (): Promise<typeof elsewhere> => {
			const client = one.harness.connect();
			client.send(`<hello session="${al.session}" />`, '<join room="game" />');
			await nodes.settle();
			return client;
		};
		await comeBack();
		const back = await comeBack();
		goOn();
		await nodes.settle();
		expect(heard(back)).toEqual(['<gap room="game" messages="1" />']);
		expect(heard(bob)).toEqual([game("1", "ann")]);
		ann.send('<say room="game">2</say>');
		await nodes.settle();
		expect(heard(back)).toEqual([game("2", "ann")]);
	});

	it("gives nobody twice what a node sends that was taken for dead, whether its clock went on or not", async () => {
		for (const clockGoesOn of [true, false]) {
			const [one, two] = [await nodes.start(), await nodes.start()];
			const ann = await one.client("ann", "game");
			const al = await one.client("al", "game");
			const bob = await two.client("bob", "game");
			await nodes.sweep(6);
			const publish = one.bus.publish.bind(one.bus);
			const held: (() => void)[] = [];
			one.bus.publish = (channel, data) => held.push(() => publish(channel, data)) > 0;
			ann.send('<say room="game">1</say>');
			await nodes.settle();
			expect(al.take()).toContain(game("1", "ann"));
			const goOn = standStill(one);
			const again = two.harness.connect();
			again.send(`<hello session="${al.session}" />`, '<join room="game" />');
			await nodes.settle();
			await nodes.sweep(20, one);
			if (clockGoesOn) one.harness.advance(20_000);
			one.bus.publish = publish;
			for (const send of held) send();
			goOn();
			await nodes.settle();
			expect(heard(again)).toEqual(['<gap room="game" messages="1" />']);
			expect(heard(bob)).toEqual([game("1", "ann")]);
			await nodes.sweep(1);
			ann.send('<say room="game">2</say>');
			await nodes.settle();
			expect(heard(again)).toEqual([game("2", "ann")]);
			expect(heard(bob)).toEqual([game("2", "ann")]);
			nodes = new Nodes();
		}
	});

	it("reconverges after it missed what changed", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		await nodes.settle();
		two.bus.connected = false;
		const al = await one.client("al", "game", "attic");
		ann.send('<leave room="game" />');
		await nodes.settle();
		const bob = await two.client("guest-0", "game");
		bob.take();
		two.bus.connected = true;
		await nodes.settle();
		bob.send('<who room="game" />');
		bob.send('<who room="attic" />');
		await nodes.settle();
		const pages = bob.take().filter((text) => text.startsWith("<members"));
		expect(pages[0]).toContain('<member name="al" />');
		expect(pages[0]).not.toContain('<member name="ann" />');
		expect(pages[1]).toContain('members="1"');
		al.take();
	});

	it("sends its people away from all nodes when it stops", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "game");
		await two.client("bob", "game");
		await nodes.settle();
		ann.take();
		await two.harness.application.close?.();
		nodes.all.splice(1, 1);
		await nodes.settle();
		expect(ann.take()).toEqual(['<exit room="game" name="bob" members="1" />']);
	});

	it("keeps one order in stored rooms, whatever the node", async () => {
		const [one, two] = [await nodes.start(), await nodes.start()];
		const ann = await one.client("ann", "lobby");
		const bob = await two.client("bob", "lobby");
		for (let i = 0; i < 20; i++) {
			ann.send(`<say room="lobby">a${i}</say>`);
			bob.send(`<say room="lobby">b${i}</say>`);
		}
		await nodes.settle();
		const said = (texts: string[]): string[] => texts.filter((text) => text.startsWith("<said"));
		const seen = said(ann.take());
		expect(seen).toHaveLength(40);
		expect(said(bob.take())).toEqual(seen);
	});

	it("agrees on who is where once everything is connected again, whatever happened before", async () => {
		const step = fc.record({
			node: fc.nat(2),
			who: fc.nat(5),
			what: fc.constantFrom("join", "join", "leave", "hello", "go", "cut", "mend", "second"),
			room: fc.constantFrom("game", "attic"),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
				const own = new Nodes();
				for (let at = 0; at < 3; at++) await own.start();
				const people = new Map<number, { client: Awaited<ReturnType<Node["client"]>>; node: Node }>();
				for (const { node: at, who, what, room } of steps) {
					const node = own.all[at]!;
					const person = people.get(who);
					if (what === "cut") node.bus.connected = false;
					else if (what === "mend") node.bus.connected = true;
					else if (what === "second") await own.sweep(8);
					else if (!person) people.set(who, { client: node.harness.connect(), node });
					else if (what === "go") {
						person.client.link.destroy();
						people.delete(who);
					} else person.client.send(what === "hello" ? `<hello name="p${who}" />` : `<${what} room="${room}" />`);
					if (who % 2 === 0) await own.settle();
				}
				for (const { bus } of own.all) bus.connected = true;
				await own.sweep(20);
				const views: string[] = [];
				for (const { harness } of own.all) {
					const client = harness.connect();
					await own.settle();
					client.take();
					for (const room of ["game", "attic"]) client.send(`<who room="${room}" />`);
					await own.settle();
					// The same people in any order.
					views.push(
						client
							.take()
							.map((page) =>
								[...page.matchAll(/member name="([^"]*)"/g)]
									.map(([, name]) => name)
									.sort()
									.join(),
							)
							.join("; "),
					);
				}
				expect(new Set(views).size, views.join(" | ")).toBe(1);
				expect(own.all.flatMap(({ harness }) => harness.reported)).toEqual([]);
				// Each of those who are connected has one name, and nobody has the same.
				const everyone = views[0]!.split("; ")[0]!.split(",");
				expect(new Set(everyone).size).toBe(everyone.length);
			}),
			{ numRuns: 15 },
		);
	});

	it("ignores what it cannot read", async () => {
		const one = await nodes.start();
		const bus = nodes.exchange.join();
		for (const text of ["", "nonsense", "[]", "{}", '[1,"x"]', '["changes"]'])
			bus.publish({ to: "all" }, new TextEncoder().encode(text));
		bus.publish({ to: "room", room: "game" }, Uint8Array.of(0xff));
		await nodes.settle();
		const ann = await one.client("ann", "game");
		expect(ann.session).not.toBe("");
		await bus.close();
	});
});
