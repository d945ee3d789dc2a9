// An existing page with Flash content, served by `xmlsocket gateway --web` as it is, whose movie reaches a TCP server through the
// gateway; and the same page on a server of its own, with the configuration script put in by hand.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { FAREWELL, GREETING, strictPeer } from "./strict-peer.ts";

const GREETER = join(import.meta.dirname, "../../flash/greeter.swf");
const embed = (host: string, port: number): string =>
	`<embed src="greeter.swf" flashvars="host=${host}&amp;port=${port}" width="300" height="200">`;

describe.skipIf(!chromiumPath)("a page with Flash content and a gateway", () => {
	let folder: string;
	let browser: Awaited<ReturnType<typeof launch>>;
	const started: Daemon[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket site "));
		copyFileSync(GREETER, join(folder, "greeter.swf"));
		browser = await launch();
	});
	afterAll(async () => {
		await browser?.close();
		await Promise.all(started.map((daemon) => daemon.stop()));
		rmSync(folder, { recursive: true, force: true });
	});

	async function gateway(...flags: string[]): Promise<Daemon> {
		const daemon = await startDaemon(flags, {}, "gateway");
		started.push(daemon);
		return daemon;
	}

	it("reaches a strict TCP server, byte for byte, without an edit of the page", async () => {
		const peer = await strictPeer(GREETING, ...FAREWELL);
		writeFileSync(join(folder, "index.html"), `<html><body>${embed("127.0.0.1", peer.port)}</body></html>`);
		const { port } = await gateway(`localhost:${peer.port}`, "--web", folder);
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${port}/`);
		await peer.done;
		await page.close();
		await peer.close();
	});

	it("notes with --learn what the movie asks for and no target is", async () => {
		writeFileSync(join(folder, "learn.html"), `<html><body>${embed("Game.Example", 9339)}</body></html>`);
		const file = join(folder, "learned.json");
		const { port } = await gateway("localhost:9999", "--web", folder, "--learn", file);
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${port}/learn.html`);
		await expect
			.poll(() => {
				try {
					return (JSON.parse(readFileSync(file, "utf8")) as { targets: string[] }).targets;
				} catch {
					return [];
				}
			})
			.toContain("game.example:9339");
		await page.close();
	});

	it("reaches it from a page of another server that loads the configuration script", async () => {
		const peer = await strictPeer(GREETING, ...FAREWELL);
		const ruffle = dirname(fileURLToPath(import.meta.resolve("@ruffle-rs/ruffle")));
		let html = "";
		const site = createServer((request, response) => {
			const path = request.url!;
			if (path === "/") response.setHeader("content-type", "text/html").end(html);
			else if (path === "/greeter.swf") response.end(readFileSync(GREETER));
			else if (/^\/ruffle\/[\w.]+$/.test(path)) {
				if (path.endsWith(".wasm")) response.setHeader("content-type", "application/wasm");
				response.end(readFileSync(join(ruffle, path.slice("/ruffle/".length))));
			} else response.writeHead(404).end();
		}).listen(0, "127.0.0.1");
		await new Promise((resolve) => site.once("listening", resolve));
		const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
		const { port } = await gateway(`localhost:${peer.port}`, "--origin", origin);
		html = `<script>window.RufflePlayer = { config: { autoplay: "on" } };</script><script src="/ruffle/ruffle.js"></script>
<script src="http://localhost:${port}/ruffle-config.js"></script>${embed("localhost", peer.port)}`;
		const page = await browser.browser.newPage();
		await page.goto(`${origin}/`);
		await peer.done;
		await page.close();
		await peer.close();
		site.closeAllConnections();
		site.close();
	});
});
