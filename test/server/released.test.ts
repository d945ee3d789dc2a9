// What a server opens for a client is closed with the client, whenever that one breaks off: after each byte of each kind of request,
// in order, by a reset, and by its end alone. Counted are descriptors, connections, and the timers and sockets that this process has.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer, type Server } from "../../src/server/index.ts";
import { makeCertificate } from "../end-to-end/daemon.ts";
import { echo } from "./peers.ts";

let folder: string;
let server: Server;
let metricsPort: number;
let hello: Buffer;

async function freePort(): Promise<number> {
	const probe = createNetServer();
	await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
	const { port } = probe.address() as AddressInfo;
	await new Promise((resolve) => probe.close(resolve));
	return port;
}

/** The first bytes of a TLS client: its hello. */
async function clientHello(): Promise<Buffer> {
	const listener = createNetServer();
	await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
	const { port } = listener.address() as AddressInfo;
	const client = connectTls({ port, host: "127.0.0.1" });
	client.on("error", () => {});
	const hello = await new Promise<Buffer>((resolve) =>
		listener.once("connection", (socket) => socket.on("error", () => {}).once("data", resolve)),
	);
	client.destroy();
	listener.close();
	return hello;
}

beforeAll(async () => {
	hello = await clientHello();
	folder = mkdtempSync(join(tmpdir(), "xmlsocket released "));
	const { cert, key } = makeCertificate(folder);
	writeFileSync(join(folder, "index.html"), "<p>a page</p>");
	writeFileSync(join(folder, "large.bin"), Buffer.alloc(8_000_000));
	metricsPort = await freePort();
	server = createServer({
		port: 0,
		policyPort: await freePort(),
		metrics: `127.0.0.1:${metricsPort}`,
		trustProxy: ["127.0.0.2"],
		tlsCert: cert,
		tlsKey: key,
		firstBytesTimeoutMs: 50,
		application: echo(),
		pageFolder: folder,
	});
	await server.listen();
});
afterAll(async () => {
	await server.close({ graceMs: 0 });
	rmSync(folder, { recursive: true });
});

