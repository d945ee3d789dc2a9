// Ruffle's files under /ruffle/.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { findRuffle, ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { createServer, type Server } from "../../src/server/index.ts";

let server: Server | undefined;
afterEach(() => server?.close({ graceMs: 0 }));

async function serve(find?: () => string | undefined): Promise<string> {
	server = await createServer({ port: 0, routes: [ruffleRoutes(find)] }).listen();
	return `http://localhost:${server.port}`;
}

it("serves the installed package: the script without caching, the WebAssembly with its type and cached for good", async () => {
	const base = await serve();
	const script = await fetch(`${base}/ruffle/ruffle.js`);
	expect(script.status).toBe(200);
	expect(script.headers.get("content-type")).toMatch(/^text\/javascript/);
	expect(script.headers.get("cache-control")).toBe("no-cache");
	const name = readdirSync(findRuffle()!).find((file) => file.endsWith(".wasm"));
	const wasm = await fetch(`${base}/ruffle/${name}`, { method: "HEAD" });
	expect(wasm.status).toBe(200);
	expect(wasm.headers.get("content-type")).toBe("application/wasm");
	expect(wasm.headers.get("cache-control")).toContain("immutable");
});

it.each(["/ruffle/none.js", "/ruffle/", "/ruffle/%2e%2e/%2e%2e/package.json", "/ruffle/..%2fpackage.json"])(
	"answers %s 404",
	async (path) => {
		const base = await serve();
		expect((await fetch(base + path)).status).toBe(404);
	},
);

it("shows how to install a missing package, and finds it after the installation", async () => {
	let folder: string | undefined;
	const base = await serve(() => folder);
	const absent = await fetch(`${base}/ruffle/ruffle.js`);
	expect(absent.status).toBe(404);
	expect(await absent.text()).toBe("Ruffle is not installed here: npm install @ruffle-rs/ruffle\n");
	folder = findRuffle();
	expect((await fetch(`${base}/ruffle/ruffle.js`)).status).toBe(200);
});

it("searches the given folders in order", () => {
	const empty = mkdtempSync(join(tmpdir(), "xmlsocket ruffle "));
	expect(findRuffle([empty])).toBeUndefined();
	expect(findRuffle([empty, import.meta.dirname])).toBe(findRuffle());
	rmSync(empty, { recursive: true, force: true });
});
