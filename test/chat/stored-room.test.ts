import { describe, expect, it } from "vitest";
import { XMLSocketError } from "../../src/errors/index.ts";
import {
	type Appended,
	type LogEntry,
	type LogPage,
	MemoryLog,
	type MessageLog,
	type NewEntry,
	type ReadLimits,
	type RoomState,
	type Subscription,
} from "../../src/message-log/index.ts";
import { AT, ChatHarness, type Client } from "./harness.ts";

const wallMs = (): number => Date.parse(AT);
const said = (seq: number, text: string, extra = ""): string =>
	`<said room="lobby" seq="${seq}" prev="${seq - 1}" from="ann" at="${AT}"${extra}>${text}</said>`;
const say = (text: string, id?: string): string => `<say room="lobby"${id ? ` id="${id}"` : ""}>${text}</say>`;
const bodies = (documents: readonly string[]): string[] =>
	documents.map((text) => text.replace(/^.*>(.*)<\/said>$/, "$1"));
const resume = (client: Client, session: string, after: number): Promise<string[]> =>
	client.ask(`<hello session="${session}" />`, `<join room="lobby" after="${after}" />`);

/** A memory log whose answers wait until a test lets them go, and that can be out of reach. */
class SlowLog implements MessageLog {
	readonly inner: MemoryLog = new MemoryLog({ nowMs: wallMs });
	reachable = true;
	held = false;
	#waiting: (() => void)[] = [];
	#watcher: ((reachable: boolean) => void) | undefined;

	letGo(): void {
		this.held = false;
		for (const go of this.#waiting.splice(0)) go();
	}
	setReachable(reachable: boolean): void {
		this.reachable = reachable;
		this.#watcher?.(reachable);
	}
	async #wait(): Promise<void> {
		if (!this.reachable) throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The broker is gone.");
		if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}
	async append(room: string, entry: NewEntry): Promise<Appended> {
		await this.#wait();
		return this.inner.append(room, entry);
	}
	async readAfter(room: string, after: number, limits: ReadLimits & { through?: number }): Promise<LogPage> {
		await this.#wait();
		return this.inner.readAfter(room, after, limits);
	}
	async readBefore(room: string, before: number, limits: ReadLimits): Promise<LogPage> {
		await this.#wait();
		return this.inner.readBefore(room, before, limits);
	}
	async state(room: string): Promise<RoomState> {
		await this.#wait();
		return this.inner.state(room);
	}
	async follow(room: string, entry: (entry: LogEntry) => void): Promise<Subscription> {
		await this.#wait();
		return this.inner.follow(room, entry);
	}
	watch(changed: (reachable: boolean) => void): () => void {
		this.#watcher = changed;
		return () => {
			this.#watcher = undefined;
		};
	}
	close(): Promise<void> {
		return this.inner.close();
	}
}

const make = (options = {}, log: MessageLog = new MemoryLog({ nowMs: wallMs })): ChatHarness =>
	ChatHarness.chat(options, { log });

