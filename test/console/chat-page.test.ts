// The chat page in a real browser, on a real daemon with real clients: what a user reads, finds and does, in each window and palette.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { axeFaults, pageFaults, watchProblems } from "./page-checks.ts";

describe.skipIf(!chromiumPath)("the chat page", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let daemon: Daemon;
	let folder: string;
	let page: Page;
	let problems: string[] = [];
	const clients: RawClient[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket chat page "));
		writeFileSync(join(folder, "tokens"), "sesame olga operator\n");
		const flags = ["--memory", "--token-file", join(folder, "tokens"), "--history", "20"];
		[browser, daemon] = await Promise.all([launch(), startDaemon([...flags, "--room", "news"])]);
		await browser.browser.grantPermissions(["clipboard-read", "clipboard-write", "notifications"]);
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
		problems = watchProblems(page);
		await page.goto(`http://localhost:${daemon.port}/${place}`);
		await page.locator("#gate").waitFor();
	}

	async function enter(name: string, place = ""): Promise<void> {
		await open(place);
		await page.fill("#gate-name", name);
		await page.keyboard.press("Enter");
		await page.locator("#chat").waitFor();
		await expect.poll(() => page.locator("#member-list li").count()).toBeGreaterThan(0);
	}

	/** A client in a room. */
	async function client(name: string, room = "lobby", attributes = ""): Promise<RawClient> {
		const connected = RawClient.tcp(daemon.port);
		clients.push(connected);
		connected.send(`<hello name="${name}"${attributes}/>\0<join room="${room}"/>\0`);
		await connected.until((text) => text.includes("<joined"));
		return connected;
	}

	const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
	const log = (): Promise<string> => page.locator("#log").textContent().then(String);
	async function say(text: string): Promise<void> {
		await page.fill("#composer-text", text);
		await page.press("#composer-text", "Enter");
	}

	it("says at the door which server it is and how others join, and refuses the name of a guest with the reason", async () => {
		await open("#tea%20room");
		expect(await page.title()).toBe(`Chat on localhost:${daemon.port}`);
		expect(await page.textContent("h1")).toBe(`Chat on localhost:${daemon.port}`);
		expect(await page.textContent("#gate-command")).toBe(`npx xmlsocket connect localhost:${daemon.port}`);
		await page.click("#copy-link");
		await expect.poll(() => page.textContent("#gate-status")).toBe("The link was copied.");
		expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`http://localhost:${daemon.port}/#tea%20room`);
		await page.fill("#gate-name", "guest-5");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.textContent("#gate-error")).toContain("reserved");
		await page.fill("#gate-name", "ann");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.textContent("#room-name")).toBe("tea room");
		// A live room is empty for who creates it, and says what to do.
		await expect.poll(log).toContain("Write the first one below, or invite someone.");
	});

	it("shows addresses as links that open apart, emoji large, long texts folded, and markup as text", async () => {
		const bob = await client("bob", "news");
		await enter("ann", "#news");
		bob.send(
			'<say room="news">See https://example.com/a(b). &lt;img src=x onerror=alert(1)&gt; javascript:alert(1)</say>\0',
		);
		await page.locator(".text a").waitFor();
		const link = page.locator(".text a");
		expect(await link.textContent()).toBe("https://example.com/a(b)");
		expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
		expect(await link.getAttribute("target")).toBe("_blank");
		expect(await page.locator("#log img, #log script").count()).toBe(0);
		bob.send('<say room="news">👍🏽</say>\0<say room="news">ANN, look</say>\0');
		bob.send(`<say room="news">${Array.from({ length: 60 }, (_, n) => `line ${n}`).join("&#10;")}</say>\0`);
		await expect.poll(() => texts(".big-emoji")).toEqual(["👍🏽"]);
		await expect.poll(() => texts(".mention .text")).toEqual(["ANN, look"]);
		await page.getByText("Show all").waitFor();
		expect(await log()).not.toContain("line 40");
		await page.getByText("Show all").click();
		expect(await log()).toContain("line 59");
		await page.getByText("Show less").click();
		expect(await log()).not.toContain("line 59");
		await say("mine");
		await expect.poll(() => texts(".own .text")).toEqual(["mine"]);
		// The time of a message under the same name is there for the pointer.
		const byline = page.locator(".continued .byline").first();
		const opacity = (): Promise<string> => byline.evaluate((element) => getComputedStyle(element).opacity);
		expect(await opacity()).toBe("0");
		await page.locator(".continued .body").first().hover();
		await expect.poll(opacity).toBe("1");
	});

	it("sends once what an input method has finished, not the key that finishes it", async () => {
		await enter("ann");
		await page.fill("#composer-text", "難しい");
		for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
			await page
				.locator("#composer-text")
				.evaluate(
					(element, how) =>
						element.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true, ...how })),
					init,
				);
		}
		expect(await page.inputValue("#composer-text")).toBe("難しい");
		await page.press("#composer-text", "Enter");
		await expect.poll(() => page.inputValue("#composer-text")).toBe("");
		await expect.poll(() => texts(".own .text")).toContain("難しい");
	});

	it("leaves what a user reads where it is, while messages come, and loads older ones at the top", async () => {
		const bob = await client("bob", "news");
		for (let n = 0; n < 90; n++) bob.send(`<say room="news" id="m${n}">message ${n}&#10;of bob</say>\0`);
		await bob.until((text) => text.includes('id="m89"'));
		await enter("ann", "#news");
		await expect.poll(log).toContain("message 89");
		expect(await log()).not.toContain("message 60");
		const scroller = page.locator("#log");
		await scroller.hover();
		await page.mouse.wheel(0, -300);
		const atTop = (): Promise<number> =>
			page.evaluate(() => {
				const message = [...document.querySelectorAll("#log .body")].find((body) =>
					body.textContent?.includes("message 80"),
				);
				return message!.getBoundingClientRect().top;
			});
		await expect.poll(() => page.locator("#to-end").isVisible()).toBe(true);
		const before = await atTop();
		bob.send('<say room="news">one more</say>\0');
		await expect.poll(log).toContain("one more");
		expect(Math.abs((await atTop()) - before)).toBeLessThan(2);
		await page.mouse.wheel(0, -2000);
		await expect.poll(log).toContain("message 41");
		expect(await scroller.evaluate((element) => element.scrollTop)).toBeGreaterThan(300);
		await page.click("#to-end");
		await expect.poll(() => page.locator("#to-end").isVisible()).toBe(false);
		await page.click("#find-open");
		await page.fill("#find-text", "message 77");
		await expect.poll(() => texts(".message .text")).toEqual(["message 77\nof bob"]);
		expect(await page.textContent("#find-count")).toBe("1 found");
		await page.keyboard.press("Escape");
		await expect.poll(log).toContain("message 88");
	});

	it("has one line to type in, whatever the name of the room and the text before", async () => {
		const name = "a room with a very long name for a narrow window";
		await enter("ann", `#${encodeURIComponent(name)}`);
		await page.setViewportSize({ width: 390, height: 800 });
		const height = (): Promise<number> =>
			page.locator("#composer-text").evaluate((element) => element.getBoundingClientRect().height);
		expect(await height()).toBeLessThan(50);
		await page.fill("#composer-text", "one\ntwo\nthree\nfour");
		await expect.poll(height).toBeGreaterThan(100);
		await page.goto(`http://localhost:${daemon.port}/#lobby`);
		await expect.poll(() => page.textContent("#room-name")).toBe("lobby");
		expect(await height()).toBeLessThan(50);
		expect(await page.inputValue("#composer-text")).toBe("");
		await page.goto(`http://localhost:${daemon.port}/#${encodeURIComponent(name)}`);
		await expect.poll(() => page.inputValue("#composer-text")).toContain("four");
		// What was typed survives a reload too.
		await page.reload();
		await expect.poll(() => page.inputValue("#composer-text")).toContain("four");
	});

	it("has the head above the messages in the same column, in each window", async () => {
		await enter("ann");
		await say("here");
		await page.locator(".message .avatar").first().waitFor();
		for (const width of [390, 820, 1280, 1920]) {
			await page.setViewportSize({ width, height: 800 });
			const lefts = await page.evaluate(() =>
				["#banner-text", ".room-title", ".message", "#emoji-open"].map((at) => {
					const element = document.querySelector(at)!;
					return Math.round(element.getBoundingClientRect().left);
				}),
			);
			expect(lefts[3], `${width}: ${lefts}`).toBe(lefts[2]);
			// On a narrow window the button for the rooms comes first.
			if (width > 960) expect(lefts[1], `${width}: ${lefts}`).toBe(lefts[2]);
		}
	});

	it("keeps to the window where names, rooms and words are as long as they can be", async () => {
		const long = "W".repeat(64);
		const bob = await client(long, long);
		await enter("M".repeat(64), `#${long}`);
		bob.send(`<say room="${long}">${"w".repeat(2000)} https://example.com/${"a".repeat(900)}</say>\0`);
		await page.locator(".text a").waitFor();
		for (const width of [390, 1280]) {
			await page.setViewportSize({ width, height: 800 });
			expect(await pageFaults(page)).toEqual([]);
			const log = await page.locator("#log").evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
			expect(log).toBe(0);
		}
	});

	it("lists members in order with what they are, finds one, and offers only what the user can do", async () => {
		for (const name of ["guest", "room-10", "room-9", "Zed"]) await client(name);
		await client("olga", "lobby", ' token="sesame"');
		await enter("zoe");
		const names = (): Promise<string[]> => texts("#member-list .entry-name");
		await expect.poll(names).toEqual(["zoe", "olga", "guest", "room-9", "room-10", "Zed"]);
		expect(await texts("#member-list .entry-role:visible")).toEqual(["operator"]);
		expect(await page.locator(".set-topic:visible").count()).toBe(0);
		const crowd = Array.from({ length: 240 }, (_, n) => client(`m${n}`, "lobby"));
		await Promise.all(crowd);
		await expect.poll(() => page.textContent("#members-title")).toBe("Members · 246");
		await page.reload();
		await expect.poll(() => page.locator("#member-list li").count()).toBe(201);
		expect((await names())[0]).toBe("zoe");
		await page.click("#member-more");
		await expect.poll(() => page.locator("#member-list li").count()).toBe(246);
		await page.fill("#find-member", "M23");
		expect(await names()).toEqual([
			"m23",
			"m230",
			"m231",
			"m232",
			"m233",
			"m234",
			"m235",
			"m236",
			"m237",
			"m238",
			"m239",
		]);
		expect(await axeFaults(page, "many members", "#members")).toEqual([]);
	});

	it("lets an operator remove a member, and shows nobody else how", async () => {
		const bob = await client("bob");
		await open();
		await page.fill("#gate-name", "olga");
		await page.keyboard.press("Enter");
		await page.fill("#gate-token", "sesame");
		await page.keyboard.press("Enter");
		await page.locator("#chat").waitFor();
		await page.getByRole("button", { name: "What you can do with bob" }).click();
		await page.getByRole("button", { name: "Remove from the room" }).click();
		await bob.until((text) => text.includes('<exit room="lobby" name="bob"'));
		await expect.poll(() => page.textContent("#toasts")).toContain("bob was removed from lobby.");
		expect(await page.locator(".set-topic:visible").count()).toBe(1);
		await page.close();
		await client("bob2");
		await enter("ann");
		expect(await page.locator(".entry-more:visible").count()).toBe(0);
	});

	it("has a private conversation after a reload, and shows what came for the user alone", async () => {
		const bob = await client("bob");
		await enter("ann");
		bob.send('<tell to="ann">psst</tell>\0');
		await expect.poll(() => texts("#people .badge.is-for-me")).toEqual(["1"]);
		await expect.poll(() => page.title()).toContain("(1)");
		await page.click("#people .entry");
		await expect.poll(log).toContain("psst");
		await page.reload();
		await expect.poll(() => page.textContent("#room-name")).toBe("bob");
		expect(await log()).toContain("psst");
		await page.click("#sign-out");
		await page.locator("#gate").waitFor();
		expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
	});

	it("notifies once for a conversation, after the user has asked for it, and only while the user looks elsewhere", async () => {
		const bob = await client("bob");
		await enter("ann");
		await page.evaluate(() => {
			const shown: string[] = [];
			const Own = Notification;
			Object.assign(globalThis, {
				shown,
				Notification: class extends Own {
					constructor(title: string, options: NotificationOptions) {
						super(title, options);
						shown.push(`${options.tag} ${title}: ${options.body}`);
					}
				},
			});
			// The browser of the tests takes each page for the one that is looked at.
			document.hasFocus = () => false;
		});
		bob.send('<tell to="ann">before</tell>\0');
		await expect.poll(() => texts("#people .badge")).toEqual(["1"]);
		await page.click("#open-preferences");
		await page.check("#alert-notification");
		expect(await page.textContent("#alert-problem")).toBe("");
		await page.keyboard.press("Escape");
		bob.send('<tell to="ann">&lt;b&gt;psst</tell>\0<say room="lobby">for all</say>\0<say room="lobby">Ann?</say>\0');
		await expect
			.poll(() => page.evaluate("shown"))
			.toEqual(["person:bob bob: <b>psst", "room:lobby bob in lobby: Ann?"]);
	});

	it("has no fault that an audit or axe finds: the door, a room, an empty room, no room, the dialogs, in each window", async () => {
		await open();
		const faults = [...(await pageFaults(page, true)), ...(await axeFaults(page, "gate"))];
		await page.fill("#gate-name", "ann");
		await page.keyboard.press("Enter");
		await page.locator("#chat").waitFor();
		await say("See https://example.com/ and 👍, ann");
		await page.locator(".message .avatar").first().waitFor();
		faults.push(...(await axeFaults(page, "room")));
		await page.click("#emoji-open");
		await page.click("#open-preferences");
		faults.push(...(await axeFaults(page, "dialog")));
		await page.keyboard.press("Escape");
		await page.goto(`http://localhost:${daemon.port}/#empty`);
		await expect.poll(() => page.textContent("#room-name")).toBe("empty");
		faults.push(...(await axeFaults(page, "empty room")), ...(await pageFaults(page)));
		await page.setViewportSize({ width: 390, height: 800 });
		await page.click("#open-places");
		faults.push(...(await axeFaults(page, "drawer")), ...(await pageFaults(page)));
		await page.keyboard.press("Escape");
		await page.setViewportSize({ width: 1280, height: 800 });
		await page.locator(".leave:visible").click();
		await page.locator(".leave:visible").click();
		await page.getByText("You are in no room.").waitFor();
		faults.push(...(await axeFaults(page, "no room")));
		expect(faults).toEqual([]);
	});

	it("loads less than 75 kB, compressed, and nothing from elsewhere", async () => {
		await open();
		const urls = await page.evaluate(() => [
			location.href,
			...performance.getEntriesByType("resource").map(({ name }) => name),
		]);
		let bytes = 0;
		for (const url of new Set(urls)) {
			expect(url.startsWith(`http://localhost:${daemon.port}/`)).toBe(true);
			bytes += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length;
		}
		expect(bytes).toBeGreaterThan(20_000);
		expect(bytes).toBeLessThan(75_000);
	});
});
