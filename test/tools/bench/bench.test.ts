// The load test against servers in this process: right ones, and such that lose, repeat, reorder, refuse and disconnect.

import { afterAll, describe, expect, it } from "vitest";
import type { Application } from "../../../src/application/index.ts";
import { createChat, createRelay, createServer, type Server, type ServerOptions } from "../../../src/server/index.ts";
import {
	type BenchOptions,
	type BenchProgress,
	type BenchReport,
	benchChart,
	runBench,
} from "../../../src/tools/index.ts";
import { type BadServer, eachDocument, listening, terminated } from "../bad-servers/server.ts";
import { chatWith, echoOfLines, relayOf, relayWith } from "./servers.ts";

const stops: (() => unknown)[] = [];
afterAll(async () => {
	await Promise.all(stops.map((stop) => stop()));
});

async function daemon(
	application: Application<"text"> | Application<"bytes">,
	options: ServerOptions = {},
): Promise<string> {
	const server: Server = createServer({ port: 0, application, ...options });
	await server.listen();
	stops.push(() => server.close({ graceMs: 0 }));
	return `127.0.0.1:${server.port}`;
}

async function bad(starting: Promise<BadServer>): Promise<string> {
	const server = await starting;
	stops.push(() => server.stop());
	return `127.0.0.1:${server.port}`;
}

const SHORT: BenchOptions = { connections: 6, rate: 200, durationMs: 400, warmUpMs: 0 };
const bench = (address: string, options: BenchOptions = {}): Promise<BenchReport> =>
	runBench(address, { ...SHORT, ...options });

describe.concurrent("servers that are right", () => {
	it("a chat: each message arrives once at each member of its room, and at nobody else", async () => {
		const load = { connections: 60, rooms: 6, senders: 30, sizeBytes: 300 };
		const report = await bench(await daemon(createChat()), load);
		const [step] = report.steps;
		expect(report).toMatchObject({ mode: "chat", ok: true, interrupted: false });
		expect(step).toMatchObject({ ...load, fanOut: 10, lost: 0, overdue: 0, misdelivered: 0, repeated: 0 });
		expect(step!.sent).toBeGreaterThan(50);
		expect(step!.delivered).toBe(step!.sent * 10);
		expect(step!.latencyMs!.max).toBeGreaterThanOrEqual(step!.latencyMs!.p50);
		expect(report.verdict).toMatch(/carried 60 connections in 6 rooms .* once and in order\./);
	});

	it("a stored room of a chat, by name, over a WebSocket", async () => {
		const address = await daemon(createChat());
		const report = await bench(`ws://${address}`, { connections: 3, roomNames: ["lobby"] });
		expect(report).toMatchObject({ mode: "chat", ok: true });
		expect(report.steps[0]!.delivered).toBe(report.steps[0]!.sent * 3);
	});

	it("a relay that counts silent connections as clients only after a while, and does not return documents", async () => {
		const report = await bench(await daemon(createRelay()));
		expect(report).toMatchObject({ mode: "relay", ok: true });
		expect(report.steps[0]).toMatchObject({ fanOut: 5, lost: 0 });
		expect(report.steps[0]!.delivered).toBe(report.steps[0]!.sent * 5);
	});

	it("a relay that accepts long documents only after a short one", async () => {
		const report = await bench(await daemon(createRelay()), { sizeBytes: 20_000, senders: 3, rate: 50 });
		expect(report.steps[0]).toMatchObject({ disconnected: 0, lost: 0 });
		expect(report.steps[0]!.delivered).toBe(report.steps[0]!.sent * 5);
	});

	it("a relay that returns documents to their senders, in a closed loop", async () => {
		const report = await bench(await bad(relayWith()), { rate: undefined, outstanding: 4, senders: 2 });
		expect(report).toMatchObject({ mode: "relay", ok: true });
		expect(report.steps[0]!.delivered).toBe(report.steps[0]!.sent * 6);
	});

	it("an echo server that first sends a banner, and whose documents end with LF", async () => {
		const report = await bench(await bad(echoOfLines("\n", "220 ready\n")), { terminator: "lf", connections: 2 });
		expect(report).toMatchObject({ mode: "echo", ok: true });
		expect(report.steps[0]!.delivered).toBe(report.steps[0]!.sent);
	});

	it("several loads, one after the other, with the connections of the step before", async () => {
		const seen: BenchProgress[] = [];
		const report = await bench(await daemon(createChat()), {
			connections: [2, 4],
			rate: [50, 100],
			onProgress: (progress) => seen.push(progress),
		});
		expect(report.steps.map(({ connections, rate, ok }) => [connections, rate, ok])).toEqual([
			[2, 50, true],
			[4, 100, true],
		]);
		expect(seen.filter(({ kind }) => kind === "step")).toHaveLength(2);
		const chart = benchChart(report);
		expect(chart).toMatch(/^<svg [^>]*>\n<title>xmlsocket bench/);
		expect(chart).not.toMatch(/NaN|Infinity|undefined/);
		expect(chart).toContain("prefers-color-scheme: dark");
	});
});

