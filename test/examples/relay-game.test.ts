// examples/relay-game with the command of its page: an HTML player and a Flash player in real browser pages, and a player over TCP.

import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

describe.skipIf(!chromiumPath)("the relay game", () => {
	let daemon: Daemon;
	let browser: Awaited<ReturnType<typeof launch>>;
	let raw: RawClient;

	beforeAll(async () => {
		const site = resolve(import.meta.dirname, "../../examples/relay-game/site");
		daemon = await startDaemon(["--relay", "--web", site]);
		browser = await launch();
		raw = RawClient.tcp(daemon.port);
	});
	afterAll(async () => {
		raw?.socket.destroy();
		await browser?.close();
		await daemon?.stop();
	});

	it("shows players of three kinds to each other", async () => {
		const html = await browser.browser.newPage();
		await html.goto(`http://localhost:${daemon.port}/`);
		await html.mouse.move(200, 300);
		await raw.until((text) => /<at id="page\d+" x="\d+" y="\d+" c="[\da-f]{6}"\/>/.test(text));

		const swf = await browser.browser.newPage();
		await swf.goto(`http://localhost:${daemon.port}/swf.html`);
		await raw.until((text) => /<at (?=[^>]*id="swf\d+")(?=[^>]*x="\d+")[^>]*c="ff9900"/.test(text));
		// The page of the movie is in front: it moves with the pointer.
		const movie = swf.locator("ruffle-embed, ruffle-player, ruffle-object").first();
		const box = (await movie.boundingBox())!;
		await expect
			.poll(async () => {
				await swf.mouse.move(box.x + 111, box.y + 50);
				await swf.mouse.move(box.x + 110, box.y + 51);
				return raw.text;
			})
			.toMatch(/<at (?=[^>]*id="swf\d+")(?=[^>]*x="11[01]")/);

		await html.bringToFront();
		const places = (): Promise<string[]> =>
			html.locator(".player").evaluateAll((marks) => marks.map((mark) => (mark as HTMLElement).title));
		raw.send('<at id="terminal" x="100" y="50" c="000000"/>\0<at id="<b>" x="1" y="1" c="000000"/>\0not a place\0');
		await expect
			.poll(async () => (await places()).map((name) => name.replace(/\d+/, "")).sort())
			.toEqual(["page", "swf", "terminal"]);
		expect(await html.locator('.player[title="terminal"]').getAttribute("style")).toContain("left: 100px; top: 50px");
		await html.close();
		await swf.close();
	});
});
