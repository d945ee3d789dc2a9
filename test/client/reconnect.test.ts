// Coming back after a loss: docs/guide/clients.md. The waits are recorded, not waited for; the servers are real.

import { describe, expect, test } from "vitest";
import { Backoff } from "../../src/client/backoff.ts";
import { type ConnectionStatus, type ConnectOptions, createConnect } from "../../src/client/index.ts";
import { type MemoryEnd, memoryDial, TestServer, testHost, turns, until } from "./support.ts";

describe("the waits between attempts", () => {
	const limits = { minDelayMs: 500, maxDelayMs: 30_000, maxAttempts: Number.POSITIVE_INFINITY };
	const series = (random: () => number, length: number): (number | undefined)[] => {
		const backoff = new Backoff(limits, random);
		return Array.from({ length }, () => backoff.next());
	};

	test("lie between the shortest and three times the last, and never above the longest", () => {
		expect(series(() => 0, 4)).toEqual([500, 500, 500, 500]);
		expect(series(() => 1 - 2 ** -53, 6)).toEqual([1500, 4500, 13_500, 30_000, 30_000, 30_000]);
		expect(series(() => 0.5, 4)).toEqual([1000, 1750, 2875, 4563]);
	});

	test("begin again after a reset, and end after maxAttempts", () => {
		const backoff = new Backoff({ ...limits, maxAttempts: 2 }, () => 1 - 2 ** -53);
		expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([1500, 4500, undefined]);
		backoff.reset();
		expect([backoff.next(), backoff.attempts]).toEqual([1500, 1]);
	});
});

async function inMemory(options: ConnectOptions) {
	const ends: MemoryEnd[] = [];
	const host = testHost(memoryDial(ends));
	const connection = await createConnect(host)("server:9000", options);
	const statuses: ConnectionStatus["type"][] = [];
	connection.on("status", ({ type }) => void statuses.push(type));
	return { connection, ends, host, statuses };
}

