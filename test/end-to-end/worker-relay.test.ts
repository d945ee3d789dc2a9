// `serve --relay --workers 2`: one room over several processes, driven from outside.

import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "./daemon.ts";
import { metricsOf, workersOf } from "./workers.ts";

/** A client that keeps the beginning of each document. */
class Client {
	readonly socket: Socket;
	documents: string[] = [];
	#rest = Buffer.alloc(0);

	constructor(port: number) {
		this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
		this.socket.on("error", () => {});
		this.socket.on("data", (chunk: Buffer) => {
			let from = 0;
			for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
				const piece = chunk.subarray(from, at);
				this.documents.push(Buffer.concat([this.#rest, piece]).toString("latin1", 0, 40));
				this.#rest = Buffer.alloc(0);
				from = at + 1;
			}
			// The end of a long document does not matter.
			if (this.#rest.length < 40) this.#rest = Buffer.concat([this.#rest, chunk.subarray(from)]);
		});
	}

	send(text: string): void {
		this.socket.write(text);
	}
}

let daemon: Daemon;
const clients: Client[] = [];
const dial = async (): Promise<Client> => {
	const before = (await metricsOf(daemon)).get("xmlsocket_relay_clients") ?? 0;
	const client = new Client(daemon.port);
	clients.push(client);
	await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_relay_clients")).toBe(before + 1);
	return client;
};
const numbers = (client: Client, name: string): number[] =>
	client.documents.filter((text) => text.startsWith(`${name} `)).map((text) => Number(text.split(" ")[1]));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

afterEach(async () => {
	for (const { socket } of clients.splice(0)) socket.destroy();
	await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_relay_clients")).toBe(0);
});

// The tests share one daemon, in this order.
describe("a relay with two workers", () => {
	beforeAll(async () => {
		daemon = await startDaemon(["--relay", "--workers", "2", "--documents-per-second", "100000"]);
	});
	afterAll(async () => {
		await daemon.stop("SIGKILL");
	});

	it("passes every document to all others once, byte for byte and in the order of each sender", async () => {
		const all = [await dial(), await dial(), await dial(), await dial()];
		const odd = Buffer.from([0x6f, 0x64, 0x64, 0x20, 0xff, 0xfe, 0x3c, 0x80, 0]);
		all[0]!.socket.write(odd);
		for (const { documents } of all.slice(1))
			await expect.poll(() => documents).toEqual([odd.toString("latin1", 0, 8)]);
		for (const [at, client] of all.entries()) {
			for (let n = 0; n < 200; n++) client.send(`s${at} ${n}\0`);
		}
		for (const [at, client] of all.entries()) {
			for (const other of [0, 1, 2, 3]) {
				if (other === at) continue;
				await expect.poll(() => numbers(client, `s${other}`).length).toBe(200);
				expect(numbers(client, `s${other}`)).toEqual(upTo(200));
			}
			expect(numbers(client, `s${at}`)).toEqual([]);
		}
		// A worker that is busy for long is left out.
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_relay_documents_total")).toBe(801);
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_relay_dropped_total")).toBe(0);
	});

	it("loses nothing while the primary process, or the other worker, stands still under load", async () => {
		const [near, far] = [await dial(), await dial()];
		const body = "x".repeat(8000);
		const load = async (name: string, pid: number): Promise<void> => {
			process.kill(pid, "SIGSTOP");
			for (let n = 0; n < 3000; n++) near.send(`${name} ${n} ${body}\0`);
			await new Promise((resolve) => setTimeout(resolve, 1500));
			process.kill(pid, "SIGCONT");
			await expect.poll(() => numbers(far, name).length).toBe(3000);
			expect(numbers(far, name)).toEqual(upTo(3000));
		};
		await load("primary", daemon.process.pid!);
		await load("worker", workersOf(daemon)[1]!);
		expect((await metricsOf(daemon)).get("xmlsocket_relay_dropped_total")).toBe(0);
	});

	it("slows a fast sender for a reader of the other worker, and disconnects neither", async () => {
		const [sender, reader] = [await dial(), await dial()];
		reader.socket.pause();
		const body = "y".repeat(60_000);
		sender.send("first\0");
		for (let n = 0; n < 500; n++) sender.send(`slow ${n} ${body}\0`);
		await new Promise((resolve) => setTimeout(resolve, 2000));
		reader.socket.resume();
		await expect.poll(() => numbers(reader, "slow").length).toBe(500);
		expect(numbers(reader, "slow")).toEqual(upTo(500));
		expect(sender.socket.destroyed).toBe(false);
		expect((await metricsOf(daemon)).get('xmlsocket_refused_total{reason="slow-reader"}') ?? 0).toBe(0);
	});

	it("goes on with the clients of the other worker when one is killed", async () => {
		const all = [await dial(), await dial(), await dial(), await dial()];
		const [victim] = workersOf(daemon);
		process.kill(victim!, "SIGKILL");
		await expect.poll(() => all.filter(({ socket }) => !socket.destroyed).length).toBeLessThan(4);
		await expect.poll(() => workersOf(daemon).filter((pid) => pid !== victim).length).toBe(2);
		const left = all.filter(({ socket }) => !socket.destroyed);
		const next = new Client(daemon.port);
		clients.push(next);
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_relay_clients")).toBe(left.length + 1);
		next.send("again 0\0");
		for (const { documents } of left) await expect.poll(() => documents).toContain("again 0");
	});
});
