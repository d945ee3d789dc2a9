// The deadlines of a link, on a clock that the test moves: never early, and noticed by the next walk over all links.

import { describe, expect, it } from "vitest";
import { Scheduler, type Transport } from "../../src/link/index.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { linkOver, ManualClock, pass, RawEnd, settle } from "./manual-clock.ts";

describe("the document time-outs", () => {
	it("run from the first byte of a document, the first and the later ones each by their own limit", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { firstDocumentTimeoutMs: 10_000, documentTimeoutMs: 30_000 });
		const sender = new RawEnd(far);
		await pass(clock, 60_000);
		sender.write("<a");
		await pass(clock, 9_000);
		sender.write(">");
		await settle(clock);
		expect(owner.events).toEqual([]);
		sender.write("\0<b");
		await pass(clock, 29_000);
		expect(owner.events).toEqual(["document <a>"]);
		await pass(clock, 2_000);
		expect(owner.failure).toMatchObject({ code: "XMLSOCKET_DOCUMENT_TIMEOUT", details: { limitMs: 30_000 } });
	});

	it("end a first document that comes a byte at a time", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { firstDocumentTimeoutMs: 10_000 });
		const sender = new RawEnd(far);
		for (let second = 0; second < 12; second++) {
			sender.write("x");
			await pass(clock, 1_000);
		}
		expect(owner.failure).toMatchObject({ code: "XMLSOCKET_DOCUMENT_TIMEOUT", details: { limitMs: 10_000 } });
		far.end();
		await settle(clock);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_DOCUMENT_TIMEOUT" } });
	});

	it("count what came before the link was opened: the first byte of the connection", async () => {
		const [near, far] = memoryPair();
		const clock = new ManualClock();
		clock.advance(20_000);
		Object.assign(near, { begunMs: clock.now() - 9_000 });
		const { owner } = linkOver(near, { firstDocumentTimeoutMs: 10_000, documentTimeoutMs: 10_000 }, { clock });
		const sender = new RawEnd(far);
		sender.write("<a/>\0<b");
		await pass(clock, 9_000);
		expect(owner.events).toEqual(["document <a/>"]);
		await pass(clock, 3_000);
		expect(owner.failure).toMatchObject({ code: "XMLSOCKET_DOCUMENT_TIMEOUT" });

		const [slow, other] = memoryPair();
		Object.assign(slow, { begunMs: clock.now() - 9_000 });
		const second = linkOver(slow, { firstDocumentTimeoutMs: 10_000 }, { clock });
		new RawEnd(other).write("<a");
		await pass(clock, 3_000);
		expect(second.owner.failure).toMatchObject({ code: "XMLSOCKET_DOCUMENT_TIMEOUT", details: { limitMs: 10_000 } });
	});

	it("never fire early, however short and whenever within a second the document began", async () => {
		for (const startMs of [1, 250, 500, 999]) {
			const [near, far] = memoryPair();
			const { owner, clock } = linkOver(near, { firstDocumentTimeoutMs: 700 });
			const sender = new RawEnd(far);
			clock.advance(startMs);
			sender.write("<a");
			await settle(clock);
			clock.advance(699);
			expect(owner.events, `begun at ${startMs}`).toEqual([]);
			clock.advance(1_001);
			expect(owner.events, `begun at ${startMs}`).toEqual(["failing XMLSOCKET_DOCUMENT_TIMEOUT"]);
		}
	});

	it("are off at 0", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near);
		new RawEnd(far).write("<a");
		await pass(clock, 100_000);
		expect(owner.events).toEqual([]);
	});
});

describe("the idle rule", () => {
	it("asks for a sign of life at half of the time, once, and closes at the whole", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { idleTimeoutMs: 60_000 });
		new RawEnd(far);
		await pass(clock, 29_000);
		expect(owner.events).toEqual([]);
		await pass(clock, 30_000);
		expect(owner.events).toEqual(["idle"]);
		await pass(clock, 2_000);
		expect(owner.events).toEqual(["idle", "failing XMLSOCKET_IDLE"]);
		far.end();
		await settle(clock);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_IDLE", details: { limitMs: 60_000 } } });
	});

	it("begins again with any byte, and asks again", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { idleTimeoutMs: 60_000 });
		const sender = new RawEnd(far);
		for (let round = 0; round < 3; round++) {
			await pass(clock, 50_000);
			sender.write("x");
			await settle(clock);
		}
		expect(owner.events).toEqual(["idle", "idle", "idle"]);
	});

	it("is counted from the link's own beginning, not from an earlier walk", async () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const [first, firstFar] = memoryPair();
		linkOver(first, {}, { clock, scheduler });
		new RawEnd(firstFar);
		clock.advance(999);
		const [near, far] = memoryPair();
		const { owner } = linkOver(near, { idleTimeoutMs: 800 }, { clock, scheduler });
		new RawEnd(far);
		clock.advance(500);
		expect(owner.events).toEqual([]);
		clock.advance(501);
		expect(owner.events).toEqual(["failing XMLSOCKET_IDLE"]);
	});
});

