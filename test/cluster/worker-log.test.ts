import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type LogEntry, MemoryLog, type MessageLog } from "../../src/message-log/index.ts";
import { LevelLog } from "../../src/message-log/level/index.ts";
import { describeLog } from "../message-log/log-suite.ts";
import { Workers } from "./worker-channel.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = ({ payload }: LogEntry): string => new TextDecoder().decode(payload);
const PLENTY = { maxCount: 1000, maxBytes: 1 << 20 };

let workers: Workers | undefined;
let primaryLog: MessageLog | undefined;

describeLog("the log of a worker, with a primary's log in memory", {
	open: async (options) => {
		primaryLog = new MemoryLog(options);
		workers = new Workers({ log: primaryLog });
		return (await workers.add()).link.log;
	},
	release: async () => {
		workers?.close();
		await primaryLog?.close();
	},
	ownsClock: true,
});

let folder = "";
const openLevel = async (options: object): Promise<MessageLog> => {
	primaryLog = await LevelLog.open(folder, options);
	workers = new Workers({ log: primaryLog });
	return (await workers.add()).link.log;
};
describeLog("the log of a worker, with a primary's data folder", {
	open: async (options) => {
		folder = await mkdtemp(join(tmpdir(), "xmlsocket-worker-log-"));
		return openLevel(options);
	},
	reopen: async (options) => {
		workers?.close();
		await primaryLog?.close();
		return openLevel(options);
	},
	release: async () => {
		workers?.close();
		await primaryLog?.close();
		await rm(folder, { recursive: true, force: true });
	},
	ownsClock: true,
});

describe("the logs of several workers", () => {
	let log: MemoryLog;
	const open = async (count: number) => {
		log = new MemoryLog();
		workers = new Workers({ log });
		const links = [];
		for (let at = 0; at < count; at++) links.push((await workers.add()).link);
		return links;
	};
	afterEach(async () => {
		workers?.close();
		await log.close();
	});

	it("deliver the entries of all workers to the followers of all, in one order", async () => {
		const links = await open(3);
		const received = await Promise.all(
			links.map(async (link) => {
				const seqs: number[] = [];
				await link.log.follow("lobby", ({ seq }) => seqs.push(seq));
				return seqs;
			}),
		);
		await Promise.all(
			links.flatMap((link, at) =>
				Array.from({ length: 200 }, (_, i) =>
					link.log.append("lobby", { payload: bytes(`${at} ${i}`), session: `s${at}` }),
				),
			),
		);
		const all = Array.from({ length: 600 }, (_, at) => at + 1);
		for (const seqs of received) await expect.poll(() => seqs).toEqual(all);
	});

	it("give the follower of the appending worker the payload that was appended", async () => {
		const [one, two] = await open(2);
		const own: Uint8Array[] = [];
		const other: string[] = [];
		await one!.log.follow("lobby", ({ payload }) => own.push(payload));
		await two!.log.follow("lobby", (entry) => other.push(text(entry)));
		const payload = bytes("hi");
		await one!.log.append("lobby", { payload });
		expect(own[0]).toBe(payload);
		await expect.poll(() => other).toEqual(["hi"]);
	});

	it("store an id once, whichever worker appends it", async () => {
		const [one, two] = await open(2);
		const entry = { payload: bytes("x"), session: "s", id: "c" };
		const results = await Promise.all([one!.log.append("lobby", entry), two!.log.append("lobby", entry)]);
		expect(results.map(({ duplicate }) => duplicate).sort()).toEqual([false, true]);
		expect(new Set(results.map(({ seq }) => seq)).size).toBe(1);
	});

	it("keep what a worker has appended when it ends, and stop sending to it", async () => {
		const [one, two] = await open(2);
		await one!.log.follow("lobby", () => {});
		const received: string[] = [];
		await two!.log.follow("lobby", (entry) => received.push(text(entry)));
		await one!.log.append("lobby", { payload: bytes("kept") });
		workers!.all[0]!.socket.destroy();
		await workers!.all[0]!.ended;
		await expect(one!.log.append("lobby", { payload: bytes("refused") })).rejects.toMatchObject({
			code: "XMLSOCKET_UNAVAILABLE",
		});
		await two!.log.append("lobby", { payload: bytes("next") });
		expect(received).toEqual(["kept", "next"]);
		expect((await two!.log.readAfter("lobby", 0, PLENTY)).entries.map(text)).toEqual(["kept", "next"]);
	});

	it("refuse an append that waits when the primary ends", async () => {
		const [one] = await open(1);
		const waiting = one!.log.append("lobby", { payload: bytes("x") });
		workers!.all[0]!.primarySocket.destroy();
		await expect(waiting).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		expect(one!.bus.connected).toBe(false);
	});

	it("refuse appends while more than 16 MiB wait for a primary that does not read, and accept them again", async () => {
		const [one] = await open(1);
		const { primarySocket } = workers!.all[0]!;
		primarySocket.pause();
		const payload = new Uint8Array(1 << 20);
		const appends = Array.from({ length: 40 }, () =>
			one!.log.append("lobby", { payload }).then(
				() => "",
				(error) => error.code,
			),
		);
		expect(await Promise.race(appends.slice(30))).toBe("XMLSOCKET_UNAVAILABLE");
		primarySocket.resume();
		const codes = await Promise.all(appends);
		const stored = codes.filter((code) => code === "").length;
		expect(stored).toBeGreaterThanOrEqual(15);
		expect((await one!.log.state("lobby")).lastSeq).toBe(stored);
	});

	it("report that the primary's log is lost and found, also to a worker that comes meanwhile", async () => {
		let changed = (_reachable: boolean, _cause?: Error): void => {};
		log = new MemoryLog();
		const watchers = new Set<typeof changed>();
		changed = (reachable, cause) => {
			for (const watcher of watchers) watcher(reachable, cause);
		};
		const watched: MessageLog = Object.assign(Object.create(log) as MessageLog, {
			append: log.append.bind(log),
			state: log.state.bind(log),
			watch: (watcher: typeof changed) => {
				watchers.add(watcher);
				return () => watchers.delete(watcher);
			},
		});
		workers = new Workers({ log: watched });
		const heard: string[] = [];
		const watch = (name: string, link: { log: MessageLog }): void => {
			link.log.watch!((reachable, cause) => heard.push(`${name} ${reachable} ${cause?.message ?? ""}`.trim()));
		};
		watch("one", (await workers.add()).link);
		changed(false, new Error("the disk is full"));
		await expect.poll(() => heard).toEqual(["one false the disk is full"]);
		watch("two", (await workers.add()).link);
		await expect.poll(() => heard).toEqual(["one false the disk is full", "two false"]);
		changed(true);
		await expect.poll(() => heard.slice(2).sort()).toEqual(["one true", "two true"]);
	});

	it("follow a room in the primary once, and no longer than a worker does", async () => {
		const [one, two] = await open(2);
		const limited = new MemoryLog({ maxRooms: 1 });
		workers!.close();
		workers = new Workers({ log: limited });
		const [a, b] = [(await workers.add()).link, (await workers.add()).link];
		const first = await a.log.follow("a", () => {});
		const second = await b.log.follow("a", () => {});
		first.stop();
		await expect(a.log.follow("b", () => {})).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		second.stop();
		await expect
			.poll(() =>
				a.log
					.follow("b", () => {})
					.then(
						() => "followed",
						(error) => error.code,
					),
			)
			.toBe("followed");
		expect([one, two]).toHaveLength(2);
	});
});
