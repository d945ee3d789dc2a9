// The built site in a browser: it asks no other host for anything, its search works without a network, and its front page has a chat between a
// web page and a Flash client without a server.

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticFiles } from "../../src/server/static-files.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";

const root = resolve(import.meta.dirname, "../..");

describe.skipIf(!chromiumPath)("the documentation site", () => {
	let folder: string;
	let http: Server;
	let browser: Awaited<ReturnType<typeof launch>>;
	let page: Page;
	const requests: string[] = [];
	const problems: string[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket site "));
		const vitepress = join(root, "node_modules/vitepress/bin/vitepress.js");
		await promisify(execFile)(process.execPath, [vitepress, "build", "site", "--outDir", folder], { cwd: root });
		const files = staticFiles(folder, () => {});
		http = createServer((request, response) => {
			const { pathname } = new URL(request.url ?? "/", "http://localhost");
			files(request, response, pathname === "/" ? "/index.html" : pathname, () => void response.writeHead(404).end());
		});
		await new Promise<void>((done) => http.listen(0, "localhost", done));
		browser = await launch({ width: 1200, height: 900 });
		page = await browser.browser.newPage();
		page.on("request", (request) => requests.push(request.url()));
		page.on("pageerror", (error) => problems.push(String(error)));
		page.on("console", (message) => {
			if (message.type() === "error") problems.push(message.text());
		});
	});
	afterAll(async () => {
		await browser?.close();
		http?.closeAllConnections();
		http?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const address = (path: string): string => `http://localhost:${(http.address() as AddressInfo).port}${path}`;
	const isOverflowing = (): Promise<boolean> =>
		page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

	it("is built whole: every page of docs/, and the files that pages link to", () => {
		const built = readdirSync(folder, { recursive: true, encoding: "utf8" });
		const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
			.filter((file) => file.endsWith(".md") && file !== "README.md")
			.map((file) => file.replace(/\.md$/, ".html"));
		expect(built).toEqual(expect.arrayContaining([...pages, "index.html", "contents.html", "architecture.html"]));
		const sources = built
			.filter((file) => file.endsWith(".html"))
			.flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/href="\/(source\/[^"]+)"/g)])
			.map(([, href]) => href!);
		expect(sources).toContain("source/flash.html");
		expect(built).toEqual(expect.arrayContaining(sources));
	});

	it("has a chat between a web page and Flash content on its front page, without a server", async () => {
		const webSockets: string[] = [];
		page.on("websocket", (webSocket) => webSockets.push(webSocket.url()));
		await page.goto(address("/"));
		await page.locator("live-demo").scrollIntoViewIfNeeded();
		const log = page.locator(".demo-log");
		await expect.poll(() => log.textContent()).toContain("Hello, you!");
		await page.getByLabel("Message", { exact: true }).fill("from the page <&>");
		await page.keyboard.press("Enter");
		await expect.poll(() => log.textContent()).toContain("you from the page <&>");
		await expect.poll(() => page.locator(".demo .t-row.t-client").last().textContent()).toContain("<say");
		expect(requests.filter((url) => url.includes("/ruffle/"))).toEqual([]);

		await page.getByRole("button", { name: "Start the Flash client" }).click();
		await page.waitForFunction(() => {
			const player = document.querySelector("ruffle-player") as unknown as { ruffle(): { readyState: number } } | null;
			return player?.ruffle().readyState === 2 && document.activeElement === (player as unknown);
		});
		await page.evaluate(async () => {
			for (let frame = 0; frame < 10; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
		});
		await page.keyboard.press("Enter");
		await expect.poll(() => log.textContent()).toContain("flash is here");
		await expect.poll(() => page.locator(".demo").textContent()).toContain("In the lobby: guide, you, flash");
		await page.keyboard.type("from the SWF");
		await page.keyboard.press("Enter");
		await expect.poll(() => log.textContent()).toContain("flash from the SWF");
		expect(webSockets).toEqual([]);
		expect(problems).toEqual([]);
	});

	it("shows the documents that a filter selects, and the selected one indented", async () => {
		const rows = page.locator(".demo .t-row:not([hidden])");
		await page.getByLabel("Filter").fill("say and client and /the SWF|the page/");
		await expect
			.poll(async () => (await rows.allTextContents()).map((text) => /from the \w+/.exec(text)?.[0]))
			.toEqual(["from the page", "from the SWF"]);
		await rows.last().click();
		await expect.poll(() => page.locator(".demo-details .d-body").textContent()).toContain("from the SWF");
		expect(await page.locator(".demo-details").textContent()).toContain("Copy");
	});

	it("fits a phone of 390 pixels", async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		expect(await isOverflowing()).toBe(false);
		const { width } = (await page.locator(".demo-log").boundingBox())!;
		expect(width).toBeGreaterThan(300);
		for (const path of ["/options.html", "/howto/port-843.html", "/comparison.html", "/cli.html"]) {
			await page.goto(address(path));
			expect(await isOverflowing(), path).toBe(false);
		}
		await page.setViewportSize({ width: 1200, height: 900 });
	});

	it("finds options and recipes with its own search", async () => {
		await page.goto(address("/faq.html"));
		for (const [words, found] of [
			["port 843", "/howto/port-843.html"],
			["maxDocumentBytes", "/options.html"],
			["connected closed", "/howto/connected-then-closed.html"],
		] as const) {
			await page.keyboard.press("Control+k");
			await page.locator("#localsearch-input").fill(words);
			await expect
				.poll(() =>
					page.locator("#localsearch-list a").evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
				)
				.toSatisfy((links: string[]) => links.some((link) => link.startsWith(found)));
			await page.keyboard.press("Escape");
		}
	});

	it("asked no other host for anything", () => {
		expect(requests.filter((url) => !url.startsWith(address("/")) && !/^(?:data|blob):/.test(url))).toEqual([]);
		expect(problems).toEqual([]);
	});
});
