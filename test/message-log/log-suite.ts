// What every home of a stored room's log must do, whatever it is made of. Each home calls `describeLog` with a way to open
// an empty log; those that can be opened again give that way too.

import { afterEach, describe, expect, it } from "vitest";
import type { XMLSocketError } from "../../src/errors/index.ts";
import type { Appended, LogEntry, MessageLog, Retention } from "../../src/message-log/index.ts";

/** What a suite asks of a log. */
export interface SuiteOptions {
	readonly retention?: Retention;
	readonly dedupeWindowMs?: number;
	/** The wall clock, where the home lets one be given; it is given only to homes with `ownsClock`. */
	readonly nowMs?: () => number;
}

/** How a suite gets its logs. */
export interface LogHome {
	/** An empty log, a new one at each call. */
	open(options: SuiteOptions): Promise<MessageLog>;
	/** The same log again after `close`; absent where a home forgets. */
	reopen?(options: SuiteOptions): Promise<MessageLog>;
	/** Whether `nowMs` is obeyed. */
	readonly ownsClock: boolean;
	/** Ends what `open` began. */
	release?(): Promise<void>;
}

const PLENTY = { maxCount: 1000, maxBytes: 1 << 20 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const texts = (entries: readonly LogEntry[]): string[] => entries.map((entry) => decoder.decode(entry.payload));
const say = (log: MessageLog, text: string, room = "lobby"): Promise<Appended> =>
	log.append(room, { payload: bytes(text) });

const leftOut = (_title: string, _test: () => Promise<void>): void => {};

async function eventually(check: () => Promise<void>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			await check();
			return;
		} catch (error) {
			if (attempt === 100) throw error;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}
}

