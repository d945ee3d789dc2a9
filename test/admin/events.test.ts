// The streams of the admin API: samples, log lines, readers that are slow or too many.

import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_SAMPLES, NodeMonitor } from "../../src/admin/node-monitor.ts";
import { hasNginx, startNginx } from "../field/nginx.ts";
import { AdminClient, type AdminServer, type EventReader, startAdmin, TOKEN } from "./daemon.ts";

let running: AdminServer;
const readers: EventReader[] = [];
const open = async (): Promise<EventReader> => {
	const reader = await running.admin.events();
	readers.push(reader);
	return reader;
};
afterEach(async () => {
	for (const reader of readers.splice(0)) reader.close();
	await running.stop();
});

describe("a stream of events", () => {
	it("has a sample each second with the busiest rooms, and the lines of the log", async () => {
		running = await startAdmin();
		running.logged('{"level":30,"msg":"earlier"}\n');
		const ann = await running.client("ann", "lobby");
		for (let i = 0; i < 20; i++) ann.send('<say room="lobby">hi</say>\0');
		const reader = await open();
		await expect.poll(() => reader.all("sample").length).toBeGreaterThanOrEqual(2);
		running.logged("no JSON\n");
		await expect
			.poll(() => reader.all("log"))
			.toEqual([
				{ node: "local", line: { level: 30, msg: "earlier" } },
				{ node: "local", line: { msg: "no JSON" } },
			]);
		expect(reader.all("sample").at(-1)).toMatchObject({
			at: expect.any(Number),
			clients: 1,
			connections: 2,
			rooms: [{ name: "lobby", members: 1, messagesPerSecond: expect.any(Number) }],
			readers: [],
		});
		// Later readers get the last lines too.
		const later = await open();
		await expect.poll(() => later.all("log").length).toBe(2);
		for (let i = 0; i < 200; i++) running.logged(`{"n":${i}}\n`);
		await expect.poll(() => later.all("log").at(-1)).toEqual({ dropped: 150 });
		expect(later.all("log").at(-2)).toEqual({ node: "local", line: { n: 199 } });
	});

	it("is one of at most eight, and its place is free when its reader has gone", async () => {
		running = await startAdmin();
		const first = await open();
		for (let i = 1; i < 8; i++) await open();
		await expect(running.admin.events()).rejects.toThrow(/429 .*XMLSOCKET_ADMIN_TOO_MANY_STREAMS/);
		first.close();
		await expect
			.poll(() =>
				open().then(
					() => true,
					() => false,
				),
			)
			.toBe(true);
	});

	it("ends within seconds when its token is removed from the file, and when the server stops", async () => {
		running = await startAdmin();
		const reader = await open();
		writeFileSync(running.tokenFile, `${TOKEN} ann\nanother-token-of-bob bob\n`);
		await expect.poll(() => reader.all("sample").length).toBeGreaterThanOrEqual(2);
		writeFileSync(running.tokenFile, "another-token-of-bob bob\n");
		await reader.ended;
		writeFileSync(running.tokenFile, `${TOKEN} ann\n`);
		await expect
			.poll(
				() =>
					open().then(
						() => true,
						() => false,
					),
				{ interval: 300 },
			)
			.toBe(true);
		await running.server.close();
		await readers.at(-1)!.ended;
	});

	it.skipIf(!hasNginx())(
		"comes at once through an nginx that collects answers and compresses them, also in HTTP/1.0",
		async () => {
			running = await startAdmin();
			const locations = ["proxy_buffering on; proxy_buffers 8 64k;", "proxy_http_version 1.1; proxy_buffering on;"];
			for (const settings of locations) {
				const proxy = await startNginx(
					`location / { ${settings} proxy_pass http://127.0.0.1:${running.server.port}; proxy_set_header Host $http_host; }`,
					"gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;",
				);
				const reader = await new AdminClient(proxy.port).events();
				readers.push(reader);
				await expect.poll(() => reader.all("sample").length).toBeGreaterThanOrEqual(2);
				await proxy.stop();
				await reader.ended;
			}
		},
	);

	it("leaves out events for a reader that does not read, tells it how many, and keeps little for it", async () => {
		running = await startAdmin();
		const socket = connect(running.server.port, "127.0.0.1");
		socket.write(
			`GET /xmlsocket/admin/api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
		);
		let text = "";
		socket.on("data", (chunk) => {
			text += String(chunk);
		});
		await expect.poll(() => text).toContain("event: sample");
		socket.pause();
		// More than the system's buffers of a connection hold: 50 lines of 4 KiB a second are too few for a test.
		const { EventStream } = await import("../../src/admin/event-stream.ts");
		const { createServer } = await import("node:http");
		const server = createServer((_, response) => {
			stream = new EventStream(response, () => {});
		});
		let stream: InstanceType<typeof EventStream> | undefined;
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		const slow = connect(port, "127.0.0.1");
		slow.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
		await expect.poll(() => stream !== undefined).toBe(true);
		slow.pause();
		const line = "x".repeat(4096);
		for (let i = 0; i < 10_000 && stream!.missed < 100; i++) {
			stream!.send("log", line);
			if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		expect(stream!.missed).toBe(100);
		expect(slow.bytesRead).toBeLessThan(64 * 1024 * 1024);
		let got = "";
		slow.on("data", (chunk) => {
			got = (got + String(chunk)).slice(-10_000);
		});
		slow.resume();
		await expect
			.poll(() => {
				stream!.send("log", "end");
				return got;
			})
			.toMatch(/event: missed\ndata: \{"events":\d+\}.*event: log\ndata: "end"/s);
		slow.destroy();
		socket.destroy();
		server.close();
	});
});

describe("the samples", () => {
	it("are those of the last hour, 360 of them, at the same times on each node", async () => {
		running = await startAdmin();
		const monitor = new NodeMonitor({
			server: () => running.server,
			chat: undefined,
			now: () => performance.now(),
			periodMs: 10,
		});
		monitor.start();
		await expect.poll(() => monitor.samples.length).toBeGreaterThan(5);
		for (const { at } of monitor.samples) expect(at % 10).toBe(0);
		await expect.poll(() => monitor.samples.length).toBe(MAX_SAMPLES);
		const first = monitor.samples[0]!.at;
		await expect.poll(() => monitor.samples[0]!.at).toBeGreaterThan(first);
		expect(monitor.samples).toHaveLength(MAX_SAMPLES);
		monitor.stop();
		expect((await running.admin.get("samples")).body).toMatchObject({
			intervalSeconds: 10,
			samples: expect.any(Array),
		});
	});
});
