// The client in ActionScript 3, at the daemon's /flash: typed into as a person would, beside a person on the chat page and a raw
// client. What it hears is read from its traces, for a canvas has no text.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { createServer } from "../../src/server/index.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { axeFaults, pageFaults } from "../console/page-checks.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

/** An open /flash, and what its movie has traced. */
interface FlashPage {
	readonly page: Page;
	readonly traces: readonly string[];
	readonly problems: readonly string[];
	/** Resolves when the movie has traced this line. */
	traced(line: string, times?: number): Promise<void>;
}

describe.skipIf(!chromiumPath)("the Flash client at /flash", () => {
	let daemon: Daemon;
	let browser: Awaited<ReturnType<typeof launch>>;
	let raw: RawClient;
	let flash: FlashPage;

	beforeAll(async () => {
		daemon = await startDaemon();
		browser = await launch({ width: 980, height: 640 });
		raw = await enterLobby(daemon.port);
	});
	afterAll(async () => {
		await browser?.close();
		await daemon?.stop();
	});

	async function enterLobby(port: number): Promise<RawClient> {
		const client = RawClient.tcp(port);
		client.send('<hello name="raw"/>\0<join room="lobby"/>\0');
		await client.until((text) => text.includes("<joined "));
		return client;
	}

	async function openFlash(): Promise<FlashPage> {
		const page = await browser.browser.newPage();
		const traces: string[] = [];
		const problems: string[] = [];
		page.on("pageerror", (error) => problems.push(String(error)));
		page.on("console", (message) => {
			const text = message.text();
			const traced = /^traced \w+\.hx:\d+: (.*)$/s.exec(text)?.[1];
			if (traced !== undefined) traces.push(traced);
			else if (message.type() === "error") problems.push(text);
		});
		await page.goto(`http://localhost:${daemon.port}/flash`);
		await page.waitForFunction(() => {
			const player = document.querySelector("ruffle-player") as unknown as {
				ruffle(): { readyState: number; traceObserver: (line: string) => void };
			} | null;
			if (player?.ruffle().readyState !== 2) return false;
			player.ruffle().traceObserver = (line) => console.log(`traced ${line}`);
			return document.activeElement === (player as unknown);
		});
		// The movie's first frame, which makes the form, comes with one of the page's next frames.
		await page.evaluate(async () => {
			for (let frame = 0; frame < 10; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
		});
		return {
			page,
			traces,
			problems,
			async traced(line, times = 1) {
				const count = (): number => traces.filter((text) => text === line).length;
				await expect.poll(count, { message: `"${line}" in ${JSON.stringify(traces)}` }).toBe(times);
			},
		};
	}

	/** The brightness of a point of the page, 0 to 255. */
	async function brightness(page: Page, x: number, y: number): Promise<number> {
		const png = await page.screenshot({ clip: { x, y, width: 40, height: 40 } });
		return page.evaluate(
			async (source) => {
				const image = new Image();
				image.src = source;
				await image.decode();
				const canvas = new OffscreenCanvas(1, 1).getContext("2d")!;
				canvas.drawImage(image, 0, 0, 1, 1);
				const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
				return (r! + g! + b!) / 3;
			},
			`data:image/png;base64,${png.toString("base64")}`,
		);
	}

	it("takes a name that is typed, and hears what was said before", async () => {
		raw.send('<say room="lobby">said before &lt;you&gt; came</say>\0');
		flash = await openFlash();
		await flash.page.keyboard.type("swf");
		await flash.page.keyboard.press("Enter");
		await flash.traced("named swf");
		await flash.traced("entered");
		await flash.traced("heard raw: said before <you> came");
		await raw.until((text) => text.includes('<enter room="lobby" name="swf"'));
	});

	it("is one of three in one conversation: the SWF, the chat page, a raw socket", async () => {
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${daemon.port}/`);
		await page.fill("#gate-name", "page");
		await page.keyboard.press("Enter");
		await page.waitForFunction(() => document.querySelectorAll("#member-list li").length === 3);
		await page.fill("#composer-text", "from the page: żółć & <b>");
		await page.press("#composer-text", "Enter");
		raw.send('<say room="lobby">from a raw socket</say>\0');
		await flash.traced("heard page: from the page: żółć & <b>");
		await flash.traced("heard raw: from a raw socket");

		await flash.page.bringToFront();
		await flash.page.keyboard.type("from the SWF: żółć & <b>");
		await flash.page.keyboard.press("Enter");
		await raw.until((text) => /<said [^>]*from="swf"[^>]*>from the SWF: żółć &amp; &lt;b&gt;<\/said>/.test(text));
		await flash.traced("heard swf: from the SWF: żółć & <b>");
		await page.bringToFront();
		await page.waitForFunction(() => document.querySelector("#log")?.textContent?.includes("from the SWF: żółć & <b>"));
		raw.send('<tell to="swf">only to you</tell>\0');
		await flash.page.bringToFront();
		await flash.traced("heard raw: only to you");
		await page.close();
		expect(flash.problems).toEqual([]);
	});

	it("follows the reader's preference for dark or light while it runs, with all that was said", async () => {
		expect(await pageFaults(flash.page)).toEqual([]);
		await flash.page.emulateMedia({ colorScheme: "dark" });
		await flash.traced("theme dark");
		// The middle of the messages: paper, with letters on it.
		await expect.poll(() => brightness(flash.page, 300, 300)).toBeLessThan(80);
		await flash.page.emulateMedia({ colorScheme: "light" });
		await flash.traced("theme light");
	});

	it("says in words that a name is taken, and takes another", async () => {
		const second = await openFlash();
		await second.page.keyboard.type("raw");
		await second.page.keyboard.press("Enter");
		await second.traced("refused Someone else is using that name. Please choose another.");
		await second.page.keyboard.type("2");
		await second.page.keyboard.press("Enter");
		await second.traced("named raw2");
		await second.traced("entered");
		await second.page.close();
		await raw.until((text) => text.includes('<exit room="lobby" name="raw2"'));
	});

	it("says that the connection is closed, and comes back under its name at a click", async () => {
		await flash.page.bringToFront();
		const { port } = daemon;
		await daemon.stop();
		await flash.traced("closed The server is stopping. It may be back soon.");
		daemon = await startDaemon(["--port", String(port)]);
		raw = await enterLobby(port);
		await flash.page.mouse.click(715, 132);
		await flash.traced("named swf", 2);
		await flash.traced("entered", 2);
		await flash.page.keyboard.type("back again");
		await flash.page.keyboard.press("Enter");
		await raw.until((text) => text.includes(">back again</said>"));
	});

	it("says how to get Ruffle where it is not installed", async () => {
		const server = await createServer({
			port: 0,
			pageFolder: join(import.meta.dirname, "../../dist/console"),
			routes: [ruffleRoutes(() => undefined)],
		}).listen();
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${server.port}/flash`);
		await page.waitForSelector(".card");
		expect(await page.textContent(".card")).toContain("npm install @ruffle-rs/ruffle");
		expect([...(await pageFaults(page)), ...(await axeFaults(page, "flash"))]).toEqual([]);
		await page.close();
		await server.close({ graceMs: 0 });
	});
});
