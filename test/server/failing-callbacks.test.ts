// Each callback that a server calls throws, one at a time: what it was called for fails, everything else goes on, and the failure
// is counted. A thrown error that nobody catches would end this process, as it would end the daemon.

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
	type Application,
	createServer,
	type HttpRoutes,
	type Server,
	type ServerOptions,
} from "../../src/server/index.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 }).catch(() => {})));
});

const boom = (): never => {
	throw new Error("boom");
};
const rejects = async (): Promise<never> => boom();
const http = (path: string, headers = ""): string =>
	`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;
const UPGRADE = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const upgrade = (path: string): string => http(path, UPGRADE).replace("Connection: close", "Connection: Upgrade");

interface Started {
	readonly server: Server;
	readonly lines: ReturnType<typeof recordingLog>["lines"];
}

async function start(
	application: Partial<Application>,
	routes: HttpRoutes[] = [],
	options: ServerOptions = {},
): Promise<Started> {
	const log = recordingLog();
	const parts = { application: { ...echo(), ...application }, log, routes };
	const server = createServer({ port: 0, firstBytesTimeoutMs: 50, ...options, ...parts });
	servers.push(server);
	await server.listen();
	return { server, lines: log.lines };
}

/** What a client gets until the server closes. */
async function ask(server: Server, text: string): Promise<string> {
	const client = RawClient.tcp(server.port);
	client.send(text);
	await client.closed;
	return client.text;
}

async function expectCounted({ server, lines }: Started): Promise<void> {
	await expect.poll(() => server.metrics.refused.get("internal") ?? 0).toBeGreaterThan(0);
	expect(lines).toContainEqual(expect.objectContaining({ level: "error", words: "a handler failed" }));
	expect(await ask(server, http("/healthz"))).toMatch(/ok\n$/);
}

describe("a callback of the application that throws", () => {
	it.each([
		["open", "<a/>\0", { open: boom }],
		["document", "<a/>\0", { open: () => ({ document: boom, closed: () => {} }) }],
	])("in %s closes that connection alone", async (_, text, application) => {
		const started = await start(application as Partial<Application>);
		expect(await ask(started.server, text)).toBe("");
		await expectCounted(started);
		expect(started.server.peers).toBe(0);
	});

	it("in open closes the WebSocket that it was called for, and a connection that was attached", async () => {
		const started = await start({ open: boom });
		const client = RawClient.tcp(started.server.port);
		client.send(upgrade("/socket"));
		await client.closed;
		const [near, far] = memoryPair();
		started.server.attach(near);
		await new Promise((resolve) => {
			far.start({ bytes() {}, end() {}, drain() {}, pong() {}, close: () => resolve(undefined) });
		});
		expect(started.server.peers).toBe(0);
		await expectCounted(started);
	});

	it.each(["ended", "closed"] as const)("in %s is counted, and the connection closes", async (name) => {
		const session = { document() {}, closed() {}, [name]: boom };
		const started = await start({ open: () => session });
		const client = RawClient.tcp(started.server.port);
		client.socket.end("<a/>\0");
		await client.closed;
		await expectCounted(started);
		expect(started.server.peers).toBe(0);
	});

	it("in idle, failing and drained is counted", async () => {
		const called: string[] = [];
		const fails = (name: string) => () => {
			called.push(name);
			return boom();
		};
		const started = await start(
			{
				open: (peer) => ({
					document: () => peer.send("x".repeat(16_000_000)),
					closed() {},
					idle: fails("idle"),
					failing: fails("failing"),
					drained: fails("drained"),
				}),
			},
			[],
			{ idleTimeoutMs: 2500, maxOutboxBytes: 33_554_432, softOutboxBytes: 33_554_432 },
		);
		// It only reads: a reader that keeps 16 MB in pieces would be slower than the idle time.
		const reader = connect(started.server.port, "127.0.0.1", () => reader.write("<much/>\0"));
		reader.resume();
		await once(reader, "close");
		expect(new Set(called)).toEqual(new Set(["drained", "idle", "failing"]));
		await expect.poll(() => started.server.metrics.refused.get("idle")).toBe(1);
		expect(started.server.metrics.refused.get("internal")).toBe(called.length);
		await expectCounted(started);
	});

	it("in sweep is counted each second, and the other work of that second goes on", async () => {
		const started = await start({ sweep: boom });
		await expect.poll(() => started.server.metrics.refused.get("internal") ?? 0).toBeGreaterThan(1);
		await expectCounted(started);
	});

	it("in health is answered 500", async () => {
		const started = await start({ health: boom });
		expect(await ask(started.server, http("/readyz"))).toMatch(/^HTTP\/1\.1 500 /);
		await expectCounted(started);
	});

	it("in stats costs its own numbers alone", async () => {
		const started = await start({ stats: boom }, [{ stats: () => ({ mine: 7 }) }]);
		const page = await ask(started.server, http("/metrics"));
		expect(page).toContain("\nxmlsocket_mine 7\n");
		expect(page).toContain("\nxmlsocket_connections 1\n");
		await expectCounted(started);
	});

	it("in drain does not keep the server from closing", async () => {
		const { server } = await start({ drain: boom });
		await server.close();
		expect(server.state).toBe("closed");
		expect(server.metrics.refused.get("internal")).toBe(1);
	});

	it("in close is what close() rejects with, once everything else is released", async () => {
		const { server } = await start({ close: rejects });
		await expect(server.close()).rejects.toThrow("boom");
		expect(server.state).toBe("closed");
		expect(server.metrics.refused.get("internal")).toBe(1);
	});
});

describe("a callback of a route that throws", () => {
	it("in request is answered 500", async () => {
		const started = await start({}, [{ request: boom }]);
		expect(await ask(started.server, http("/mine"))).toMatch(/^HTTP\/1\.1 500 /);
		await expectCounted(started);
	});

	it("in request after its answer has begun closes the connection", async () => {
		const started = await start({}, [
			{
				request(_, response) {
					response.writeHead(200, { "content-length": 100 });
					response.write("begun");
					return boom();
				},
			},
		]);
		expect(await ask(started.server, http("/mine"))).not.toContain("500");
		await expectCounted(started);
	});

	it("in request by writing after the end is counted", async () => {
		const started = await start({}, [
			{
				request(_, response) {
					response.end("done");
					response.write("more");
					return true;
				},
			},
		]);
		expect(await ask(started.server, http("/mine"))).toMatch(/^HTTP\/1\.1 200 /);
		await expectCounted(started);
	});

	it("in upgrade is answered 500", async () => {
		const started = await start({}, [{ upgrade: boom }]);
		expect(await ask(started.server, upgrade("/mine"))).toMatch(/^HTTP\/1\.1 500 /);
		await expectCounted(started);
	});

	it.each([
		["throws", boom],
		["rejects", rejects],
	])("in drain does not keep the server from closing where it %s", async (_, drain) => {
		const { server } = await start({}, [{ drain }]);
		await server.close();
		expect(server.metrics.refused.get("internal")).toBe(1);
	});

	it("in stats costs its own numbers alone", async () => {
		const started = await start({}, [{ stats: boom }, { stats: () => ({ other: 3 }) }]);
		expect(await ask(started.server, http("/metrics"))).toContain("\nxmlsocket_other 3\n");
		await expectCounted(started);
	});

	it("in a socket that it took over costs that socket alone", async () => {
		const started = await start({}, [
			{
				upgrade(_, socket) {
					socket.destroy(new Error("boom"));
					return true;
				},
			},
		]);
		expect(await ask(started.server, upgrade("/mine"))).toBe("");
		expect(await ask(started.server, http("/healthz"))).toMatch(/ok\n$/);
	});
});
