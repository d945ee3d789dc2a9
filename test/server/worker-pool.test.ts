import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { MemoryLog } from "../../src/message-log/index.ts";
import { silentLogger } from "../../src/server/index.ts";
import { type PoolOptions, WorkerPool } from "../../src/server/workers/worker-pool.ts";

const module = join(import.meta.dirname, "pool-worker.js");

describe("a pool of workers", () => {
	let pool: WorkerPool | undefined;
	const lines: { readonly facts: Record<string, unknown>; readonly text: string }[] = [];
	const sockets: Socket[] = [];
	const log = {
		...silentLogger,
		warn: (facts: object, text: string) => lines.push({ facts: { ...facts }, text }),
		error: (facts: object, text: string) => lines.push({ facts: { ...facts }, text }),
	};
	const start = async (mode: string, options: Partial<PoolOptions> = {}): Promise<WorkerPool> => {
		pool = await WorkerPool.start({
			module,
			count: 2,
			data: { mode },
			messages: new MemoryLog(),
			limits: { maxConnectionsPerAddress: 64, connectsPerSecondPerAddress: 20 },
			log,
			stopTimeoutMs: 500,
			...options,
		});
		return pool;
	};
	/** Connects, and reads the number and the process id of the worker that has the connection. */
	const dial = async (host = "127.0.0.1"): Promise<{ socket: Socket; number: number; pid: number }> => {
		const { port } = pool!.facts as { port: number };
		const socket = connect({ port, host });
		socket.on("error", () => {});
		sockets.push(socket);
		const [data] = await once(socket, "data");
		const [number, pid] = String(data).split(" ").map(Number);
		return { socket, number: number!, pid: pid! };
	};
	afterEach(async () => {
		for (const socket of sockets.splice(0)) socket.destroy();
		await pool?.close({ graceMs: 0 });
		pool = undefined;
		lines.length = 0;
	});

	it("gives each client to the worker with the fewest, on one free port of both address families", async () => {
		await start("serve");
		expect((pool!.facts as { addresses: string[] }).addresses).toEqual(["127.0.0.1", "::1"]);
		const numbers: number[] = [];
		for (let at = 0; at < 6; at++) numbers.push((await dial(at % 2 ? "::1" : "127.0.0.1")).number);
		expect(numbers.filter((number) => number === 1)).toHaveLength(3);
	});

	it("replaces a worker that ends, on the same port, and gives its place to new clients", async () => {
		await start("serve");
		const [first, second] = [await dial(), await dial()];
		first.socket.write("crash");
		await once(first.socket, "close");
		const text = `worker ${first.number} ended with exit code 7: another one replaces it, and its clients can connect again`;
		await expect.poll(() => lines).toMatchObject([{ facts: { worker: first.number, code: 7 }, text }]);
		await expect.poll(() => pool!.size).toBe(2);
		const next = await dial();
		expect(next.number).toBe(first.number);
		expect(next.pid).not.toBe(first.pid);
		expect(second.socket.destroyed).toBe(false);
	});

	it("serves with the others while a worker is stopped, then kills and replaces it; none where all stood still together", async () => {
		await start("serve", { silentMs: 1500 });
		const [first, second] = [await dial(), await dial()];
		// Ctrl-Z stops all processes of a daemon, and so does a machine that is suspended. This process is the primary.
		for (const { pid } of [first, second]) process.kill(pid, "SIGSTOP");
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
		for (const { pid } of [first, second]) process.kill(pid, "SIGCONT");
		expect([first.pid, second.pid]).toContain((await dial()).pid);
		process.kill(first.pid, "SIGSTOP");
		const firstClosed = once(first.socket, "close");
		// nodejs/node issue 21746: one client is on its way to the stopped worker and must not wait without end; all others continue.
		const { port } = pool!.facts as { port: number };
		const answers: string[] = [];
		const ends = Array.from({ length: 6 }, () => {
			const socket = connect({ port, host: "127.0.0.1" });
			sockets.push(socket);
			socket.on("error", () => {});
			socket.on("data", (data) => answers.push(String(data).split(" ")[1]!));
			return new Promise<string>((resolve) =>
				socket.once("data", () => resolve("served")).once("close", () => resolve("closed")),
			);
		});
		await expect.poll(() => answers.length).toBeGreaterThanOrEqual(5);
		expect(answers).toContain(String(second.pid));
		await firstClosed;
		expect(new Set(await Promise.all(ends))).toEqual(new Set(["served"]));
		expect(answers).not.toContain(String(first.pid));
		await expect.poll(() => pool!.size).toBe(2);
		expect(lines).toMatchObject([{ facts: { worker: first.number } }]);
		expect(second.socket.destroyed).toBe(false);
		expect(lines[0]!.text).toMatch(/^worker \d was ended because it did not answer for \d s: another one replaces it/);
		expect((await dial()).pid).not.toBe(first.pid);
	});

	it("ends with a coded error when ten workers end within a minute", async () => {
		await start("short", { count: 1, retryMs: 1 });
		await expect(pool!.failed).rejects.toMatchObject({
			code: "XMLSOCKET_WORKERS_FAILED",
			message: "10 workers ended within 60 s; the last one ended with exit code 7.",
		});
		expect(pool!.size).toBe(0);
	});

	it("reports why a worker could not begin, and ends the others", async () => {
		await expect(start("fail")).rejects.toMatchObject({
			code: "XMLSOCKET_WORKERS_FAILED",
			message: "the worker has no luck",
		});
		await expect(start("exit")).rejects.toMatchObject({
			code: "XMLSOCKET_WORKERS_FAILED",
			message: "A worker could not begin: it ended with exit code 7.",
		});
	});

	it("closes the log after the last worker has ended, and refuses clients", async () => {
		const messages = new MemoryLog();
		await start("serve", { messages });
		const { socket } = await dial();
		const { port } = pool!.facts as { port: number };
		const closed = once(socket, "close");
		await pool!.close();
		await closed;
		await expect(messages.state("lobby")).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		const refused = connect({ port, host: "127.0.0.1" });
		const [error] = await once(refused, "error");
		expect(error).toMatchObject({ code: "ECONNREFUSED" });
	});

	// nodejs/node issues 21746 and 1239: connections that come while every worker is being replaced.
	it("keeps the clients that connect while no worker runs, and serves them once one does", async () => {
		await start("serve");
		const [first, second] = [await dial(), await dial()];
		const ends = [once(first.socket, "close"), once(second.socket, "close")];
		for (const { pid } of [first, second]) process.kill(pid, "SIGKILL");
		await Promise.all(ends);
		const clients = await Promise.all(Array.from({ length: 10 }, () => dial()));
		for (const { pid } of clients) expect([first.pid, second.pid]).not.toContain(pid);
	});

	// node-v0.x-archive issue 8792: the primary ended while it handed a connection to a worker that was crashing.
	it("goes on while workers crash in the middle of a storm of connections, and leaves no client without an end", async () => {
		await start("serve", { retryMs: 1 });
		const { port } = pool!.facts as { port: number };
		const outcomes: Promise<string>[] = [];
		for (let at = 0; at < 300; at++) {
			const socket = connect({ port, host: "127.0.0.1" });
			sockets.push(socket);
			const isFatal = at % 75 === 40;
			socket.on("error", () => {});
			outcomes.push(
				new Promise((resolve) => {
					socket.once("data", () => {
						if (isFatal) socket.write("crash");
						else resolve("served");
					});
					socket.once("close", () => resolve("closed"));
				}),
			);
		}
		const all = await Promise.all(outcomes);
		expect(all.filter((outcome) => outcome === "served").length).toBeGreaterThan(150);
		await expect.poll(() => pool!.size).toBe(2);
		expect((await dial()).number).toBeGreaterThan(0);
	});

	// benoitc/gunicorn issue 1421: the primary did not end while all workers were gone.
	it("ends also while all workers are gone and their replacements wait", async () => {
		await start("serve", { retryMs: 60_000 });
		const [first, second] = [await dial(), await dial()];
		for (const { pid } of [first, second]) process.kill(pid, "SIGKILL");
		await expect.poll(() => pool!.size).toBe(0);
		await expect.poll(() => lines.length).toBe(2);
		await pool!.close();
		expect(pool!.size).toBe(0);
	});
});
