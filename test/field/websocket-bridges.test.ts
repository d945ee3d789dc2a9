// Situations from the field: pages and clients that were made for another bridge between WebSocket and TCP.

import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createGateway, parseTarget } from "../../src/gateway/index.ts";
import { reachableTargets, socketProxyScript } from "../../src/gateway/site/socket-proxy.ts";
import { closeAll, startGateway, TcpTarget, until } from "../gateway/peers.ts";
import { ask, askUpgrade, refusals } from "./web-server.ts";

afterEach(closeAll);

describe("a client is configured", () => {
	it.each([
		["with a host and a port alone", "/"],
		["with the usual path of another bridge", "/websockify"],
		["with that path below one that a proxy passes on", "/vpn/desk/websockify"],
		["with that path and a token", "/websockify?token=chat"],
		["with a token alone", "/?token=chat"],
		["with the host and the port that the content asks for", "/websockify?host=chat&port=PORT"],
	])("%s, and reaches the one target", async (_situation, path) => {
		const target = await TcpTarget.start();
		const { page } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		(await page(path.replace("PORT", String(target.port))).open()).socket.send(Buffer.from("<a/>\0"));
		const seen = await target.first();
		await until(() => seen.bytes().toString() === "<a/>\0");
	});

	it("without a path, where several targets exist: the refusal lists the paths", async () => {
		const { server, log } = await startGateway({ targets: ["a=127.0.0.1:1025", "b=127.0.0.1:1026"] });
		const answer = await askUpgrade(server.port, "/");
		expect(answer.status).toBe(404);
		expect(answer.body).toContain("/gateway/a, /gateway/b");
		expect(refusals(log)[0]).toMatchObject({ reason: "not-found", path: "/" });
	});

	it("with a token that no target has", async () => {
		const { server, log } = await startGateway({ targets: ["a=127.0.0.1:1025"] });
		expect((await askUpgrade(server.port, "/websockify?token=b")).status).toBe(404);
		expect(log.lines.at(-1)?.facts).toMatchObject({ code: "XMLSOCKET_TARGET_NOT_ALLOWED", target: "b" });
	});
});

describe("a page", () => {
	it.each([
		["binary", "binary"],
		["binary, base64", "binary"],
		["base64, binary", "binary"],
		["base64", undefined],
		["xmpp", undefined],
		["chat, superchat", undefined],
	])("that offers the sub-protocols %s gets %s confirmed", async (offered, confirmed) => {
		const { server } = await startGateway({ targets: ["chat=127.0.0.1:1025"] });
		const answer = await askUpgrade(server.port, "/gateway/chat", { "Sec-WebSocket-Protocol": offered });
		expect([answer.status, answer.headers["sec-websocket-protocol"]]).toEqual([101, confirmed]);
	});

	it.each([
		["writes the zero byte itself", ["<a/>\0", "<b/>\0"]],
		["leaves the zero byte to the gateway", ["<a/>", "<b/>"]],
		["puts two documents into one message", ["<a/>\0<b/>\0"]],
		["sends bytes as well", ["<a/>\0", Buffer.from("<b/>\0")]],
	])("that sends text messages and %s: the target gets each document once", async (_situation, messages) => {
		const target = await TcpTarget.start();
		const { page } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const { socket } = await page("/gateway/chat").open();
		for (const message of messages) socket.send(message);
		const seen = await target.first();
		await until(() => seen.bytes().length >= 10);
		expect(seen.bytes().toString()).toBe("<a/>\0<b/>\0");
	});

	it("that sends its last document and closes at once: the target gets all of it", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.on("end", () => socket.end()));
		const { page } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const { socket } = page("/gateway/chat");
		socket.once("open", () => {
			socket.send(Buffer.alloc(1_000_000, "x"));
			socket.send(Buffer.from("<logout/>\0"));
			socket.close();
		});
		const seen = await target.first();
		await until(() => seen.ended);
		expect(seen.bytes().length).toBe(1_000_010);
		expect(seen.bytes().subarray(-10).toString()).toBe("<logout/>\0");
	});

	it("whose target greets and hangs up at once: the page gets the greeting, then an orderly close", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.end("<full/>\0"));
		const { page } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const opened = page("/gateway/chat");
		expect(await opened.closed).toMatchObject({ code: 1000 });
		expect(opened.bytes.toString()).toBe("<full/>\0");
	});

	it("that offers compression gets none, and is understood", async () => {
		const target = await TcpTarget.start();
		const { url } = await startGateway({ targets: [`chat=127.0.0.1:${target.port}`] });
		const socket = new WebSocket(`${url}/gateway/chat`, { perMessageDeflate: true });
		await new Promise((resolve) => socket.once("open", resolve));
		expect(socket.extensions).toBe("");
		socket.send(Buffer.from("<a/>\0"));
		const seen = await target.first();
		await until(() => seen.bytes().toString() === "<a/>\0");
		socket.terminate();
	});

	it("that asks in a flood for what is no target: a few lines, then their number", async () => {
		const { server, log } = await startGateway({ targets: ["chat=127.0.0.1:1025"] });
		for (let n = 0; n < 12; n++) await askUpgrade(server.port, `/gateway?host=evil.example&port=${2000 + n}`);
		const warned = (): typeof log.lines => log.lines.filter(({ level }) => level === "warn");
		expect(warned()).toHaveLength(5);
		expect(warned()[0]?.facts).toMatchObject({
			host: "evil.example",
			port: 2000,
			hostHeader: `127.0.0.1:${server.port}`,
			hint: "add it with --target evil.example:2000",
		});
		await server.close({ graceMs: 0 });
		expect(warned().at(-1)?.facts).toMatchObject({ count: 7 });
	});
});

