// The live page in a real browser, between a real daemon and real clients: what a user sees, finds, holds, changes and saves.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.ts";
import {
	createInspector,
	createLivePage,
	type Inspector,
	type LivePage,
	readRecording,
	type TrafficEvent,
} from "../../src/tools/index.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { axeFaults, pageFaults } from "./page-checks.ts";

const pages = join(import.meta.dirname, "../../dist/console");

describe.skipIf(!chromiumPath)("the live page", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let daemon: Daemon;
	let inspector: Inspector;
	let live: LivePage;
	let page: Page;
	let seen: TrafficEvent[];
	const clients: RawClient[] = [];
	const problems: string[] = [];

	beforeAll(async () => {
		[browser, daemon] = await Promise.all([launch(), startDaemon(["--memory", "--relay"])]);
		await browser.browser.grantPermissions(["clipboard-read", "clipboard-write"]);
	});
	afterAll(async () => {
		await browser?.close();
		await daemon?.stop();
	});
	afterEach(async () => {
		await page?.close();
		for (const client of clients.splice(0)) client.socket.destroy();
		await live?.close();
		await inspector?.close();
		expect(problems.splice(0)).toEqual([]);
	});

	/** Starts an inspector with a page, and opens the page. @param port of the server; default: the daemon's */
	async function start(port = daemon.port): Promise<void> {
		seen = [];
		inspector = createInspector({
			listen: { host: "localhost", port: 0 },
			target: `localhost:${port}`,
			onEvent(event) {
				seen.push(event);
				live.add(event);
			},
			onHeld: () => live.heldChanged(),
		});
		const { terminator, encoding } = { terminator: Uint8Array.of(0), encoding: "utf-8" };
		const target = `localhost:${port}`;
		live = createLivePage({
			pages,
			controls: inspector,
			info: { startedMs: Date.now(), terminator, encoding, target },
		});
		await Promise.all([inspector.listen(), live.listen()]);
		page = await browser.browser.newPage();
		page.on("pageerror", (error) => problems.push(String(error)));
		page.on("console", (message) => {
			if (message.type() === "error") problems.push(message.text());
		});
		page.on("dialog", (dialog) => {
			problems.push(`a dialog: ${dialog.message()}`);
			void dialog.dismiss();
		});
		await page.goto(live.url);
		await page.locator("#state.open").waitFor();
	}

	/** A client of the daemon's relay, through the inspector. */
	function client(): RawClient {
		const connected = RawClient.tcp(inspector.address.port);
		clients.push(connected);
		return connected;
	}

	const rows = (): Promise<string[]> => page.locator(".t-row:visible .t-text").allTextContents();
	const details = (): Promise<string> => page.locator(".d-body").textContent().then(String);
	const select = (text: string): Promise<void> => page.locator(".t-row:visible", { hasText: text }).first().click();

	it("shows what passes as text, whatever it is, and filters, finds, compares and copies it", async () => {
		await start();
		const [one, other] = [client(), client()];
		other.send("<ready/>\0");
		await expect.poll(rows).toContain("<ready/>");
		const hostile = `<b t="1"><img src="x" onerror="alert(1)"/>\u202eevil\u200b<script>alert(2)</script></b>`;
		one.send(`${hostile}\0<b t="2"/>\0`);
		one.socket.write(Buffer.from([1, 2, 0xff, 0]));
		await expect.poll(rows).toContain("01 02 ff ");
		await expect.poll(async () => (await rows()).filter((row) => row.includes("onerror")).length).toBe(2);
		expect(await page.locator(".t-list img, .t-list script, .d-body img").count()).toBe(0);
		expect((await rows()).join("\n")).toContain("\\u202eevil\\u200b");
		// A mistake is shown below its column, and the list stays.
		const before = (await rows()).length;
		await page.fill("#filter", "b[@t=");
		await expect
			.poll(() => page.locator("#filter-problem").textContent())
			.toMatch(/^ {5}\^\nThe filter needs .* column 6\.$/);
		expect((await rows()).length).toBe(before);
		await page.fill("#filter", "client and b[@t='2']");
		await expect.poll(rows).toEqual(['<b t="2"/>']);
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("filter");
		await select('<b t="2"/>');
		await page.keyboard.press("m");
		await page.fill("#filter", "");
		// What was selected stays selected when the filter goes.
		await expect
			.poll(() => page.locator('.t-row[aria-selected="true"] .t-text').allTextContents())
			.toEqual(['<b t="2"/>']);
		await page.locator("#list").focus();
		await page.keyboard.press("k");
		await expect.poll(details).toContain("lines differ");
		expect(await page.locator(".diff img, .diff script").count()).toBe(0);
		await page.keyboard.press("c");
		await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(hostile);
		await page.keyboard.press("Escape");
		await page.keyboard.press("/");
		await page.keyboard.type("evil");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.locator(".t-row mark").count()).toBeGreaterThan(0);
		await page.locator("#list").focus();
		await page.keyboard.press("3");
		await expect.poll(details).toContain("3c 62 20 74");
	});

	it("holds what matches a filter; a user lets it go, changes it or drops it, and order and bytes stay", async () => {
		const received: Buffer[] = [];
		const server = createServer((socket) => {
			socket.on("data", (chunk) => received.push(chunk));
			socket.on("error", () => {});
		});
		await once(server.listen(0, "localhost"), "listening");
		await start((server.address() as AddressInfo).port);
		const one = client();
		await expect.poll(() => page.locator(".i-chip").count()).toBe(1);
		await page.keyboard.press("h");
		await page.keyboard.type("client and (say or binary)");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.locator("#hold-toggle").getAttribute("aria-pressed")).toBe("true");
		one.send("<say n='1'/>\0<next/>\0<say n='2'/>\0<say n='3'/>\0");
		one.socket.write(Buffer.from([0xff, 0x0a, 0x80, 0x81, 0x0d, 0, 0x3c, 0x65, 0x2f, 0x3e, 0]));
		const held = page.locator("#held > li");
		await expect.poll(() => held.locator(".code").allTextContents()).toEqual(["<say n='1'/>"]);
		await held.getByText("Change…").click();
		await page.fill("#editor-text", "<say n='changed 中'/>");
		await page.keyboard.press("Control+Enter");
		await expect.poll(() => held.locator(".code").allTextContents()).toEqual(["<say n='2'/>"]);
		await held.getByText("Drop").click();
		await expect.poll(() => held.locator(".code").allTextContents()).toEqual(["<say n='3'/>"]);
		await held.getByText("Let go").click();
		// Bytes that are not text are edited as hex, and stay as they are if they are not changed.
		await expect.poll(() => held.locator(".code").allTextContents()).toEqual(["ff 0a 80 81 0d "]);
		await held.getByText("Change…").click();
		expect(await page.inputValue("#editor-text")).toBe("ff 0a 80 81 0d");
		await page.keyboard.press("Control+Enter");
		const expected = Buffer.concat([
			Buffer.from("<say n='changed 中'/>\0<next/>\0<say n='3'/>\0"),
			Buffer.from([0xff, 0x0a, 0x80, 0x81, 0x0d, 0, 0x3c, 0x65, 0x2f, 0x3e, 0]),
		]);
		await expect.poll(() => Buffer.concat(received).toString("latin1")).toBe(expected.toString("latin1"));
		await expect.poll(() => page.locator(".t-row.dropped .t-text").allTextContents()).toEqual(["dropped<say n='2'/>"]);
		await page.getByText("Stop, and let all go").click();
		await expect.poll(() => page.locator("#hold-toggle").getAttribute("aria-pressed")).toBe("false");
		server.close();
	});

	it("injects a document to either side, and resends one that was edited", async () => {
		await start();
		const one = client();
		one.send("<hi n='1'/>\0");
		await expect.poll(rows).toContain("<hi n='1'/>");
		await page.keyboard.press("i");
		await page.selectOption("#editor-direction", "server");
		await page.fill("#editor-text", "<from-nobody/>");
		await page.click("#editor-send");
		await one.until(() => one.received.includes("<from-nobody/>\0"));
		await select("<hi n='1'/>");
		await page.keyboard.press("e");
		await page.fill("#editor-text", "<hi n='2'/>");
		await page.click("#editor-send");
		await expect.poll(rows).toContain("injected<hi n='2'/>");
		one.socket.destroy();
		await expect.poll(() => inspector.connections()[0]?.state).toBe("closed");
		await expect.poll(() => page.locator(".i-chip.is-open").count()).toBe(0);
		await page.keyboard.press("i");
		await expect.poll(() => page.locator("#said").textContent()).toBe("No connection is open.");
	});

	it("has no fault that an audit or axe finds, with a document, in a dialog, and in a narrow window", async () => {
		await start();
		client().send('<b t="1"/>\0<msg t="sys"><body action="login"/></msg>\0');
		await expect.poll(rows).toContain('<b t="1"/>');
		await select('<b t="1"/>');
		const faults = [...(await pageFaults(page, true)), ...(await axeFaults(page, "list"))];
		await page.click("#hold-toggle");
		await page.click("#help-open");
		faults.push(...(await axeFaults(page, "help")));
		await page.keyboard.press("Escape");
		await page.setViewportSize({ width: 390, height: 800 });
		faults.push(...(await pageFaults(page)), ...(await axeFaults(page, "narrow")));
		expect(faults).toEqual([]);
	});

	it("stays where the user reads while documents arrive, says how many are new, and pauses", async () => {
		await start();
		const one = client();
		for (let number = 0; number < 300; number++) one.send(`<n>${number}</n>\0`);
		await expect.poll(async () => (await rows()).at(-1)).toBe("<n>299</n>");
		await page.locator("#list").focus();
		await page.keyboard.press("Home");
		await page.keyboard.press("j");
		await page.keyboard.press("j");
		const [first, chosen] = [await rows(), await details()];
		for (let number = 300; number < 600; number++) one.send(`<n>${number}</n>\0`);
		await expect.poll(() => page.locator("#newer").textContent()).toBe("↓ 300 new");
		expect([await rows(), await details()]).toEqual([first, chosen]);
		await page.keyboard.press("g");
		await expect.poll(async () => (await rows()).at(-1)).toBe("<n>599</n>");
		await page.keyboard.press(" ");
		for (let number = 600; number < 700; number++) one.send(`<n>${number}</n>\0`);
		await expect.poll(() => page.locator("#numbers").textContent()).toContain("paused, 100 new");
		expect((await rows()).at(-1)).toBe("<n>599</n>");
		await page.keyboard.press(" ");
		await expect.poll(async () => (await rows()).at(-1)).toBe("<n>699</n>");
		// The page comes back with everything, also after it was reloaded.
		await page.reload();
		await expect.poll(() => page.locator("#numbers").textContent()).toBe("701 events");
	});

	it("saves what it has as a recording, with the secrets masked there and in what is copied", async () => {
		await start();
		const connection = await connect(`localhost:${inspector.address.port}`);
		connection.send("<login password='hunter2' name='zoë'/>");
		connection.send("<bye/>");
		await expect.poll(async () => (await rows()).filter((row) => row.includes("bye")).length).toBe(1);
		await connection.close();
		await expect.poll(async () => (await rows()).at(-1)).toContain("closed");
		await page.keyboard.press("r");
		await page.fill("#saver-mask", "password");
		const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
		const file = await download.path();
		expect(download.suggestedFilename()).toMatch(/^xmlsocket-.*\.ndjson$/);
		expect(readFileSync(file, "utf8")).not.toContain("hunter2");
		const recording = await readRecording(file);
		const events: TrafficEvent[] = [];
		for await (const event of recording) events.push(event);
		expect(recording.missing).toBe(0);
		expect(events).toHaveLength(seen.length);
		const masked = Buffer.from("<login password='***' name='zoë'/>");
		expect(events[1]).toMatchObject({ masked: true, bytes: new Uint8Array(masked) });
		expect(events.slice(2)).toEqual(
			seen.slice(2).map((event) => ("bytes" in event ? { ...event, bytes: new Uint8Array(event.bytes) } : event)),
		);
		await select("hunter2");
		await page.keyboard.press("s");
		await expect
			.poll(() => page.evaluate(() => navigator.clipboard.readText()))
			.toBe(`xmlsocket send localhost:${daemon.port} '<login password='\\''***'\\'' name='\\''zoë'\\''/>'`);
	});
});
