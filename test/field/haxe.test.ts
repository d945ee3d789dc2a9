// Haxe and OpenFL programs: native ones over TCP, run by the Haxe interpreter, and HTML5 ones over a WebSocket. The WebSocket is used here
// exactly as OpenFL's Socket uses it: binary messages, documents with zero bytes in them, no sub-protocol.

import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createChat } from "../../src/chat/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { connect } from "../../src/index.ts";
import { createServer, type Server } from "../../src/server/index.ts";
import { findProgram } from "../peer-programs.js";
import { plainServer } from "./raw-sockets.ts";

const folder = join(import.meta.dirname, "haxe");
const haxe = findProgram(["haxe"]);

async function chat(): Promise<Server> {
	const server = createServer({ port: 0, firstBytesTimeoutMs: 10, application: createChat() });
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return server;
}

describe.skipIf(!haxe)("a native Haxe program", () => {
	test("as a client joins the chat: a character in two segments, two documents in one write", async () => {
		const { port } = await chat();
		const { stdout } = await promisify(execFile)(haxe!, ["--cwd", folder, "--run", "Client", String(port)]);
		expect(stdout).toContain("é");
		expect(stdout).toContain(">日本</said>");
	});

	test("as a server that greets first and writes a declaration: connect() and request() work with it", async () => {
		const child = spawn(haxe!, ["--cwd", folder, "--run", "Server"], { stdio: ["ignore", "pipe", "inherit"] });
		onTestFinished(() => void child.kill());
		const port = await new Promise<string>((resolve) =>
			child.stdout.once("data", (chunk) => resolve(String(chunk).trim())),
		);
		const connection = await connect(`127.0.0.1:${port}`);
		const greeting = await connection[Symbol.asyncIterator]().next();
		expect(greeting.value?.root?.attributes.version).toBe("1");
		expect((await connection.request("<ask id='1'/>")).root?.attributes.text).toBe("é");
		expect((await connection.request("<end id='2'/>")).root?.attributes.id).toBe("2");
		expect((await connection.closed).by).toBe("remote");
	});
});

class Page {
	readonly socket: WebSocket;
	readonly #chunks: Buffer[] = [];
	isBinary = true;

	constructor(url: string, origin?: string) {
		this.socket = new WebSocket(url, origin === undefined ? {} : { origin });
		this.socket.on("message", (data: Buffer, isBinary) => {
			this.#chunks.push(data);
			this.isBinary &&= isBinary;
		});
		this.socket.on("error", () => {});
		onTestFinished(() => this.socket.terminate());
	}

	async opened(): Promise<this> {
		await new Promise((resolve, reject) => {
			this.socket.once("open", resolve);
			this.socket.once("error", reject);
		});
		return this;
	}

	get bytes(): Buffer {
		return Buffer.concat(this.#chunks);
	}

	get text(): string {
		return this.bytes.toString();
	}
}

describe("an HTML5 program of OpenFL", () => {
	test.each([
		["a host alone", ""],
		["a host alone, with a slash", "/"],
		["a host and the path `socket`", "/socket"],
	])("that connects to %s gets binary messages, and its documents may share or span messages", async (_, path) => {
		const { port } = await chat();
		const page = await new Page(`ws://127.0.0.1:${port}${path}`, `http://127.0.0.1:${port}`).opened();
		const bytes = Buffer.from(
			"<hello name='é'/>\0<join room='lobby'/>\0<say room='lobby'>日本</say>\0<ping id='1'/>\0",
		);
		// Several documents in a message, then one character over two messages.
		page.socket.send(bytes.subarray(0, 60));
		for (const byte of bytes.subarray(60)) page.socket.send(Uint8Array.of(byte));
		await expect.poll(() => page.text).toContain('<pong id="1" />');
		await expect.poll(() => page.text).toContain(">日本</said>");
		expect(page.isBinary).toBe(true);
		expect(page.text).toContain('name="é"');
	});

	test("that sends its last document and closes at once is heard", async () => {
		const { port } = await chat();
		const other = await new Page(`ws://127.0.0.1:${port}/socket`).opened();
		other.socket.send(Buffer.from("<join room='lobby'/>\0"));
		await expect.poll(() => other.text).toContain("<joined");
		const page = await new Page(`ws://127.0.0.1:${port}/socket`).opened();
		page.socket.send(Buffer.from("<join room='lobby'/>\0<say room='lobby'>last</say>\0"));
		page.socket.close();
		await expect.poll(() => other.text).toContain(">last</said>");
	});

	test("that reads numbers with a byte order, not XML, gets every byte of a binary server through the gateway", async () => {
		const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
		const asked: Buffer[] = [];
		const port = await plainServer((socket) => {
			socket.on("data", (chunk) => asked.push(chunk));
			socket.write(all);
		});
		const gateway = createGateway({ targets: [`game=127.0.0.1:${port}`] });
		const server = createServer({ port: 0, routes: [gateway] });
		await server.listen();
		onTestFinished(() => server.close({ graceMs: 0 }));
		const page = await new Page(`ws://127.0.0.1:${server.port}/gateway/game`).opened();
		page.socket.send(all.subarray(0, 100));
		page.socket.send(all.subarray(100));
		await expect.poll(() => Buffer.concat(asked).equals(all)).toBe(true);
		await expect.poll(() => page.bytes.equals(all)).toBe(true);
	});

	test("that sends a text message for each document is answered, and so is one that sends an empty message", async () => {
		const { port } = await chat();
		const page = await new Page(`ws://127.0.0.1:${port}/socket?frames=text`).opened();
		page.socket.send("");
		page.socket.send(Buffer.alloc(0));
		page.socket.send('<?xml version="1.0"?>\n<ping id="1"/>');
		await expect.poll(() => page.text).toContain('<pong id="1" />');
		expect(page.isBinary).toBe(false);
	});

	test("of another site is refused with status 403", async () => {
		const { port } = await chat();
		const page = new Page(`ws://127.0.0.1:${port}/socket`, "https://games.example");
		const status = await new Promise((resolve) =>
			page.socket.once("unexpected-response", (_request, response) => resolve(response.statusCode)),
		);
		expect(status).toBe(403);
	});
});