describe("reconnecting", () => {
	test("a server that is killed and started again gets its client back, and the loop goes on", async () => {
		const first = await TestServer.start((socket) => socket.write("one\0"));
		const { port } = first;
		const host = testHost();
		const connection = await createConnect(host)(first.address, { reconnect: true });
		const statuses: ConnectionStatus[] = [];
		connection.on("status", (status) => void statuses.push(status));
		const texts: string[] = [];
		const reading = (async () => {
			for await (const document of connection) texts.push(document.text);
		})();
		await until(() => texts.length === 1);
		await first.kill();
		await until(() => host.waits.length >= 3);
		connection.send("while you were away");
		const second = await TestServer.start((socket) => socket.write("two\0"), port);
		await until(() => texts.length === 2);
		await until(() => second.received.at(-1) === "while you were away\0");
		expect(texts).toEqual(["one", "two"]);
		expect(statuses[0]).toMatchObject({ type: "disconnected", error: { code: "XMLSOCKET_CONNECTION_LOST" } });
		expect(statuses[1]).toMatchObject({ type: "reconnecting", attempt: 1, delayMs: 1000 });
		expect(statuses[2]).toMatchObject({
			type: "reconnecting",
			attempt: 2,
			delayMs: 1750,
			error: { code: "XMLSOCKET_CONNECT_FAILED" },
		});
		expect(statuses.at(-1)).toEqual({ type: "connected" });
		second.sockets[0]!.end();
		const closing = connection.close();
		await closing;
		await reading;
		await second.kill();
	});

	test("an orderly close by the other side is a loss too", async () => {
		const { ends, statuses, connection } = await inMemory({ reconnect: true });
		ends[0]!.transport.end();
		await until(() => ends.length === 2);
		await turns();
		expect(statuses).toEqual(["disconnected", "reconnecting", "connected"]);
		await Promise.all([connection.close(), ends[1]!.transport.end()]);
	});

	test("gives up after maxAttempts: the loops throw the last error", async () => {
		const server = await TestServer.start();
		const host = testHost();
		const connection = await createConnect(host)(server.address, { reconnect: { maxAttempts: 3 } });
		await until(() => server.sockets.length === 1);
		const reading = (async () => {
			for await (const _ of connection);
		})();
		await server.kill();
		await expect(reading).rejects.toMatchObject({ code: "XMLSOCKET_CONNECT_FAILED" });
		expect(host.waits).toHaveLength(3);
		expect(connection.status).toMatchObject({ type: "closed", error: { code: "XMLSOCKET_CONNECT_FAILED" } });
	});

	test("a server that accepts and drops everyone is called with growing waits", async () => {
		const server = await TestServer.start((socket) => socket.destroy());
		const host = testHost();
		const connection = await createConnect(host)(server.address, { reconnect: { minDelayMs: 100, maxDelayMs: 1000 } });
		await until(() => host.waits.length >= 8);
		await connection.close();
		expect(host.waits.slice(0, 8)).toEqual([200, 350, 575, 913, 1000, 1000, 1000, 1000]);
		await server.kill();
	});

	test("while disconnected, send refuses what never could be sent, and what has no room", async () => {
		const { connection, ends, statuses } = await inMemory({ reconnect: true, maxOutboxBytes: 10 });
		connection.on("status", ({ type }) => {
			if (type !== "disconnected") return;
			expect(() => connection.send("a\0b")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
			connection.send("1234");
			connection.send("6789");
			expect(connection.outboxBytes).toBe(10);
			expect(() => connection.send("")).toThrow(expect.objectContaining({ code: "XMLSOCKET_OUTBOX_FULL" }));
		});
		ends[0]!.transport.end();
		await until(() => ends[1]?.received() === "1234\x006789\0");
		expect(statuses).toContain("disconnected");
	});

	test("onReconnected sends before the documents that waited, and connected comes after it", async () => {
		const order: string[] = [];
		const { connection, ends } = await inMemory({
			reconnect: true,
			onReconnected: async (rejoin) => {
				rejoin.send("<login/>");
				const reply = await rejoin.request("<join/>", { match: ({ text }) => text === "<joined/>" });
				order.push(reply.text);
				rejoin.send("<back/>");
			},
		});
		connection.on("status", ({ type }) => {
			order.push(type);
			if (type === "disconnected") connection.send("waited");
		});
		ends[0]!.transport.end();
		await until(() => ends[1]?.received() === "<login/>\0<join/>\0");
		connection.send("waited too");
		const drained = connection.drained();
		await turns();
		expect(ends[1]!.received()).toBe("<login/>\0<join/>\0");
		ends[1]!.transport.write(Buffer.from("<joined/>\0"));
		await until(() => ends[1]!.received() === "<login/>\0<join/>\0<back/>\0waited\0waited too\0");
		await drained;
		expect(order).toEqual(["disconnected", "reconnecting", "<joined/>", "connected"]);
	});

	test("an onReconnected that fails makes the attempt fail, and nothing that waited is lost", async () => {
		let calls = 0;
		const { connection, ends } = await inMemory({
			reconnect: true,
			onReconnected: () => {
				calls++;
				if (calls === 1) throw new Error("not yet");
				if (calls === 2) return Promise.reject(new Error("still not"));
				return undefined;
			},
		});
		const errors: unknown[] = [];
		connection.on("status", (status) => {
			if (status.type === "disconnected") errors.push(status.error.cause);
			if (errors.length === 1 && status.type === "disconnected") connection.send("waited");
		});
		ends[0]!.transport.end();
		await until(() => ends[3]?.received() === "waited\0");
		expect(errors).toMatchObject([undefined, { message: "not yet" }, { message: "still not" }]);
	});

	test("onReconnected can send also where what waits has filled the outbox", async () => {
		const { connection, ends } = await inMemory({
			reconnect: true,
			maxOutboxBytes: 9,
			onReconnected: (rejoin) => rejoin.send("<login/>"),
		});
		connection.on("status", ({ type }) => type === "disconnected" && connection.send("12345678"));
		ends[0]!.transport.end();
		await until(() => ends[1]?.received() === "<login/>\x0012345678\0");
	});

	test("a rejoin whose connection is gone sends nothing more", async () => {
		const attempts: { send(text: string): void }[] = [];
		const { ends } = await inMemory({
			reconnect: true,
			onReconnected: (rejoin) => {
				attempts.push(rejoin);
				return attempts.length === 1 ? new Promise<void>(() => {}) : undefined;
			},
		});
		ends[0]!.transport.end();
		await until(() => ends.length === 2);
		ends[1]!.transport.end();
		await until(() => ends.length === 3);
		await turns();
		expect(() => attempts[0]!.send("late")).toThrow(expect.objectContaining({ code: "XMLSOCKET_CLOSED" }));
	});

	test("a request that had left is rejected with the loss, one that waits is asked on the next connection", async () => {
		const { connection, ends } = await inMemory({ reconnect: true });
		const match = ({ text }: { text: string }): boolean => text === "answer";
		const lost = connection.request("first", { match });
		let later: Promise<{ text: string }> | undefined;
		connection.on("status", ({ type }) => {
			if (type === "disconnected") later = connection.request("second", { match });
		});
		await turns();
		ends[0]!.transport.end();
		await expect(lost).rejects.toMatchObject({ code: "XMLSOCKET_CONNECTION_LOST" });
		await until(() => ends[1]?.received() === "second\0");
		ends[1]!.transport.write(Buffer.from("answer\0"));
		expect((await later!).text).toBe("answer");
	});

	test("unread documents stay across a loss", async () => {
		const { connection, ends } = await inMemory({ reconnect: true, maxInboxDocuments: 1 });
		ends[0]!.transport.write(Buffer.from("one\0"));
		await turns();
		const iterator = connection[Symbol.asyncIterator]();
		ends[0]!.transport.destroy();
		await until(() => ends.length === 2);
		ends[1]!.transport.write(Buffer.from("two\0three\0"));
		const texts: unknown[] = [];
		for (let i = 0; i < 3; i++) texts.push((await iterator.next()).value?.text);
		expect(texts).toEqual(["one", "two", "three"]);
	});

	test("close() while it waits or dials ends at once, drops what waits, and dials no more", async () => {
		for (const when of ["disconnected", "reconnecting"] as const) {
			const { connection, ends } = await inMemory({ reconnect: true });
			let drained: Promise<unknown> | undefined;
			let closed: Promise<void> | undefined;
			connection.on("status", ({ type }) => {
				if (type !== when) return;
				connection.send("x".repeat(100_000));
				drained = connection.drained().catch((error: unknown) => error);
				closed = connection.close();
			});
			ends[0]!.transport.end();
			await until(() => closed !== undefined);
			expect(await drained).toMatchObject({ code: "XMLSOCKET_CLOSED" });
			await closed;
			expect(connection.status).toEqual({ type: "closed" });
			await turns(50);
			expect(ends).toHaveLength(1);
		}
	});

	test("its signal ends the waiting", async () => {
		const controller = new AbortController();
		const { connection, ends } = await inMemory({ reconnect: true, signal: controller.signal });
		connection.on("status", ({ type }) => {
			if (type === "reconnecting") controller.abort();
		});
		ends[0]!.transport.end();
		expect(await connection.closed).toMatchObject({ error: { code: "XMLSOCKET_ABORTED" } });
		await turns(50);
		expect(ends).toHaveLength(1);
	});

	test("reconnectNow cuts the wait short, and does nothing at any other time", async () => {
		const waiting: (() => void)[] = [];
		const ends: MemoryEnd[] = [];
		const host = {
			...testHost(memoryDial(ends)),
			wait: (_: number, run: () => void) => {
				waiting.push(run);
				return () => waiting.splice(waiting.indexOf(run), 1);
			},
		};
		const connection = await createConnect(host)("localhost:9000", { reconnect: true });
		connection.reconnectNow();
		ends[0]!.transport.end();
		await until(() => waiting.length === 1);
		connection.reconnectNow();
		connection.reconnectNow();
		await until(() => connection.status.type === "connected");
		expect([ends.length, waiting.length]).toEqual([2, 0]);
		await Promise.all([connection.close(), ends[1]!.transport.end()]);
		connection.reconnectNow();
		await turns();
		expect(ends).toHaveLength(2);
	});

	test("delayReconnect puts what the server asked for before the first wait, once", async () => {
		const ends: MemoryEnd[] = [];
		const host = testHost(memoryDial(ends));
		const connection = await createConnect(host)("localhost:9000", { reconnect: true });
		connection.delayReconnect(3000);
		ends[0]!.transport.end();
		await until(() => ends.length === 2);
		ends[1]!.transport.end();
		await until(() => ends.length === 3);
		expect(host.waits).toEqual([4000, 1750]);
		await Promise.all([connection.close(), ends[2]!.transport.end()]);
	});

	test("a host without XML streams refuses to open one", async () => {
		const { streams: _, ...host } = testHost(memoryDial([]));
		await expect(createConnect(host)("localhost:9000", { stream: true })).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
		});
	});
});
