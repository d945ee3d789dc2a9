// The example of a site with its own login, the daemon, and the chat page in the site's frame, in Chromium.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SignJWT } from "jose";
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { chromiumPath, launch } from "./chromium.ts";

const example = resolve(import.meta.dirname, "../../examples/site-login/site.mjs");

describe.skipIf(!chromiumPath)("a user logs in at a site that shows the chat page in a frame", () => {
	let folder: string;
	let daemon: Daemon;
	let site: ChildProcess;
	let address: string;
	let page: Page;
	let closePage: () => Promise<void>;
	const requests: string[] = [];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "site-"));
		const keys = join(folder, "login-keys.json");
		// The site writes the key file, the daemon reads it; each needs the other's address.
		const first = spawn(process.execPath, [example, keys, "0"]);
		await once(first.stdout!, "data");
		first.kill();
		daemon = await startDaemon(["--memory", "--login-keys", keys, "--embed", "http://localhost:*"]);
		site = spawn(process.execPath, [example, keys, "0", `http://localhost:${daemon.port}/`]);
		const [line] = (await once(site.stdout!, "data")) as [Buffer];
		address = /http:\S+/.exec(String(line))![0];
		const { browser, close } = await launch();
		closePage = close;
		page = await browser.newPage();
		page.on("request", (request) => requests.push(request.url()));
	});

	afterAll(async () => {
		await closePage?.();
		site?.kill();
		await daemon?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	const chatFrame = async (): Promise<Frame> => {
		await expect.poll(() => page.frames().length).toBe(2);
		return page.frames()[1]!;
	};

	test("and chats under the site's name; the token is in no address that is left", async () => {
		await page.goto(address);
		await page.fill('[name="name"]', "Ann");
		await page.fill('[name="password"]', "tea");
		await page.click("button");
		const frame = await chatFrame();
		await expect.poll(() => frame.textContent("#me")).toBe("Ann");
		expect(await frame.evaluate("location.href")).toMatch(/\/#lobby$/);
		expect(await frame.evaluate("history.length")).toBeLessThan(4);
		await frame.fill("#composer-text", "hello");
		await frame.press("#composer-text", "Enter");
		await expect.poll(() => frame.textContent("#log")).toContain("hello");
		// What is behind # is sent to no server.
		expect(requests.filter((url) => url.startsWith(`http://localhost:${daemon.port}`) && url.includes("?"))).toEqual(
			[],
		);
	});

	test("and reloads the site: the same name, with a new token", async () => {
		await page.reload();
		const frame = await chatFrame();
		await expect.poll(() => frame.textContent("#me")).toBe("Ann");
		await expect.poll(() => frame.textContent("#log")).toContain("hello");
	});

	test("and follows a link with a token: a reload keeps the name, although the token is used and gone from the address", async () => {
		const { kid, k } = JSON.parse(readFileSync(join(folder, "login-keys.json"), "utf8")).keys[0];
		const claims = { sub: "Carol", aud: "xmlsocket", jti: "1", exp: Math.floor(Date.now() / 1000) + 60 };
		const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid }).sign(Buffer.from(k, "base64url"));
		await page.goto(`http://localhost:${daemon.port}/#token=${token}&room=tea`);
		await expect.poll(() => page.textContent("#me")).toBe("Carol");
		await expect.poll(() => page.url()).toMatch(/\/#tea$/);
		await page.reload();
		await expect.poll(() => page.textContent("#me")).toBe("Carol");
		const other = await (await page.context().browser()!.newContext()).newPage();
		await other.goto(`http://localhost:${daemon.port}/#token=${token}`);
		await expect.poll(() => other.textContent("#gate-error")).toContain("This login was used already.");
		await other.fill("#gate-name", "Ann");
		await other.press("#gate-name", "Enter");
		await expect.poll(() => other.isVisible("#gate-guest")).toBe(true);
		await other.click("#gate-guest");
		await expect.poll(() => other.textContent("#me")).toMatch(/^guest-/);
		await other.context().close();
	});

	test("and another site cannot show the chat page", async () => {
		const response = await fetch(`http://localhost:${daemon.port}/`);
		expect(response.headers.get("content-security-policy")).toContain("frame-ancestors http://localhost:*");
		await page.goto(`http://127.0.0.1:${new URL(address).port}/`).catch(() => {});
		await page.setContent(`<iframe src="http://localhost:${daemon.port}/"></iframe>`);
		const frame = await chatFrame();
		await expect.poll(() => frame.url()).toMatch(/^chrome-error/);
	});
});
