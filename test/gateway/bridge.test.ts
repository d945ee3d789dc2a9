import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { closeAll, closedPort, Page, startGateway, TcpTarget, until } from "./peers.ts";

afterEach(closeAll);

const MiB = 1024 * 1024;

/** Bytes that tell where they belong. */
function pattern(length: number): Buffer {
	const bytes = Buffer.alloc(length);
	for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(at, at);
	return bytes;
}

describe("a bridge", () => {
	it("forwards bytes unchanged in both directions, in binary messages, over exactly one connection", async () => {
		const target = await TcpTarget.start();
		const { page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		expect(page.socket.protocol).toBe("");
		expect(page.socket.extensions).toBe("");
		const all = Buffer.from(Array.from({ length: 512 }, (_, at) => at & 0xff));
		page.socket.send(all);
		page.socket.send(Buffer.from([0xc3]));
		const seen = await target.first();
		await until(() => seen.bytes().length === all.length + 1);
		expect(seen.bytes()).toEqual(Buffer.concat([all, Buffer.from([0xc3])]));
		seen.socket.write(all);
		await until(() => page.received === all.length);
		expect(page.bytes).toEqual(all);
		expect(page.messages.every(({ isBinary }) => isBinary)).toBe(true);
		expect(target.connections.length).toBe(1);
		page.socket.close();
		await until(() => seen.ended);
		expect(seen.bytes().length).toBe(all.length + 1);
	});

	it("sends what the target sends in one turn in few messages", async () => {
		const target = await TcpTarget.start(({ socket }) => {
			for (let i = 0; i < 1000; i++) socket.write(`<d n="${i}"/>\0`);
		});
		const { page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = open("/gateway/chat");
		await until(() => page.bytes.toString().split("\0").length === 1001);
		expect(page.messages.length).toBeLessThan(200);
	});

	it("delivers everything that a page sends before it closes immediately, in 100 of 100 runs", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.on("end", () => socket.end()));
		const { page: open, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		for (let i = 0; i < 100; i++) {
			const page = open("/gateway/chat");
			page.socket.once("open", () => {
				page.socket.send(Buffer.from(`<logout n="${i}"/>\0`));
				page.socket.close();
			});
			await page.closed;
		}
		await until(() => target.connections.length === 100 && target.connections.every(({ ended }) => ended));
		expect(target.connections.map((seen) => seen.bytes().toString()).sort()).toEqual(
			Array.from({ length: 100 }, (_, i) => `<logout n="${i}"/>\0`).sort(),
		);
		await until(() => ends().length === 100);
		expect(ends().every(({ cause }) => cause === "page-closed")).toBe(true);
	});

	it("delivers a document of 4 MiB and then the close, also to a target that reads late", async () => {
		const target = await TcpTarget.start(({ socket }) => {
			socket.pause();
			setTimeout(() => socket.resume(), 700);
		});
		const { page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		const document = pattern(4 * MiB);
		page.socket.send(document);
		page.socket.close();
		const seen = await target.first();
		await until(() => seen.ended);
		expect(seen.bytes().equals(document)).toBe(true);
	});

	it("delivers all that a target sends before it ends, then closes with 1000", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.end(pattern(20 * MiB)));
		const { page: open, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = open("/gateway/chat");
		expect(await page.closed).toEqual({ code: 1000, reason: "" });
		expect(page.bytes.equals(pattern(20 * MiB))).toBe(true);
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-closed", toPageBytes: 20 * MiB, toTargetBytes: 0 });
	});

	it("pauses a fast target while a page does not read, buffers little, and delivers everything afterwards", async () => {
		let sent = 0;
		const chunk = pattern(MiB);
		const target = await TcpTarget.start(({ socket }) => {
			const more = (): void => {
				while (sent < 64) {
					sent++;
					if (!socket.write(chunk)) {
						socket.once("drain", more);
						return;
					}
				}
				socket.end();
			};
			more();
		});
		const { page: open, server, gateway } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat", { keep: false }).open();
		page.socket.pause();
		await new Promise((resolve) => setTimeout(resolve, 1500));
		// What the system's own buffers hold on both connections, and no more than that.
		expect(sent).toBeLessThan(40);
		expect(gateway.open).toBe(1);
		expect(server.ready).toBe(true);
		page.socket.resume();
		expect((await page.closed).code).toBe(1000);
		expect(page.received).toBe(64 * MiB);
	});

	it("pauses a fast page while a target does not read", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.pause());
		const { page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		for (let i = 0; i < 64; i++) page.socket.send(pattern(MiB));
		await new Promise((resolve) => setTimeout(resolve, 1000));
		expect(page.socket.bufferedAmount).toBeGreaterThan(20 * MiB);
		page.socket.close();
		const seen = await target.first();
		seen.socket.resume();
		await until(() => seen.ended);
		expect(seen.bytes().length).toBe(64 * MiB);
	});

	it("forwards ten thousand small documents in each direction, in order", async () => {
		const documents = Array.from({ length: 10_000 }, (_, i) => `<d n="${i}">${"x".repeat(i % 90)}</d>\0`);
		const target = await TcpTarget.start(({ socket }) => {
			for (const document of documents) socket.write(document);
		});
		const { page: open } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		for (const document of documents) page.socket.send(Buffer.from(document));
		const all = documents.join("");
		const seen = await target.first();
		await until(() => seen.bytes().length === all.length && page.received === all.length);
		expect(seen.bytes().toString()).toBe(all);
		expect(page.bytes.toString()).toBe(all);
	});

	it("keeps what a page sends while its target is dialled, and delivers it even after the page has disconnected", async () => {
		const target = await TcpTarget.start();
		let answer: (addresses: string[]) => void = () => {};
		const resolve = (): Promise<string[]> => new Promise((done) => (answer = done));
		const { page: open, ends } = await startGateway(
			{ targets: [`chat=slow.example:${target.port}?private=yes`] },
			{},
			{ resolve },
		);
		const page = await open("/gateway/chat").open();
		page.socket.send(Buffer.from("<logout/>\0"));
		page.socket.close();
		await page.closed;
		answer(["127.0.0.1"]);
		const seen = await target.first();
		await until(() => seen.ended);
		expect(seen.bytes().toString()).toBe("<logout/>\0");
		seen.socket.end();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-closed", toTargetBytes: 10 });
	});

	it("stops dialling when the page disconnects without having sent anything", async () => {
		const resolve = (): Promise<string[]> => new Promise(() => {});
		const { page: open, ends } = await startGateway({ targets: ["chat=slow.example:9339"] }, {}, { resolve });
		const page = await open("/gateway/chat").open();
		page.socket.close();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-closed" });
	});

	it("ends although its target keeps its half of the connection open after the page has disconnected", async () => {
		const target = await TcpTarget.start();
		const { page: open, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		const seen = await target.first();
		page.socket.close();
		await until(() => seen.ended);
		seen.socket.write("nobody reads this\0");
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-closed", toPageBytes: 18 });
	});
});

describe("the end of a bridge", () => {
	it("is 1011 for a target that refuses, with the cause in the log", async () => {
		const port = await closedPort();
		const { page: open, ends, log } = await startGateway({ targets: [`chat=127.0.0.1:${port}`] });
		const page = open("/gateway/chat");
		expect(await page.closed).toEqual({ code: 1011, reason: "the target refused the connection" });
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-refused", code: "XMLSOCKET_CONNECT_FAILED", target: "chat" });
		expect(log.lines.find(({ facts }) => "cause" in facts)?.words).toMatch(/ECONNREFUSED/);
	});

	it("is 1011 for a target that does not answer within the deadline", async () => {
		const resolve = (): Promise<string[]> => new Promise(() => {});
		const { page: open, ends } = await startGateway(
			{ targets: ["chat=slow.example:9339"], dialTimeoutMs: 150 },
			{},
			{ resolve },
		);
		expect(await open("/gateway/chat").closed).toEqual({ code: 1011, reason: "the target did not answer in time" });
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-timeout", code: "XMLSOCKET_CONNECT_TIMEOUT" });
	});

	it("is 1011 for a name that cannot be resolved", async () => {
		const resolve = (): Promise<string[]> =>
			Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }));
		const { page: open, ends } = await startGateway({ targets: ["chat=gone.example:9339"] }, {}, { resolve });
		expect((await open("/gateway/chat").closed).code).toBe(1011);
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-unresolved" });
	});

	it("is 1011 for a target that resets, after what it had sent", async () => {
		const target = await TcpTarget.start();
		const { page: open, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		const seen = await target.first();
		seen.socket.write("<last/>\0");
		await until(() => page.received === 8);
		seen.socket.resetAndDestroy();
		expect(await page.closed).toEqual({ code: 1011, reason: "the target reset the connection" });
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-reset", code: "XMLSOCKET_CONNECTION_LOST" });
	});

	it("is logged when a page closed and its last bytes could not be delivered", async () => {
		const port = await closedPort();
		let answer: (addresses: string[]) => void = () => {};
		const resolve = (): Promise<string[]> => new Promise((done) => (answer = done));
		const { page: open, ends } = await startGateway({ targets: [`a=x.example:${port}?private=yes`] }, {}, { resolve });
		const page = await open("/gateway/a").open();
		page.socket.send(Buffer.from("<logout/>\0"));
		page.socket.close();
		await page.closed;
		answer(["127.0.0.1"]);
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "target-refused", toTargetBytes: 10 });
	});

	it("half-closes the target when the page's connection is lost, and logs it", async () => {
		const target = await TcpTarget.start();
		const { page: open, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		page.socket.send(Buffer.from("<a/>\0"));
		const seen = await target.first();
		await until(() => seen.bytes().length === 5);
		page.socket.terminate();
		await until(() => seen.ended);
		seen.socket.end();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-lost", pageCode: 1006 });
	});

	it("disconnects a page that answers no ping", async () => {
		const target = await TcpTarget.start();
		const { url, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`], pingIntervalMs: 300 });
		const page = await new Page(`${url}/gateway/chat`).open();
		(page.socket as unknown as { _socket: { pause(): void } })._socket.pause();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-silent", code: "XMLSOCKET_PEER_SILENT" });
		const seen = await target.first();
		await until(() => seen.ended);
	});

	it("disconnects a page, or a target, that reads nothing for too long", async () => {
		const chunk = pattern(32 * MiB);
		const target = await TcpTarget.start(({ socket }) => socket.write(chunk));
		const { page: open, ends } = await startGateway({
			targets: [`chat=127.0.0.1:${target.port}`],
			unreadOutputTimeoutMs: 1000,
			maxMessageBytes: 64 * MiB,
		});
		const deaf = await open("/gateway/chat").open();
		deaf.socket.pause();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-not-reading", code: "XMLSOCKET_UNREAD_OUTPUT" });
		const page = await open("/gateway/chat", { keep: false }).open();
		const seen = await target.nth(1);
		seen.socket.pause();
		page.socket.send(chunk);
		expect(await page.closed).toEqual({ code: 1011, reason: "the target did not read what was sent to it" });
		await until(() => ends().length === 2);
		expect(ends()[1]).toMatchObject({ cause: "target-not-reading" });
	});

	it("logs a message beyond the limit", async () => {
		const target = await TcpTarget.start();
		const { page: open, ends } = await startGateway({
			targets: [`chat=127.0.0.1:${target.port}`],
			maxMessageBytes: 1024,
		});
		const page = await open("/gateway/chat").open();
		page.socket.send(Buffer.alloc(1024));
		page.socket.send(Buffer.alloc(1025));
		expect((await page.closed).code).toBe(1009);
		const seen = await target.first();
		await until(() => seen.ended);
		expect(seen.bytes().length).toBe(1024);
		seen.socket.end();
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "page-broke-protocol" });
	});

	it("delivers in both directions before a stopping server closes it with 1001", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.on("end", () => socket.end()));
		const { page: open, server, ends } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/chat").open();
		const seen = await target.first();
		seen.socket.write(pattern(MiB));
		page.socket.send(pattern(MiB));
		await until(() => page.received > 0 && seen.chunks.length > 0);
		const stopping = server.close({ graceMs: 5000 });
		expect(await page.closed).toEqual({ code: 1001, reason: "the gateway stops" });
		await stopping;
		expect(seen.bytes().length).toBe(MiB);
		expect(ends()[0]).toMatchObject({ cause: "stopping" });
	});

	it("releases all its resources", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.on("end", () => socket.end()));
		const { page: open, gateway, server } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const pages = await Promise.all(Array.from({ length: 50 }, () => open("/gateway/chat").open()));
		expect(gateway.stats()).toEqual({ gateway_connections: 50 });
		for (const [at, page] of pages.entries()) {
			if (at % 2 === 0) page.socket.close();
			else page.socket.terminate();
		}
		await until(() => gateway.open === 0);
		await until(() => target.connections.every(({ ended }) => ended));
		await server.close({ graceMs: 1000 });
		await Promise.all(target.connections.map(({ socket }) => socket.destroyed || once(socket, "close")));
	});
});
