// What a link hands to its owner: every document, in order, in turns, never after the end, and never past an exception.

import { describe, expect, it } from "vitest";
import { Link, Scheduler, type Transport } from "../../src/link/index.ts";
import { memoryPair, nodeUtf8 } from "../../src/transport/index.ts";
import { latin1, segmentations } from "../wire/segments.ts";
import { linkOver, ManualClock, OPEN_OPTIONS, pass, RawEnd, Recorder, settle } from "./manual-clock.ts";

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);
const stream = (documents: readonly string[]): string => documents.map((document) => `${document}\0`).join("");

/** The same connection, but for a `pause` that comes too late for everything. */
function eager(memory: Transport): Transport {
	return {
		kind: memory.kind,
		remoteAddress: memory.remoteAddress,
		get bufferedBytes() {
			return memory.bufferedBytes;
		},
		start: (events) => memory.start(events),
		write: (bytes) => memory.write(bytes),
		end: () => memory.end(),
		destroy: (error) => memory.destroy(error),
		pause: () => {},
		resume: () => {},
	};
}

describe("receiving", () => {
	it("hands on the documents of the manual's rules for every segmentation, as text", async () => {
		const bytes = latin1("\0First\0HelloWorld!\0This is a test\0One\0Two\0Three\0\0\0\0AA\0BB\0CCDD\0");
		for (const { how, segments } of segmentations(bytes)) {
			const [near, far] = memoryPair();
			const { owner, clock, link } = linkOver(near, { keepEmpty: true });
			const sender = new RawEnd(far);
			for (const segment of segments) far.write(segment);
			await settle(clock);
			expect(owner.documents, how).toEqual([
				"",
				"First",
				"HelloWorld!",
				"This is a test",
				"One",
				"Two",
				"Three",
				"",
				"",
				"",
				"AA",
				"BB",
				"CCDD",
			]);
			expect(link.emptyDocuments).toBe(4);
			sender.transport.destroy();
		}
	});

	it("hands on bytes that can be sent on as they are", async () => {
		const [near, far] = memoryPair();
		const clock = new ManualClock();
		const scheduler = new Scheduler(clock, () => {});
		const got: Uint8Array[] = [];
		new Link<"bytes">(near, { ...OPEN_OPTIONS, output: "bytes", codec: nodeUtf8 }, scheduler, {
			document: (bytes) => got.push(bytes),
			closed: () => {},
		});
		const sender = new RawEnd(far);
		sender.write("é\0b\0");
		await settle(clock);
		expect(got).toEqual([latin1("\xc3\xa9\0"), latin1("b\0")]);
	});

	it("hands on 256 documents at a time and lets other connections have their turn between", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		sender.write(stream(numbers(0, 1000)));
		const counts: number[] = [];
		while (owner.documents.length < 1000) {
			await new Promise((resolve) => setImmediate(resolve));
			counts.push(owner.documents.length);
			clock.tick();
		}
		expect(counts.filter((count, i) => count !== counts[i - 1] && count > 0)).toEqual([256, 512, 768]);
		expect(owner.documents).toEqual(numbers(0, 1000));
		expect(link.receivedDocuments).toBe(1000);
		sender.write(stream(numbers(1000, 1001)));
		await settle(clock);
		expect(owner.documents.at(-1)).toBe("1000");
	});

	it("keeps the order of what comes while a burst still waits", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near);
		const sender = new RawEnd(far);
		for (let from = 0; from < 2000; from += 400) sender.write(stream(numbers(from, from + 400)));
		sender.write("unfin");
		sender.write("ished\0");
		await settle(clock);
		expect(owner.documents).toEqual([...numbers(0, 2000), "unfinished"]);
	});

	it("keeps the order also where more comes than can be held back", async () => {
		const [memory, far] = memoryPair();
		const { owner, clock } = linkOver(eager(memory));
		const sender = new RawEnd(far);
		for (let from = 0; from < 2000; from += 400) sender.write(stream(numbers(from, from + 400)));
		far.end();
		await settle(clock);
		expect(owner.events.slice(0, -2)).toEqual(numbers(0, 2000).map((document) => `document ${document}`));
		expect(owner.events.slice(-2)).toEqual(["ended", "closed"]);
	});

	it("tells a new owner what comes from then on", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const later = new Recorder();
		owner.react = () => {
			link.owner = later;
		};
		const sender = new RawEnd(far);
		sender.write("first\0second\0third\0");
		await settle(clock);
		far.end();
		await settle(clock);
		expect(owner.events).toEqual(["document first"]);
		expect(later.events).toEqual(["document second", "document third", "ended", "closed"]);
	});
});

