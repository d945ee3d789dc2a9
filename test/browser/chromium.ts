// The system's Chromium for the tests that drive a page. Where there is none the tests are skipped with a line that says so;
// with CI=true that is a failure.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { findProgram } from "../peer-programs.js";

/** Chromium's path, or undefined. */
export const chromiumPath: string | undefined = findProgram(["chromium", "chromium-browser", "google-chrome"]);

/** A fresh browser, and the way to end it. */
export async function launch(
	options: { colorScheme?: "light" | "dark"; width?: number; height?: number } = {},
): Promise<{ browser: BrowserContext; close(): Promise<void> }> {
	const profile = mkdtempSync(join(tmpdir(), "xmlsocket-chromium-"));
	const browser = await chromium.launchPersistentContext(profile, {
		executablePath: chromiumPath!,
		headless: true,
		chromiumSandbox: false,
		ignoreHTTPSErrors: true,
		colorScheme: options.colorScheme ?? "light",
		viewport: { width: options.width ?? 1200, height: options.height ?? 800 },
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			// Ruffle waits for a click where sound needs one.
			"--autoplay-policy=no-user-gesture-required",
		],
	});
	return {
		browser,
		async close() {
			await browser.close();
			rmSync(profile, { recursive: true, force: true });
		},
	};
}
