// The soak, scaled down to 20 s, and its parts that judge: what checks nothing finds nothing. Nothing here depends on how fast the
// machine is. `npm run soak` is the long run.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Ledger, Reader } from "./ledger.js";
import type { Outcome } from "./mixed.js";
import { plot } from "./plot.js";
import type { Sample } from "./sampler.js";
import { growth, minuteMinima } from "./slope.js";
import { judge } from "./summary.js";

interface Exit {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

const LIMIT_MS = 300_000;

function soak(...flags: string[]): Promise<Exit> {
	return new Promise((resolve) => {
		const words = [join(import.meta.dirname, "run.js"), ...flags];
		const child = execFile(process.execPath, words, { timeout: LIMIT_MS, maxBuffer: 1 << 24 }, (_, out, err) => {
			resolve({ code: child.exitCode, out, err });
		});
	});
}

describe("the soak", () => {
	it(
		"finds nothing lost, twice or out of order in 20 s of mixed load, and nothing that remains after the last client",
		async () => {
			const folder = mkdtempSync(join(tmpdir(), "xmlsocket-soak-test-"));
			const { code, err } = await soak("--minutes", "0.33", "--out", folder);
			const summary = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8"));
			expect(summary.findings, err).toEqual([]);
			expect(code, err).toBe(0);
			expect(summary.verdict).toEqual({ messages: true, memory: "no verdict", baseLine: true, good: true });
			expect(summary.messages).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, other: 0 });
			expect(summary.messages.deliveries).toBeGreaterThan(100);
			const samples = readFileSync(join(folder, "samples.ndjson"), "utf8").trim().split("\n");
			expect(samples.length).toBeGreaterThan(3);
			expect(JSON.parse(samples[0]!).rss).toBeGreaterThan(0);
			expect(statSync(join(folder, "plot.svg")).size).toBeGreaterThan(2000);
			rmSync(folder, { recursive: true });
		},
		LIMIT_MS,
	);

	it("refuses what it does not know with code 2", async () => {
		expect(await soak("--minutes", "soon")).toMatchObject({ code: 2, err: expect.stringContaining('"soon"') });
		expect(await soak("--hours", "0")).toMatchObject({ code: 2, err: expect.stringContaining("--hours") });
	});
});