describe("documents that wait", () => {
	it("are those of one read: the rest stays with the sender until they are handled", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		link.pause();
		for (let at = 0; at < 64; at++) sender.write(`${"x".repeat(64 * 1024 - 1)}\0`);
		await settle(clock);
		expect(owner.documents.length).toBe(0);
		expect(link.heldBytes).toBeLessThanOrEqual(64 * 1024);
		expect(far.bufferedBytes).toBeGreaterThanOrEqual(63 * 64 * 1024);
		link.resume();
		await settle(clock);
		expect(owner.documents.length).toBe(64);
	});
});

describe("pause and resume", () => {
	it("hold back every document and lose none, in any order of calls", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		link.pause();
		link.pause();
		sender.write(stream(numbers(0, 600)));
		await settle(clock);
		expect(owner.documents).toEqual([]);
		link.resume();
		link.resume();
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 600));
	});

	it("called by a handler take effect at the next document", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		owner.react = (document) => {
			if (document === "2" || document === "299" || document === "599") link.pause();
		};
		sender.write(stream(numbers(0, 600)));
		for (const stop of [3, 300, 600]) {
			await settle(clock);
			expect(owner.documents).toEqual(numbers(0, stop));
			link.resume();
		}
		sender.write(stream(numbers(600, 601)));
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 601));
	});

	it("both called by one handler deliver each document once, and go on reading", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		owner.react = () => {
			link.pause();
			link.resume();
		};
		sender.write(stream(numbers(0, 600)));
		await settle(clock);
		sender.write(stream(numbers(600, 610)));
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 610));
	});

	it("by turns while a burst waits give up no turn and take none twice", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		sender.write(stream(numbers(0, 3000)));
		await new Promise((resolve) => setImmediate(resolve));
		for (let i = 0; i < 3; i++) {
			link.pause();
			link.resume();
		}
		expect(owner.documents.length).toBe(4 * 256);
		clock.tick();
		expect(owner.documents.length).toBe(5 * 256);
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 3000));
	});

	it("stop the deadlines of the other side, whose bytes we do not read", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near, {
			idleTimeoutMs: 10_000,
			firstDocumentTimeoutMs: 5_000,
			documentTimeoutMs: 5_000,
		});
		const sender = new RawEnd(far);
		sender.write("begun");
		await settle(clock);
		link.pause();
		sender.write(" and finished\0");
		await pass(clock, 60_000);
		expect(owner.events).toEqual([]);
		link.resume();
		await pass(clock, 1_000);
		expect(owner.events).toEqual(["document begun and finished"]);
	});
});

describe("the rate", () => {
	it("slows a faster peer down, says so, and loses nothing", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { rate: { documentsPerSecond: 100, burst: 200 } });
		const sender = new RawEnd(far);
		sender.write(stream(numbers(0, 1000)));
		await settle(clock);
		expect(owner.documents.length).toBe(200);
		expect(owner.events.at(-1)).toBe("throttled");
		await pass(clock, 1_000);
		expect(owner.documents.length).toBe(300);
		await pass(clock, 6_000);
		expect(owner.documents.length).toBe(900);
		await pass(clock, 2_000);
		expect(owner.documents).toEqual(numbers(0, 1000));
	});

	it("gives the whole burst away at once, also one that takes several turns", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { rate: { documentsPerSecond: 1, burst: 2000 } });
		const sender = new RawEnd(far);
		sender.write(stream(numbers(0, 1500)));
		await settle(clock);
		expect(owner.documents.length).toBe(1500);
		sender.write(stream(numbers(1500, 2500)));
		await settle(clock);
		expect(owner.documents.length).toBe(2000);
	});

	it("is not used up by what a pause holds back", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near, { rate: { documentsPerSecond: 1, burst: 100 } });
		const sender = new RawEnd(far);
		owner.react = () => link.pause();
		sender.write(stream(numbers(0, 100)));
		for (let i = 0; i < 100; i++) {
			await settle(clock);
			expect(owner.documents.length).toBe(i + 1);
			link.resume();
		}
		expect(owner.events.includes("throttled")).toBe(false);
	});

	it("counts empty documents, which borrow at most one second ahead", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { rate: { documentsPerSecond: 10, burst: 20 } });
		const sender = new RawEnd(far);
		sender.write(`${"\0".repeat(5000)}a\0b\0`);
		await settle(clock);
		expect(owner.documents).toEqual([]);
		await pass(clock, 900);
		expect(owner.documents).toEqual([]);
		await pass(clock, 400);
		expect(owner.documents).toEqual(["a", "b"]);
	});

	it("of a long backlog is no reason to call the peer idle", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, {
			rate: { documentsPerSecond: 1, burst: 1 },
			idleTimeoutMs: 10_000,
			documentTimeoutMs: 5_000,
		});
		const sender = new RawEnd(far);
		sender.write(`${stream(numbers(0, 60))}unfin`);
		await pass(clock, 25_000);
		expect(owner.documents.length).toBeLessThan(30);
		sender.write("ished\0");
		await pass(clock, 42_000);
		expect(owner.documents).toEqual([...numbers(0, 60), "unfinished"]);
		expect(owner.close).toBeUndefined();
	});
});

