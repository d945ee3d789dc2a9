// The admin page of a daemon with 2,000 clients, and in more tabs than a browser has connections.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

const TOKEN = "a-token-of-the-tests-1";
const CLIENTS = 2000;

// It takes a minute of two cores, so `npm test` runs it, and continuous integration does not.
describe.skipIf(!chromiumPath || process.env.CI === "true")("the admin page with 2,000 clients", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let daemon: Daemon;
	let folder: string;
	const clients: RawClient[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket admin crowd "));
		writeFileSync(join(folder, "tokens"), `${TOKEN} olga\n`);
		const flags = ["--memory", "--admin-token-file", join(folder, "tokens")];
		[browser, daemon] = await Promise.all([launch(), startDaemon(flags)]);
		for (let first = 0; first < CLIENTS; first += 100) {
			const crowd = Array.from({ length: 100 }, (_, at) => {
				const client = RawClient.tcp(daemon.port);
				client.send(`<hello name="c${String(first + at).padStart(4, "0")}"/>\0`);
				return client;
			});
			clients.push(...crowd);
			await Promise.all(crowd.map((client) => client.until((text) => text.includes('name="c'))));
		}
	});
	afterAll(async () => {
		await browser?.close();
		for (const client of clients) client.socket.destroy();
		await daemon?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	async function signIn(place: string): Promise<Page> {
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${daemon.port}/xmlsocket/admin/${place}`);
		await page.fill("#gate-token", TOKEN);
		await page.keyboard.press("Enter");
		await page.locator("#admin").waitFor();
		return page;
	}

	it("lists all of them in parts, none twice, and finds a single one", async () => {
		const page = await signIn("#clients");
		const names = (): Promise<string[]> => page.locator("#clients-table tbody th .a-main").allTextContents();
		const seen = new Set<string>();
		for (let part = 0; part < CLIENTS / 100; part++) {
			const range = `${(part * 100 + 1).toLocaleString("en")} to ${(part * 100 + 100).toLocaleString("en")}`;
			await expect.poll(() => page.locator(".a-range:visible").textContent()).toBe(range);
			for (const name of await names()) seen.add(name);
			// A part is all that is in the page, however many there are.
			expect(await page.locator("#clients-table tbody tr").count()).toBe(100);
			if (part < CLIENTS / 100 - 1) await page.getByRole("button", { name: "Next →" }).click();
		}
		expect(seen.size).toBe(CLIENTS);
		expect(await page.getByRole("button", { name: "Next →" }).isDisabled()).toBe(true);
		await page.fill("#clients-filter", "c1234");
		await expect.poll(names).toEqual(["c1234"]);
		await page.close();
	});

	it("works in eight tabs, though a browser has six connections to a server", async () => {
		const pages: Page[] = [];
		for (let tab = 0; tab < 8; tab++) pages.push(await signIn("#overview"));
		for (const page of pages)
			await expect.poll(() => page.locator("#tiles").textContent()).toContain(CLIENTS.toLocaleString("en"));
		const states = await Promise.all(pages.map((page) => page.locator("#state").textContent()));
		expect(states.filter((state) => state === "live")).toHaveLength(4);
		expect(await pages[7]!.locator("#banner").textContent()).toContain("Other tabs");
		// A tab that is closed makes place for another one.
		await pages[0]!.close();
		const live = (): Promise<number> =>
			Promise.all(pages.slice(1).map((page) => page.locator("#state").textContent())).then(
				(texts) => texts.filter((text) => text === "live").length,
			);
		await expect.poll(live).toBe(4);
		for (const page of pages.slice(1)) await page.close();
	});
});
