// A server that sends what no client expects: each connection ends, waits or goes on within bounds, with a code, and the program lives.

import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { declarationsOf, isStreamHeader, withDeclarations } from "../../src/client/stream-namespaces.ts";
import { connect } from "../../src/index.ts";

const servers: Server[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

/** Sends the same piece over and over, as fast as it is read. @returns the address, and how many bytes have left */
async function endless(first: string, piece: string): Promise<{ address: string; sent: () => number }> {
	let sent = 0;
	const server = createServer((socket: Socket) => {
		socket.on("error", () => {});
		socket.write(first);
		const send = (): void => {
			while (!socket.destroyed) {
				sent += piece.length;
				if (!socket.write(piece)) break;
			}
		};
		socket.on("drain", send);
		send();
	});
	servers.push(server);
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	return { address: `127.0.0.1:${(server.address() as { port: number }).port}`, sent: () => sent };
}

const KIB = "x".repeat(65_536);

describe("a server that does not stop", () => {
	it("with one document ends the connection at 16 MiB", async () => {
		const { address } = await endless("<a>", KIB);
		const connection = await connect(address);
		expect((await connection.closed).error?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
	});

	it.each([
		["a stream header", "<stream:stream "],
		["a name", "<"],
		["an attribute", "<stream:stream a='"],
		["text between elements", "<stream:stream>"],
		["elements inside each other", "<stream:stream>"],
	])("with %s ends a stream within its limit", async (what, first) => {
		const { address, sent } = await endless(first, what.startsWith("elements") ? "<a>".repeat(20_000) : KIB);
		const connection = await connect(address, { stream: true });
		expect((await connection.closed).error?.code).toMatch(/^XMLSOCKET_(DOCUMENT_TOO_LARGE|NOT_WELL_FORMED)$/);
		expect(sent()).toBeLessThan(32 * 1024 * 1024);
	});

	it("with documents that nobody reads is no longer read", async () => {
		const { address, sent } = await endless("", `<a>${"x".repeat(1000)}</a>\0`.repeat(60));
		const connection = await connect(address);
		let before = -1;
		while (sent() !== before) {
			before = sent();
			await new Promise((resolve) => setTimeout(resolve, 200));
		}
		// What the sockets of both ends hold, and 256 documents.
		expect(before).toBeLessThan(32 * 1024 * 1024);
		await connection.close({ timeoutMs: 1 }).catch(() => {});
	});
});

describe("the namespaces of a stream", () => {
	it("are inherited up to 64, with 8192 characters, so that short elements do not become long ones", () => {
		const many = Array.from({ length: 5000 }, (_, at) => ` xmlns:n${at}="urn:n${at}"`).join("");
		const inherited = withDeclarations("<a/>", declarationsOf(`<stream xmlns="urn:x"${many}>`));
		expect(inherited.split(" xmlns").length - 1).toBe(64);
		const long = declarationsOf(`<stream xmlns="urn:x" xmlns:long="${KIB}" xmlns:b="urn:b">`);
		expect(long.map(({ name }) => name)).toEqual(["xmlns"]);
	});

	it("are looked for in a tag of 3 million characters in linear time", () => {
		const size = 3_000_000;
		for (const tag of [
			`<${"x".repeat(size)}`,
			`<${"x:".repeat(size / 2)}`,
			`<stream ${"x".repeat(size)}`,
			`<stream ${"'a'".repeat(size / 3)}`,
			`<stream ${'"'.repeat(size + 1)}`,
		]) {
			expect(isStreamHeader(tag)).toBe(false);
			expect(withDeclarations(tag, [{ name: "xmlns", text: ' xmlns="urn:x"' }])).toBe(tag);
		}
		expect(isStreamHeader(`<stream ${"x".repeat(size)}>`)).toBe(true);
	});
});
