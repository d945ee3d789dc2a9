// A connection of a server whose program handles the documents itself: the shape that a client's connection has, data, handshake,
// rooms, and a program that reads slowly. The clients are the package's own, over real sockets.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connect, type DocumentConnection } from "../../src/index.ts";
import {
	type ConnectionServer,
	createServer,
	type ServerConnection,
	type ServerOptions,
} from "../../src/server/index.ts";

interface Data {
	user: string;
}

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
});

async function start(options: ServerOptions = {}): Promise<ConnectionServer<Data>> {
	const server = await createServer<Data>({ port: 0, firstBytesTimeoutMs: 20, ...options }).listen();
	ends.push(() => server.close({ graceMs: 0 }));
	return server;
}

/** The next connection of the server, and the client's end of it. */
async function pair(
	server: ConnectionServer<Data>,
	address = `localhost:${server.port}`,
	options: Parameters<typeof connect>[1] = {},
): Promise<{ readonly client: DocumentConnection; readonly connection: ServerConnection<Data> }> {
	const accepted = new Promise<ServerConnection<Data>>((resolve) => server.once("connection", resolve));
	const client = await connect(address, options);
	ends.push(() => client.close());
	return { client, connection: await accepted };
}

const take = async (connection: DocumentConnection, count: number): Promise<string[]> => {
	const texts: string[] = [];
	for await (const document of connection) if (texts.push(document.text) === count) break;
	return texts;
};

describe("a server's connection", () => {
	it("has the shape of a client's connection: both ends run through the same function", async () => {
		const server = await start();
		const { client, connection } = await pair(server);
		const use = async (near: DocumentConnection, far: DocumentConnection): Promise<unknown> => {
			const once: string[] = [];
			near.once("document", ({ text }) => void once.push(text));
			const off = near.on("document", ({ text }) => void once.push(text));
			far.send("<a/>");
			far.send("<b/>");
			await expect.poll(() => once.length).toBe(3);
			off();
			far.send("<c/>");
			return [near.state, once, await take(near, 1)];
		};
		const expected = ["connected", ["<a/>", "<a/>", "<b/>"], ["<c/>"]];
		expect(await use(client, connection)).toEqual(expected);
		expect(await use(connection, client)).toEqual(expected);
		await connection.close({ timeoutMs: 5000 });
		expect([connection.state, await connection.closed, await client.closed, client.state]).toEqual([
			"closed",
			{ by: "local" },
			{ by: "remote" },
			"closed",
		]);
	});

	it("keeps documents until the program reads, and pauses the client meanwhile", async () => {
		const server = await start({ documentsPerSecond: 1_000_000, documentBurst: 1_000_000 });
		const { client, connection } = await pair(server);
		const sent = Array.from({ length: 2000 }, (_, n) => `<n i="${n}"/>`);
		for (const text of sent) client.send(text);
		expect(await take(connection, 2000)).toEqual(sent);
	});

	it("keeps typed data, and is in rooms until it closes", async () => {
		const server = await start();
		const { client, connection } = await pair(server);
		const other = await pair(server);
		expect(connection.data).toEqual({});
		connection.data.user = "ann";
		connection.join("lobby");
		other.connection.join("lobby");
		expect([connection.data.user, connection.rooms]).toEqual(["ann", ["lobby"]]);
		server.to("lobby").except(connection).send("<hi/>");
		expect(await take(other.client, 1)).toEqual(["<hi/>"]);
		await client.close();
		expect(await connection.closed).toEqual({ by: "remote" });
		expect(connection.rooms).toEqual([]);
	});

	it("tells nothing of a handshake over TCP, and the headers of a WebSocket's request", async () => {
		const server = await start();
		const plain = (await pair(server)).connection;
		expect([plain.transport, plain.handshake]).toEqual([
			"tcp",
			{ headers: {}, url: undefined, userAgent: undefined, origin: undefined, tls: undefined },
		]);
		const origin = `http://localhost:${server.port}`;
		const { connection } = await pair(server, `ws://localhost:${server.port}/socket?room=x`, { origin });
		const { handshake } = connection;
		expect([connection.transport, handshake.url, handshake.origin, handshake.tls]).toEqual([
			"websocket",
			"/socket?room=x",
			origin,
			undefined,
		]);
		expect(handshake.headers.upgrade).toBe("websocket");
	});

	it("has the facts of TLS, over TCP and under a WebSocket", async () => {
		const file = (name: string): string => join(import.meta.dirname, `../fixtures/localhost-${name}.pem`);
		const server = await start({ tlsCert: file("cert"), tlsKey: file("key") });
		const tls = { ca: readFileSync(file("cert"), "utf8") };
		for (const address of [`xmlsockets://localhost:${server.port}`, `wss://localhost:${server.port}/socket`]) {
			const { connection } = await pair(server, address, { tls });
			expect(connection.handshake.tls).toEqual({
				protocol: "TLSv1.3",
				cipher: expect.stringMatching(/^TLS_/),
				serverName: "localhost",
			});
		}
	});

	it("ends a loop that begins after the end at once, with the error where there was one", async () => {
		const server = await start({ maxDocumentBytes: 100 });
		const orderly = await pair(server);
		await orderly.client.close();
		await orderly.connection.closed;
		expect(await take(orderly.connection, 1)).toEqual([]);
		const cut = await pair(server);
		cut.client.send("x".repeat(200));
		const { error } = await cut.connection.closed;
		expect(error).toMatchObject({ code: "XMLSOCKET_DOCUMENT_TOO_LARGE" });
		await expect(take(cut.connection, 1)).rejects.toBe(error);
	});

	it("refuses unknown options of close()", async () => {
		const { connection } = await pair(await start());
		await expect(connection.close({ timeout: 5 } as never)).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: "There is no option timeout of close(); did you mean timeoutMs?",
		});
		expect(connection.state).toBe("connected");
	});

	it("ends with XMLSOCKET_INTERNAL where a listener throws, also for a document that waited", async () => {
		const server = await start();
		for (const waits of [false, true]) {
			const { client, connection } = await pair(server);
			if (waits) {
				client.send("<a/>");
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			connection.on("document", () => {
				throw new Error("boom");
			});
			if (!waits) client.send("<a/>");
			expect(await connection.closed).toMatchObject({ by: "local", error: { code: "XMLSOCKET_INTERNAL" } });
		}
	});
});
