// Makes docs/images/readme.png: the chat page, a Flash movie in the same room, and the documents that the movie sends and receives.
// It needs Chromium and a build: `node scripts/readme-picture.js`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findProgram } from "../test/peer-programs.js";

const root = join(import.meta.dirname, "..");
const file = join(root, "docs/images/readme.png");
const folder = mkdtempSync(join(tmpdir(), "xmlsocket-picture-"));
const started = [];

/** Starts a command that serves. @returns its first line of output, which is JSON. */
async function start(...args) {
	const child = spawn(process.execPath, [join(root, "dist/cli/main.js"), ...args, "--port", "0", "--json"], {
		cwd: folder,
		stdio: ["ignore", "pipe", "inherit"],
	});
	started.push(child);
	const [line] = await once(child.stdout, "data");
	return JSON.parse(String(line));
}

const { port } = await start("serve", "--memory");
const movie = join(root, "flash/chat.swf");
const parameters = ["--param", `port=${port}`, "--param", "name=Bob"];
const { url } = await start("play", movie, "--no-open", "--allow", `localhost:${port}`, ...parameters);

const browser = await chromium.launch({
	executablePath: findProgram(["chromium", "chromium-browser", "google-chrome"]),
	args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
});
try {
	const chat = await browser.newPage({ viewport: { width: 440, height: 680 } });
	const play = await browser.newPage({ viewport: { width: 960, height: 680 } });
	await chat.goto(`http://localhost:${port}/`);
	await chat.fill("#gate-name", "Ann");
	await chat.keyboard.press("Enter");
	await chat.waitForSelector("#chat:not([hidden])");

	await play.goto(url);
	await play.waitForFunction(() => document.querySelector("ruffle-player")?.ruffle().readyState === 2);
	await frames(play, 30);
	await play.locator("ruffle-player").click({ position: { x: 5, y: 5 } });
	await play.keyboard.press("Enter");
	await chat.getByText("Bob").first().waitFor();

	const say = async (page, text) => {
		await page.bringToFront();
		if (page === chat) await chat.focus("#composer-text");
		await page.keyboard.type(text);
		await page.keyboard.press("Enter");
		await chat.locator("#log").getByText(text).waitFor();
	};
	await say(chat, "Hello! This is the chat page.");
	await say(play, "And this is a SWF, in the same room.");
	await say(chat, "With working sockets, in a browser of today?");
	await say(play, "Yes. You see its documents on this page.");
	await frames(play, 30);

	const pictures = [];
	for (const page of [chat, play]) {
		await page.bringToFront();
		pictures.push((await page.screenshot()).toString("base64"));
	}
	const both = await browser.newPage({ viewport: { width: 1428, height: 698 } });
	const images = pictures.map((data) => `<img src="data:image/png;base64,${data}">`).join("");
	await both.setContent(`<style>body { margin: 0; padding: 8px; background: #8a97a6; display: flex; gap: 8px; }
		img { height: 680px; border: 1px solid #5c6874; }</style>${images}`);
	await both.screenshot({ path: file });
	console.log(`docs/images/readme.png: ${statSync(file).size} bytes`);
} finally {
	await browser.close();
	for (const child of started) child.kill();
	rmSync(folder, { recursive: true, force: true });
}

/** Waits until the page has drawn. */
function frames(page, count) {
	return page.evaluate(async (many) => {
		for (let at = 0; at < many; at++) await new Promise((resolve) => requestAnimationFrame(resolve));
	}, count);
}