describe("a message in a stored room", () => {
	it("has its number and the one before, and is acknowledged with it behind the speaker's own copy", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		const bob = await harness.client("bob", "lobby");
		ann.take();
		expect(await ann.ask(say("one", "c1"))).toEqual([said(1, "one", ' id="c1"'), '<ack id="c1" seq="1" />']);
		expect(await ann.ask(say("two"))).toEqual([said(2, "two")]);
		expect(await ann.ask(say("three", "c3"))).toEqual([said(3, "three", ' id="c3"'), '<ack id="c3" seq="3" />']);
		expect(bob.take()).toEqual([said(1, "one"), said(2, "two"), said(3, "three")]);
	});

	it("is stored once however often it is sent again with its id", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		const bob = await harness.client("bob", "lobby");
		await ann.ask(say("one", "c1"));
		await ann.ask(say("two", "c2"));
		expect(await ann.ask(say("one", "c1"), say("one", "c1"))).toEqual([
			'<ack id="c1" seq="1" duplicate="true" />',
			'<ack id="c1" seq="1" duplicate="true" />',
		]);
		expect(bodies(bob.take())).toEqual(["one", "two"]);
		expect(await bob.ask(say("other", "c1"))).toEqual([
			`<said room="lobby" seq="3" prev="2" from="bob" at="${AT}" id="c1">other</said>`,
			'<ack id="c1" seq="3" />',
		]);
	});

	it("may be an application document, whose content is replayed as it was written", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		const content = ` <a x='1'/>&#65;<![CDATA[</sent>\n]]> `;
		const sent = (extra = "") => `<sent room="lobby" seq="1" prev="0" from="ann" at="${AT}"${extra}>${content}</sent>`;
		expect(await ann.ask(`<send room="lobby" id="c1">${content}</send>`)).toEqual([
			sent(' id="c1"'),
			'<ack id="c1" seq="1" />',
		]);
		const bob = await harness.client("bob");
		expect((await bob.ask('<join room="lobby" />'))[1]).toBe(sent());
	});

	it("is told to nobody before it is committed, nor acknowledged", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		const bob = await harness.client("bob", "lobby");
		ann.take();
		log.held = true;
		expect(await ann.ask(say("later", "c1"), '<ping id="1" />')).toEqual(['<pong id="1" />']);
		expect(bob.take()).toEqual([]);
		log.letGo();
		await harness.settle();
		expect(ann.take()).toEqual([said(1, "later", ' id="c1"'), '<ack id="c1" seq="1" />']);
		expect(bob.take()).toEqual([said(1, "later")]);
	});

	it("is answered with a code where the log cannot be reached, while live rooms go on", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby", "x");
		log.setReachable(false);
		expect(await ann.ask(say("lost", "c1"))).toEqual([
			'<notice code="broker-lost">Stored rooms do not accept messages until their log can be reached again.</notice>',
			'<error code="unavailable" id="c1">The log of room &quot;lobby&quot; cannot be reached; nothing was acknowledged.</error>',
		]);
		expect(await ann.ask('<say room="x">live</say>')).toEqual([`<said room="x" from="ann" at="${AT}">live</said>`]);
		log.setReachable(true);
		expect(await ann.ask(say("lost", "c1"))).toEqual([
			'<notice code="broker-back">Stored rooms accept messages again.</notice>',
			said(1, "lost", ' id="c1"'),
			'<ack id="c1" seq="1" />',
		]);
		expect(harness.reported).toEqual([]);
	});

	it("is still answered when the client has already said that it sends no more", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		log.held = true;
		ann.send(say("last", "c1"));
		ann.link.end();
		await harness.settle();
		expect(ann.close).toBeUndefined();
		log.letGo();
		await harness.settle();
		const state = await log.inner.state("lobby");
		expect([state.lastSeq, ann.close]).toEqual([1, { by: "local" }]);
	});
});

