// Situations from the field: the daemon's pages in a real browser, below a path of a real proxy, and what they leave on the console.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { hasNginx, type Nginx, startNginx, WEBSOCKET_HEADERS } from "./nginx.ts";

const GREETER = join(import.meta.dirname, "../../flash/greeter.swf");

describe.skipIf(!chromiumPath || !hasNginx())("in a browser, below a path of nginx", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let chat: Daemon;
	let play: Daemon;
	let nginx: Nginx;
	const pages: Page[] = [];

	beforeAll(async () => {
		[browser, chat] = await Promise.all([launch(), startDaemon(["--memory"])]);
		const movie = [GREETER, "--no-open", "--allow", `localhost:${chat.port}`];
		play = await startDaemon([...movie, "--param", "host=localhost", "--param", `port=${chat.port}`], {}, "play");
		nginx = await startNginx(`${WEBSOCKET_HEADERS}
location /chat/ { proxy_pass http://localhost:${chat.port}/; }
location /play/ { proxy_pass http://localhost:${play.port}/; }`);
	});
	afterEach(async () => {
		await Promise.all(pages.splice(0).map((page) => page.close()));
	});
	afterAll(async () => {
		await browser?.close();
		await nginx?.stop();
		await Promise.all([chat?.stop(), play?.stop()]);
	});

	/** A page, and the errors that a user sees on its console, failed loads among them. */
	async function open(path: string): Promise<{ page: Page; errors: string[]; sockets: string[] }> {
		const page = await browser.browser.newPage();
		pages.push(page);
		const errors: string[] = [];
		const sockets: string[] = [];
		page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
		page.on("pageerror", (error) => errors.push(String(error)));
		page.on("response", (response) => response.status() >= 400 && errors.push(response.url()));
		page.on("websocket", (socket) => sockets.push(socket.url()));
		await page.goto(`http://localhost:${nginx.port}${path}`);
		return { page, errors, sockets };
	}

	it("the chat page connects, and joins its room", async () => {
		const { page, errors, sockets } = await open("/chat/");
		await page.fill("#gate-name", "ann");
		await page.keyboard.press("Enter");
		await expect.poll(() => page.locator("#room-name").textContent()).toBe("lobby");
		expect(sockets).toEqual([`ws://localhost:${nginx.port}/chat/socket`]);
		expect(errors).toEqual([]);
	});

	it("the page of the Flash client loads its player without an error of the content security policy", async () => {
		const { page, errors } = await open("/chat/flash");
		await page.waitForFunction(() => {
			const player = document.querySelector("ruffle-player") as unknown as {
				ruffle(): { readyState: number };
			} | null;
			return player?.ruffle().readyState === 2;
		});
		expect(errors).toEqual([]);
	});

	it("play shows the movie, connects it, and gets the events of its sockets", async () => {
		const { page, errors, sockets } = await open("/play/");
		await expect.poll(() => page.locator("#state").textContent()).toBe("playing in Ruffle");
		await expect.poll(() => page.locator(".socket").textContent()).toContain(`localhost:${chat.port}`);
		const gateway = `ws://localhost:${nginx.port}/play/gateway/localhost:${chat.port}`;
		expect(
			sockets.some((address) => address.startsWith(gateway)),
			sockets.join(),
		).toBe(true);
		expect(errors).toEqual([]);
	});
});