const http = (method: string, path: string, headers = ""): string =>
	`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

interface Visit {
	readonly bytes: Buffer | (() => Buffer);
	readonly port: () => number;
	/** The client's own address, where it matters. */
	readonly from?: string;
}

const onPort = (text: string): Visit => ({ bytes: Buffer.from(text, "latin1"), port: () => server.port });
const VISITS: Record<string, Visit> = {
	"an XMLSocket client": onPort("<a/>\0<b"),
	"a policy request": onPort("<policy-file-request/>\0"),
	"a page": onPort(http("GET", "/")),
	"a large file": onPort(http("GET", "/large.bin")),
	"a range": onPort(http("GET", "/large.bin", "Range: bytes=5-4000000\r\n")),
	"a bad range": onPort(http("GET", "/", "Range: bytes=5-2\r\n")),
	"a HEAD request": onPort(http("HEAD", "/large.bin")),
	"health and readiness": onPort(http("GET", "/healthz") + http("GET", "/readyz")),
	"pipelined requests": onPort(http("GET", "/large.bin").repeat(3) + http("GET", "/").repeat(60)),
	"a path that does not exist": onPort(http("GET", "/nowhere")),
	"a request that cannot be read": onPort("GET / HTTP/1.1\r\nbroken\r\n\r\n"),
	"a WebSocket": onPort(`${http("GET", "/socket", UPGRADE)}\x81\x82\0\0\0\0hi`),
	"an upgrade of an unknown path": onPort(`${http("GET", "/nowhere", UPGRADE)}x`),
	"an upgrade that ws refuses": onPort(`${http("GET", "/socket", UPGRADE.replace("13", "9"))}x`),
	"an upgrade from a foreign page": onPort(`${http("GET", "/socket", `${UPGRADE}Origin: https://evil.example\r\n`)}x`),
	"a TLS handshake that breaks off": onPort("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and no more"),
	"a TLS client that sends its hello": { bytes: () => hello, port: () => server.port },
	"a WebSocket that closes": onPort(
		`${http("GET", "/socket", UPGRADE)}\x89\x81\0\0\0\0p\x88\x82\0\0\0\0\x03\xe8and more`,
	),
	"a WebSocket that breaks the protocol": onPort(`${http("GET", "/socket", UPGRADE)}\xff\xff\xff\xff`),
	"a binary PROXY header before an upgrade": {
		...onPort(
			`\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\x7f\0\0\x01\x12\x34\x23\x28${http("GET", "/socket", UPGRADE)}\x81\x82\0\0\0\0hi`,
		),
		from: "127.0.0.2",
	},
	"a PROXY header before TLS": {
		bytes: () => Buffer.concat([Buffer.from("PROXY TCP4 203.0.113.7 127.0.0.1 51234 9000\r\n"), hello]),
		port: () => server.port,
		from: "127.0.0.2",
	},
	"a PROXY header": { ...onPort("PROXY TCP4 203.0.113.7 127.0.0.1 51234 9000\r\n<a/>\0"), from: "127.0.0.2" },
	"a broken PROXY header": { ...onPort("PROXY nonsense\r\n<a/>\0"), from: "127.0.0.2" },
	"the metrics port": { ...onPort(http("GET", "/metrics")), port: () => metricsPort },
	"the policy port": { ...onPort("<policy-file-request/>\0"), port: () => server.policyPort! },
	"another protocol at the policy port": { ...onPort("GET / HTTP/1.1\r\n\r\n"), port: () => server.policyPort! },
};

/** Open descriptors, and active timers and sockets; how many of each. */
function held(): { readonly descriptors: number; readonly active: number } {
	const active = process.getActiveResourcesInfo().filter((name) => /TCPSocket|TLS|Timeout|Immediate|FSReq/.test(name));
	return { descriptors: readdirSync("/proc/self/fd").length, active: active.length };
}

type Ending = "close" | "reset" | "end";

const bytesOf = ({ bytes }: Visit): Buffer => (typeof bytes === "function" ? bytes() : bytes);

async function visit(what: Visit, length: number, ending: Ending, waits: boolean): Promise<void> {
	const { port, from } = what;
	const bytes = bytesOf(what);
	const socket = connect({ port: port(), host: "127.0.0.1", ...(from === undefined ? {} : { localAddress: from }) });
	socket.on("error", () => {});
	await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
	if (socket.destroyed) return;
	if (ending === "end") {
		// The server closes by itself: it has the client's end.
		socket.resume().end(bytes.subarray(0, length));
		await new Promise((resolve) => socket.once("close", resolve));
		return;
	}
	if (waits) {
		// Reads the beginning of the answer, where one comes, and stops reading there.
		socket.once("data", () => socket.pause());
	}
	if (length > 0) socket.write(bytes.subarray(0, length));
	await new Promise((resolve) => setTimeout(resolve, waits ? 20 : 0));
	const closed = new Promise((resolve) => socket.once("close", resolve));
	if (socket.destroyed) return;
	if (ending === "reset") socket.resetAndDestroy();
	else socket.destroy();
	await closed;
}

describe.skipIf(process.platform !== "linux")("a server holds nothing of a client", () => {
	it.each(Object.entries(VISITS))(
		"that breaks off after any byte, or after the answer has begun: %s",
		async (_, what) => {
			// What loads on first use stays: the metrics library, and modules.
			for (let round = 0; round < 2; round++) await visit(what, bytesOf(what).length, "close", true);
			// A poll's own timers count too, here and below.
			let before = held();
			await expect
				.poll(() => {
					before = held();
					return server.connections;
				})
				.toBe(0);
			const all = bytesOf(what).length;
			for (const ending of ["close", "reset", "end"] as const) {
				const visits = [visit(what, all, ending, true), visit(what, all, ending, true)];
				const step = Math.max(1, Math.floor(all / (ending === "end" ? 15 : 40)));
				for (let length = 0; length <= all; length += step) visits.push(visit(what, length, ending, false));
				await Promise.all(visits);
			}
			await expect.poll(() => server.connections).toBe(0);
			await expect.poll(() => server.peers).toBe(0);
			await expect.poll(() => held().descriptors).toBeLessThanOrEqual(before.descriptors);
			await expect.poll(() => held().active).toBeLessThanOrEqual(before.active);
		},
	);

	it("that breaks off within TLS: after the handshake, a document, a page and an upgrade", async () => {
		const texts = [
			"",
			"<a/>\0<b",
			http("GET", "/large.bin"),
			http("GET", "/socket", UPGRADE),
			http("GET", "/x", UPGRADE),
		];
		let before = held();
		await expect
			.poll(() => {
				before = held();
				return server.connections;
			})
			.toBe(0);
		for (const reset of [false, true]) {
			for (const text of texts) {
				const raw = connect({ port: server.port, host: "127.0.0.1" });
				const secured = connectTls({ socket: raw, rejectUnauthorized: false });
				for (const socket of [raw, secured]) socket.on("error", () => {});
				await new Promise((resolve) => secured.once("secureConnect", resolve));
				secured.write(text);
				await new Promise((resolve) => setTimeout(resolve, 20));
				if (reset) raw.resetAndDestroy();
				else secured.destroy();
			}
		}
		await expect.poll(() => server.connections).toBe(0);
		await expect.poll(() => held().descriptors).toBeLessThanOrEqual(before.descriptors);
		await expect.poll(() => held().active).toBeLessThanOrEqual(before.active);
	});
});
