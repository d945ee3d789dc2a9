// Fair turns: the connection that has used little time is served first, however much the others send.

import { describe, expect, it } from "vitest";
import { Link, Scheduler } from "../../src/link/index.ts";
import { Work } from "../../src/link/work.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { ManualClock, OPEN_OPTIONS, RawEnd } from "./manual-clock.ts";

/** A server's links whose handlers take as long as `costMs` says, by a clock that only they move. */
function busyLinks(costMs: (name: string) => number) {
	const clock = new ManualClock();
	const scheduler = new Scheduler(clock, (error) => {
		throw error;
	});
	const handled: string[] = [];
	let elapsedMs = 0;
	const connect = (name: string, addressWork?: Work) => {
		const [near, far] = memoryPair();
		const link = new Link(
			near,
			OPEN_OPTIONS,
			scheduler,
			{
				document: () => {
					clock.elapse(costMs(name));
					elapsedMs += costMs(name);
					handled.push(name);
				},
				closed: () => {},
			},
			addressWork,
		);
		return { link, sender: new RawEnd(far) };
	};
	const tick = async () => {
		await new Promise((resolve) => setImmediate(resolve));
		const before = elapsedMs;
		clock.tick();
		return elapsedMs - before;
	};
	return { clock, connect, handled, tick };
}

const many = (count: number): string => "x\0".repeat(count);

describe("turns", () => {
	it("handles the document of a quiet client within a tick while 50 others send what takes long", async () => {
		const { connect, handled, tick } = busyLinks((name) => (name === "quiet" ? 0.1 : 1));
		for (let i = 0; i < 50; i++) connect(`loud ${i}`).sender.write(many(200));
		const { sender } = connect("quiet");
		for (let i = 0; i < 60; i++) await tick();
		handled.length = 0;
		for (let i = 0; i < 20; i++) {
			sender.write(many(1));
			const usedMs = await tick();
			expect(handled.splice(0)).toContain("quiet");
			// Each level ends its longest wait, so a tick may take a turn more for each.
			expect(usedMs).toBeLessThan(10);
		}
	});

	it("gives 50 connections of one address together no more than one of another", async () => {
		const { connect, handled, tick } = busyLinks(() => 1);
		const address = new Work();
		for (let i = 0; i < 50; i++) connect("crowd", address).sender.write(many(50));
		for (let i = 0; i < 100; i++) await tick();
		connect("alone", new Work()).sender.write(many(10));
		handled.length = 0;
		for (let i = 0; i < 10; i++) await tick();
		expect(handled.filter((name) => name === "alone")).toHaveLength(10);
	});

	it("handles a talking member's message at once while a crowd that has just come sends what takes long", async () => {
		const { clock, connect, handled, tick } = busyLinks((name) => (name === "member" ? 0.05 : 1));
		const { sender } = connect("member");
		for (let i = 0; i < 15; i++) {
			sender.write(many(1));
			await tick();
			await clock.advance(100);
		}
		for (let i = 0; i < 500; i++) connect(`new ${i}`).sender.write(many(20));
		handled.length = 0;
		for (let i = 0; i < 20; i++) {
			sender.write(many(1));
			await tick();
			expect(handled.splice(0)).toContain("member");
		}
	});

	it("handles everything in the end, each connection in order", async () => {
		const { connect, handled, tick } = busyLinks((name) => Number(name) / 2);
		for (let i = 0; i < 8; i++) connect(`${i}`).sender.write(many(100));
		for (let i = 0; i < 2000 && handled.length < 800; i++) await tick();
		for (let i = 0; i < 8; i++) expect(handled.filter((name) => name === `${i}`)).toHaveLength(100);
	});

	it("counts what a broadcast makes others write as its sender's time", async () => {
		const { clock, connect, tick } = busyLinks(() => 0);
		const members = Array.from({ length: 20 }, () => connect("member"));
		const scheduler = new Scheduler(clock, () => {});
		const [near, far] = memoryPair();
		const slow = members.map(() => {
			const [end, other] = memoryPair();
			const write = end.write.bind(end);
			end.write = (bytes) => {
				clock.elapse(1);
				return write(bytes);
			};
			new RawEnd(other);
			return new Link(end, OPEN_OPTIONS, scheduler, { document: () => {}, closed: () => {} });
		});
		const sender = new Link(near, OPEN_OPTIONS, scheduler, {
			document: (text) => {
				for (const link of slow) link.send(text);
			},
			closed: () => {},
		});
		new RawEnd(far).write("hello\0");
		await tick();
		await tick();
		await clock.advance(1500); // they are no newcomers any more
		expect(sender.work.level(clock.now())).toBe(2);
		expect(slow[0]!.work.level(clock.now())).toBe(0);
	});

	it("counts what a connection has asked for and gets later as its time", () => {
		const { clock, connect } = busyLinks(() => 0);
		const [asking, other] = [connect("asking").link, connect("other").link];
		asking.account(() => clock.elapse(10));
		asking.account(() => other.account(() => clock.elapse(10)));
		expect([asking.work.level(clock.now()), other.work.level(clock.now())]).toEqual([4, 2]);
	});

	it("ends the wait of a client that has used much, however many others want to work", async () => {
		const { connect, handled, tick } = busyLinks((name) => (name === "heavy" ? 1 : 0.5));
		const heavy = connect("heavy");
		heavy.sender.write(many(60));
		for (let i = 0; i < 40; i++) await tick();
		handled.length = 0;
		const light = Array.from({ length: 400 }, (_, i) => connect(`light ${i}`));
		heavy.sender.write(many(20));
		for (const { sender } of light) sender.write(many(5));
		for (let i = 0; i < 30; i++) await tick();
		expect(handled.filter((name) => name === "heavy").length).toBeGreaterThan(10);
	});

	it("reports what a turn throws, and gives the others theirs", async () => {
		const clock = new ManualClock();
		const reported: unknown[] = [];
		const { turns } = new Scheduler(clock, (error) => reported.push(error));
		const taken: string[] = [];
		const taker = (name: string) => ({
			work: new Work(),
			takeTurn: () => {
				taken.push(name);
				if (name === "broken") throw new Error(name);
			},
		});
		turns.wait(taker("broken"));
		turns.wait(taker("whole"));
		clock.tick();
		expect([taken, reported]).toEqual([["broken", "whole"], [new Error("broken")]]);
	});
});

describe("the time that a connection has used", () => {
	it("fades, so that the order of those that go on stays", () => {
		const much = new Work();
		const little = new Work();
		much.spend(256, 0);
		little.spend(16, 0);
		expect([much.level(0), little.level(0), new Work().level(0)]).toEqual([7, 3, 0]);
		expect([much.level(1000), little.level(1000)]).toEqual([6, 2]);
		expect([much.level(10_000), little.level(10_000)]).toEqual([0, 0]);
	});

	it("counts for its address too, where four times as much is as little", () => {
		const address = new Work();
		const connections = Array.from({ length: 64 }, () => new Work(address));
		for (const each of connections) each.spend(1, 0);
		expect([address.level(0), connections[0]!.level(0)]).toEqual([5, 3]);
	});

	it("puts new connections behind those that have been quiet, for about a second and a half", () => {
		const newcomer = new Work(undefined, 0);
		const talker = new Work();
		talker.spend(2, 0);
		expect([newcomer.level(0), talker.level(0)]).toEqual([2, 0]);
		expect([newcomer.level(500), newcomer.level(1400)]).toEqual([2, 0]);
	});
});