describe("the soak's checks", () => {
	const seen = (ledger: Ledger, reader: Reader, n: number, seq?: number, prev?: number, epoch = 0) =>
		ledger.seen(reader, { sender: "ann", epoch, n }, seq, prev);
	const counts = ({ lost, twice, disordered, other }: Ledger) => ({ lost, twice, disordered, other });
	const none = { lost: 0, twice: 0, disordered: 0, other: 0 };

	it("accept each message once and in order", () => {
		const ledger = new Ledger();
		const stored = new Reader("bob", "news", "stored");
		const live = new Reader("bob", "game", "live");
		for (let n = 1; n <= 5; n++) {
			seen(ledger, stored, n, n * 2, n * 2 - 2);
			ledger.acknowledged("news", { sender: "ann", epoch: 0, n }, n * 2);
			seen(ledger, live, n);
			ledger.acknowledged("game", { sender: "ann", epoch: 0, n });
		}
		// A new epoch, after a message that nobody acknowledged and nobody saw.
		seen(ledger, live, 1, undefined, undefined, 1);
		ledger.acknowledged("game", { sender: "ann", epoch: 1, n: 1 });
		expect(counts(ledger)).toEqual(none);
		expect(ledger.missing([stored, live])).toEqual([]);
		expect(ledger).toMatchObject({ good: true, acknowledgements: 11, deliveries: 11 });
	});

	it("find a message that is missing, twice, or out of order", () => {
		const missing = new Ledger();
		const one = new Reader("bob", "game", "live");
		for (const n of [1, 2, 5]) seen(missing, one, n);
		expect(counts(missing)).toEqual({ ...none, lost: 2 });

		const twice = new Ledger();
		const two = new Reader("bob", "game", "live");
		for (const n of [1, 2, 2]) seen(twice, two, n);
		expect(counts(twice)).toEqual({ ...none, twice: 1 });

		const disordered = new Ledger();
		const three = new Reader("bob", "game", "live");
		for (const n of [1, 2, 3, 2]) seen(disordered, three, n);
		expect(counts(disordered)).toEqual({ ...none, disordered: 1 });
		expect(disordered.good).toBe(false);
	});

	it("find an acknowledged message that is missing at the end of an epoch, and one at its beginning", () => {
		const ledger = new Ledger();
		const reader = new Reader("bob", "game", "live");
		seen(ledger, reader, 1);
		ledger.acknowledged("game", { sender: "ann", epoch: 0, n: 3 });
		seen(ledger, reader, 2, undefined, undefined, 1);
		expect(counts(ledger)).toEqual({ ...none, lost: 3 });
	});

	it("find a skipped number of a stored room, two messages under one number, and an acknowledgement of another one", () => {
		const ledger = new Ledger();
		const bob = new Reader("bob", "news", "stored");
		const cid = new Reader("cid", "news", "stored");
		seen(ledger, bob, 1, 1, 0);
		seen(ledger, bob, 2, 4, 3);
		expect(counts(ledger)).toEqual({ ...none, lost: 1 });
		seen(ledger, cid, 9, 4, 3);
		expect(counts(ledger)).toEqual({ ...none, lost: 1, other: 1 });
		ledger.acknowledged("news", { sender: "ann", epoch: 0, n: 3 }, 4);
		expect(counts(ledger)).toEqual({ ...none, lost: 2, other: 1 });
	});

	it("find what a reader lacks when the run is over", () => {
		const ledger = new Ledger();
		const reader = new Reader("bob", "game", "live");
		seen(ledger, reader, 1);
		ledger.acknowledged("game", { sender: "ann", epoch: 0, n: 3 });
		expect(ledger.missing([reader])).toEqual([{ words: "bob has not seen ann 0 3 in game", count: 2 }]);
	});

	it("measure growth by the median of slopes, which peaks do not move", () => {
		const points = Array.from({ length: 60 }, (_, minute) => ({ s: minute * 60, value: 100 + minute / 60 }));
		points[20]!.value = 500;
		points[40]!.value = 300;
		const { slope, low, high } = growth(points)!;
		expect(slope).toBeCloseTo(1, 1);
		expect(low).toBeLessThanOrEqual(slope);
		expect(high).toBeGreaterThanOrEqual(slope);
		expect(growth(points.map(({ s }) => ({ s, value: 100 })))).toMatchObject({ slope: 0, low: 0, high: 0 });
		expect(growth(points.slice(0, 2))).toBeUndefined();
		const samples = [5, 3, 4, 9, 7].map((value, at) => ({ s: at * 20, value }));
		expect(minuteMinima(samples)).toEqual([
			{ s: 20, value: 3 },
			{ s: 80, value: 7 },
		]);
	});

	it("fail a run whose memory grows, or that leaves something behind", () => {
		const sample = (s: number, rss: number) => ({ s, rss, anonymous: rss, heap: 20 }) as Sample;
		const hours = (perHour: number) =>
			Array.from({ length: 720 }, (_, at) => sample(at * 10, 100 + (at % 7) + (at * 10 * perHour) / 3600));
		const outcome = { ledger: new Ledger(), baseLineMs: 300, aboveBase: [] as string[] };
		const verdict = (samples: Sample[], more = {}, restarts = false) =>
			judge({ ...outcome, samples, ...more } as unknown as Outcome, restarts).verdict;
		const good = { messages: true, memory: true, baseLine: true, good: true };
		expect(verdict(hours(0.5))).toEqual(good);
		expect(verdict(hours(2))).toEqual({ ...good, memory: false, good: false });
		expect(verdict(hours(2), {}, true)).toEqual({ ...good, memory: "no verdict" });
		expect(verdict(hours(2).slice(0, 200))).toEqual({ ...good, memory: "no verdict" });
		expect(verdict(hours(0), { aboveBase: ["fds: 21"] })).toEqual({ ...good, baseLine: false, good: false });
		const ledger = new Ledger();
		ledger.finding("lost", "one");
		expect(verdict(hours(0), { ledger })).toEqual({ ...good, messages: false, good: false });
	});

	it("draw every line with its unit", () => {
		const drawn = plot("A & B", [0, 60, 120], [{ title: "memory (MiB)", lines: [["RSS", [80, 90, 85]]] }]);
		expect(drawn).toContain("A &amp; B");
		expect(drawn).toContain("memory (MiB)");
		expect(drawn).toContain("time (s)");
		expect(/points="([^"]*)"/.exec(drawn)?.[1]?.split(" ")).toHaveLength(3);
		expect(drawn).not.toMatch(/NaN|undefined|Infinity/);
	});
});
