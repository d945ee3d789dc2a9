// What people report about pages that show live traffic: lists that jump, selections that are lost, documents that are cut, messages that
// never appear. Each is tried on the live page in a real browser. The traffic is made here, without a server.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLivePage, type LivePage } from "../../src/tools/index.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";

const pages = join(import.meta.dirname, "../../dist/console");
const info = { startedMs: Date.now(), terminator: Uint8Array.of(0), encoding: "utf-8", target: "localhost:9000" };

describe.skipIf(!chromiumPath)("a viewer of live traffic", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let live: LivePage;
	let page: Page;
	let sent = 0;
	let stream: NodeJS.Timeout | undefined;

	beforeAll(async () => {
		browser = await launch();
	});
	afterAll(() => browser?.close());
	afterEach(async () => {
		clearInterval(stream);
		await page?.close();
		await live?.close();
	});

	async function start(): Promise<void> {
		sent = 0;
		live = await createLivePage({ pages, info }).listen();
		page = await browser.browser.newPage();
		await page.goto(live.url);
		await page.locator("#state.open").waitFor();
	}

	function add(text: string): void {
		const bytes = new TextEncoder().encode(text);
		const direction = sent % 2 === 0 ? "client" : "server";
		live.add({ kind: "document", connection: 1 + (sent % 3), direction, time: sent++, bytes, ending: "terminated" });
	}

	/** Numbered documents without a pause. */
	function push(perSecond: number): void {
		stream = setInterval(() => {
			for (let count = 0; count < perSecond / 50; count++) add(`<move n="${sent}" x="${sent % 640}"/>`);
		}, 20);
	}

	const selected = (): Promise<string[]> =>
		page.locator('.t-row[aria-selected="true"]:visible .t-text').allTextContents();

	it("shows a document of many lines to its end, at one click", async () => {
		await start();
		add(`<list>${Array.from({ length: 5000 }, (_, at) => `<i n="${at}"/>`).join("")}</list>`);
		await page.locator(".t-row:visible").first().click();
		await expect.poll(() => page.locator(".d-body .line").count()).toBe(2000);
		await page.getByText("Show all 5,002 lines").click();
		expect(await page.locator(".d-body .line").count()).toBe(5002);
		expect(await page.locator(".d-body .line").last().textContent()).toBe("</list>");
	});

	it("has what arrived while its tab was in the background", async () => {
		await start();
		const other = await browser.browser.newPage();
		await other.bringToFront();
		for (let count = 0; count < 5000; count++) add(`<move n="${count}"/>`);
		await page.bringToFront();
		await expect.poll(() => page.locator("#numbers").textContent()).toBe("5,000 events");
		await expect.poll(() => page.locator(".t-row:visible .t-text").last().textContent()).toBe('<move n="4999"/>');
		await other.close();
	});

	it("can be read, filtered and saved while documents never pause", async () => {
		await start();
		push(2000);
		await expect
			.poll(async () => Number((await page.locator("#numbers").textContent())?.replace(/\D/g, "")))
			.toBeGreaterThan(500);
		// A line that a pointer aims at moves on; the key selects the newest line, and stops the list there.
		await page.locator("#list").focus();
		await page.keyboard.press("k");
		await expect.poll(async () => (await selected()).length).toBe(1);
		const [chosen = ""] = await selected();
		expect(chosen).toMatch(/^<move n=/);
		const shown = await page.locator(".d-body").textContent();
		// Each key filters again. The focus, the text and the selection stay.
		await page.locator("#filter").pressSequentially("client and move");
		expect(await page.inputValue("#filter")).toBe("client and move");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("filter");
		expect(await page.locator(".d-body").textContent()).toBe(shown);
		await page.fill("#filter", "");
		await expect.poll(selected).toEqual([chosen]);
		await page.locator("#list").focus();
		await page.keyboard.press("r");
		const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
		const lines = readFileSync(await download.path(), "utf8")
			.trimEnd()
			.split("\n");
		expect(lines.length).toBeGreaterThan(500);
		expect(lines.map((line) => JSON.parse(line) as object)[1]).toMatchObject({
			kind: "document",
			text: '<move n="0" x="0"/>',
		});
	});

	it("stays at the same document when a filter is set and removed in the middle of a long list", async () => {
		await start();
		for (let count = 0; count < 3000; count++) add(`<move n="${count}"/>`);
		await expect.poll(() => page.locator("#numbers").textContent()).toBe("3,000 events");
		await page.locator("#list").evaluate((list) => {
			list.scrollTop = 1500 * 28;
		});
		await page.locator(".t-row:visible", { hasText: '"1510"' }).click();
		const top = (): Promise<number> =>
			page.locator('.t-row[aria-selected="true"]').evaluate((row) => row.getBoundingClientRect().top);
		const before = await top();
		await page.fill("#filter", "client");
		await expect.poll(() => page.locator("#numbers").textContent()).toBe("1,500 of 3,000 events");
		expect(await selected()).toEqual(['<move n="1510"/>']);
		await page.fill("#filter", "");
		await expect.poll(() => page.locator("#numbers").textContent()).toBe("3,000 events");
		await expect.poll(selected).toEqual(['<move n="1510"/>']);
		expect(Math.abs((await top()) - before)).toBeLessThan(40);
	});
});
