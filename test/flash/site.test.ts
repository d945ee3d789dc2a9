// An existing page with Flash content, served by `xmlsocket serve --web` as it is: its <embed> and its <object> run in Ruffle, in a
// real browser, and their sockets reach the daemon.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

const flash = join(import.meta.dirname, "../../flash");

describe.skipIf(!chromiumPath)("a site with Flash content", () => {
	let folder: string;
	let daemon: Daemon;
	let browser: Awaited<ReturnType<typeof launch>>;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket site "));
		mkdirSync(join(folder, "movies"));
		copyFileSync(join(flash, "greeter.swf"), join(folder, "movies", "greeter.swf"));
		daemon = await startDaemon(["--web", folder]);
		const vars = (name: string, host: string): string => `host=${host}&amp;port=${daemon.port}&amp;name=${name}`;
		writeFileSync(
			join(folder, "index.html"),
			`<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=windows-1252"><TITLE>caf\xe9</TITLE></HEAD><BODY>
<EMBED SRC="movies/greeter.swf" FLASHVARS="${vars("embedded", "localhost")}" WIDTH="300" HEIGHT="200" TYPE="application/x-shockwave-flash">
<OBJECT CLASSID="clsid:D27CDB6E-AE6D-11cf-96B8-444553540000" WIDTH="300" HEIGHT="200">
<PARAM NAME="movie" VALUE="movies/greeter.swf"><PARAM NAME="FlashVars" VALUE="${vars("object", "127.0.0.1")}"></OBJECT>
</BODY></HTML>`,
			"latin1",
		);
		browser = await launch();
	});
	afterAll(async () => {
		await browser?.close();
		await daemon?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	it("plays its <embed> and its <object> without an edit, and both reach the daemon's chat", async () => {
		const raw = RawClient.tcp(daemon.port);
		raw.send('<hello name="raw"/>\0<join room="lobby"/>\0');
		await raw.until((text) => text.includes("<joined "));
		const page = await browser.browser.newPage();
		await page.goto(`http://localhost:${daemon.port}/`);
		expect(await page.title()).toBe("caf\u00e9");
		for (const name of ["embedded", "object"]) {
			await expect
				.poll(() => raw.documents.some((text) => text.startsWith("<said ") && text.includes(`from="${name}"`)))
				.toBe(true);
		}
		raw.socket.destroy();
		await page.close();
	});

	it("leaves its root to the site, and has the chat page beside it", async () => {
		const page = await browser.browser.newPage();
		const problems: string[] = [];
		page.on("console", (message) => {
			if (message.type() === "error") problems.push(message.text());
		});
		await page.goto(`http://localhost:${daemon.port}/xmlsocket/`);
		await page.fill("#gate-name", "person");
		await page.keyboard.press("Enter");
		await page.waitForSelector("#chat:not([hidden])");
		expect(problems).toEqual([]);
		await page.close();
	});
});