describe("the end from the other side", () => {
	it("comes after all whole documents; the unfinished rest is dropped and counted", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near);
		const sender = new RawEnd(far);
		sender.write(`${stream(numbers(0, 700))}unfinished`);
		far.end();
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 700));
		expect(owner.events.slice(-2)).toEqual(["ended", "closed"]);
		expect(owner.close).toEqual({ by: "remote", unfinishedBytes: 10 });
		expect(sender.ended).toBe(true);
		expect(sender.closes).toEqual([undefined]);
	});

	it("leaves time for answers that are not ready yet", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		let answer = (): void => {};
		owner.pending = () =>
			new Promise((resolve) => {
				answer = () => {
					link.send("the answer");
					resolve();
				};
			});
		const sender = new RawEnd(far);
		sender.write("a question\0");
		far.end();
		await pass(clock, 3_000);
		expect(owner.events).toEqual(["document a question", "ended"]);
		expect(link.isOpen).toBe(true);
		answer();
		await settle(clock);
		expect(sender.text).toBe("the answer\0");
		expect(owner.close).toEqual({ by: "remote" });
		expect(clock.waiting).toBe(0);
	});

	it("is not put off longer than the linger time by answers that never come, or that fail", async () => {
		for (const pending of [() => new Promise<void>(() => {}), () => Promise.reject(new Error("no answer"))]) {
			const [near, far] = memoryPair();
			const { owner, clock } = linkOver(near, { lingerMs: 5_000 });
			owner.pending = pending;
			const sender = new RawEnd(far);
			far.end();
			await pass(clock, 6_000);
			expect(owner.events).toEqual(["ended", "closed"]);
			expect(sender.closes).toEqual([undefined]);
		}
	});

	it("comes after the whole documents even where the connection is already gone", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near);
		const sender = new RawEnd(far);
		sender.write(stream(numbers(0, 600)));
		await new Promise((resolve) => setImmediate(resolve));
		expect(owner.documents.length).toBe(256);
		far.destroy();
		await new Promise((resolve) => setImmediate(resolve));
		expect(link.isOpen).toBe(false);
		link.send("to nobody");
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 600));
		expect(owner.events.at(-1)).toBe("closed");
		expect(owner.close).toMatchObject({ by: "remote", error: { code: "XMLSOCKET_CONNECTION_LOST" } });
		expect(owner.timesClosed).toBe(1);
	});

	it("drops what the rate did not let through in the linger time after the connection has gone", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near, { rate: { documentsPerSecond: 10, burst: 10 }, lingerMs: 5_000 });
		new RawEnd(far).write(stream(numbers(0, 600)));
		await settle(clock);
		far.destroy();
		await pass(clock, 4_000);
		expect(owner.close).toBeUndefined();
		await pass(clock, 2_000);
		expect(owner.close).toMatchObject({ by: "remote", unhandledDocuments: 600 - owner.documents.length });
		expect(owner.documents.length).toBeLessThan(80);
		expect(clock.waiting).toBe(0);
	});

	it("waits for the owner's resume where documents wait, and no longer than for its end or destroy", async () => {
		for (const leave of ["resume", "end", "destroy"] as const) {
			const [near, far] = memoryPair();
			const { owner, clock, link } = linkOver(near, { idleTimeoutMs: 5_000 });
			const sender = new RawEnd(far);
			owner.react = () => link.pause();
			sender.write("a\0b\0");
			await settle(clock);
			far.destroy();
			await pass(clock, 20_000);
			expect(owner.events).toEqual(["document a"]);
			link[leave]();
			await settle(clock);
			if (leave === "resume") link.resume();
			await settle(clock);
			expect(owner.events).toEqual(
				leave === "resume" ? ["document a", "document b", "closed"] : ["document a", "closed"],
			);
			expect(owner.close?.by).toBe(leave === "resume" ? "remote" : "local");
			expect(clock.waiting).toBe(0);
		}
	});

	it("with an error is a lost connection", async () => {
		const [near, far] = memoryPair();
		const { owner, clock } = linkOver(near);
		new RawEnd(far);
		far.destroy();
		await settle(clock);
		expect(owner.events).toEqual(["closed"]);
		expect(owner.close).toMatchObject({ by: "remote", error: { code: "XMLSOCKET_CONNECTION_LOST" } });
	});
});

