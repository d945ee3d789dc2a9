// What a link sends: in order, in one write for each tick, shared between links, and bounded by what the reader takes.

import { describe, expect, it } from "vitest";
import { Link, type LinkClose, Scheduler } from "../../src/link/index.ts";
import { memoryPair, textCodec } from "../../src/transport/index.ts";
import { terminatorBytes } from "../../src/wire/index.ts";
import { linkOver, ManualClock, OPEN_OPTIONS, pass, RawEnd, Recorder, settle } from "./manual-clock.ts";

const utf8 = new TextEncoder();

describe("sending", () => {
	it("puts everything of one tick into one write, in order, texts and bytes mixed", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near);
		const reader = new RawEnd(far);
		link.send("one");
		link.sendEncoded(utf8.encode("two\0"));
		link.sendEncoded(utf8.encode("three\0four\0"));
		link.send("fünf");
		link.send("");
		link.sendEncoded(utf8.encode("six\0"));
		expect(reader.chunks).toEqual([]);
		await settle(clock);
		expect(reader.chunks.length).toBe(1);
		expect(reader.text).toBe("one\0two\0three\0four\0fünf\0\0six\0");
		link.send("seven");
		await settle(clock);
		expect(reader.chunks.length).toBe(2);
		expect(reader.text).toMatch(/six\0seven\0$/);
	});

	it("gives every link that waits for the same bytes the same joined array", async () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const written: Uint8Array[] = [];
		const links = Array.from({ length: 3 }, () => {
			const [near, far] = memoryPair();
			far.start({ bytes: (chunk) => written.push(chunk), end() {}, drain() {}, pong() {}, close() {} });
			return linkOver(near, {}, { clock, scheduler }).link;
		});
		const shared = [utf8.encode("a\0"), utf8.encode("b\0")];
		for (const bytes of shared) for (const link of links) link.sendEncoded(bytes);
		links[2]!.send("and one of its own");
		await settle(clock);
		expect(written.map((chunk) => new TextDecoder().decode(chunk))).toEqual([
			"a\0b\0",
			"a\0b\0",
			"a\0b\0and one of its own\0",
		]);
		expect(written[1]).toBe(written[0]);
	});

	it("does not mistake the joined array of one tick for that of the next", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near);
		const reader = new RawEnd(far);
		const [a, b, c] = [utf8.encode("a\0"), utf8.encode("b\0"), utf8.encode("c\0")];
		for (const parts of [
			[a, b],
			[a, c],
			[b, a],
			[a, b, c],
			[a, b],
		]) {
			for (const part of parts) link.sendEncoded(part);
			await settle(clock);
		}
		expect(reader.text).toBe("a\0b\0a\0c\0b\0a\0a\0b\0c\0a\0b\0");
	});

	it("splits a burst into pieces that end between documents", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near, { maxOutboxBytes: 1 << 22 });
		const reader = new RawEnd(far);
		const document = utf8.encode(`${"x".repeat(999)}\0`);
		for (let i = 0; i < 1000; i++) link.sendEncoded(document);
		await settle(clock);
		expect(reader.text.length).toBe(1_000_000);
		expect(reader.chunks.length).toBeGreaterThan(10);
		for (const chunk of reader.chunks) {
			expect(chunk.length).toBeLessThanOrEqual(64 * 1024);
			expect(chunk.at(-1)).toBe(0);
		}
	});

	it("refuses U+0000, and sends nothing of the refused text", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near);
		const reader = new RawEnd(far);
		expect(() => link.send("a\0b")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		expect(() => link.encode("a\0b")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		link.sendUnchecked("c\0d");
		await settle(clock);
		expect(reader.text).toBe("c\0d\0");
	});

	it("uses the terminator and the encoding that it was given", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near, { terminator: terminatorBytes("crlf"), codec: textCodec("gbk") });
		const reader = new RawEnd(far);
		link.send("汉");
		link.sendUnchecked("字");
		link.sendEncoded(link.encode("汉"));
		expect(() => link.send("a\r\nb")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		await settle(clock);
		expect(reader.chunks.flatMap((chunk) => Array.from(chunk))).toEqual([
			0xba, 0xba, 13, 10, 0xd7, 0xd6, 13, 10, 0xba, 0xba, 13, 10,
		]);
	});

	it("counts what waits in bytes, also of texts once they are encoded", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near);
		const reader = new RawEnd(far);
		far.pause();
		link.send("€");
		expect(link.outboxBytes).toBe(2);
		await settle(clock);
		expect(link.outboxBytes).toBe(4);
		far.resume();
		await settle(clock);
		expect(link.outboxBytes).toBe(0);
		expect(reader.text).toBe("€\0");
	});

	it("does nothing once the link has ended", async () => {
		const [near, far] = memoryPair();
		const { link, clock } = linkOver(near);
		const reader = new RawEnd(far);
		link.end();
		link.send("late");
		link.sendUnchecked("late");
		link.sendEncoded(utf8.encode("late\0"));
		await settle(clock);
		expect(reader.text).toBe("");
		expect(link.isOpen).toBe(false);
	});
});

