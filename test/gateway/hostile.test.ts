// Pages and targets that break off at each step, name servers that hang, and code that throws: each costs its own bridge.

import { afterEach, describe, expect, it } from "vitest";
import { boundedResolver } from "../../src/gateway/dial-target.ts";
import type { Server } from "../../src/server/index.ts";
import { closeAll, closedPort, startGateway, TcpTarget, until } from "./peers.ts";

afterEach(closeAll);

/** The open sockets and timers of this process. */
function resources(): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
	return { sockets: counts.TCPSocketWrap ?? 0, timers: counts.Timeout ?? 0, lookups: counts.GetAddrInfoReqWrap ?? 0 };
}

describe("nothing is left of a bridge", () => {
	const flood = Buffer.alloc(64 * 1024, "x");
	type Step = (host: {
		page: ReturnType<Awaited<ReturnType<typeof startGateway>>["page"]>;
		target: TcpTarget;
		at: number;
	}) => Promise<void>;
	/** By what breaks off. */
	const steps: [string, Step][] = [
		["whose page goes before the handshake is complete", async ({ page }) => page.socket.terminate()],
		[
			"whose page goes as soon as it is open",
			async ({ page }) => {
				await page.open();
				page.socket.terminate();
			},
		],
		[
			"whose page goes with data on its way",
			async ({ page }) => {
				await page.open();
				for (let i = 0; i < 20; i++) page.socket.send(flood);
				page.socket.terminate();
			},
		],
		[
			"whose page closes while the target sends without end",
			async ({ page, target, at }) => {
				await page.open();
				const { socket } = await target.nth(at);
				const send = (): void => {
					while (!socket.destroyed && socket.write(flood));
				};
				socket.on("drain", send);
				send();
				await until(() => page.received > 0);
				page.socket.close();
			},
		],
		[
			"whose target resets at once",
			async ({ page, target, at }) => {
				await page.open();
				(await target.nth(at)).socket.resetAndDestroy();
			},
		],
		[
			"whose target resets in the middle of an answer",
			async ({ page, target, at }) => {
				await page.open();
				const { socket } = await target.nth(at);
				socket.write(flood);
				await until(() => page.received > 0);
				socket.resetAndDestroy();
			},
		],
		[
			"whose target resets after the page has closed",
			async ({ page, target, at }) => {
				await page.open();
				const seen = await target.nth(at);
				page.socket.send("x");
				page.socket.close();
				await until(() => seen.ended);
				seen.socket.resetAndDestroy();
			},
		],
		[
			"whose target never answers and never closes",
			async ({ page, target, at }) => {
				await page.open();
				await target.nth(at);
				page.socket.close();
			},
		],
	];
	const run = async (step: Step): Promise<void> => {
		const target = await TcpTarget.start();
		const { page, gateway } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`], lingerMs: 50 });
		const pages = [0, 1, 2].map(() => page("/gateway/chat"));
		await Promise.all(pages.map((one, at) => step({ page: one, target, at })));
		await Promise.all(pages.map(({ closed }) => closed));
		await until(() => gateway.open === 0);
	};

	it("whose page or target breaks off at any step", async () => {
		const before = resources();
		await Promise.all(steps.map(([, step]) => run(step)));
		await closeAll();
		await until(() => resources().sockets === 0);
		expect(resources().timers).toBeLessThanOrEqual(before.timers! + 1);
		expect(resources().lookups).toBe(0);
	});
});

describe("a name server that hangs", () => {
	it("occupies two of Node's four threads, and gets one question for one name", async () => {
		const asked: string[] = [];
		const answers = new Map<string, (addresses: string[]) => void>();
		const resolve = boundedResolver((host) => {
			asked.push(host);
			return new Promise((answer) => answers.set(host, answer));
		});
		const all = ["a", "a", "b", "c", "c", "d"].map((host) => resolve(host));
		await new Promise(setImmediate);
		expect(asked).toEqual(["a", "b"]);
		answers.get("a")!(["192.0.2.1"]);
		expect(await Promise.all([all[0], all[1]])).toEqual([["192.0.2.1"], ["192.0.2.1"]]);
		await new Promise(setImmediate);
		expect(asked).toEqual(["a", "b", "c"]);
		for (const name of ["b", "c"]) answers.get(name)!([]);
		await until(() => asked.length === 4);
		answers.get("d")!(["192.0.2.2"]);
		expect(await all[5]).toEqual(["192.0.2.2"]);
		void resolve("a");
		await new Promise(setImmediate);
		expect(asked).toEqual(["a", "b", "c", "d", "a"]);
	});

	it("ends each bridge at the deadline of its dial, and an address still works", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.end("hello\0"));
		let asked = 0;
		const { page, ends } = await startGateway(
			{ targets: ["slow=chat.example.com:5222", `chat=127.0.0.1:${target.port}`], dialTimeoutMs: 200 },
			{},
			{
				resolve: () => {
					asked++;
					return new Promise(() => {});
				},
			},
		);
		const pages = Array.from({ length: 20 }, () => page("/gateway/slow"));
		const fast = page("/gateway/chat");
		await fast.closed;
		expect(fast.bytes.toString()).toBe("hello\0");
		for (const { closed } of pages) expect(await closed).toMatchObject({ code: 1011 });
		expect(asked).toBe(1);
		await until(() => ends().filter(({ cause }) => cause === "target-timeout").length === 20);
	});
});

it("code that throws while a bridge forwards ends that bridge, and the process lives", async () => {
	const target = await TcpTarget.start(({ socket }) => socket.write("x"));
	let throws = false;
	const { page, gateway, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
	const [, , counted] = gateway.counts;
	const values = counted!.values as Map<string, number>;
	const set = values.set.bind(values);
	values.set = (key, value) => {
		if (throws) throw new Error("a fault in the gateway");
		return set(key, value);
	};
	const [one, two] = [await page("/gateway/chat").open(), await page("/gateway/chat").open()];
	await until(() => one.received === 1 && two.received === 1);
	throws = true;
	one.socket.send("x");
	await one.closed;
	throws = false;
	expect(ends()).toMatchObject([{ cause: "gateway-failed", code: "XMLSOCKET_INTERNAL" }]);
	(await target.nth(1)).socket.write("y");
	await until(() => two.received === 2);
});

it("bridges that end for one cause are five warnings in 10 s, and are counted", async () => {
	const port = await closedPort();
	const { page, gateway, log } = await startGateway({ targets: [`chat=127.0.0.1:${port}`] });
	for (let i = 0; i < 50; i++) await page("/gateway/chat").closed;
	await until(() => gateway.open === 0);
	const refused = log.lines.filter(({ facts }) => (facts as { cause?: string }).cause === "target-refused");
	expect(refused.filter(({ level }) => level === "warn")).toHaveLength(5);
	expect(refused.filter(({ level }) => level === "debug")).toHaveLength(45);
	expect(gateway.counts[0]!.values.get("target-refused")).toBe(50);
});

describe("bytes that wait in bridges", () => {
	const heldBytes = async (server: Server): Promise<number> =>
		Number(/^xmlsocket_held_bytes (\d+)/m.exec((await server.metrics.page()).body)?.[1]);
	/** A target that sends as fast as it can, to pages at `/gateway/fast`. */
	const flooding = (): Promise<TcpTarget> =>
		TcpTarget.start(({ socket }) => {
			const more = (): void => {
				while (!socket.destroyed && socket.write(Buffer.alloc(256 * 1024)));
				socket.once("drain", more);
			};
			more();
		});

	it("are at most 256 KiB for a page that does not read, and what one read brings", async () => {
		const target = await flooding();
		const { page, server } = await startGateway({ targets: [`fast=127.0.0.1:${target.port}`] });
		const deaf = await page("/gateway/fast", { keep: false }).open();
		deaf.socket.pause();
		await until(() => target.connections[0]?.socket.writableNeedDrain === true);
		await expect.poll(() => heldBytes(server)).toBeGreaterThanOrEqual(256 * 1024);
		expect(await heldBytes(server)).toBeLessThan(256 * 1024 + 64 * 1024 + 1024);
	});

	it("are at most 256 KiB for a target that does not read, and one message of the page", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.pause());
		const { page, server } = await startGateway({ targets: [`deaf=127.0.0.1:${target.port}`] });
		const sender = await page("/gateway/deaf").open();
		for (let at = 0; at < 32; at++) sender.socket.send(Buffer.alloc(1024 * 1024));
		await expect.poll(() => heldBytes(server)).toBeGreaterThan(256 * 1024);
		let most = 0;
		for (let turn = 0; turn < 50; turn++) {
			most = Math.max(most, await heldBytes(server));
			await new Promise((resolve) => setImmediate(resolve));
		}
		// The last message before the pause, and one that is begun.
		expect(most).toBeLessThan(256 * 1024 + 2 * 1024 * 1024 + 64 * 1024);
		expect(sender.socket.bufferedAmount).toBeGreaterThan(16 * 1024 * 1024);
	});

	it("count for the memory ceiling, which ends those with the most and no other", async () => {
		const [target, quiet] = [await flooding(), await TcpTarget.start()];
		const { page, server, gateway, ends } = await startGateway(
			{ targets: [`fast=127.0.0.1:${target.port}`, `quiet=127.0.0.1:${quiet.port}`] },
			{ memoryCeilingBytes: 1024 * 1024 },
		);
		const honest = await page("/gateway/quiet").open();
		const deaf = await Promise.all(Array.from({ length: 5 }, () => page("/gateway/fast", { keep: false }).open()));
		for (const { socket } of deaf) socket.pause();
		await until(() => ends().length > 0);
		expect(ends()[0]).toMatchObject({ cause: "memory-ceiling", code: "XMLSOCKET_MEMORY_CEILING", target: "fast" });
		await expect.poll(() => heldBytes(server)).toBeLessThanOrEqual(1024 * 1024);
		expect(gateway.counts[0]!.values.get("memory-ceiling")).toBe(ends().length);
		(await quiet.first()).socket.write("still here");
		await until(() => honest.received === 10);
	});
});