/** Runs the suite against one home. */
export function describeLog(title: string, home: LogHome): void {
	describe(`${title} as a log`, () => {
		let log: MessageLog;
		// What a home cannot do is not asked of it, rather than skipped: there is nothing to mend.
		const itWithClock = home.ownsClock ? it : leftOut;
		const itWithReopen = home.reopen ? it : leftOut;
		const open = async (options: SuiteOptions = {}): Promise<MessageLog> => {
			log = await home.open(options);
			return log;
		};
		afterEach(async () => {
			await log.close();
			await home.release?.();
		});

		it("refuses a follower beyond 1000 of one room, and accepts another when one has stopped", async () => {
			await open();
			const received: string[] = [];
			const first = await log.follow("lobby", ({ payload }) => void received.push(new TextDecoder().decode(payload)));
			for (let at = 1; at < 1000; at++) await log.follow("lobby", () => {});
			await expect(log.follow("lobby", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
			await say(log, "to all");
			expect(received).toEqual(["to all"]);
			first.stop();
			await log.follow("lobby", () => {});
			await expect(log.follow("lobby", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		});

		it("gives strictly increasing sequence numbers, each with the one before it", async () => {
			await open();
			const all: Appended[] = [];
			for (let i = 0; i < 20; i++) all.push(await say(log, String(i)));
			expect(all[0]!.prev).toBe(0);
			for (let i = 1; i < all.length; i++) {
				expect(all[i]!.seq).toBeGreaterThan(all[i - 1]!.seq);
				expect(all[i]!.prev).toBe(all[i - 1]!.seq);
			}
		});

		it("keeps the order of appends that were not awaited", async () => {
			await open();
			await Promise.all(
				Array.from({ length: 200 }, (_, i) => log.append("lobby", { payload: bytes(String(i)), session: "s" })),
			);
			const { entries } = await log.readAfter("lobby", 0, PLENTY);
			expect(texts(entries)).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
		});

		it("gives back payload, session, id and time as they were given", async () => {
			await open();
			const payload = Uint8Array.of(0, 255, 0, 10, 13);
			const before = Date.now();
			const { seq } = await log.append("lobby", { payload, session: "s1", id: "c1" });
			const { entries } = await log.readAfter("lobby", 0, PLENTY);
			expect(entries).toHaveLength(1);
			expect(entries[0]).toMatchObject({ seq, prev: 0, session: "s1", id: "c1" });
			expect([...entries[0]!.payload]).toEqual([0, 255, 0, 10, 13]);
			expect(Math.abs(entries[0]!.atMs - before)).toBeLessThan(60_000);
		});

		it("keeps rooms apart, whatever they are called", async () => {
			await open();
			const names = ["lobby", "Lobby", "__proto__", "constructor", "a.>", "*", "$SYS", " ", "räume/..", "a\nb", "🎲"];
			for (const name of names) await say(log, `in ${name}`, name);
			for (const name of names) {
				expect(texts((await log.readAfter(name, 0, PLENTY)).entries)).toEqual([`in ${name}`]);
				expect((await log.state(name)).lastSeq).toBeGreaterThan(0);
			}
			expect(await log.state("never used")).toMatchObject({ lastSeq: 0, firstSeq: 1 });
		});

		it("reads after a number, up to another, oldest first", async () => {
			await open();
			const seqs: number[] = [];
			for (let i = 0; i < 10; i++) seqs.push((await say(log, String(i))).seq);
			const read = async (after: number, through?: number, maxCount = 1000) => {
				const limits = through === undefined ? { ...PLENTY, maxCount } : { ...PLENTY, maxCount, through };
				const page = await log.readAfter("lobby", after, limits);
				return { texts: texts(page.entries).join(""), more: page.more };
			};
			expect(await read(seqs[6]!)).toEqual({ texts: "789", more: false });
			expect(await read(seqs[6]!, seqs[7]!)).toEqual({ texts: "7", more: false });
			expect(await read(0, seqs[9]!, 3)).toEqual({ texts: "012", more: true });
			expect(await read(seqs[9]!)).toEqual({ texts: "", more: false });
			expect(await read(seqs[9]! + 1000)).toEqual({ texts: "", more: false });
		});

		it("reads before a number, the newest of what is left, oldest first", async () => {
			await open();
			const seqs: number[] = [];
			for (let i = 0; i < 10; i++) seqs.push((await say(log, String(i))).seq);
			const read = async (before: number, maxCount = 1000) => {
				const page = await log.readBefore("lobby", before, { ...PLENTY, maxCount });
				return { texts: texts(page.entries).join(""), more: page.more };
			};
			expect(await read(seqs[3]!)).toEqual({ texts: "012", more: false });
			expect(await read(seqs[9]! + 1, 4)).toEqual({ texts: "6789", more: true });
			expect(await read(Number.MAX_SAFE_INTEGER, 1)).toEqual({ texts: "9", more: true });
			expect(await read(seqs[0]!)).toEqual({ texts: "", more: false });
		});

		it("ends a page before its bytes pass the limit, and always returns one entry", async () => {
			await open();
			for (let i = 0; i < 4; i++) await say(log, "x".repeat(100));
			const count = async (maxBytes: number) =>
				(await log.readAfter("lobby", 0, { maxCount: 10, maxBytes })).entries.length;
			expect([await count(99), await count(100), await count(199), await count(200), await count(400)]).toEqual([
				1, 1, 1, 2, 4,
			]);
			const newest = await log.readBefore("lobby", Number.MAX_SAFE_INTEGER, { maxCount: 10, maxBytes: 250 });
			expect([newest.entries.length, newest.more]).toEqual([2, true]);
		});

		it("delivers to followers in order, each entry once, before the append settles", async () => {
			await open();
			await say(log, "earlier");
			const heard: LogEntry[] = [];
			const following = await log.follow("lobby", (entry) => heard.push(entry));
			expect(following.lastSeq).toBe((await log.state("lobby")).lastSeq);
			const appended = await Promise.all(
				Array.from({ length: 50 }, async (_, i) => {
					const result = await say(log, String(i));
					return { ...result, heard: heard.some((entry) => entry.seq === result.seq) };
				}),
			);
			expect(appended.every((append) => append.heard)).toBe(true);
			expect(heard.map((entry) => entry.seq)).toEqual([...heard.map((entry) => entry.seq)].sort((a, b) => a - b));
			expect(texts(heard).sort()).toEqual(Array.from({ length: 50 }, (_, i) => String(i)).sort());
			expect(heard[0]!.prev).toBe(following.lastSeq);
		});

		it("lets a follower read what it was just given", async () => {
			await open();
			const reads: Promise<number>[] = [];
			await log.follow("lobby", (entry) => {
				reads.push(log.readAfter("lobby", entry.prev, PLENTY).then((page) => page.entries[0]!.seq - entry.seq));
			});
			for (let i = 0; i < 10; i++) await say(log, String(i));
			expect(await Promise.all(reads)).toEqual(Array(10).fill(0));
		});

		it("serves several followers of a room, and stops the one that stops", async () => {
			await open();
			const heard = { a: 0, b: 0, other: 0 };
			const a = await log.follow("lobby", () => heard.a++);
			await log.follow("lobby", () => heard.b++);
			await log.follow("elsewhere", () => heard.other++);
			await say(log, "1");
			a.stop();
			await say(log, "2");
			expect(heard).toEqual({ a: 1, b: 2, other: 0 });
		});

		it("loses nothing between a follower's beginning and what it reads from before", async () => {
			await open();
			for (let i = 0; i < 5; i++) await say(log, String(i));
			const writing = (async () => {
				for (let i = 5; i < 40; i++) await say(log, String(i));
			})();
			const live: LogEntry[] = [];
			const following = await log.follow("lobby", (entry) => live.push(entry));
			const { entries } = await log.readAfter("lobby", 0, { ...PLENTY, through: following.lastSeq });
			await writing;
			expect(texts([...entries, ...live])).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
		});

		it("stores an id of a session once in a room, and says where the first is", async () => {
			await open();
			const append = (room: string, session: string | undefined, id: string | undefined) =>
				log.append(room, { payload: bytes("x"), session, id });
			const heard: number[] = [];
			await log.follow("lobby", (entry) => heard.push(entry.seq));
			const first = await append("lobby", "s1", "c1");
			const between = await append("lobby", "s1", "c2");
			expect(await append("lobby", "s1", "c1")).toEqual({ ...first, duplicate: true });
			expect((await append("lobby", "s2", "c1")).duplicate).toBe(false);
			expect((await append("elsewhere", "s1", "c1")).duplicate).toBe(false);
			expect((await append("lobby", "s1", undefined)).duplicate).toBe(false);
			expect((await append("lobby", undefined, "c1")).duplicate).toBe(false);
			expect((await append("lobby", undefined, "c1")).duplicate).toBe(false);
			expect(heard).toHaveLength(6);
			expect(heard.slice(0, 2)).toEqual([first.seq, between.seq]);
		});

		it("stores an id once where it is appended twice at the same time", async () => {
			await open();
			const entry = { payload: bytes("x"), session: "s", id: "c" };
			const results = await Promise.all(Array.from({ length: 8 }, () => log.append("lobby", entry)));
			expect(results.filter((result) => !result.duplicate)).toHaveLength(1);
			expect(new Set(results.map((result) => result.seq)).size).toBe(1);
			expect((await log.readAfter("lobby", 0, PLENTY)).entries).toHaveLength(1);
		});

		it("keeps the newest entries that the count allows, and still knows what stood before them", async () => {
			await open({ retention: { maxCount: 10 } });
			const seqs: number[] = [];
			for (let i = 0; i < 35; i++) seqs.push((await say(log, String(i))).seq);
			await eventually(async () => {
				const { entries } = await log.readAfter("lobby", 0, PLENTY);
				expect(texts(entries)).toEqual(Array.from({ length: 10 }, (_, i) => String(25 + i)));
				expect(entries[0]!.prev).toBe(seqs[24]);
				expect(await log.state("lobby")).toMatchObject({ firstSeq: seqs[25], lastSeq: seqs[34] });
			});
		});

		it("keeps the newest entries that the bytes allow, and at least one", async () => {
			await open({ retention: { maxBytes: 1000 } });
			for (let i = 0; i < 30; i++) await say(log, `${i} `.padEnd(100, "."));
			await eventually(async () => {
				const { entries } = await log.readAfter("lobby", 0, PLENTY);
				expect(texts(entries).map((text) => Number.parseInt(text, 10))).toEqual(
					Array.from({ length: 10 }, (_, i) => 20 + i),
				);
			});
			await say(log, "y".repeat(5000));
			await eventually(async () => {
				expect((await log.readAfter("lobby", 0, PLENTY)).entries).toHaveLength(1);
			});
		});

		it("rejects with a code once it is closed", async () => {
			await open();
			await say(log, "1");
			await log.close();
			const code = (promise: Promise<unknown>) =>
				promise.then(
					() => "settled",
					(error: XMLSocketError) => error.code,
				);
			expect(await code(say(log, "2"))).toBe("XMLSOCKET_UNAVAILABLE");
			expect(await code(log.readAfter("lobby", 0, PLENTY))).toBe("XMLSOCKET_UNAVAILABLE");
			expect(await code(log.readBefore("lobby", 9, PLENTY))).toBe("XMLSOCKET_UNAVAILABLE");
			expect(await code(log.state("lobby"))).toBe("XMLSOCKET_UNAVAILABLE");
			expect(await code(log.follow("lobby", () => {}))).toBe("XMLSOCKET_UNAVAILABLE");
		});

		itWithClock("forgets entries that are too old, but not their numbers", async () => {
			let nowMs = 1_000_000;
			await open({ retention: { maxAgeMs: 1000 }, nowMs: () => nowMs });
			await say(log, "old");
			nowMs += 600;
			const { seq } = await say(log, "newer");
			nowMs += 600;
			await eventually(async () => {
				expect(texts((await log.readAfter("lobby", 0, PLENTY)).entries)).toEqual(["newer"]);
			});
			nowMs += 5000;
			await eventually(async () => {
				expect((await log.readBefore("lobby", Number.MAX_SAFE_INTEGER, PLENTY)).entries).toEqual([]);
				expect(await log.state("lobby")).toMatchObject({ lastSeq: seq, firstSeq: seq + 1 });
			});
			expect((await say(log, "newest")).prev).toBe(seq);
		});

		itWithClock("remembers an id for the window, also past the entry's own life, and no longer", async () => {
			let nowMs = 1_000_000;
			await open({ retention: { maxCount: 1 }, dedupeWindowMs: 1000, nowMs: () => nowMs });
			const entry = { payload: bytes("x"), session: "s", id: "c" };
			const first = await log.append("lobby", entry);
			await say(log, "pushes the first out");
			nowMs += 999;
			expect(await log.append("lobby", entry)).toEqual({ ...first, duplicate: true });
			nowMs += 1;
			expect((await log.append("lobby", entry)).duplicate).toBe(false);
		});

		itWithReopen("goes on after it was closed and opened: numbers, entries, ids and name", async () => {
			await open();
			const entry = { payload: bytes("x"), session: "s", id: "c" };
			const first = await log.append("lobby", entry);
			const state = await log.state("lobby");
			await log.close();
			log = await home.reopen!({});
			expect(await log.state("lobby")).toEqual(state);
			expect(await log.append("lobby", entry)).toEqual({ ...first, duplicate: true });
			const next = await say(log, "next");
			expect(next.prev).toBe(first.seq);
			expect(next.seq).toBeGreaterThan(first.seq);
			expect(texts((await log.readAfter("lobby", 0, PLENTY)).entries)).toEqual(["x", "next"]);
		});

		itWithReopen("never uses a number again, even where nothing is kept of it", async () => {
			await open({ retention: { maxCount: 1 } });
			let last = 0;
			for (let i = 0; i < 5; i++) last = (await say(log, String(i))).seq;
			await log.close();
			log = await home.reopen!({ retention: { maxCount: 1 } });
			expect((await say(log, "next")).seq).toBeGreaterThan(last);
		});
	});
}
