// What one client can ask for, and that others do not notice. docs/operating.md, "Bounds", names these tests.

import { describe, expect, it } from "vitest";
import { AddressShares } from "../../src/chat/address-shares.ts";
import { SeenMessages } from "../../src/chat/seen-messages.ts";
import { type Appended, type LogPage, MemoryLog, type NewEntry, type ReadLimits } from "../../src/message-log/index.ts";
import { ChatHarness, type Client, type ConnectOptions } from "./harness.ts";

const codes = (documents: readonly string[]): (string | undefined)[] =>
	documents.map((text) => /^<error code="([^"]+)"/.exec(text)?.[1]);
const LIMITS: ConnectOptions = { maxOutboxBytes: 1024 * 1024, softOutboxBytes: 256 * 1024 };

/** A log whose reads wait for a test, and are counted. */
class SlowReads extends MemoryLog {
	held = true;
	atOnce = 0;
	most = 0;
	readonly order: number[] = [];
	#waiting: (() => void)[] = [];

	override async readBefore(room: string, before: number, limits: ReadLimits): Promise<LogPage> {
		this.atOnce++;
		this.most = Math.max(this.most, this.atOnce);
		this.order.push(before);
		if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.atOnce--;
		return super.readBefore(room, before, limits);
	}

	letGo(): void {
		this.held = false;
		for (const go of this.#waiting.splice(0)) go();
	}
}

/** A client that reads nothing once `stop` was called. */
async function deafClient(harness: ChatHarness, room: string): Promise<Client> {
	const client = harness.connect(LIMITS);
	await client.ask(`<join room="${room}" after="-1" />`);
	client.link.pause();
	return client;
}

async function several(harness: ChatHarness, count: number): Promise<Client[]> {
	const clients: Client[] = [];
	while (clients.length < count) clients.push(await harness.client(`c${clients.length}`, "lobby"));
	return clients;
}

const waiting = (harness: ChatHarness): number => {
	let bytes = 0;
	for (const peer of harness.peers) bytes += peer.outboxBytes;
	return bytes;
};

describe("history", () => {
	it("waits in the log, one page for each client, until the client has read what it asked for", async () => {
		const log = new SlowReads();
		log.held = false;
		const harness = ChatHarness.chat({}, { log });
		const ann = await harness.client("ann", "lobby");
		for (let i = 0; i < 10; i++) await ann.ask(`<say room="lobby">${"x".repeat(15_000)}</say>`);
		const deaf = await Promise.all(Array.from({ length: 16 }, () => deafClient(harness, "lobby")));
		for (const client of deaf) client.send(...Array(200).fill('<history room="lobby" />'));
		await harness.settle();
		// What the transport holds, the page behind it, and nothing more.
		expect(waiting(harness) / deaf.length).toBeLessThan(192 * 1024);
		expect(log.order.length).toBeLessThanOrEqual(deaf.length * 2);
		for (const client of deaf) expect(client.close).toBeUndefined();
		deaf[0]!.link.resume();
		await harness.settle();
		harness.advance(1000);
		await harness.settle();
		expect(deaf[0]!.take().length).toBeGreaterThan(2);
	});

	it("is read in turns: a client that asks for much waits for itself", async () => {
		const log = new SlowReads();
		const harness = ChatHarness.chat({}, { log });
		const clients = await several(harness, 30);
		for (const [at, client] of clients.entries()) {
			client.send(`<history room="lobby" before="${at + 1}" />`, `<history room="lobby" before="${at + 1}" />`);
		}
		await harness.settle();
		expect(log.most).toBe(16);
		log.letGo();
		await harness.settle();
		expect(log.most).toBe(16);
		expect(log.order).toHaveLength(60);
		expect(new Set(log.order.slice(0, 30)).size).toBe(30);
		for (const client of clients) expect(client.take()).toHaveLength(2);
	});

	it("that waits for its turn is refused when the chat closes, which does not wait for it", async () => {
		const log = new SlowReads();
		const harness = ChatHarness.chat({}, { log });
		const clients = await several(harness, 24);
		for (const client of clients) client.send('<history room="lobby" />');
		await harness.settle();
		await harness.application.close!();
		await harness.settle();
		expect(codes(clients.flatMap((client) => client.take()))).toEqual(Array(8).fill("unavailable"));
		log.letGo();
	});
});

describe("long answers", () => {
	const longName = (at: number): string => `${"&amp;".repeat(60)}${String(at).padStart(4, "0")}`;
	/** Members who read nothing. */
	const crowd = async (harness: ChatHarness, size: number): Promise<void> => {
		for (let at = 0; at < size; at++) {
			const documents = [`<hello name="${longName(at)}" />`, `<join room="r${at}" />`, '<join room="x" />'];
			harness.accept().write(new TextEncoder().encode(`${documents.join("\0")}\0`));
		}
		await harness.settle();
	};
	const names = (documents: readonly string[]): number => documents.join("").match(/<(member|room) /g)?.length ?? 0;

	it("come in pages of at most 32 KiB, and the next page follows the last name", async () => {
		const harness = ChatHarness.chat();
		await crowd(harness, 190);
		const ann = await harness.client("ann");
		const [joined] = await ann.ask('<join room="x" />');
		expect(joined!.length).toBeLessThan(33 * 1024);
		expect(joined).toContain('members="191"');
		for (const [ask, all] of [
			['who room="x"', 191],
			["rooms", 192],
		] as const) {
			let offset = 0;
			for (let more = true; more; ) {
				const [page] = await ann.ask(`<${ask} offset="${offset}" />`);
				expect(page!.length).toBeLessThan(33 * 1024);
				more = / more="true"/.test(page!);
				offset += names([page!]);
			}
			expect(offset).toBe(all);
		}
	});

	it("are limited to a rate: a client that asks for more waits, in order, and no other does", async () => {
		const harness = ChatHarness.chat();
		await crowd(harness, 190);
		const [ann, bob] = [await harness.client("ann"), await harness.client("bob")];
		ann.send(...Array.from({ length: 200 }, () => '<who room="x" />'), '<ping id="last" />');
		await harness.settle();
		const first = ann.take();
		expect(first.length).toBeGreaterThan(10);
		expect(first.length).toBeLessThan(30);
		expect(await bob.ask('<who room="x" />')).toHaveLength(1);
		harness.advance(1000);
		await harness.settle();
		const second = ann.take();
		expect(second.length).toBeGreaterThan(4);
		expect(second.length).toBeLessThan(15);
		expect([...first, ...second].every((text) => text.startsWith("<members "))).toBe(true);
		for (let rest = 200; rest > 0; rest--) {
			harness.advance(1000);
			await harness.settle();
			if (ann.inbox.at(-1) === '<pong id="last" />') break;
		}
		expect(first.length + second.length + ann.inbox.length).toBe(201);
	});

	it("count what it costs to find them, also where they are short", async () => {
		const harness = ChatHarness.chat({ maxRooms: 10_000 });
		for (let client = 0; client < 20; client++) {
			harness.connect().send(...Array.from({ length: 60 }, (_, at) => `<join room="r${client}-${at}" />`));
		}
		await harness.settle();
		const ann = await harness.client("ann");
		const answers = await ann.ask(...Array.from({ length: 500 }, () => '<rooms offset="9000" />'));
		expect(answers.length).toBeGreaterThan(10);
		expect(answers.length).toBeLessThan(150);
	});

	it("share a rate among the clients of one address", async () => {
		const harness = ChatHarness.chat();
		await crowd(harness, 190);
		const near = Array.from({ length: 16 }, () => harness.connect({ addressKey: "192.0.2.1" }));
		for (const client of near) client.send(...Array(100).fill('<who room="x" />'));
		await harness.settle();
		const bytes = near.flatMap((client) => client.take()).reduce((sum, text) => sum + text.length, 0);
		expect(bytes).toBeLessThan(5 * 1024 * 1024);
		const far = harness.connect({ addressKey: "192.0.2.2" });
		expect(names(await far.ask('<who room="x" />'))).toBeGreaterThan(50);
	});

	it("count a new name once for everyone who receives it", async () => {
		const harness = ChatHarness.chat();
		await crowd(harness, 180);
		const rooms = Array.from({ length: 50 }, (_, at) => `r${at}`);
		const ann = await harness.client("ann", "x", ...rooms);
		const answers = await ann.ask(...Array.from({ length: 500 }, (_, at) => `<hello name="ann${at}" />`));
		const welcomes = answers.filter((text) => text.startsWith("<welcome"));
		expect(welcomes.length).toBeGreaterThan(5);
		expect(welcomes.length).toBeLessThan(100);
	});
});

describe("messages on their way to the log", () => {
	/** A log that stores nothing until a test lets it. */
	class Gated extends MemoryLog {
		waiting = 0;
		readonly #go: (() => void)[] = [];
		override async append(room: string, entry: NewEntry): Promise<Appended> {
			this.waiting += entry.payload.length;
			await new Promise<void>((resolve) => this.#go.push(resolve));
			this.waiting -= entry.payload.length;
			return super.append(room, entry);
		}
		letGo(): void {
			for (const go of this.#go.splice(0)) go();
		}
	}

	it("are at most a few hundred KiB of one client, which waits meanwhile and loses nothing", async () => {
		const log = new Gated();
		const harness = ChatHarness.chat({}, { log });
		const ann = await harness.client("ann", "lobby");
		const bob = await harness.client("bob", "lobby");
		for (let at = 0; at < 100; at++) ann.send(`<say room="lobby" id="${at}">${"x".repeat(30_000)}</say>`);
		bob.send('<say room="lobby" id="b">hi</say>');
		await harness.settle();
		expect(log.waiting).toBeGreaterThan(128 * 1024);
		expect(log.waiting).toBeLessThan(320 * 1024);
		for (let turn = 0; turn < 20; turn++) {
			log.letGo();
			await harness.settle();
		}
		expect(ann.take().filter((text) => text.startsWith("<ack"))).toHaveLength(100);
		expect(bob.take().some((text) => text.startsWith('<ack id="b"'))).toBe(true);
	});
});

describe("acknowledgements that wait for a replay", () => {
	it("count as pending requests: a client that does not read its replay cannot pile them up", async () => {
		const harness = ChatHarness.chat({}, { log: new MemoryLog() });
		const ann = await harness.client("ann", "lobby");
		for (let i = 0; i < 40; i++) await ann.ask(`<say room="lobby">${"x".repeat(50_000)}</say>`);
		const deaf = harness.connect(LIMITS);
		await deaf.ask('<hello name="deaf" />');
		deaf.link.pause();
		deaf.send('<join room="lobby" after="0" />');
		deaf.send(...Array.from({ length: 400 }, (_, at) => `<say room="lobby" id="${at}">x</say>`));
		await harness.settle();
		expect(harness.refused).toEqual(Array(145).fill("XMLSOCKET_TOO_MANY_PENDING"));
		deaf.link.resume();
		for (let turn = 0; turn < 20; turn++) {
			harness.advance(1000);
			await harness.settle();
		}
		expect(deaf.take().filter((text) => text.startsWith("<ack"))).toHaveLength(255);
	});
});

describe("rooms that joins create", () => {
	const joins = (client: Client, prefix: string, count: number) =>
		client.ask(...Array.from({ length: count }, (_, at) => `<join room="${prefix}${at}" />`));
	const refusals = (answers: readonly string[]): number =>
		answers.filter((text) => text.startsWith('<error code="too-many-rooms"')).length;

	it("are limited for each address, so that no address can take them all", async () => {
		const harness = ChatHarness.chat({ maxRooms: 160, maxRoomsPerClient: 5, rooms: ["news"] });
		const near = Array.from({ length: 4 }, () => harness.connect({ addressKey: "192.0.2.1" }));
		const refused = [];
		for (const [at, client] of near.entries()) refused.push(refusals(await joins(client, `a${at}-`, 5)));
		expect(refused).toEqual([0, 0, 5, 5]);
		// The operator's rooms, and those that others created, are open to everyone.
		expect(refusals(await near[3]!.ask('<join room="news" />', '<join room="lobby" />', '<join room="a0-0" />'))).toBe(
			0,
		);
		const far = harness.connect({ addressKey: "192.0.2.2" });
		expect(refusals(await joins(far, "far", 5))).toBe(0);
		const local = Array.from({ length: 4 }, () => harness.connect());
		for (const [at, client] of local.entries()) expect(refusals(await joins(client, `l${at}-`, 5))).toBe(0);
	});

	it("count for the member who has been in them longest", async () => {
		const harness = ChatHarness.chat({ maxRooms: 80, maxRoomsPerClient: 5 });
		const [a, b, c] = ["192.0.2.1", "192.0.2.1", "192.0.2.2"].map((addressKey) => harness.connect({ addressKey }));
		await joins(a!, "r", 5);
		await joins(c!, "r", 5);
		expect(refusals(await joins(b!, "s", 1))).toBe(1);
		a!.link.destroy();
		await harness.settle();
		expect(refusals(await joins(b!, "s", 5))).toBe(0);
		expect(refusals(await c!.ask('<leave room="r0" />', '<join room="t" />'))).toBe(0);
		expect(refusals(await c!.ask('<leave room="r1" />', '<join room="r0" />'))).toBe(0);
	});
});

describe("stored rooms that clients begin", () => {
	const begin = (client: Client, prefix: string, count: number) =>
		client.ask(
			...Array.from(
				{ length: count },
				(_, at) =>
					`<join room="${prefix}${at}" /><say room="${prefix}${at}" id="${prefix}${at}">x</say><leave room="${prefix}${at}" />`,
			).flatMap((texts) => texts.split(/(?<=>)(?=<(?:say|leave))/)),
		);
	const stored = (answers: readonly string[]): number => answers.filter((text) => text.startsWith("<ack ")).length;

	it("stay in the log, so an address may begin 100 at once, then one a minute, whatever it leaves", async () => {
		const harness = ChatHarness.chat({ createRooms: "stored", rooms: ["news", "game:live"] });
		const near = harness.connect({ addressKey: "192.0.2.1" });
		expect(stored(await begin(near, "a", 99))).toBe(99);
		near.link.destroy();
		await harness.settle();
		harness.application.sweep!(0);
		const again = harness.connect({ addressKey: "192.0.2.1" });
		const answers = await begin(again, "b", 20);
		expect(stored(answers)).toBe(1);
		expect(codes(answers).filter(Boolean)).toEqual(Array(19).fill("too-many-rooms"));
		expect(harness.refused).toContain("XMLSOCKET_TOO_MANY_ROOMS");
		// What is there already, and the rooms of the operator, are open to it; others have shares of their own, and loopback none.
		const open = ["a0", "news", "lobby", "game"];
		await again.ask(...open.map((room) => `<join room="${room}" />`));
		expect(stored(await again.ask(...open.map((room) => `<say room="${room}" id="${room}">x</say>`)))).toBe(4);
		expect(stored(await begin(harness.connect({ addressKey: "192.0.2.2" }), "c", 10))).toBe(10);
		expect(stored(await begin(harness.connect(), "d", 120))).toBe(120);
		harness.advance(180_000);
		expect(stored(await begin(again, "e", 10))).toBe(3);
	});
});

describe("ids of private messages that were delivered", () => {
	it("are remembered for each session: a flood of one does not push out another's", () => {
		const seen = new SeenMessages();
		seen.add("ann's", "bob", "1", 0);
		for (let at = 0; at < 140_000; at++) seen.add("a flooding session", "bob", String(at), at / 1000);
		expect(seen.has("ann's", "bob", "1", 599_999)).toBe(true);
		expect(seen.has("ann's", "bob", "1", 600_000)).toBe(false);
		expect(seen.has("a flooding session", "bob", "139999", 1000)).toBe(true);
		expect(seen.has("a flooding session", "bob", "100000", 1000)).toBe(false);
	});
});

describe("tokens that a client guesses", () => {
	const guesses = (count: number) => Array.from({ length: count }, (_, at) => `<hello token="guess${at}" />`);
	const seconds = async (harness: ChatHarness, count: number): Promise<void> => {
		for (let second = 0; second < count; second++) {
			harness.advance(1000);
			await harness.settle();
		}
	};

	it("are looked at more and more slowly, and each wrong one is counted", async () => {
		const harness = ChatHarness.chat({ tokens: "secret Ann" });
		const client = harness.connect();
		client.send(...guesses(1000));
		await seconds(harness, 6);
		expect(codes(client.take()).filter(Boolean)).toEqual(Array(7).fill("token-invalid"));
		expect(harness.refused).toEqual(Array(7).fill("XMLSOCKET_TOKEN_INVALID"));
		await seconds(harness, 60);
		expect(client.take()).toHaveLength(7);
		const other = harness.connect();
		expect((await other.ask('<hello token="secret" />')).at(-1)).toMatch(/^<welcome name="Ann"/);
	});

	it("are few for an address, however many connections it opens", async () => {
		const harness = ChatHarness.chat({ tokens: "secret Ann" });
		for (let at = 0; at < 50; at++) {
			const client = harness.connect({ addressKey: "192.0.2.1" });
			client.send(...guesses(5));
			await harness.settle();
			client.link.destroy();
		}
		await seconds(harness, 1);
		expect(harness.refused).toEqual(Array(21).fill("XMLSOCKET_TOKEN_INVALID"));
		const near = harness.connect({ addressKey: "192.0.2.1" });
		near.send('<hello token="secret" />');
		const far = harness.connect({ addressKey: "192.0.2.2" });
		expect((await far.ask('<hello token="secret" />')).at(-1)).toMatch(/^<welcome name="Ann"/);
		await seconds(harness, 3);
		expect(near.take().at(-1)).toMatch(/^<(welcome name="Ann"|error code="name-taken")/);
	});

	it("make an address wait at most 5 s before it is refused without a look at the token", async () => {
		const harness = ChatHarness.chat({ tokens: "secret Ann" });
		const many = Array.from({ length: 8 }, () => harness.connect({ addressKey: "192.0.2.1" }));
		for (const client of many) client.send(...guesses(4));
		await harness.settle();
		for (const client of many) client.send(...guesses(1));
		await seconds(harness, 5);
		expect(harness.refused.slice(0, 21)).toEqual(Array(21).fill("XMLSOCKET_TOKEN_INVALID"));
		expect(new Set(harness.refused.slice(21))).toContain("XMLSOCKET_TOO_MANY_GUESSES");
		expect(harness.refused.length).toBeLessThan(40);
	});
});

describe("a client whose connection breaks while its requests wait", () => {
	it("is gone within a second: nobody is left to answer, and what it said before is delivered", async () => {
		const harness = ChatHarness.chat({ tokens: "secret Ann" });
		const bob = await harness.client("bob", "x");
		const client = harness.connect();
		client.send('<join room="x" />', ...Array(500).fill('<hello token="guess" />'), '<say room="x">last</say>');
		await harness.settle();
		client.link.destroy();
		harness.advance(1000);
		await harness.settle();
		expect(bob.take().map((text) => text.slice(0, 6))).toEqual(["<enter", "<said ", "<exit "]);
		expect(harness.application.stats!()).toMatchObject({ chat_clients: 1 });
	});
});

describe("what addresses leave behind", () => {
	it("is at most 10,000 addresses without clients, and those only while wrong tokens count", () => {
		const shares = new AddressShares();
		const connected = shares.acquire("connected", 0)!;
		for (let at = 0; at < 20_000; at++) {
			const share = shares.acquire(`address${at}`, 0)!;
			share.guesses.add(1, 0);
			shares.release(share);
		}
		expect(shares.size).toBe(10_000);
		expect(shares.acquire("connected", 0)).toBe(connected);
		shares.sweep(2000);
		expect(shares.size).toBe(10_000);
		shares.sweep(3000);
		expect(shares.size).toBe(1);
	});
});
