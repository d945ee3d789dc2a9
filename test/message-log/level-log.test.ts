// The embedded log: what every log does, and what only a folder on a disk can show.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/message-log/index.ts";
import { LevelLog } from "../../src/message-log/level/index.ts";
import { describeLog } from "./log-suite.ts";

let folder = "";

describeLog("a LevelLog", {
	async open(options) {
		folder = await mkdtemp(join(tmpdir(), "xmlsocket-log-"));
		return await LevelLog.open(folder, options);
	},
	reopen: (options) => LevelLog.open(folder, options),
	ownsClock: true,
	release: () => rm(folder, { recursive: true, force: true }),
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function everything(log: LevelLog, room = "lobby"): Promise<LogEntry[]> {
	const all: LogEntry[] = [];
	for (;;) {
		const page = await log.readAfter(room, all.at(-1)?.seq ?? 0, { maxCount: 1000, maxBytes: 1 << 24 });
		all.push(...page.entries);
		if (!page.more) return all;
	}
}

describe("the folder of a LevelLog", () => {
	let own = "";
	let log: LevelLog | undefined;
	const fresh = (): string => {
		own = mkdtempSync(join(tmpdir(), "xmlsocket-log-"));
		return own;
	};
	afterEach(async () => {
		await log?.close();
		log = undefined;
		rmSync(own, { recursive: true, force: true });
	});

	it("belongs to one log at a time, and says so to the second", async () => {
		log = await LevelLog.open(fresh());
		await expect(LevelLog.open(own)).rejects.toMatchObject({
			code: "XMLSOCKET_DATA_IN_USE",
			message: expect.stringContaining(own),
		});
		await log.append("lobby", { payload: bytes("still works") });
	});

	it("that is a file is refused with the cause", async () => {
		const file = join(fresh(), "file");
		writeFileSync(file, "x");
		await expect(LevelLog.open(join(file, "data"))).rejects.toMatchObject({ code: "XMLSOCKET_DATA_UNREADABLE" });
	});

	it("remembers ids for their time, wherever the wall clock is set meanwhile", async () => {
		let wallMs = 10_000_000;
		let passedMs = 0;
		log = await LevelLog.open(fresh(), { nowMs: () => wallMs, monotonicMs: () => passedMs });
		const said = { payload: new Uint8Array(1), session: "s", id: "1" };
		const { seq } = await log.append("lobby", said);
		for (const leapMs of [86_400_000, -172_800_000, 86_400_000]) {
			wallMs += leapMs;
			passedMs += 100_000;
			expect(await log.append("lobby", said)).toMatchObject({ seq, duplicate: true });
		}
		passedMs += 300_000;
		expect(await log.append("lobby", said)).toMatchObject({ duplicate: false });
	});

	it("remembers ids across a wall clock that was set back", async () => {
		let nowMs = 10_000_000;
		log = await LevelLog.open(fresh(), { nowMs: () => nowMs });
		const entry = { payload: bytes("x"), session: "s", id: "c" };
		const first = await log.append("lobby", entry);
		await log.close();
		nowMs -= 5_000_000;
		log = await LevelLog.open(own, { nowMs: () => nowMs });
		expect(await log.append("lobby", entry)).toEqual({ ...first, duplicate: true });
	});

	it("forgets old ids, so that they do not pile up", async () => {
		let nowMs = 10_000_000;
		log = await LevelLog.open(fresh(), { nowMs: () => nowMs, dedupeWindowMs: 1000 });
		const entry = { payload: bytes("x"), session: "s", id: "c" };
		for (let round = 0; round < 5; round++) {
			expect((await log.append("lobby", entry)).duplicate).toBe(false);
			expect((await log.append("lobby", entry)).duplicate).toBe(true);
			nowMs += 1000;
		}
		expect(await everything(log)).toHaveLength(5);
	});

	it("takes no more rooms than its limit, across openings", async () => {
		log = await LevelLog.open(fresh(), { maxRooms: 2 });
		await log.append("a", { payload: bytes("1") });
		await log.append("b", { payload: bytes("1") });
		await expect(log.append("c", { payload: bytes("1") })).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		await log.close();
		log = await LevelLog.open(own, { maxRooms: 2 });
		await expect(log.append("c", { payload: bytes("1") })).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		expect((await log.append("a", { payload: bytes("2") })).seq).toBe(2);
	});

	it("counts a room without messages only while it has followers", async () => {
		log = await LevelLog.open(fresh(), { maxRooms: 2 });
		for (let at = 0; at < 10; at++) {
			const subscription = await log.follow(`empty ${at}`, () => {});
			subscription.stop();
			subscription.stop();
		}
		const stays = await log.follow("a", () => {});
		const { stop } = await log.follow("b", () => {});
		await expect(log.follow("c", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		expect((await log.append("b", { payload: bytes("1") })).seq).toBe(1);
		stop();
		await expect(log.follow("c", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		stays.stop();
		expect((await log.append("c", { payload: bytes("1") })).seq).toBe(1);
	});

	it("keeps no room for an append that it refuses", async () => {
		log = await LevelLog.open(fresh(), { maxRooms: 1 });
		const entry = { payload: bytes("1"), session: "s".repeat(70_000) };
		await expect(log.append("a", entry)).rejects.toMatchObject({ code: "XMLSOCKET_NAME_INVALID" });
		expect((await log.append("b", { payload: bytes("1") })).seq).toBe(1);
	});
});

// How often the writer is killed; `XMLSOCKET_CRASH_ROUNDS=1000` is the long run.
const ROUNDS = Number(process.env.XMLSOCKET_CRASH_ROUNDS ?? 12);
const SESSIONS = 20;

describe("a process with a LevelLog", () => {
	it(
		`is killed ${ROUNDS} times and loses nothing acknowledged, stores nothing twice, and keeps one order`,
		async () => {
			const own = await mkdtemp(join(tmpdir(), "xmlsocket-crash-"));
			const acknowledged = new Map<string, number>();
			// What each session sends next: what was on its way when the writer was killed is sent again.
			const next = new Array<number>(SESSIONS).fill(0);
			let before: string[] = [];
			try {
				for (let round = 0; round < ROUNDS; round++) {
					const writer = spawn(
						process.execPath,
						[join(import.meta.dirname, "crash-writer.js"), own, JSON.stringify(next)],
						{
							stdio: ["ignore", "pipe", "inherit"],
						},
					);
					const ended = new Promise((resolve) => writer.once("close", resolve));
					for await (const line of createInterface({ input: writer.stdout })) {
						const [word, session, at, seq] = line.split(" ");
						if (word === "open") setTimeout(() => writer.kill("SIGKILL"), 20 + Math.random() * 180);
						if (word !== "acknowledged") continue;
						next[Number(session)] = Number(at) + 1;
						const key = `${session}/${at}`;
						// A resend is acknowledged with the number of the first.
						if (acknowledged.has(key)) expect(acknowledged.get(key)).toBe(Number(seq));
						acknowledged.set(key, Number(seq));
					}
					await ended;

					const log = await LevelLog.open(own, { retention: {} });
					const entries = await everything(log);
					await log.close();
					const stored = entries.map((entry) => new TextDecoder().decode(entry.payload));
					expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, at) => at + 1));
					expect(new Set(stored).size).toBe(stored.length);
					// What was there after the last kill is there still, in the same place.
					expect(stored.slice(0, before.length)).toEqual(before);
					for (const [key, seq] of acknowledged) expect(stored[seq - 1]).toBe(key);
					before = stored;
				}
			} finally {
				await rm(own, { recursive: true, force: true });
			}
			console.log(`${ROUNDS} kills, ${acknowledged.size} messages acknowledged, none lost, none twice`);
			expect(acknowledged.size).toBeGreaterThan(ROUNDS);
		},
		ROUNDS * 5000,
	);
});

// A small file system of its own that can be filled; only root may mount one.
function mounted(): string | undefined {
	const place = mkdtempSync(join(tmpdir(), "xmlsocket-full-"));
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", place], { stdio: "ignore" });
		return place;
	} catch {
		rmSync(place, { recursive: true, force: true });
		return undefined;
	}
}
const small = mounted();
if (small === undefined) {
	console.log("Skipped: a log on a full disk. The test mounts a file system of 4 MiB, which only root may do.");
}

describe("a LevelLog whose file system is unmounted after a failed write", () => {
	it.skipIf(small === undefined)(
		"waits until its folder is there again, and starts no new history",
		async () => {
			const disk = mounted();
			const place = mkdtempSync(join(tmpdir(), "xmlsocket-mount-"));
			const mount = () => execFileSync("mount", ["--bind", disk!, place], { stdio: "ignore" });
			const unmount = (folder: string) => execFileSync("umount", [folder], { stdio: "ignore" });
			let isMounted = false;
			let log: LevelLog | undefined;
			try {
				mount();
				isMounted = true;
				log = await LevelLog.open(join(place, "data"), { retention: {} });
				const changes: boolean[] = [];
				log.watch((reachable) => changes.push(reachable));
				const { seq } = await log.append("lobby", { payload: bytes("kept") });
				const before = await log.state("lobby");
				execFileSync("dd", ["if=/dev/zero", `of=${join(disk!, "ballast")}`, "bs=1024", "count=3072"], {
					stdio: "ignore",
				});
				for (let at = 0; changes.length === 0 && at < 200; at++) {
					await log.append("lobby", { payload: new Uint8Array(16_384) }).catch(() => {});
				}
				expect(changes).toEqual([false]);
				// The log reports the loss before it has closed the files.
				const unmounted = (): boolean => {
					try {
						unmount(place);
						return true;
					} catch {
						return false;
					}
				};
				await expect.poll(unmounted).toBe(true);
				isMounted = false;
				rmSync(join(disk!, "ballast"));
				// Longer than the first two attempts to open it again.
				await new Promise((resolve) => setTimeout(resolve, 2000));
				expect(changes).toEqual([false]);
				expect(readdirSync(place)).toEqual([]);
				// Another log in the same place is not its own.
				await (await LevelLog.open(join(place, "data"))).close();
				await new Promise((resolve) => setTimeout(resolve, 2500));
				expect(changes).toEqual([false]);
				mount();
				isMounted = true;
				await expect.poll(() => changes).toEqual([false, true]);
				expect((await log.state("lobby")).log).toBe(before.log);
				const [first] = await everything(log);
				expect([first!.seq, new TextDecoder().decode(first!.payload)]).toEqual([seq, "kept"]);
			} finally {
				await log?.close();
				if (isMounted) unmount(place);
				unmount(disk!);
				rmSync(place, { recursive: true, force: true });
				rmSync(disk!, { recursive: true, force: true });
			}
		},
		40_000,
	);
});

describe("a LevelLog on a full disk", () => {
	it.skipIf(small === undefined)(
		"refuses with a code, keeps what it acknowledged, and recovers by itself",
		async () => {
			const changes: boolean[] = [];
			let log: LevelLog | undefined;
			try {
				const place = join(small!, "data");
				log = await LevelLog.open(place, { retention: {} });
				log.watch((reachable) => changes.push(reachable));
				const heard: number[] = [];
				await log.follow("lobby", (entry) => heard.push(entry.seq));
				const ballast = join(small!, "ballast");
				execFileSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1024", "count=3072"], { stdio: "ignore" });
				let acknowledged = 0;
				let refusal: { code?: string } | undefined;
				for (let at = 0; at < 200 && !refusal; at++) {
					await log.append("lobby", { payload: new Uint8Array(16_384).fill(97) }).then(
						({ seq }) => {
							acknowledged = seq;
						},
						(error: { code?: string }) => {
							refusal = error;
						},
					);
				}
				expect(refusal?.code).toBe("XMLSOCKET_UNAVAILABLE");
				expect(acknowledged).toBeGreaterThan(0);
				await expect(log.append("lobby", { payload: bytes("no") })).rejects.toMatchObject({
					code: "XMLSOCKET_UNAVAILABLE",
				});
				expect(changes).toEqual([false]);
				rmSync(ballast);
				await expect.poll(() => changes).toEqual([false, true]);
				const { seq } = await log.append("lobby", { payload: bytes("yes") });
				expect(seq).toBeGreaterThan(acknowledged);
				const kept = (await everything(log)).map((entry) => entry.seq);
				expect(kept).toEqual(Array.from({ length: seq }, (_, at) => at + 1));
				expect(heard).toEqual(kept);
			} finally {
				await log?.close();
				execFileSync("umount", [small!], { stdio: "ignore" });
				rmSync(small!, { recursive: true, force: true });
			}
		},
	);
});
