// The admin page in a real browser, on a real daemon with real clients: what an operator signs in with, sees and does, and what the page shows
// while the daemon is gone or the token is another one.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as connectHttp, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { axeFaults, pageFaults } from "./page-checks.ts";

const TOKEN = "a-token-of-the-tests-1";
const OTHER_TOKEN = "a-token-of-the-tests-2";
const EMOJI = "💬".repeat(32);

describe.skipIf(!chromiumPath)("the admin page", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let daemon: Daemon;
	let folder: string;
	let tokens: string;
	let page: Page;
	const clients: RawClient[] = [];
	/** What a browser reports as wrong. Refused requests are reported too, where a test expects them. */
	const problems: string[] = [];

	const flags = (): string[] => ["--memory", "--admin-token-file", tokens];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket admin page "));
		tokens = join(folder, "tokens");
		writeFileSync(tokens, `# for the tests\n${TOKEN} olga\n`, { mode: 0o600 });
		[browser, daemon] = await Promise.all([launch(), startDaemon(flags())]);
	});
	afterAll(async () => {
		await browser?.close();
		await daemon?.stop();
		rmSync(folder, { recursive: true, force: true });
	});
	afterEach(async () => {
		await page?.close();
		for (const client of clients.splice(0)) client.socket.destroy();
		expect(problems.splice(0)).toEqual([]);
	});

	/** Opens the page. @param place the part behind # */
	async function open(place = ""): Promise<void> {
		page = await browser.browser.newPage();
		page.on("pageerror", (error) => problems.push(String(error)));
		page.on("console", (message) => {
			if (message.type() === "error" && !/Failed to load resource/.test(message.text())) problems.push(message.text());
		});
		page.on("dialog", (dialog) => {
			problems.push(`a dialog: ${dialog.message()}`);
			void dialog.dismiss();
		});
		await page.goto(`http://localhost:${daemon.port}/xmlsocket/admin/${place}`);
	}

	async function signIn(place = "", token = TOKEN): Promise<void> {
		await open(place);
		await page.fill("#gate-token", token);
		await page.keyboard.press("Enter");
		await page.locator("#admin").waitFor();
	}

	/** A client of the chat with this name, in a room. */
	async function client(name: string, room = "lobby"): Promise<RawClient> {
		const connected = RawClient.tcp(daemon.port);
		clients.push(connected);
		const escaped = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
		connected.send(`<hello name="${escaped}"/>\0<join room="${room}"/>\0`);
		await connected.until((text) => text.includes("<joined"));
		return connected;
	}

	const firstCells = (table: string): Promise<string[]> => page.locator(`${table} tbody th .a-main`).allTextContents();
	const choose = (table: string, name: string): Promise<void> =>
		page.locator(`${table} .a-opener`, { hasText: name }).click();
	const confirm = (): Promise<void> => page.click("#act-ok");
	const toast = (): Promise<string> => page.locator("#toasts").textContent().then(String);

	it("asks for the token, says what is wrong with another one, and accepts the line of the file", async () => {
		await open("#rooms");
		expect(await page.locator("#admin").isVisible()).toBe(false);
		await page.fill("#gate-token", "not-one-of-the-tokens");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.locator("#gate-error").textContent()).toContain("token");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("gate-token");
		await page.fill("#gate-token", `${TOKEN} olga`);
		await page.keyboard.press("Enter");
		await page.locator("#view-rooms").waitFor();
		// The tab stays signed in; another tab does not, and nothing of the token is in an address or a cookie.
		await page.reload();
		await page.locator("#view-rooms").waitFor();
		expect(await browser.browser.cookies()).toEqual([]);
		expect(page.url()).not.toContain(TOKEN);
		await page.getByRole("button", { name: "Sign out" }).click();
		await page.locator("#gate").waitFor();
		expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
	});

	it("shows a client that is disconnected no longer, and tells the client why", async () => {
		const [ann, bob] = await Promise.all([client("ann"), client("bob")]);
		await signIn("#clients");
		await expect.poll(() => firstCells("#clients-table")).toEqual(["ann", "bob"]);
		await choose("#clients-table", "ann");
		await expect.poll(() => page.locator("#client-side").textContent()).toContain("127.0.0.1");
		// The question is answered with the keyboard alone; Enter on it does nothing by itself.
		await page.getByRole("button", { name: "Disconnect…" }).focus();
		await page.keyboard.press("Enter");
		await page.keyboard.press("Enter");
		expect(ann.socket.destroyed).toBe(false);
		await page.getByRole("button", { name: "Disconnect…" }).click();
		await confirm();
		await ann.closed;
		expect(ann.text).toContain('<bye reason="kicked"');
		await expect.poll(toast).toContain("ann was disconnected.");
		await expect.poll(() => firstCells("#clients-table")).toEqual(["bob"]);
		await expect.poll(() => page.locator("#client-side").textContent()).toContain("has left");
		expect(bob.socket.destroyed).toBe(false);
	});

	it("removes a member from one room, and says something to those who stay", async () => {
		const [ann, bob] = await Promise.all([client("ann"), client("bob")]);
		await signIn("#rooms");
		await choose("#rooms-table", "lobby");
		await page.getByRole("button", { name: "Remove ann…" }).click();
		await confirm();
		await bob.until((text) => text.includes('<exit room="lobby" name="ann"'));
		expect(ann.socket.destroyed).toBe(false);
		await page.getByRole("button", { name: "Say…" }).click();
		await page.locator("#act-fields textarea").fill("We <restart> at 20:00 & are back soon");
		await confirm();
		await bob.until((text) => text.includes("We &lt;restart&gt; at 20:00 &amp; are back soon</said>"));
	});

	it("shows hostile names as text, and acts on the one that was chosen", async () => {
		const hostile = ["<img src=x onerror=alert(1)>", EMOJI, "שלום עולם", '"><script>alert(2)</script>'];
		for (const name of hostile) await client(name);
		await signIn("#clients");
		await expect.poll(async () => (await firstCells("#clients-table")).sort()).toEqual([...hostile].sort());
		expect(await page.locator("#view img, #view script, dialog img").count()).toBe(0);
		// A long name does not make the page wider.
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
		await choose("#clients-table", "onerror");
		await page.getByRole("button", { name: "Disconnect…" }).click();
		expect(await page.locator("#act-title").textContent()).toBe(`Disconnect ${hostile[0]}?`);
		await confirm();
		await expect.poll(async () => (await firstCells("#clients-table")).length).toBe(3);
		expect(await firstCells("#clients-table")).not.toContain(hostile[0]);
		await page.goto(`http://localhost:${daemon.port}/xmlsocket/admin/#overview`);
		await page.locator("#view-overview").waitFor();
	});

	it("disconnects the client that was chosen, or none, where another one has taken its name meanwhile", async () => {
		const ann = await client("ann");
		await signIn("#clients");
		await choose("#clients-table", "ann");
		await page.getByRole("button", { name: "Disconnect…" }).click();
		ann.socket.destroy();
		await ann.closed;
		const other = await client("ann");
		await confirm();
		await expect.poll(() => page.locator("#act-problem").textContent()).toContain("no client");
		expect(other.socket.destroyed).toBe(false);
		await page.keyboard.press("Escape");
		await expect.poll(() => page.locator("#act").isVisible()).toBe(false);
	});

	it("bans a client from everywhere, lists the ban with its reason, and lifts it", async () => {
		const ann = await client("ann");
		await signIn("#clients");
		await choose("#clients-table", "ann");
		await page.getByRole("button", { name: "Ban…" }).click();
		await page.locator("#act-fields select").nth(2).selectOption("3600");
		await page.locator("#act-fields input").fill("Spam <b>again</b>");
		// A double click does it once.
		await page.dblclick("#act-ok");
		await ann.closed;
		await expect.poll(toast).toContain("ann was banned.");
		const again = RawClient.tcp(daemon.port);
		clients.push(again);
		again.send('<hello name="ann"/>\0');
		await again.until((text) => text.includes("banned"));
		await page.getByRole("link", { name: "Bans" }).click();
		await expect.poll(() => firstCells("#sanctions-table")).toEqual(["ann"]);
		const row = await page.locator("#sanctions-table tbody").textContent();
		expect(row).toContain("Spam <b>again</b>");
		expect(row).toContain("everywhere");
		await page.getByRole("button", { name: "Lift the ban of ann…" }).click();
		await confirm();
		await expect.poll(() => page.locator("#sanctions-frame").textContent()).toContain("Nobody is banned or muted.");
		await client("ann");
	});

	it("mutes an address that the operator types, and says why an address that is none is refused", async () => {
		await signIn("#sanctions");
		await page.getByRole("button", { name: "New mute…" }).click();
		await page.locator("#act-fields select").first().selectOption("address");
		await page.locator("#act-fields input").first().fill("not an address");
		await confirm();
		await expect.poll(() => page.locator("#act-problem").textContent()).not.toBe("");
		await page.locator("#act-fields input").first().fill("203.0.113.0/24");
		await confirm();
		await expect.poll(() => firstCells("#sanctions-table")).toEqual(["203.0.113.0/24"]);
	});

	it("shows the documents of one client while they pass, without its secrets, until it leaves", async () => {
		const ann = await client("ann");
		const bob = await client("bob");
		await signIn("#clients");
		await choose("#clients-table", "ann");
		await page.getByRole("button", { name: "Watch traffic" }).click();
		await expect.poll(() => page.locator("#traffic-state").textContent()).toBe("live");
		const rows = (): Promise<string[]> => page.locator(".t-row:visible .t-text").allTextContents();
		bob.send('<say room="lobby">not to be seen twice</say>\0<hello session="a-secret"/>\0');
		ann.send(
			'<say room="lobby"><![CDATA[<img src=x onerror=alert(1)>]]></say>\0<hello name="ann" token="a-secret"/>\0',
		);
		await expect.poll(async () => (await rows()).join("\n")).toContain("onerror");
		await expect.poll(async () => (await rows()).join("\n")).toContain('token="***"');
		expect((await rows()).join("\n")).not.toContain("a-secret");
		expect(await page.locator(".t-list img").count()).toBe(0);
		// It goes on for longer than the stream is silent between two signs of life.
		let later = 0;
		const more = async (): Promise<boolean> => {
			ann.send(`<say room="lobby">later ${++later}</say>\0`);
			return later > 6 && (await rows()).join("\n").includes(`later ${later - 1}<`);
		};
		await expect.poll(more, { interval: 250 }).toBe(true);
		await page.fill("#filter", "said and server");
		await expect.poll(async () => (await rows()).every((row) => row.startsWith("<said"))).toBe(true);
		ann.socket.destroy();
		await expect.poll(() => page.locator("#traffic-state").textContent()).toContain("not connected");
	});

	it("counts by the daemon's clock where that of the device is a day wrong", async () => {
		await client("ann");
		page = await browser.browser.newPage();
		await page.clock.setFixedTime(Date.now() + 86_400_000);
		await page.goto(`http://localhost:${daemon.port}/xmlsocket/admin/#clients`);
		await page.fill("#gate-token", TOKEN);
		await page.keyboard.press("Enter");
		await expect
			.poll(() => page.locator("#clients-table tbody td:last-child").allTextContents())
			.toEqual([expect.stringMatching(/^\d+ s$/)]);
	});

	it("has no fault of accessibility that axe finds, in any section, light and dark", async () => {
		await client("ann");
		await signIn("#clients");
		await choose("#clients-table", "ann");
		await page.getByRole("button", { name: "Ban…" }).click();
		await page.locator("#act").waitFor();
		const faults: string[] = [];
		const check = async (where: string): Promise<void> => {
			faults.push(...(await axeFaults(page, where)), ...(await pageFaults(page)));
		};
		await check("dialog");
		await page.keyboard.press("Escape");
		await check("clients");
		for (const section of ["Overview", "Rooms", "Traffic", "Bans", "Log"]) {
			await page.getByRole("link", { name: section }).first().click();
			await page.locator(`#view-${section === "Bans" ? "sanctions" : section.toLowerCase()}`).waitFor();
			await check(section);
		}
		expect(faults).toEqual([]);
	});

	it("finds clients by a part of the name, of the address, and by the room, and keeps the place in the address", async () => {
		await Promise.all([client("ann"), client("anna", "news"), client("bob")]);
		await signIn("#clients");
		await page.fill("#clients-filter", "ann");
		await expect.poll(() => firstCells("#clients-table")).toEqual(["ann", "anna"]);
		expect(page.url()).toContain("#clients?name=ann");
		await page.selectOption("#clients-by", "room");
		await page.fill("#clients-filter", "news");
		await expect.poll(() => firstCells("#clients-table")).toEqual(["anna"]);
		await page.reload();
		await expect.poll(() => firstCells("#clients-table")).toEqual(["anna"]);
		await page.fill("#clients-filter", "nothing");
		await expect.poll(() => page.locator("#clients-frame").textContent()).toContain("No client matches.");
	});

	it("comes back by itself after the daemon was restarted, and says meanwhile that what it shows is old", async () => {
		await signIn();
		await expect.poll(() => page.locator("#state").textContent()).toBe("live");
		const { port } = daemon;
		await daemon.stop();
		await expect.poll(() => page.locator("#banner").textContent()).toContain("does not answer");
		await expect.poll(() => page.locator("#state").textContent()).toBe("no connection");
		daemon = await startDaemon([...flags(), "--port", String(port)]);
		await expect.poll(() => page.locator("#state").textContent()).toBe("live");
		await expect.poll(() => page.locator("#banner").isVisible()).toBe(false);
		await client("ann");
		await page.getByRole("link", { name: "Clients" }).click();
		await expect.poll(() => firstCells("#clients-table")).toEqual(["ann"]);
	});

	it("works behind a proxy that asks for a password of its own", async () => {
		const proxy = createServer((request, response) => {
			if (request.headers.authorization !== `Basic ${btoa("door:open")}`) {
				response.writeHead(401, { "www-authenticate": 'Basic realm="proxy"' }).end("the proxy's page");
				return;
			}
			const { method = "GET", url: path = "/", headers } = request;
			const onward = connectHttp({ port: daemon.port, method, path, headers }, (answer) => {
				response.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(response);
			});
			request.pipe(onward);
			response.on("close", () => onward.destroy());
			onward.on("error", () => response.destroy());
		});
		await once(proxy.listen(0, "localhost"), "listening");
		const { port } = proxy.address() as AddressInfo;
		const own = await browser.browser
			.browser()!
			.newContext({ httpCredentials: { username: "door", password: "open" } });
		page = await own.newPage();
		await page.goto(`http://localhost:${port}/xmlsocket/admin/`);
		await page.fill("#gate-token", TOKEN);
		await page.keyboard.press("Enter");
		await expect.poll(() => page.locator("#state").textContent()).toBe("live");
		await own.close();
		proxy.closeAllConnections();
		proxy.close();
	});

	it("asks for the token again when the file has another one", async () => {
		await signIn("#log");
		writeFileSync(tokens, `${OTHER_TOKEN} olga\n`);
		await expect.poll(() => page.locator("#gate-error").textContent()).toContain("no longer accepted");
		expect(await page.locator("#admin").isVisible()).toBe(false);
		await page.fill("#gate-token", OTHER_TOKEN);
		await page.keyboard.press("Enter");
		await page.locator("#view-log").waitFor();
		writeFileSync(tokens, `${TOKEN} olga\n`);
		const status = `http://localhost:${daemon.port}/xmlsocket/admin/api/status`;
		const headers = { authorization: `Bearer ${TOKEN}` };
		await expect.poll(async () => (await fetch(status, { headers })).status).toBe(200);
	});

	it("loads less than 80 kB, compressed, and nothing from elsewhere", async () => {
		const loaded: string[] = [];
		browser.browser.on("request", (request) => loaded.push(request.url()));
		await signIn();
		await expect.poll(() => page.locator("#state").textContent()).toBe("live");
		const files = loaded.filter((url) => !url.includes("/api/"));
		const { headers } = await fetch(page.url().replace(/#.*/, ""));
		expect(headers.get("content-security-policy")).toBe(
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		);
		expect(files.every((url) => url.startsWith(`http://localhost:${daemon.port}/xmlsocket/admin/`))).toBe(true);
		let bytes = 0;
		for (const url of new Set(files.map((file) => file.replace(/#.*/, ""))))
			bytes += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length;
		expect(bytes).toBeGreaterThan(20_000);
		expect(bytes).toBeLessThan(80_000);
	});
});
