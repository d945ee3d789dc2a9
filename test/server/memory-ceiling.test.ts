// The ceiling on what is held for all clients: whom it closes, and when. The daemon under it is in full-daemon.test.ts.

import { describe, expect, it } from "vitest";
import { createChat } from "../../src/chat/index.ts";
import { type Appended, MemoryLog, type NewEntry } from "../../src/message-log/index.ts";
import { createServer, type Server } from "../../src/server/index.ts";
import { defaultMemoryCeiling, MemoryCeiling, usedMemory } from "../../src/server/memory-ceiling.ts";
import { RawClient } from "./peers.ts";

const CEILING = 1000;

/** @param bytes held for each connection */
function hold(bytes: number[], used = 2000) {
	const held = new Map(bytes.map((count, at) => [at, count]));
	const debtors = () => [...held].map(([at, heldBytes]) => ({ heldBytes, cut: () => held.delete(at) }));
	// Two parts of a server, one with the connections of the even places.
	const holders = [0, 1].map((part) => ({
		heldBytes: () => [...held].reduce((all, [at, count]) => (at % 2 === part ? all + count : all), 0),
		debtors: () => debtors().filter((_, at) => [...held.keys()][at]! % 2 === part),
	}));
	return { ceiling: new MemoryCeiling(CEILING, holders, () => used), held };
}

describe("above the memory ceiling", () => {
	it("the connections that hold most are closed, largest first, until 90 % of it is left", () => {
		const { ceiling, held } = hold([10, 500, 20, 300, 400]);
		ceiling.check();
		expect([...held.values()]).toEqual([10, 20, 300, 400]);
		expect(ceiling.isAbove).toBe(true);
		ceiling.check();
		expect(ceiling.isAbove).toBe(false);
		expect(held.size).toBe(4);
	});

	it("nobody is closed while the process uses less: then connections share the bytes, as those of a broadcast", () => {
		const { ceiling, held } = hold([900, 900, 900], 999);
		ceiling.check();
		expect(held.size).toBe(3);
		expect(ceiling.isAbove).toBe(false);
	});

	it("the count comes often while much is held, and seldom otherwise", () => {
		expect(hold([100]).ceiling.check()).toBe(250);
		expect(hold([251]).ceiling.check()).toBe(50);
	});
});

it("the ceiling is at least 64 MiB and at most a quarter of the memory by default, and what the process uses is known", () => {
	expect(defaultMemoryCeiling()).toBeGreaterThanOrEqual(64 * 1024 * 1024);
	const before = usedMemory();
	const kept = Buffer.alloc(50_000_000, 1);
	expect(usedMemory() - before).toBeGreaterThan(kept.length / 2);
});

describe("the sum for the memory ceiling", () => {
	async function held(server: { readonly metrics: Server["metrics"] }): Promise<number> {
		return Number(/^xmlsocket_held_bytes (\d+)/m.exec((await server.metrics.page()).body)?.[1]);
	}

	it("has the documents that wait for the program, until it reads them", async () => {
		await using server = await createServer({ port: 0 }).listen();
		let read = (): void => {};
		server.on("connection", (connection) => {
			read = () => connection.on("document", () => {});
		});
		const client = RawClient.tcp(server.port);
		client.send(`<d>${"x".repeat(9993)}</d>\0`.repeat(50));
		await expect.poll(() => held(server)).toBeGreaterThanOrEqual(500_000);
		read();
		await expect.poll(() => held(server)).toBe(0);
		client.socket.destroy();
	});

	it("has at most 256 documents and 1,048,576 characters of a client that wait for the program, and what one read brings", async () => {
		for (const [document, atLeast, atMost] of [
			[`<d>${"x".repeat(9993)}</d>\0`, 1_048_576, 1_048_576 + 10_000 + 65_536],
			["<d/>\0", 256 * 4, 256 * 4 + 65_536],
		] as const) {
			await using server = await createServer({
				port: 0,
				documentsPerSecond: 1_000_000,
				documentBurst: 1_000_000,
			}).listen();
			let read = (): void => {};
			let got = 0;
			server.on("connection", (connection) => {
				read = () => connection.on("document", () => got++);
			});
			const client = RawClient.tcp(server.port);
			client.send(document.repeat(2000));
			await expect.poll(() => held(server)).toBeGreaterThanOrEqual(atLeast);
			// It stays so.
			for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
			expect(await held(server)).toBeLessThanOrEqual(atMost);
			read();
			await expect.poll(() => got).toBe(2000);
			client.socket.destroy();
		}
	});

	it("has the messages of clients that wait for the log, until they are stored", async () => {
		let store = (): void => {};
		const stored = new Promise<void>((resolve) => {
			store = resolve;
		});
		class SlowLog extends MemoryLog {
			override async append(room: string, entry: NewEntry): Promise<Appended> {
				await stored;
				return super.append(room, entry);
			}
		}
		const application = createChat({}, { log: new SlowLog() });
		await using server = await createServer({ port: 0, application }).listen();
		const client = RawClient.tcp(server.port);
		client.send(`<join room="lobby" after="-1"/>\0${`<say room="lobby">${"x".repeat(9000)}</say>\0`.repeat(20)}`);
		await expect.poll(() => held(server)).toBeGreaterThan(180_000);
		store();
		await client.until((text) => text.split("</said>").length === 21);
		await expect.poll(() => held(server)).toBe(0);
		client.socket.destroy();
	});
});
