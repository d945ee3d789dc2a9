// One room, five kinds of client: the page in a real browser, the documented class, the modern client, TLS, a raw socket.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect, type XML, XMLSocket, xml } from "../../src/index.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { RawClient } from "../server/peers.ts";
import { type Daemon, makeCertificate, startDaemon } from "./daemon.ts";

let folder: string;
let daemon: Daemon;
let browser: Awaited<ReturnType<typeof launch>>;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket conversation "));
	const { cert, key } = makeCertificate(folder);
	daemon = await startDaemon(["--tls-cert", cert, "--tls-key", key, "--topics", "everyone"]);
	if (!chromiumPath) return;
	browser = await launch();
	page = await browser.browser.newPage();
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
	});
	page.on("pageerror", (error) => problems.push(String(error)));
});

afterAll(async () => {
	await browser?.close();
	await daemon?.stop();
	rmSync(folder, { recursive: true, force: true });
});

const heard = (documents: readonly string[], from: string, text: string): boolean =>
	documents.some(
		(document) =>
			document.startsWith("<said ") && document.includes(`from="${from}"`) && document.includes(`>${text}</said>`),
	);

async function enter(name: string): Promise<void> {
	await page.goto(`http://localhost:${daemon.port}/`);
	await page.fill("#gate-name", name);
	await page.keyboard.press("Enter");
	await page.waitForSelector("#chat:not([hidden])");
	await page.waitForFunction(() => document.querySelector("#room-name")?.textContent === "lobby");
}

describe.skipIf(!chromiumPath)("the daemon's lobby", () => {
	it("carries one conversation between a page, XMLSocket, connect(), TLS and a raw socket", async () => {
		await enter("page");

		const classic: string[] = [];
		const socket = new XMLSocket();
		socket.onConnect = (success: boolean) => {
			expect(success).toBe(true);
			socket.send('<hello name="classic"/>');
			socket.send('<join room="lobby"/>');
		};
		socket.onXML = (document: XML) => {
			classic.push(document.toString());
		};
		socket.connect("localhost", daemon.port);

		const modern: Connection = await connect(`localhost:${daemon.port}`);
		const modernHeard: string[] = [];
		modern.on("document", (document) => modernHeard.push(document.text));
		modern.send(xml`<hello name="modern"/>`);
		modern.send(xml`<join room="lobby"/>`);

		const secure = await connect(`xmlsockets://localhost:${daemon.port}`, { tls: { insecure: true } });
		const secureHeard: string[] = [];
		secure.on("document", (document) => secureHeard.push(document.text));
		secure.send(xml`<hello name="secure"/>`);
		secure.send(xml`<join room="lobby"/>`);

		const raw = RawClient.tcp(daemon.port);
		raw.send('<hello name="raw"/>\0<join room="lobby"/>\0');
		await raw.until((text) => text.includes("<joined "));
		await expect
			.poll(() =>
				[classic, modernHeard, secureHeard].every((documents) => documents.some((text) => text.startsWith("<joined "))),
			)
			.toBe(true);
		await page.waitForFunction(() => document.querySelectorAll("#member-list li").length === 5);

		raw.send('<say room="lobby">from raw</say>\0');
		socket.send('<say room="lobby">from classic</say>');
		modern.send(xml`<say room="lobby">${"from modern"}</say>`);
		secure.send(xml`<say room="lobby">${"from secure"}</say>`);
		await page.fill("#composer-text", "from page <img src=x onerror=alert(1)>");
		await page.press("#composer-text", "Enter");

		for (const documents of [() => classic, () => modernHeard, () => secureHeard, () => raw.documents]) {
			for (const name of ["raw", "classic", "modern", "secure"]) {
				await expect.poll(() => heard(documents(), name, `from ${name}`)).toBe(true);
			}
			await expect
				.poll(() => documents().some((text) => text.includes("from page &lt;img src=x onerror=alert(1)&gt;")))
				.toBe(true);
		}
		for (const name of ["raw", "classic", "modern", "secure", "page"]) {
			await page.waitForFunction((text) => document.querySelector("#log")?.textContent?.includes(text), `from ${name}`);
		}
		expect(await page.locator("#log img").count()).toBe(0);
		expect(await page.locator("#log").textContent()).toContain("<img src=x onerror=alert(1)>");

		raw.send('<tell to="page">psst</tell>\0');
		await page.waitForFunction(() => document.querySelector("#people")?.textContent?.includes("raw"));

		socket.close();
		await modern.close();
		await secure.close();
		raw.socket.destroy();
		await page.waitForFunction(() => document.querySelectorAll("#member-list li").length === 1);
		expect(problems).toEqual([]);
	});

	it("shows names, rooms, topics and private messages of others as text, and its page runs no script within markup", async () => {
		const before = problems.length;
		await page.evaluate(() => sessionStorage.clear());
		await enter("watcher");
		const { headers } = await fetch(`http://localhost:${daemon.port}/`);
		expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
		const evil = "<img src=x onerror=alert(1)>";
		const text = evil.replace("<", "&lt;").replace(">", "&gt;");
		const raw = RawClient.tcp(daemon.port);
		raw.send(
			`<hello name="${text}"/>\0<join room="lobby"/>\0<join room="${text}"/>\0<topic room="lobby">${text}</topic>\0<say room="lobby">${text}</say>\0<tell to="watcher">${text}</tell>\0`,
		);
		for (const place of ["#log", "#member-list", "#topic", "#people"])
			await page.waitForFunction(
				([at, shown]) => document.querySelector(at!)?.textContent?.includes(shown!),
				[place, evil],
			);
		expect(await page.locator("img:not(.logo)").count()).toBe(0);
		expect(problems.slice(before)).toEqual([]);
		raw.socket.destroy();
	});

	it("tells a person whose name is taken, in words", async () => {
		const raw = RawClient.tcp(daemon.port);
		raw.send('<hello name="taken"/>\0');
		await raw.until((text) => text.includes('name="taken"'));
		await page.evaluate(() => sessionStorage.clear());
		await page.goto(`http://localhost:${daemon.port}/`);
		await page.fill("#gate-name", "taken");
		await page.keyboard.press("Enter");
		await page.waitForFunction(() => (document.querySelector("#gate-error")?.textContent ?? "") !== "");
		expect(await page.textContent("#gate-error")).toMatch(/taken|in use|another/i);
		raw.socket.destroy();
	});

	it("lets the page come back after the daemon was away, and refill what it missed or say that it cannot", async () => {
		await page.evaluate(() => sessionStorage.clear());
		await enter("returner");
		await page.fill("#composer-text", "before");
		await page.press("#composer-text", "Enter");
		await page.waitForFunction(() => document.querySelector("#log")?.textContent?.includes("before"));
		const { port } = daemon;
		expect(await daemon.stop()).toBe(0);
		await page.waitForSelector("#banner:not([hidden])");
		daemon = await startDaemon(["--port", String(port)]);
		await page.waitForSelector("#banner", { state: "hidden" });
		await page.fill("#composer-text", "after");
		await page.press("#composer-text", "Enter");
		const raw = RawClient.tcp(daemon.port);
		raw.send('<join room="lobby"/>\0');
		await raw.until((text) => text.includes(">after</said>"));
		raw.socket.destroy();
	});
});
