// The system's Chromium for the tests that drive a page. Where there is none the tests are skipped with a line that says so;
// with CI=true that is a failure.

import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { findProgram } from "../peer-programs.js";

/** Chromium's path, or undefined. */
export const chromiumPath: string | undefined = findProgram(["chromium", "chromium-browser", "google-chrome"]);

/** On a busy machine a page may need long; that it comes is what counts. */
const LIMIT_MS = 90_000;

let starting: Promise<Browser> | undefined;

/** One browser for all files that a process of the tests runs: its start costs more than most pages. It ends with the process. */
async function start(): Promise<Browser> {
	// Vitest ends its processes with SIGTERM. At the exit of a process playwright kills its browser and removes the profile.
	process.once("SIGTERM", () => process.exit());
	return await chromium.launch({
		executablePath: chromiumPath!,
		headless: true,
		timeout: LIMIT_MS,
		handleSIGTERM: false,
		chromiumSandbox: false,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			// Without a graphics card WebGL is computed, which takes Ruffle seconds for each page; so it takes its renderer for a plain canvas.
			"--disable-3d-apis",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			// Ruffle waits for a click where sound needs one.
			"--autoplay-policy=no-user-gesture-required",
		],
	});
}

/** A fresh profile of the browser, with storage and permissions of its own, and the way to end it. */
export async function launch(
	options: { width?: number; height?: number } = {},
): Promise<{ browser: BrowserContext; close(): Promise<void> }> {
	starting ??= start();
	const browser = await (await starting).newContext({
		ignoreHTTPSErrors: true,
		viewport: { width: options.width ?? 1200, height: options.height ?? 800 },
	});
	browser.setDefaultTimeout(LIMIT_MS);
	return { browser, close: () => browser.close() };
}