describe("a handler", () => {
	it("that throws ends its own link with XMLSOCKET_INTERNAL, and the others go on", async () => {
		const clock = new ManualClock();
		const reports: unknown[] = [];
		const scheduler = new Scheduler(clock, (error) => reports.push(error));
		const pairs = [memoryPair(), memoryPair(), memoryPair()];
		const members = pairs.map(([near]) => linkOver(near, {}, { clock, scheduler }));
		const senders = pairs.map(([, far]) => new RawEnd(far));
		const failure = new TypeError("no such thing");
		members[1]!.owner.react = (document) => {
			members[1]!.link.send(`answer to ${document}`);
			if (document === "b") throw failure;
		};
		for (const sender of senders) sender.write("a\0b\0c\0");
		await settle(clock);
		senders[1]!.transport.end();
		await settle(clock);
		expect(members[0]!.owner.events).toEqual(["document a", "document b", "document c"]);
		expect(members[2]!.owner.events).toEqual(["document a", "document b", "document c"]);
		expect(members[1]!.owner.events).toEqual(["document a", "document b", "closed"]);
		expect(members[1]!.owner.close).toMatchObject({
			by: "local",
			error: { code: "XMLSOCKET_INTERNAL", cause: failure },
		});
		expect(senders[1]!.text).toBe("answer to a\0answer to b\0");
		expect(reports).toEqual([failure]);
	});

	it("that throws elsewhere is reported, and the link does what it was about to do", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, reports, link } = linkOver(near, { maxDocumentBytes: 4, idleTimeoutMs: 10_000 });
		const sender = new RawEnd(far);
		const fail = (what: string) => (): never => {
			throw new Error(what);
		};
		link.owner = {
			document: () => {},
			idle: fail("idle"),
			failing: fail("failing"),
			closed: (close) => {
				owner.close = close;
				fail("closed")();
			},
		};
		await pass(clock, 6_000);
		sender.write("too long");
		await settle(clock);
		far.end();
		await settle(clock);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_DOCUMENT_TOO_LARGE" } });
		expect(reports.map((error) => (error as Error).message)).toEqual(["idle", "failing", "closed"]);
	});

	for (const how of ["end", "destroy"] as const) {
		it(`that calls ${how} gets no more documents, though they have come already`, async () => {
			const [near, far] = memoryPair();
			const { owner, clock, link } = linkOver(near);
			const sender = new RawEnd(far);
			owner.react = (document) => {
				if (document === "2") link[how]();
			};
			sender.write(stream(numbers(0, 10)));
			sender.write(stream(numbers(10, 20)));
			await settle(clock);
			far.end();
			await settle(clock);
			expect(owner.events).toEqual(["document 0", "document 1", "document 2", "closed"]);
			expect(owner.close).toEqual({ by: "local" });
		});
	}
});

describe("a broken stream", () => {
	it("ends after the documents before it and a last word to the peer", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near, { maxDocumentBytes: 10 });
		owner.lastWord = () => link.send("too large");
		const sender = new RawEnd(far);
		sender.write(`a\0b\0${"x".repeat(11)}`);
		await settle(clock);
		expect(sender.text).toBe("too large\0");
		expect(sender.ended).toBe(true);
		far.end();
		await settle(clock);
		expect(owner.events).toEqual(["document a", "document b", "failing XMLSOCKET_DOCUMENT_TOO_LARGE", "closed"]);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_DOCUMENT_TOO_LARGE" } });
	});

	it("is told after a burst that still waited, and nothing behind it counts", async () => {
		const [memory, far] = memoryPair();
		// As a socket that has read more already than it can hold back.
		const { owner, clock } = linkOver(eager(memory), { maxDocumentBytes: 10 });
		const sender = new RawEnd(far);
		sender.write(`${stream(numbers(0, 600))}${"x".repeat(11)}`);
		sender.write("rest\0".repeat(10));
		await settle(clock);
		expect(owner.documents).toEqual(numbers(0, 600));
		expect(owner.events.at(-1)).toBe("failing XMLSOCKET_DOCUMENT_TOO_LARGE");
	});

	it("is the reason of the close also where the last word ends the link itself", async () => {
		const [near, far] = memoryPair();
		const { owner, clock, link } = linkOver(near, { maxDocumentBytes: 10 });
		owner.lastWord = () => link.end();
		const sender = new RawEnd(far);
		sender.write("x".repeat(11));
		await settle(clock);
		far.end();
		await settle(clock);
		expect(owner.close).toMatchObject({ by: "local", error: { code: "XMLSOCKET_DOCUMENT_TOO_LARGE" } });
	});
});
