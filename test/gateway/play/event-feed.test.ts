// The feed of the page that watches a gateway, read as a browser reads it.

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { EventFeed } from "../../../src/gateway/play/event-feed.ts";
import { createServer, type Server } from "../../../src/server/index.ts";
import { RawClient, recordingLog } from "../../server/peers.ts";

let server: Server | undefined;
afterEach(() => server?.close({ graceMs: 0 }));

async function serve(feed: EventFeed): Promise<Server> {
	const routes = {
		request(_request: unknown, response: Parameters<EventFeed["open"]>[0]): boolean {
			feed.open(response);
			return true;
		},
		async drain(): Promise<void> {
			feed.close();
		},
	};
	server = await createServer({ port: 0, routes: [routes] }).listen();
	return server;
}

async function reader(port: number): Promise<RawClient> {
	const client = RawClient.tcp(port);
	client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
	await client.until((text) => text.includes("\r\n\r\n"));
	return client;
}

describe("the feed", () => {
	it("passes each line to the log and to every page, without characters that could forge a line", async () => {
		const log = recordingLog();
		const feed = new EventFeed(log);
		const { port } = await serve(feed);
		feed.info({ id: "g0" }, "before anybody asked");
		const [a, b] = [await reader(port), await reader(port)];
		expect(a.text).toContain("content-type: text/event-stream");
		feed.warn({ id: "g1", cause: "target-refused", err: new Error("why"), host: "a\n\ndata: b" }, "words\r\nmore");
		for (const client of [a, b]) {
			await client.until((text) => text.includes("g1"));
			const line = /data: (.*)\n\n/.exec(client.text)![1]!;
			expect(JSON.parse(line)).toEqual({
				level: "warn",
				id: "g1",
				cause: "target-refused",
				err: "why",
				host: "a\ufffd\ufffddata: b",
				words: "words\ufffd\ufffdmore",
			});
			expect(client.text).not.toContain("before anybody asked");
		}
		expect(log.lines).toHaveLength(2);
	});

	it("serves sixteen pages, and the next one after one has disconnected", async () => {
		const feed = new EventFeed(recordingLog());
		const { port } = await serve(feed);
		const readers = await Promise.all(Array.from({ length: 16 }, () => reader(port)));
		expect((await reader(port)).text).toContain(" 503 ");
		readers[0]!.socket.destroy();
		await expect.poll(async () => (await reader(port)).text).toContain(" 200 ");
	});

	it("disconnects a page that does not read, and loses no line for the others", async () => {
		const feed = new EventFeed(recordingLog());
		const { port } = await serve(feed);
		const slow = await reader(port);
		slow.socket.pause();
		const quick = connect({ port, host: "127.0.0.1" });
		let received = 0;
		let last = "";
		quick.on("data", (chunk) => {
			received += chunk.length;
			last = (last + chunk.toString("latin1")).slice(-20);
		});
		quick.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
		await expect.poll(() => received).toBeGreaterThan(0);
		const facts = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`fact${at}`, "x".repeat(250)]));
		const lineBytes = JSON.stringify({ level: "info", ...facts, words: "line" }).length;
		// More than the system's own buffers hold for the one that does not read.
		for (let sent = 1; sent <= 600; sent++) {
			feed.info(facts, "line");
			while (received < sent * lineBytes) await once(quick, "data");
		}
		expect(last).toMatch(/"words":"line"\}\n\n\r\n$/);
		quick.destroy();
		slow.socket.resume();
		await slow.closed;
		expect(slow.text.match(/^data: /gm)!.length).toBeLessThan(600);
	});

	it("ends when the server stops", async () => {
		const feed = new EventFeed(recordingLog());
		const { port } = await serve(feed);
		const client = await reader(port);
		await server!.close({ graceMs: 5000 });
		await client.closed;
		expect(client.text).toMatch(/0\r\n\r\n$/);
	});
});
