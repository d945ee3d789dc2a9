// A client that sends a whole request and then its end of the connection, as scripts with `printf … | nc` do.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createServer, type Server } from "../../src/server/index.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket page "));
let server: Server;
beforeAll(async () => {
	writeFileSync(join(folder, "index.html"), `<p>${"text ".repeat(40_000)}</p>`);
	server = await createServer({ port: 0, pageFolder: folder }).listen();
});
afterAll(async () => {
	await server.close({ graceMs: 0 });
	rmSync(folder, { recursive: true, force: true });
});

async function ask(text: string): Promise<string> {
	return await new Promise((resolve, reject) => {
		let answer = "";
		const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.end(text));
		socket.on("data", (chunk) => {
			answer += String(chunk);
		});
		socket.on("end", () => resolve(answer));
		socket.on("error", reject);
	});
}

it.each(["/", "/healthz", "/metrics", "/nothing"])("gets the whole answer to GET %s, then the end", async (path) => {
	const answer = await ask(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
	expect(answer).toMatch(/^HTTP\/1\.1 (?:200|404) /);
	const [head, body] = answer.split("\r\n\r\n") as [string, string];
	expect(Buffer.byteLength(body)).toBe(Number(/content-length: (\d+)/i.exec(head)![1]));
});

it("gets the answers to all requests that it sent ahead", async () => {
	const answer = await ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3));
	expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
	await expect.poll(() => server.connections).toBe(0);
});