describe("a slow reader", () => {
	const document = utf8.encode(`${"x".repeat(9_999)}\0`);

	it("is cut at the hard limit, alone, with the numbers in the error", async () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const pairs = [memoryPair(), memoryPair(), memoryPair()];
		const members = pairs.map(([near]) => linkOver(near, { maxOutboxBytes: 200_000 }, { clock, scheduler }));
		const readers = pairs.map(([, far]) => new RawEnd(far));
		pairs[1]![1].pause();
		for (let round = 0; round < 50; round++) {
			for (const { link } of members) link.sendEncoded(document);
			await settle(clock);
		}
		const [first, slow, last] = members;
		expect(slow!.owner.close).toMatchObject({
			by: "local",
			error: { code: "XMLSOCKET_SLOW_READER", details: { limitBytes: 200_000, waitingBytes: 210_000 } },
		});
		expect(slow!.owner.timesClosed).toBe(1);
		for (const { owner, link } of [first!, last!]) {
			expect(owner.close).toBeUndefined();
			expect(link.isOpen).toBe(true);
		}
		expect(readers.map((reader) => reader.text.length)).toEqual([500_000, 0, 500_000]);
	});

	it("is not whoever is sent more than the limit within one tick and takes it", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { maxOutboxBytes: 30_000 });
		const reader = new RawEnd(far);
		for (let i = 0; i < 6; i++) link.sendEncoded(document);
		await settle(clock);
		expect(owner.events).toEqual([]);
		expect(reader.text.length).toBe(60_000);
		// Nor is memory without a bound: what does not fit into the transport either, ends the link.
		for (let i = 0; i < 20; i++) link.sendEncoded(document);
		expect(link.isOpen).toBe(false);
		await settle(clock);
		expect(owner.close?.error?.code).toBe("XMLSOCKET_SLOW_READER");
	});

	it("is cut at the soft limit when it stays above it for the grace time, and not before", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { softOutboxBytes: 50_000, slowReaderGraceMs: 10_000 });
		const reader = new RawEnd(far);
		far.pause();
		for (let i = 0; i < 6; i++) link.sendEncoded(document);
		await pass(clock, 9_000);
		expect(owner.events).toEqual([]);
		far.resume();
		await pass(clock, 2_000);
		expect(reader.text.length).toBe(60_000);
		far.pause();
		for (let i = 0; i < 6; i++) link.sendEncoded(document);
		await pass(clock, 9_000);
		expect(owner.close).toBeUndefined();
		await pass(clock, 3_000);
		expect(owner.close).toMatchObject({
			by: "local",
			error: { code: "XMLSOCKET_SLOW_READER", details: { limitBytes: 50_000, waitingBytes: 60_000 } },
		});
	});

	it("below the soft limit is cut when it takes nothing for the unread-output time, however much is added", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { unreadOutputTimeoutMs: 60_000 });
		new RawEnd(far);
		far.pause();
		for (let second = 0; second < 59; second++) {
			link.send("news");
			await pass(clock, 1_000);
		}
		expect(owner.close).toBeUndefined();
		await pass(clock, 3_000);
		expect(owner.close).toMatchObject({
			by: "local",
			error: { code: "XMLSOCKET_UNREAD_OUTPUT", details: { limitMs: 60_000, waitingBytes: 59 * 5 } },
		});
	});

	it("that takes a little now and then is not cut for unread output", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { unreadOutputTimeoutMs: 10_000 });
		new RawEnd(far);
		for (let round = 0; round < 10; round++) {
			far.pause();
			link.send("a");
			await pass(clock, 8_000);
			far.resume();
			await pass(clock, 1_000);
		}
		expect(owner.events).toEqual([]);
		expect(link.isOpen).toBe(true);
	});

	it("hears of the room it has again, once, and nothing where it was never held back", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near);
		const reader = new RawEnd(far);
		link.send("small");
		await settle(clock);
		expect(owner.events).toEqual([]);
		for (let i = 0; i < 30; i++) link.sendEncoded(document);
		await settle(clock);
		expect(reader.text.length).toBe(300_006);
		expect(owner.events).toEqual(["drained"]);
	});
});

