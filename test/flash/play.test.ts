// The page of `xmlsocket play` in a real browser: a movie of ours, strict TCP peers, and each thing that can go wrong, in words.

import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPlay, type Play, type PlayOptions } from "../../src/gateway/play/play-server.ts";
import { ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { chromiumPath, launch } from "../browser/chromium.ts";
import { axeFaults, pageFaults } from "../console/page-checks.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { RawClient, recordingLog } from "../server/peers.ts";
import { FAREWELL, GREETING, type StrictPeer, strictPeer } from "./strict-peer.ts";

const root = join(import.meta.dirname, "../..");
const GREETER = join(root, "flash/greeter.swf");
const CHAT = join(root, "flash/chat.swf");

describe.skipIf(!chromiumPath)("the page of play", () => {
	let browser: Awaited<ReturnType<typeof launch>>;
	let folder: string;
	const plays: Play[] = [];
	const peers: StrictPeer[] = [];
	const pages: Page[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket play "));
		browser = await launch();
	});
	afterEach(async () => {
		await Promise.all(pages.splice(0).map((page) => page.close()));
		await Promise.all(plays.splice(0).map((play) => play.server.close({ graceMs: 0 })));
		await Promise.all(peers.splice(0).map((started) => started.close()));
	});
	afterAll(async () => {
		await browser?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function start(options: Partial<PlayOptions>): Promise<{ play: Play; page: Page; text(): Promise<string> }> {
		const play = createPlay({
			movie: GREETER,
			allow: [],
			parameters: {},
			port: 0,
			command: "xmlsocket play greeter.swf",
			pages: join(root, "dist/console"),
			log: recordingLog(),
			...options,
		});
		plays.push(play);
		await play.server.listen();
		const page = await browser.browser.newPage();
		pages.push(page);
		return { play, page, text: () => page.locator("body").textContent().then(String) };
	}

	const open = async (play: Play, page: Page): Promise<void> => {
		await page.goto(`http://localhost:${play.server.port}/`);
	};

	async function peer(...script: Parameters<typeof strictPeer>): Promise<StrictPeer> {
		const started = await strictPeer(...script);
		peers.push(started);
		return started;
	}

	it("plays a movie whose socket reaches its target, byte for byte, and tells of it as it goes", async () => {
		const target = await peer(
			GREETING,
			'<said room="lobby" from="a">ping</said>\0<said room="lobby" from="a">bye</said>\0',
			'<say room="lobby">pong, a</say>\0<say room="lobby">Goodbye.</say>\0',
		);
		const { play, page, text } = await start({
			allow: [`127.0.0.1:${target.port}`],
			// Ruffle is given every spelling of this machine.
			parameters: { host: "localhost", port: String(target.port) },
		});
		const problems: string[] = [];
		page.on("pageerror", (error) => problems.push(String(error)));
		await open(play, page);
		await target.done;
		await expect.poll(text).toContain("The movie closed it.");
		expect(await page.locator(".socket").textContent()).toMatch(
			new RegExp(`localhost:${target.port}closedThe movie closed it\\.187 B sent, 79 B received`),
		);
		expect(await page.title()).toBe("greeter.swf \u00b7 Play");
		expect(problems).toEqual([]);
	});

	// Waits until the movie's form is there, with the name from its FlashVars, and takes it.
	async function enterAs(page: Page): Promise<void> {
		await page.waitForFunction(() => {
			const player = document.querySelector("ruffle-player") as unknown as {
				ruffle(): { readyState: number };
			} | null;
			return player?.ruffle().readyState === 2 && document.activeElement === (player as unknown);
		});
		await page.evaluate(async () => {
			for (let frame = 0; frame < 20; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
		});
		await page.keyboard.press("Enter");
	}

	it("plays the client in ActionScript 3 against a strict server: these bytes, one connection", async () => {
		const target = await peer('<hello name="ada"/>\0', '<welcome name="ada" session="s"/>\0', '<join room="lobby"/>\0');
		const { play, page } = await start({
			movie: CHAT,
			allow: [`localhost:${target.port}`],
			parameters: { host: "localhost", port: String(target.port), name: "ada" },
		});
		await open(play, page);
		await enterAs(page);
		await expect.poll(() => page.locator(".socket").textContent()).toContain("41 B sent, 34 B received");
		await page.close();
		await target.done;
	});

	it("brings the client in ActionScript 3 into a daemon's room, beside the chat page and a raw client", async () => {
		const daemon = await startDaemon(["--memory"]);
		try {
			const raw = RawClient.tcp(daemon.port);
			raw.send('<hello name="raw"/>\0<join room="lobby"/>\0');
			await raw.until((text) => text.includes("<joined "));
			const html = await browser.browser.newPage();
			pages.push(html);
			await html.goto(`http://localhost:${daemon.port}/`);
			await html.fill("#gate-name", "page");
			await html.keyboard.press("Enter");
			await raw.until((text) => text.includes('<enter room="lobby" name="page"'));
			const { play, page } = await start({
				movie: CHAT,
				allow: [`localhost:${daemon.port}`],
				parameters: { host: "localhost", port: String(daemon.port), name: "ada" },
			});
			await open(play, page);
			await page.bringToFront();
			await enterAs(page);
			await raw.until((text) => text.includes('<enter room="lobby" name="ada"'));
			await page.keyboard.type("from the SWF <&>");
			await page.keyboard.press("Enter");
			await raw.until((text) => /<said [^>]*from="ada"[^>]*>from the SWF &lt;&amp;&gt;<\/said>/.test(text));
			await expect.poll(() => html.locator("body").textContent()).toContain("from the SWF <&>");
		} finally {
			await daemon.stop();
		}
	});

	it("says that a socket is open when its target is, before that has said a word", async () => {
		const target = await peer(GREETING, "", "");
		const { play, page } = await start({
			allow: [`localhost:${target.port}`],
			parameters: { host: "localhost", port: String(target.port) },
		});
		await open(play, page);
		await expect
			.poll(() => page.locator(".socket.open").allTextContents())
			.toEqual([`localhost:${target.port}open${GREETING.length} B sent, 0 B received`]);
		// A page that is closed at once takes along what is still inside the browser.
		await target.heard;
		await page.close();
		await target.done;
	});

	it("leads a host that is gone to another place, under the name that the movie asked for", async () => {
		const target = await peer(GREETING, ...FAREWELL);
		const { play, page, text } = await start({
			allow: [`old.example=localhost:${target.port}`],
			parameters: { host: "old.example", port: String(target.port) },
		});
		await open(play, page);
		await target.done;
		await expect.poll(text).toContain(`old.example:${target.port}`);
	});

	it("says what is not allowed, with the command that allows it, and notes it for --learn", async () => {
		const learn = join(folder, "learned.json");
		const { play, page, text } = await start({ learn, parameters: { host: "game.example", port: "9339" } });
		await open(play, page);
		await expect.poll(text).toContain("requested game.example:9339, which is not allowed");
		expect(await text()).toContain("xmlsocket play greeter.swf --allow game.example:9339");
		await expect
			.poll(() => {
				try {
					return JSON.parse(readFileSync(learn, "utf8")) as unknown;
				} catch {
					return undefined;
				}
			})
			.toEqual({ targets: ["game.example:9339"] });
	});

	it("allows a refused target at a click, plays again, and shows first what the movie sends, as text", async () => {
		const answer = `<said room="lobby" from="a"><img src="x" onerror="alert(1)"/></said>\0${FAREWELL[0]}`;
		const target = await peer(GREETING, answer, FAREWELL[1]);
		const { play, page } = await start({ parameters: { host: "localhost", port: String(target.port) } });
		await open(play, page);
		await page.getByText("Allow and play again").click();
		await target.done;
		await expect.poll(() => page.locator(".t-row.t-document:visible .t-text").count()).toBe(6);
		expect(await page.locator(".d-body").textContent()).toBe('<hello name="greeter" />');
		await page.getByText("← Received").click();
		await expect
			.poll(() => page.locator(".t-row:visible .t-text").allTextContents())
			.toEqual([
				'<said room="lobby" from="a"><img src="x" onerror="alert(1)"/></said>',
				'<said room="lobby" from="a">bye</said>',
			]);
		expect(await page.locator(".play-side img").count()).toBe(0);
	});

	it("says why a target was not reached: nothing listens there", async () => {
		const closed = await peer("", "", "");
		await closed.close();
		const { play, page, text } = await start({
			allow: [`localhost:${closed.port}`],
			parameters: { host: "127.0.0.1", port: String(closed.port) },
		});
		await open(play, page);
		await expect.poll(text).toMatch(/target refused the connection: .*ECONNREFUSED/);
		expect(await text()).toContain("Nothing listens there: start the server, or check the port.");
		await page.locator("ruffle-player").waitFor();
		expect([...(await pageFaults(page)), ...(await axeFaults(page, "play"))]).toEqual([]);
	});

	it("says that the gateway is gone, where it is", async () => {
		const { play, page, text } = await start({
			allow: ["localhost:9339"],
			parameters: { host: "localhost", port: "9339" },
		});
		// Ruffle asks for the movie when all else is there: it is held back until the server has ended.
		let release: () => void = () => {};
		const held = new Promise<void>((resolve) => {
			release = resolve;
		});
		const asked = new Promise<void>((resolve) => {
			void page.route("**/greeter.swf", async (route) => {
				const response = await route.fetch();
				resolve();
				await held;
				await route.fulfill({ response });
			});
		});
		await open(play, page);
		await asked;
		await play.server.close({ graceMs: 0 });
		release();
		await expect.poll(text).toContain("The gateway does not answer");
	});

	it("says how to install Ruffle where it is missing, and plays once it is there", async () => {
		let installed = false;
		const { play, page, text } = await start({
			ruffle: ruffleRoutes(() => (installed ? join(root, "node_modules/@ruffle-rs/ruffle") : undefined)),
		});
		await open(play, page);
		await expect.poll(text).toContain("npm install @ruffle-rs/ruffle");
		installed = true;
		await page.click("#reload");
		await expect.poll(text).toContain("playing in Ruffle");
	});

	it("says that the player did not load where its WebAssembly is kept from it", async () => {
		const { play, page, text } = await start({});
		await page.route("**/*.wasm", (route) => route.abort());
		await open(play, page);
		await expect.poll(text).toContain("The player did not load");
		expect(await text()).toContain("/ruffle/*.wasm");
	});

	it("says what is wrong with the movie's file", async () => {
		const file = join(folder, "going.swf");
		copyFileSync(GREETER, file);
		const { play, page, text } = await start({ movie: file });
		rmSync(file);
		await open(play, page);
		await expect
			.poll(text)
			.toMatch(/The movie cannot be played\s*The file .*going\.swf cannot be played: .*no such file/);
	});

	it("says that the server has ended, where it has before the page began", async () => {
		const { play, page, text } = await start({});
		await page.route("**/facts.json", (route) => route.abort());
		await open(play, page);
		await expect.poll(text).toContain("The server does not answer");
	});
});