describe.concurrent("servers that are wrong", () => {
	it("one that loses every tenth document", async () => {
		const report = await bench(await bad(relayWith((count, send) => count % 10 === 0 || send())), { timeoutMs: 1000 });
		const [step] = report.steps;
		expect(report.ok).toBe(false);
		expect(step!.lost + step!.delivered).toBe(step!.sent * 6);
		expect(step!.lost).toBe(6 * Math.floor(step!.sent / 10));
		expect(report.verdict).toMatch(/deliveries of [\d,]+ never arrived\./);
	});

	it("one that sends every tenth document twice", async () => {
		const report = await bench(
			await bad(
				relayWith((count, send) => {
					send();
					if (count % 10 === 0) send();
				}),
			),
		);
		expect(report.ok).toBe(false);
		expect(report.steps[0]).toMatchObject({ lost: 0, disordered: 0 });
		expect(report.steps[0]!.repeated).toBe(6 * Math.floor(report.steps[0]!.sent / 10));
	});

	it("one that sends a document after its successor", async () => {
		const held: (() => void)[] = [];
		const report = await bench(
			await bad(
				relayWith((count, send) => {
					if (count % 10 === 1) held.push(send);
					else {
						send();
						for (const one of held.splice(0)) one();
					}
				}),
			),
			{ senders: 1 },
		);
		expect(report.ok).toBe(false);
		expect(report.steps[0]!.disordered).toBeGreaterThan(0);
		expect(report.steps[0]!.repeated).toBe(0);
		expect(report.verdict).toMatch(/after a later message of the same sender/);
	});

	it("one that sends documents to clients of other rooms", async () => {
		const options = { rooms: 2, connections: 4, mode: "chat" as const };
		const report = await bench(await bad(chatWith((_, { say }) => say())), options);
		expect(report.ok).toBe(false);
		expect(report.steps[0]!.misdelivered).toBe(report.steps[0]!.sent * 2);
	});

	it("one that stands still: the messages that were to be sent meanwhile count as slow", async () => {
		let stood = false;
		const report = await bench(
			await bad(
				relayWith((count, send, sender) => {
					send();
					if (count < 20 || stood) return;
					stood = true;
					// It reads nothing for half of the time.
					const sockets = [sender];
					for (const socket of sockets) socket.pause();
					setTimeout(() => {
						for (const socket of sockets) socket.resume();
					}, 400);
				}),
			),
			{ senders: 1, durationMs: 800 },
		);
		const [step] = report.steps;
		expect(step!.lost).toBe(0);
		// A tool that waits for the server would have few slow messages; here they are the share of the time that the server stood still.
		expect(step!.latencyMs!.max).toBeGreaterThan(300);
		expect(step!.latencyMs!.p90).toBeGreaterThan(150);
	});

	it("one that disconnects a client in the middle", async () => {
		const report = await bench(
			await bad(relayWith((count, send, sender) => (count === 40 ? void sender.destroy() : send()))),
		);
		expect(report.ok).toBe(false);
		expect(report.steps[0]!.disconnected).toBeGreaterThan(0);
		expect(report.verdict).toMatch(/ended during the test/);
	});

	it("one that ends each client whose documents are too long: the test ends too", async () => {
		const long = { sizeBytes: 300_000, rate: 20, senders: 6, durationMs: 60_000 };
		const report = await bench(await daemon(createChat()), long);
		expect(report.steps[0]).toMatchObject({ disconnected: 6, delivered: 0, latencyMs: undefined });
		expect(report.verdict).toMatch(
			/^6 connections ended during the test: .* Its limit may be shorter .* Nothing arrived\.$/,
		);
	});

	it("one that is gone after the first step: its results remain", async () => {
		const server = await relayWith();
		const report = await bench(await bad(Promise.resolve(server)), {
			connections: [3, 4],
			onProgress: ({ kind }) => kind === "step" && server.stop(),
		});
		expect(report.ok).toBe(false);
		expect(report.steps.map(({ connections, ok }) => [connections, ok])).toEqual([[3, true]]);
		expect(report.verdict).toMatch(/carried 3 connections .* After that the test could not go on\. .*ECONNREFUSED/);
	});

	it("one that is of another kind than the one that was named", async () => {
		await expect(bench(await bad(relayWith()), { mode: "echo" })).rejects.toThrow(/to be echo, but it is relay/);
	});

	it("one that accepts only some connections of an address", async () => {
		const report = await bench(await bad(relayOf(4)), { connections: 20 });
		expect(report.ok).toBe(false);
		expect(report.steps[0]).toMatchObject({ connections: 4, wantedConnections: 20, lost: 0 });
		expect(report.verdict).toMatch(/Only 4 of 20 connections .*--max-connections-per-address/);
	});

	it("one that refuses messages: they count as refused, not as lost", async () => {
		const refusing = chatWith((number, { say, refuse }) => (number % 10 === 0 ? refuse("sending-too-fast") : say()));
		const report = await bench(await bad(refusing), { mode: "chat", senders: 1 });
		const [step] = report.steps;
		expect(report.ok).toBe(false);
		expect(step).toMatchObject({ lost: 0, overdue: 0, refused: { "sending-too-fast": Math.floor(step!.sent / 10) } });
		expect(report.verdict).toMatch(/^The server refused \d+ messages \(sending-too-fast\)\./);
	});

	it("one that refuses to create rooms: the error names its answer", async () => {
		const address = await daemon(createChat({ createRooms: "off" }));
		await expect(bench(address)).rejects.toThrow(/room-unknown/);
	});

	it("one that returns nothing", async () => {
		const silent = await bad(listening((socket) => socket.resume()));
		await expect(bench(silent, { timeoutMs: 200 })).rejects.toMatchObject({ code: "XMLSOCKET_PROFILE_UNKNOWN" });
	});
});