describe("ending", () => {
	it("delivers what was sent, then closes in order on both sides", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near);
		const other = linkOver(far, {}, { clock });
		for (let i = 0; i < 300; i++) link.send(`${i}`);
		link.end();
		await settle(clock);
		await settle(clock);
		expect(other.owner.documents).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
		expect(other.owner.events.slice(-2)).toEqual(["ended", "closed"]);
		expect(other.owner.close).toEqual({ by: "remote" });
		expect(owner.close).toEqual({ by: "local" });
		expect(owner.timesClosed).toBe(1);
	});

	it("waits for a reader that is held back, and says why it ended", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { maxOutboxBytes: 1 << 22 });
		const reader = new RawEnd(far);
		far.pause();
		const document = utf8.encode(`${"x".repeat(9_999)}\0`);
		for (let i = 0; i < 100; i++) link.sendEncoded(document);
		link.end();
		await settle(clock);
		expect(owner.close).toBeUndefined();
		far.resume();
		await settle(clock);
		expect(reader.text.length).toBe(1_000_000);
		expect(reader.ended).toBe(true);
		far.end();
		await settle(clock);
		expect(owner.close).toEqual({ by: "local" });
		expect(reader.closes).toEqual([undefined]);
	});

	it("gives up on a reader that takes nothing within the linger time", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near, { lingerMs: 5_000 });
		const reader = new RawEnd(far);
		far.pause();
		link.send("never read");
		link.end();
		await pass(clock, 4_000);
		expect(owner.close).toBeUndefined();
		await pass(clock, 2_000);
		expect(owner.close).toEqual({ by: "local" });
		expect(reader.closes.length).toBe(1);
	});

	it("at once drops what was not written", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near);
		const reader = new RawEnd(far);
		link.send("lost");
		link.destroy();
		link.destroy();
		link.end();
		await settle(clock);
		expect(reader.text).toBe("");
		expect(reader.closes.length).toBe(1);
		expect(owner.events).toEqual(["closed"]);
		expect(owner.close).toEqual({ by: "local" });
	});

	it("reads no more documents, and still sees the other side close", async () => {
		const [near, far] = memoryPair();
		const { link, owner, clock } = linkOver(near);
		const sender = new RawEnd(far);
		link.pause();
		sender.write("a\0b\0");
		link.end();
		sender.write("c\0");
		far.end();
		await settle(clock);
		expect(owner.events).toEqual(["closed"]);
	});

	it("leaves no timer behind when the last link has closed", async () => {
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const closes: LinkClose[] = [];
		for (let i = 0; i < 3; i++) {
			const [near, far] = memoryPair();
			new RawEnd(far);
			const owner = new Recorder();
			const link = new Link<"text">(near, OPEN_OPTIONS, scheduler, owner);
			link.destroy();
			await settle(clock);
			closes.push(owner.close!);
		}
		expect(closes.length).toBe(3);
		expect(scheduler.size).toBe(0);
		expect(clock.waiting).toBe(0);
	});
});