describe("joining a stored room", () => {
	it("replays the newest messages to a newcomer, as many as the option says", async () => {
		const harness = make({ history: 3 });
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 5; i++) await ann.ask(say(String(i)));
		const bob = await harness.client("bob");
		const [joined, ...replay] = await bob.ask('<join room="lobby" />');
		expect(joined).toMatch(/ seq="5" members="2">/);
		expect(replay).toEqual([said(3, "3"), said(4, "4"), said(5, "5")]);
		const carol = await harness.client("carol");
		expect(await carol.ask('<join room="lobby" after="-1" />')).toHaveLength(1);
	});

	it("replays what came after a number, all of it and nothing twice, then goes live", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 350; i++) ann.send(say(String(i)));
		await harness.settle();
		const bob = await harness.client("bob");
		const [, ...replay] = await bob.ask('<join room="lobby" after="17" />');
		expect(bodies(replay)).toEqual(Array.from({ length: 333 }, (_, i) => String(18 + i)));
		ann.send(say("351"));
		await harness.settle();
		expect(bob.take()).toEqual([said(351, "351")]);
	});

	it("shows a client's own messages with their ids, so that it knows what need not be sent again", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		await ann.ask(say("one", "c1"), say("two", "c2"));
		ann.link.destroy();
		await harness.settle();
		const again = harness.connect();
		const documents = await resume(again, ann.session, 1);
		expect(documents.slice(-1)).toEqual([said(2, "two", ' id="c2"')]);
		expect(await again.ask(say("two", "c2"))).toEqual(['<ack id="c2" seq="2" duplicate="true" />']);
		const bob = await harness.client("bob");
		expect((await bob.ask('<join room="lobby" after="1" />')).slice(-1)).toEqual([said(2, "two")]);
	});

	it("recognises a session after the server has been started again over the same log", async () => {
		const log = new MemoryLog({ nowMs: wallMs });
		const first = make({}, log);
		const ann = await first.client("ann", "lobby");
		await ann.ask(say("one", "c1"));
		const second = make({}, log);
		const again = second.connect();
		const documents = await again.ask(
			`<hello name="ann" session="${ann.session}" />`,
			'<join room="lobby" after="0" />',
			say("one", "c1"),
		);
		expect(documents.slice(-2)).toEqual([said(1, "one", ' id="c1"'), '<ack id="c1" seq="1" duplicate="true" />']);
	});

	it("tells of the gap where messages are past their retention", async () => {
		const harness = make({}, new MemoryLog({ nowMs: wallMs, retention: { maxCount: 3 } }));
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 10; i++) await ann.ask(say(String(i)));
		const bob = await harness.client("bob");
		expect((await bob.ask('<join room="lobby" after="4" />')).slice(1)).toEqual([
			'<gap room="lobby" from="5" to="7" />',
			said(8, "8"),
			said(9, "9"),
			said(10, "10"),
		]);
		const carol = await harness.client("carol");
		expect((await carol.ask('<join room="lobby" after="7" />')).slice(1)).toHaveLength(3);
		// A newcomer has missed nothing.
		const dan = await harness.client("dan");
		expect((await dan.ask('<join room="lobby" />')).slice(1)).toHaveLength(3);
	});

	it("tells of a gap in the place of what is no message, in a replay and live", async () => {
		const log = new MemoryLog({ nowMs: wallMs });
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		await ann.ask(say("1"));
		for (const payload of ["no message", "tann\na\0b"])
			await log.append("lobby", { payload: new TextEncoder().encode(payload) });
		await ann.ask(say("4"));
		expect(harness.reported.map((error) => (error as XMLSocketError).code)).toEqual([
			"XMLSOCKET_RECORD_UNREADABLE",
			"XMLSOCKET_RECORD_UNREADABLE",
		]);
		const bob = await harness.client("bob");
		const replay = (await bob.ask('<join room="lobby" after="0" />')).slice(1);
		const gaps = ['<gap room="lobby" from="2" to="2" />', '<gap room="lobby" from="3" to="3" />'];
		expect(replay).toEqual([said(1, "1"), ...gaps, said(4, "4")]);
		await log.append("lobby", { payload: new Uint8Array(0) });
		await harness.settle();
		expect(bob.take()).toEqual(['<gap room="lobby" from="5" to="5" />']);
	});

	it("tells of the gap where nothing at all is left", async () => {
		let nowMs = 0;
		const log = new MemoryLog({ nowMs: () => nowMs, retention: { maxAgeMs: 1000 } });
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		await ann.ask(say("1"), say("2"));
		nowMs = 5000;
		const bob = await harness.client("bob");
		expect((await bob.ask('<join room="lobby" after="1" />')).slice(1)).toEqual([
			'<gap room="lobby" from="2" to="2" />',
		]);
	});

	it("gives the newest page where the number is of another log, or beyond the end", async () => {
		const harness = make({ history: 2 });
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 5; i++) await ann.ask(say(String(i)));
		for (const join of ['<join room="lobby" after="1" log="another" />', '<join room="lobby" after="6" />']) {
			const bob = await harness.client("bob");
			expect(bodies((await bob.ask(join)).slice(1))).toEqual(["4", "5"]);
			bob.link.destroy();
			await harness.settle();
		}
		const carol = await harness.client("carol");
		const log = / log="(\w+)"/.exec((await carol.ask('<join room="lobby" />'))[0]!)![1];
		expect(bodies((await carol.ask(`<join room="lobby" after="1" log="${log}" />`)).slice(1))).toEqual([
			"2",
			"3",
			"4",
			"5",
		]);
	});

	it("holds live messages back until the replay has caught up, whatever happens meanwhile", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 5; i++) await ann.ask(say(String(i)));
		const bob = await harness.client("bob");
		log.held = true;
		bob.send('<join room="lobby" after="0" />');
		await harness.settle();
		for (let i = 6; i <= 8; i++) await log.inner.append("lobby", { payload: new TextEncoder().encode(`tann\n${i}`) });
		await harness.settle();
		expect(bob.inbox.map((text) => text.slice(0, 7))).toEqual(["<joined"]);
		log.letGo();
		await harness.settle();
		expect(bodies(bob.take().slice(1))).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
	});

	it("gives nothing twice where the log can be read further than it has delivered", async () => {
		const inner = new MemoryLog({ nowMs: wallMs });
		const late: (() => void)[] = [];
		const log: MessageLog = {
			append: (room, entry) => inner.append(room, entry),
			readAfter: (room, after, limits) => inner.readAfter(room, after, limits),
			readBefore: (room, before, limits) => inner.readBefore(room, before, limits),
			state: (room) => inner.state(room),
			follow: (room, entry) => inner.follow(room, (one) => late.push(() => entry(one))),
			close: () => inner.close(),
		};
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		ann.send(say("1"), say("2"), say("3"));
		await harness.settle();
		late.shift()!();
		const bob = await harness.client("bob");
		const carol = await harness.client("carol");
		expect((await bob.ask('<join room="lobby" after="0" />')).slice(1)).toEqual([said(1, "1")]);
		expect((await carol.ask('<join room="lobby" />')).slice(1)).toEqual([said(1, "1")]);
		bob.take();
		for (const deliver of late) deliver();
		await harness.settle();
		for (const client of [bob, carol]) expect(client.take()).toEqual([said(2, "2"), said(3, "3")]);
	});

	it("waits for what a client was shown elsewhere, so that it gets nothing twice where this server is behind", async () => {
		const inner = new MemoryLog({ nowMs: wallMs });
		const late: (() => void)[] = [];
		const log: MessageLog = {
			append: (room, entry) => inner.append(room, entry),
			readAfter: (room, after, limits) => inner.readAfter(room, after, limits),
			readBefore: (room, before, limits) => inner.readBefore(room, before, limits),
			state: (room) => inner.state(room),
			follow: (room, entry) => inner.follow(room, (one) => late.push(() => entry(one))),
			close: () => inner.close(),
		};
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		ann.send(say("1"), say("2"), say("3"));
		await harness.settle();
		late.shift()!();
		const name = (await inner.state("lobby")).log;
		const bob = await harness.client("bob");
		expect(await bob.ask(`<join room="lobby" after="2" log="${name}" />`)).toEqual([]);
		for (const deliver of late) deliver();
		await harness.settle();
		expect(bob.inbox).toHaveLength(2);
		expect(bob.inbox[0]).toMatch(/^<joined .* seq="3"/);
		expect(bob.take().slice(1)).toEqual([said(3, "3")]);
		// A number that the log has not given is of no use, and is not waited for.
		const carol = await harness.client("carol");
		const answer = await carol.ask(`<join room="lobby" after="9" log="${name}" />`);
		expect(bodies(answer.slice(1))).toEqual(["1", "2", "3"]);
	});

	it("acknowledges what is said during the replay behind the replayed copy", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		await ann.ask(say("1"));
		const bob = await harness.client("bob");
		log.held = true;
		bob.send('<join room="lobby" after="0" />', say("2", "b1"), '<leave room="nowhere" />');
		await harness.settle();
		expect(bob.take().map((text) => text.slice(0, 8))).toEqual(["<joined ", "<error c"]);
		log.letGo();
		await harness.settle();
		expect(bob.take()).toEqual([
			said(1, "1"),
			`<said room="lobby" seq="2" prev="1" from="bob" at="${AT}" id="b1">2</said>`,
			'<ack id="b1" seq="2" />',
		]);
	});

	it("stops replaying to a client that leaves, and begins again for one that joins again", async () => {
		const log = new SlowLog();
		const harness = make({}, log);
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 3; i++) await ann.ask(say(String(i)));
		const bob = await harness.client("bob");
		log.held = true;
		await bob.ask('<join room="lobby" after="0" />');
		const left = await bob.ask('<leave room="lobby" />');
		log.letGo();
		await harness.settle();
		expect([left.length, bob.take()]).toEqual([1, []]);
		log.held = true;
		await bob.ask('<join room="lobby" after="0" />');
		await bob.ask('<join room="lobby" after="2" />');
		log.letGo();
		await harness.settle();
		expect(bodies(bob.take())).toEqual(["3"]);
	});

	it("is refused, and undone, where the log cannot be reached, and works once it can", async () => {
		const log = new SlowLog();
		log.reachable = false;
		const harness = make({}, log);
		const ann = await harness.client("ann");
		expect(await ann.ask('<join room="lobby" />')).toEqual([
			'<error code="unavailable">The log of room &quot;lobby&quot; cannot be reached; nothing was acknowledged.</error>',
			'<exit room="lobby" name="ann" members="0" reason="unavailable" />',
		]);
		expect((await ann.ask(say("x")))[0]).toMatch(/^<error code="room-not-joined">/);
		log.reachable = true;
		expect((await ann.ask('<join room="lobby" />'))[0]).toMatch(/^<joined room="lobby" kind="stored"/);
		expect(await ann.ask(say("x"))).toEqual([said(1, "x")]);
	});

	it("goes no faster than the client reads", async () => {
		const log = new MemoryLog({ nowMs: wallMs });
		const text = "x".repeat(1000);
		for (let i = 0; i < 3000; i++) await log.append("lobby", { payload: new TextEncoder().encode(`tann\n${text}`) });
		const harness = make({}, log);
		const reader = harness.connect({ maxOutboxBytes: 512 * 1024 });
		await harness.settle();
		reader.take();
		reader.link.pause();
		reader.send('<join room="lobby" after="0" />');
		await harness.settle();
		expect(reader.close).toBeUndefined();
		reader.link.resume();
		const seqs = (): number[] => reader.inbox.map((document) => Number(/ seq="(\d+)" prev/.exec(document)?.[1]));
		await harness.settle();
		expect(seqs().slice(1)).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
	});
});

