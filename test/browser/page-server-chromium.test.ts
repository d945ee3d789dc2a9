// The server in a real page: the programs of docs/guide/browser.md, and what is not ours beside them.

import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { ConsoleMessage, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { bundle } from "./bundle.ts";
import { chromiumPath, launch } from "./chromium.ts";
import { browserScript, servePage } from "./client-page.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guide/browser.md"), "utf8");
const programs = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);

describe.skipIf(!chromiumPath)("the server in a page of Chromium", () => {
	let http: Server;
	let webSockets: WebSocketServer;
	let page: Page;
	let closePage: () => Promise<void>;
	const received: string[] = [];
	const upgrades: string[] = [];

	beforeAll(async () => {
		http = await servePage(await browserScript());
		webSockets = new WebSocketServer({ noServer: true });
		http.on("upgrade", (request, socket, head) => {
			upgrades.push(request.url!);
			webSockets.handleUpgrade(request, socket, head, (webSocket) => {
				webSocket.on("message", (data, isBinary) => {
					received.push(String(data));
					webSocket.send(data, { binary: isBinary });
				});
			});
		});
		const { port } = http.address() as AddressInfo;
		const { browser, close } = await launch();
		closePage = close;
		page = await browser.newPage();
		await page.goto(`http://127.0.0.1:${port}/`);
	});

	afterAll(async () => {
		await closePage?.();
		for (const webSocket of webSockets?.clients ?? []) webSocket.terminate();
		http?.closeAllConnections();
		http?.close();
	});

	test("the guide's chat runs as it stands: two clients of the page, and no network", async () => {
		const program = programs.find((text) => text.includes("application: createChat()"))!;
		const lines: string[] = [];
		const listen = (message: ConsoleMessage): void => {
			lines.push(message.text());
		};
		page.on("console", listen);
		const before = upgrades.length;
		await page.evaluate(`(async () => {${(await bundle(program, false)).replace(/^export .*$/gm, "")}})()`);
		await expect.poll(() => lines.some((line) => /^ada: <said .*>hi<\/said>$/.test(line))).toBe(true);
		await expect.poll(() => lines).toContain("bob: said");
		expect(upgrades.length).toBe(before);
		page.off("console", listen);
		await page.reload();
	});

	test("the guide's own application gives every document back", async () => {
		const program = programs.find((text) => text.includes("peer.send(text)"))!;
		const code = (await bundle(`${program}\nglobalThis.made = server;`, false)).replace(/^export .*$/gm, "");
		await page.evaluate(`(async () => {${code}})()`);
		const text = await page.evaluate(async () => {
			const { made } = globalThis as unknown as { made: ReturnType<typeof client.createPageServer> };
			made.install();
			const connection = await client.connect(made.url);
			connection.send("<a/>");
			for await (const document of connection) return document.text;
			return "";
		});
		expect(text).toBe("<a/>");
		await page.reload();
	});

	test("a WebSocket that is not ours still reaches the network, and is the page's own kind", async () => {
		const result = await page.evaluate(async () => {
			const original = WebSocket;
			const server = client.createPageServer({ application: client.createRelay() });
			const installed = server.install();
			const real = new WebSocket("/elsewhere");
			const own = new WebSocket(server.url);
			const facts = {
				real: real instanceof WebSocket && real instanceof original,
				own: own instanceof WebSocket && own instanceof original,
				realPrototype: Object.getPrototypeOf(real) === original.prototype,
				names: [String(real), String(own), own.constructor === WebSocket],
				same: [WebSocket.name, WebSocket.CLOSED, WebSocket.prototype === original.prototype],
				errors: ["ws://xmlsocket.invalid/#x", "foo://xmlsocket.invalid/", "ws://["].map((url) => {
					try {
						new WebSocket(url);
						return "none";
					} catch (error) {
						return (error as DOMException).name;
					}
				}),
			};
			await new Promise((resolve) => {
				real.onopen = resolve;
			});
			real.send("over the wire");
			const echoed = await new Promise((resolve) => {
				real.onmessage = ({ data }) => resolve(data);
			});
			real.close();
			installed.remove();
			return { ...facts, echoed, restored: WebSocket === original };
		});
		expect(result).toEqual({
			real: true,
			own: true,
			realPrototype: true,
			names: ["[object WebSocket]", "[object WebSocket]", true],
			same: ["WebSocket", 3, true],
			errors: ["SyntaxError", "SyntaxError", "SyntaxError"],
			echoed: "over the wire",
			restored: true,
		});
		expect(received).toContain("over the wire");
		expect(upgrades).toContain("/elsewhere");
	});

	test("events, states and codes are those of a real socket beside it", async () => {
		const script = async (url: string, own: boolean): Promise<unknown[]> =>
			await page.evaluate(
				async ([url, own]) => {
					const server = client.createPageServer({
						application: {
							output: "bytes",
							open: (peer) => ({ document: (bytes: Uint8Array) => peer.sendEncoded(bytes), closed: () => {} }),
						},
					});
					const Kind = own ? server.WebSocket : WebSocket;
					const socket = new Kind(own ? server.url : url!);
					socket.binaryType = "arraybuffer";
					const log: unknown[] = [socket.readyState, socket.bufferedAmount, socket.extensions, socket.protocol];
					const note = (name: string, more: unknown = ""): void => {
						log.push(`${name} ${socket.readyState} ${String(more)}`);
					};
					socket.onopen = (event) => note("open", [event.bubbles, event.cancelable, event.target === socket]);
					socket.onerror = () => note("error");
					const closed = new Promise<void>((resolve) => {
						socket.onclose = ({ code, reason, wasClean }) => {
							note("close", [code, reason, wasClean]);
							resolve();
						};
					});
					await new Promise((resolve) => socket.addEventListener("open", resolve));
					const got = new Promise<void>((resolve) => {
						socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
							note("message", [new TextDecoder().decode(event.data), event.data instanceof ArrayBuffer]);
							resolve();
						};
					});
					socket.send(new Blob(["<a/>\0"]));
					await got;
					for (const wrong of [1, 1001, 5000]) {
						try {
							socket.close(wrong);
						} catch (error) {
							note((error as DOMException).name);
						}
					}
					socket.close(3001, "done");
					note("after close");
					socket.send("12345");
					await closed;
					log.push(socket.bufferedAmount);
					await server.close();
					return log;
				},
				[url, own] as const,
			);
		const { port } = http.address() as AddressInfo;
		const real = await script(`ws://127.0.0.1:${port}/beside`, false);
		const own = await script("", true);
		expect(own).toEqual(real);
	});

	test("ends with the page's close: documents are delivered, sockets told", async () => {
		const result = await page.evaluate(async () => {
			const server = client.createPageServer({ application: client.createChat() });
			server.install();
			const connection = await client.connect(server.url);
			const texts: string[] = [];
			connection.on("document", ({ text }) => texts.push(text.split(" ")[0]!));
			connection.send('<join room="lobby"/>');
			while (!texts.includes("<joined")) await new Promise((resolve) => setTimeout(resolve, 5));
			await server.close();
			const { error } = await connection.closed;
			return { last: texts.at(-1), error: error?.code, peers: server.peers };
		});
		expect(result).toEqual({ last: "<bye", error: undefined, peers: 0 });
	});
});