describe("pings", () => {
	/** A memory transport with pings that the test answers. */
	function pinging(): { near: Transport; far: Transport; pings: () => number; pong: () => void } {
		const [memory, far] = memoryPair();
		let pings = 0;
		let pong = (): void => {};
		const near: Transport = {
			kind: "websocket",
			remoteAddress: "test",
			get bufferedBytes() {
				return memory.bufferedBytes;
			},
			start: (events) => {
				pong = () => events.pong();
				memory.start(events);
			},
			write: (bytes) => memory.write(bytes),
			end: () => memory.end(),
			destroy: (error) => memory.destroy(error),
			pause: () => memory.pause(),
			resume: () => memory.resume(),
			ping: () => {
				pings++;
			},
		};
		return { near, far, pings: () => pings, pong: () => pong() };
	}

	it("go out after the interval, and their answer is a sign of life", async () => {
		const { near, far, pings, pong } = pinging();
		const { owner, clock } = linkOver(near, { pingIntervalMs: 30_000, idleTimeoutMs: 40_000 });
		new RawEnd(far);
		for (let round = 1; round <= 4; round++) {
			await pass(clock, 29_000);
			expect(pings()).toBe(round - 1);
			await pass(clock, 5_000);
			expect(pings()).toBe(round);
			pong();
		}
		expect(owner.events).toEqual([]);
	});

	it("that are not answered within the interval end the link at once", async () => {
		const { near, far, pings } = pinging();
		const { owner, clock } = linkOver(near, { pingIntervalMs: 30_000 });
		const reader = new RawEnd(far);
		await pass(clock, 59_000);
		expect(owner.events).toEqual([]);
		await pass(clock, 2_000);
		expect(pings()).toBe(1);
		expect(owner.events).toEqual(["closed"]);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_PEER_SILENT" } });
		expect(reader.closes.length).toBe(1);
	});

	it.each([
		["an interval shorter than a walk", 100, 1_000],
		["a process that stood still for longer than two intervals", 30_000, 90_000],
	])("ask before they end a link: %s", async (_, pingIntervalMs, standstillMs) => {
		const { near, far, pings, pong } = pinging();
		const { owner, clock } = linkOver(near, { pingIntervalMs });
		new RawEnd(far);
		for (let round = 1; round <= 3; round++) {
			// No timer runs meanwhile.
			clock.elapse(standstillMs - 1_000);
			clock.advance(1_000);
			expect([pings(), owner.events]).toEqual([round, []]);
			pong();
		}
		await pass(clock, 2 * Math.max(pingIntervalMs, 1_000) + 1_000);
		expect(owner.close).toMatchObject({ error: { code: "XMLSOCKET_PEER_SILENT" } });
	});

	it("do not end a link that is paused and cannot hear the answer", async () => {
		const { near, far } = pinging();
		const { owner, clock, link } = linkOver(near, { pingIntervalMs: 30_000 });
		new RawEnd(far);
		link.pause();
		await pass(clock, 200_000);
		expect(owner.events).toEqual([]);
		link.resume();
		await pass(clock, 29_000);
		expect(owner.events).toEqual([]);
	});
});

describe("the scheduler", () => {
	it("keeps one timer for all links, and none without any", async () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const pairs = Array.from({ length: 10 }, () => memoryPair());
		const links = pairs.map(([near, far]) => {
			new RawEnd(far);
			return linkOver(near, {}, { clock, scheduler }).link;
		});
		await pass(clock, 5_000);
		expect(clock.waiting).toBe(1);
		for (const link of links) link.destroy();
		await settle(clock);
		expect(scheduler.size).toBe(0);
		expect(clock.waiting).toBe(0);
	});

	it("keeps one timer also where links come and go within a walk", () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		let walks = 0;
		const other = { flush: () => {}, sweep: () => walks++ };
		const passing = {
			flush: () => {},
			sweep: () => {
				scheduler.remove(passing);
				scheduler.add(other);
			},
		};
		scheduler.add(passing);
		clock.advance(1_000);
		expect(clock.waiting).toBe(1);
		walks = 0;
		clock.advance(5_000);
		expect(walks).toBe(5);
	});

	it("goes on with the other links where one of them throws", () => {
		const clock = new ManualClock();
		const reports: unknown[] = [];
		const scheduler = new Scheduler(clock, (error) => reports.push(error));
		const seen: string[] = [];
		const failing = {
			flush: () => {
				throw new Error("flush");
			},
			sweep: () => {
				throw new Error("sweep");
			},
		};
		const sound = { flush: () => seen.push("flush"), sweep: () => seen.push("sweep") };
		for (const link of [failing, sound]) {
			scheduler.add(link);
			scheduler.flushSoon(link);
		}
		clock.tick();
		clock.advance(1_000);
		expect(seen).toEqual(["flush", "sweep"]);
		expect(reports.map((error) => (error as Error).message)).toEqual(["flush", "sweep"]);
	});
});