describe("history", () => {
	it("pages backwards, oldest first within a page", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		for (let i = 1; i <= 7; i++) await ann.ask(say(String(i), `c${i}`));
		const page = (numbers: number[], more: boolean) =>
			`<page room="lobby"${more ? ' more="true"' : ""}>${numbers.map((i) => said(i, String(i), ` id="c${i}"`)).join("")}</page>`;
		expect(
			await ann.ask(
				'<history room="lobby" limit="3" />',
				'<history room="lobby" before="5" limit="3" />',
				'<history room="lobby" before="2" limit="3" />',
				'<history room="lobby" before="1" />',
			),
		).toEqual([page([5, 6, 7], true), page([2, 3, 4], true), page([1], false), page([], false)]);
	});

	it("ends a page before 64 KiB, envelopes included, and always holds one message", async () => {
		const harness = make();
		const ann = await harness.client("ann", "lobby");
		for (let i = 0; i < 5; i++) await ann.ask(`<send room="lobby">${"x".repeat(20_000)}</send>`);
		await ann.ask(`<say room="lobby">${"&lt;".repeat(15_000)}</say>`);
		const pages = await ann.ask('<history room="lobby" before="6" />', '<history room="lobby" limit="2" />');
		expect(pages.map((page) => [page.match(/<(?:sent|said) /g)?.length, / more="true"/.test(page)])).toEqual([
			[3, true],
			[1, true],
		]);
		expect(pages.every((page) => page.length <= 64 * 1024)).toBe(true);
	});

	it("is for members, of stored rooms, and at most 100 messages", async () => {
		const harness = make();
		const ann = await harness.client("ann", "x");
		expect(
			await ann.ask('<history room="lobby" />', '<history room="x" id="h1" />', '<history room="x" limit="101" />'),
		).toEqual([
			'<error code="room-not-joined">You are not in room &quot;lobby&quot;.</error>',
			'<error code="room-not-stored" id="h1">Room &quot;x&quot; keeps no history.</error>',
			'<error code="attribute-invalid">The attribute limit of &lt;history&gt; is a whole number from 1 to 100.</error>',
		]);
	});
});

describe("rooms that a join creates", () => {
	it("are stored where the option says so, and remember while nobody is there", async () => {
		const harness = make({ createRooms: "stored" });
		const ann = await harness.client("ann", "den");
		await ann.ask('<say room="den">left behind</say>', '<leave room="den" />');
		expect(await ann.ask("<rooms />")).toEqual([
			'<rooms offset="0"><room name="lobby" kind="stored" members="0" /></rooms>',
		]);
		const documents = await ann.ask('<join room="den" after="0" />');
		expect(documents[1]).toBe(`<said room="den" seq="1" prev="0" from="ann" at="${AT}">left behind</said>`);
	});
});