describe.concurrent("the search", () => {
	it("names the highest rate that a server carries, from below", async () => {
		// It passes on 100 messages of each step.
		const counts = new Map<string, number>();
		const limited = listening((socket) => {
			eachDocument(socket, (document) => {
				const step = /b[0-9a-f]{8}(..)z/.exec(String(document))?.[1] ?? "";
				counts.set(step, (counts.get(step) ?? 0) + 1);
				if (step === "" || counts.get(step)! <= 100) socket.write(terminated(document));
			});
		});
		const search = { find: true, rate: 50, durationMs: 200, timeoutMs: 1000, goalP99Ms: 60_000 };
		const report = await bench(await bad(limited), { ...search, connections: 2 });
		expect(report.ok).toBe(true);
		expect(report.foundRate).toBeGreaterThanOrEqual(50);
		expect(report.foundRate).toBeLessThanOrEqual(500);
		expect(report.steps.find(({ rate }) => rate === report.foundRate)).toMatchObject({ ok: true, lost: 0 });
		expect(report.verdict).toMatch(/^The highest rate that meets the goal of 60\.00 s .* is about .* never arrived\./);
	});
});

describe.concurrent("the run itself", () => {
	it("ends early with the results so far when it is aborted", async () => {
		const controller = new AbortController();
		const report = await bench(await daemon(createChat()), {
			durationMs: 60_000,
			signal: controller.signal,
			onProgress: (progress) => {
				if (progress.kind === "running" && progress.phase === "measuring" && progress.seconds > 0.2) controller.abort();
			},
		});
		expect(report).toMatchObject({ interrupted: true, ok: true });
		expect(report.steps[0]!.seconds).toBeLessThan(30);
		expect(report.steps[0]!.lost).toBe(0);
	});

	it.each([
		[{ connections: 0 }, /connections must be a whole number from 1 to 100000/],
		[{ connections: 5, senders: 6 }, /6 senders need at least as many connections/],
		[{ rooms: 3, connections: 2 }, /3 rooms need/],
		[{ connections: [1, 2], rate: [1, 2, 3] }, /equally long/],
		[{ outstanding: 1, rate: 5 }, /outstanding excludes rate/],
		[{ find: true, rate: [1, 2] }, /single numbers/],
		[{ connections: 20_000, senders: 20_000 }, /pairs/],
		[{ conections: 5 }, /did you mean "connections"/],
	] as [BenchOptions, RegExp][])("refuses %j", async (options, words) => {
		await expect(runBench("127.0.0.1:1", options)).rejects.toThrow();
		await expect(runBench("127.0.0.1:1025", options)).rejects.toThrow(words);
	});
});
