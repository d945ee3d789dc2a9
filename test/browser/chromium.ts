// The system's Chromium for the tests that drive a page. Where there is none the tests are skipped with a line that says so;
// with CI=true that is a failure.

import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

/** Chromium's path, or undefined. */
export const chromiumPath: string | undefined = findChromium();

function findChromium(): string | undefined {
	for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
		for (const folder of (process.env.PATH ?? "").split(delimiter)) {
			const file = join(folder, name);
			try {
				accessSync(file, constants.X_OK);
				return file;
			} catch {
				// Not in this folder.
			}
		}
	}
	const words = "Chromium was not found on PATH (Debian: apt-get install chromium)";
	if (process.env.CI === "true") throw new Error(`${words}, and CI=true asks for every real peer.`);
	console.warn(`${words}: the tests that need a browser are skipped.`);
	return undefined;
}

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
