// The turns of HTTP connections: real sockets, and a parser and a clock of the test.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { HttpTurns } from "../../src/server/http-turns.ts";

let nowMs = 0;
const ends: Socket[] = [];
afterEach(() => {
	nowMs = 0;
	for (const socket of ends.splice(0)) socket.destroy();
});

/** Two ends of a connection; what the server's end parses waits until the test has taken turns for it. */
async function pair(parse: (piece: Buffer, socket: Socket) => void): Promise<{ client: Socket; served: Socket }> {
	const listener = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
	await once(listener, "listening");
	const client = connect((listener.address() as AddressInfo).port, "127.0.0.1");
	const [served] = (await once(listener, "connection")) as [Socket];
	listener.close();
	served.on("data", (piece: Buffer) => parse(piece, served));
	served.on("error", () => {});
	ends.push(client, served);
	return { client, served };
}

async function write(client: Socket, bytes: Buffer): Promise<void> {
	await new Promise<void>((resolve) => client.write(bytes, () => resolve()));
	// It has arrived at the paused end.
	await new Promise((resolve) => setTimeout(resolve, 20));
}

it("parses what came at once in pieces of at most 1 KiB, whole and in order", async () => {
	const pieces: Buffer[] = [];
	const { client, served } = await pair((piece) => void pieces.push(piece));
	const sent = Buffer.from(Array.from({ length: 50_000 }, (_, n) => n % 251));
	new HttpTurns().take(served);
	await write(client, sent);
	served.resume();
	await expect.poll(() => pieces.reduce((sum, { length }) => sum + length, 0)).toBe(sent.length);
	expect(Buffer.concat(pieces).equals(sent)).toBe(true);
	expect(Math.max(...pieces.map(({ length }) => length))).toBe(1024);
});

it("parses the request of one connection between the pieces of others whose requests take long", async () => {
	const turns = new HttpTurns(() => nowMs);
	const order: string[] = [];
	const busy = await Promise.all(
		Array.from({ length: 20 }, () =>
			pair(() => {
				nowMs += 5;
				order.push("busy");
			}),
		),
	);
	const quiet = await pair(() => void order.push("quiet"));
	for (const { served } of [...busy, quiet]) turns.take(served);
	for (const { client } of busy) await write(client, Buffer.alloc(10_240));
	await write(quiet.client, Buffer.alloc(100));
	for (const { served } of [...busy, quiet]) served.resume();
	await expect.poll(() => order.length).toBe(201);
	// Each of the twenty has had about one turn, not ten.
	expect(order.indexOf("quiet")).toBeLessThan(30);
});

it("gives what is behind an upgrade to its new reader, in order, and parses no more", async () => {
	const turns = new HttpTurns();
	const parsed: Buffer[] = [];
	const read: Buffer[] = [];
	const { client, served } = await pair((piece, socket) => {
		parsed.push(piece);
		turns.release(socket);
		socket.on("data", (chunk: Buffer) => void read.push(chunk));
		socket.resume();
	});
	const sent = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 251));
	turns.take(served);
	await write(client, sent);
	served.resume();
	await expect.poll(() => read.reduce((sum, { length }) => sum + length, 0)).toBe(sent.length - 1024);
	expect(Buffer.concat([...parsed, ...read]).equals(sent)).toBe(true);
	expect(parsed).toHaveLength(1);
});

it("goes on with the others where a connection ends while it waits for its turn", async () => {
	const turns = new HttpTurns(() => nowMs);
	const parsed: string[] = [];
	const gone = await pair((_, socket) => {
		nowMs += 5;
		parsed.push("gone");
		// The rest of what came waits by now.
		setImmediate(() => socket.destroy());
		socket.pause();
	});
	const other = await pair(() => void parsed.push("other"));
	turns.take(gone.served);
	turns.take(other.served);
	await write(gone.client, Buffer.alloc(4096));
	await write(other.client, Buffer.alloc(3000));
	gone.served.resume();
	other.served.resume();
	await expect.poll(() => parsed.filter((name) => name === "other").length).toBe(3);
	expect(gone.served.destroyed).toBe(true);
	expect(parsed.filter((name) => name === "gone").length).toBeLessThan(4);
});