describe("targets", () => {
	it("old content asks one host at several ports: each port leads to its own target", async () => {
		const lobby = await TcpTarget.start();
		const game = await TcpTarget.start();
		const { gateway, page } = await startGateway({
			targets: [`old.example=127.0.0.1:${lobby.port}`, `old.example=127.0.0.1:${game.port}`],
		});
		for (const [at, { path }] of gateway.targets.entries()) {
			await page(path).open();
			await page(`/gateway?host=old.example&port=${[lobby, game][at]!.port}`).open();
		}
		await until(() => lobby.connections.length === 2 && game.connections.length === 2);
	});

	it("content asks a port that only administrators may open: it leads to a local one, by the path and by the pair", async () => {
		const target = await TcpTarget.start();
		const { page } = await startGateway({ targets: [`old.example:443=127.0.0.1:${target.port}`] });
		await page("/gateway/old.example:443").open();
		await page("/gateway?host=OLD.example&port=443").open();
		await until(() => target.connections.length === 2);
		const text = `old.example:443=localhost:${target.port}`;
		const script = socketProxyScript(reachableTargets([parseTarget(text)], [text]), false);
		expect(script).toContain('{"hosts":["old.example"],"pageHost":false,"port":443,"path":"gateway/old.example:443"}');
	});

	it("content asks an address that is long gone: it leads to a local server", async () => {
		const target = await TcpTarget.start();
		const { page } = await startGateway({ targets: [`203.0.113.5:7800=127.0.0.1:${target.port}`] });
		await page("/gateway?host=203.0.113.5&port=7800").open();
		await until(() => target.connections.length === 1);
	});

	it("are listed for a person who looks at the port with a browser", async () => {
		const { server } = await startGateway({ targets: ["chat=127.0.0.1:1025", "game=127.0.0.1:1026"] });
		const answer = await ask(server.port, "/");
		expect([answer.status, answer.body]).toEqual([
			404,
			"There is no page here. WebSockets are at /gateway/chat, /gateway/game.\n",
		]);
	});

	it("name the headers that a proxy must pass, where it passes none", async () => {
		const { server, log } = await startGateway({ targets: ["chat=127.0.0.1:1025"] });
		const answer = await ask(server.port, "/gateway/chat");
		expect([answer.status, answer.headers.upgrade]).toEqual([426, "websocket"]);
		expect(answer.body).toMatch(/Upgrade and Connection/);
		expect(refusals(log)[0]).toMatchObject({ reason: "upgrade-required", hint: expect.stringContaining("Upgrade") });
	});

	it("may be one list with commas", async () => {
		const { gateway } = await startGateway({ targets: ["a=127.0.0.1:1025, b=127.0.0.1:1026"] });
		expect(gateway.targets.map(({ name }) => name)).toEqual(["a", "b"]);
	});

	it.each([
		["no port", "chat=localhost", /PORT/],
		["a name and port twice", "chat=localhost:1,chat:1=localhost:2", /two targets have the name/],
		["the gateway's own port first, as other bridges are started", "9001", /own port is --port 9001/],
		["a web address", "chat=http://localhost:80", /HOST:PORT/],
		["port 0", "chat:0=localhost:1", /"0" is not the port/],
	])("with a mistake are refused with a word about targets: %s", (_situation, text, words) => {
		const attempt = (): unknown => createGateway({ targets: [text] });
		expect(attempt).toThrow(words);
		expect(attempt).toThrow(expect.objectContaining({ code: "XMLSOCKET_TARGET_INVALID" }));
	});
});
