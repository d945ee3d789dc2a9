// `xmlsocket play` as a process: what it refuses, what it prints, and how it opens a browser.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";

let folder: string;
const running: ChildProcess[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket play "));
	copyFileSync(join(import.meta.dirname, "../../flash/greeter.swf"), join(folder, "my game.swf"));
	writeFileSync(join(folder, "page.html"), "<!DOCTYPE html>");
	// The daemon's, in whose folder somebody may well play a movie.
	writeFileSync(join(folder, "xmlsocket.config.json"), '{ "port": 80, "room": ["lobby"] }');
});
afterEach(async () => {
	for (const child of running.splice(0)) {
		if (child.exitCode !== null || child.signalCode !== null) continue;
		child.kill("SIGKILL");
		await once(child, "exit");
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Playing {
	readonly child: ChildProcess;
	readonly out: () => string;
	readonly err: () => string;
	readonly ended: Promise<number | null>;
}

function play(args: string[], env: Record<string, string> = {}): Playing {
	const child = spawn(process.execPath, [command, "play", ...args], { cwd: folder, env: cleanEnvironment(env) });
	running.push(child);
	let out = "";
	let err = "";
	child.stdout.on("data", (chunk) => {
		out += String(chunk);
	});
	child.stderr.on("data", (chunk) => {
		err += String(chunk);
	});
	const ended = once(child, "close").then(([code]) => code as number | null);
	return { child, out: () => out, err: () => err, ended };
}

describe("xmlsocket play", () => {
	it.each([
		[["missing.swf"], /missing\.swf cannot be played: .*no such file[\s\S]*XMLSOCKET_MOVIE_UNREADABLE/],
		[["page.html"], /not a SWF: it starts with "<!DOCTYP"/],
		[["ftp://a.example/a.swf"], /only http and https/],
		[["my game.swf", "--allow", "nonsense"], /nonsense/],
		[["my game.swf", "--param", "nonsense"], /NAME=VALUE/],
		[["my game.swf", "--prot", "1"], /--port/],
		[[], /movie/],
	])("%j ends with 2 and says why", async (args, words) => {
		const { ended, err } = play(args);
		expect(await ended).toBe(2);
		expect(err()).toMatch(words);
		expect(err()).not.toMatch(/\n\s+at /);
	});

	it("prints the page's address and the movie's targets, and ends with 0 on SIGTERM", async () => {
		const allow = ["--allow", "old.example=localhost:9339", "game.example:843"];
		const { child, out, ended } = play(["my game.swf", "--no-open", "--port", "0", ...allow], { npm_command: "" });
		await expect.poll(out).toMatch(/May reach +old\.example \(localhost:9339\), game\.example:843\n/);
		const url = /Page +(http:\/\/localhost:\d+\/)\n/.exec(out())![1]!;
		const page = await fetch(url);
		expect(page.url).toBe(`${url}xmlsocket/`);
		expect(page.headers.get("content-security-policy")).toMatch(
			/default-src 'none'; script-src 'self' 'wasm-unsafe-eval'.*; worker-src blob:$/,
		);
		expect(await page.text()).toContain("<title>Play</title>");
		expect(await (await fetch(`${url}xmlsocket/facts.json`)).json()).toMatchObject({
			name: "my game.swf",
			path: "/my%20game.swf",
			problem: null,
			command: expect.stringMatching(/^(?:npx )?xmlsocket play 'my game\.swf' --no-open /),
		});
		const movie = await fetch(`${url}my%20game.swf`);
		expect(movie.headers.get("content-type")).toBe("application/x-shockwave-flash");
		expect(movie.headers.get("content-security-policy")).toBe("sandbox");
		const config = await (await fetch(`${url}ruffle-config.js`)).text();
		expect(config).toContain('["localhost","127.0.0.1","old.example"]');
		child.kill("SIGTERM");
		expect(await ended).toBe(0);
	});

	it("prints the same as JSON with --json, and passes the FlashVars to the page", async () => {
		const { out } = play(["my game.swf", "--no-open", "--port", "0", "--json", "--param", "a=1=2", "b="]);
		await expect.poll(out).toContain("\n");
		const line = JSON.parse(out()) as { event: string; url: string; targets: string[] };
		expect(line).toMatchObject({ event: "listening", targets: [] });
		const facts = (await (await fetch(`${line.url}xmlsocket/facts.json`)).json()) as { parameters: object };
		expect(facts.parameters).toEqual({ a: "1=2", b: "" });
	});

	it("reads its options from the environment, and not from the daemon's configuration file", async () => {
		const variables = { XMLSOCKET_OPEN: "false", XMLSOCKET_PORT: "0", XMLSOCKET_ALLOW: "a.example:9339" };
		const { out, err } = play(["my game.swf", "--json"], variables);
		await expect.poll(out).toContain("\n");
		expect(JSON.parse(out())).toMatchObject({ event: "listening", targets: ["a.example:9339"] });
		expect(err()).toBe("");
	});

	it.runIf(process.platform === "linux")("opens the browser on the page", async () => {
		const opened = join(folder, "opened");
		writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > "${opened}"\n`, { mode: 0o755 });
		const { out, err } = play(["my game.swf", "--port", "0"], { PATH: `${folder}:${process.env.PATH}` });
		await expect.poll(() => existsSync(opened) && readFileSync(opened, "utf8")).toMatch(/^http/);
		expect(out()).toContain(readFileSync(opened, "utf8"));
		expect(err()).toBe("");
	});

	it.runIf(process.platform === "linux").each([
		["fails", "#!/bin/sh\nexit 3\n"],
		["is missing", undefined],
	])("continues with a message when the program that opens the browser %s", async (_, script) => {
		const path = mkdtempSync(join(folder, "path "));
		if (script) writeFileSync(join(path, "xdg-open"), script, { mode: 0o755 });
		const { child, out, err } = play(["my game.swf", "--port", "0"], { PATH: script ? `${path}:/bin` : path });
		await expect.poll(err).toMatch(/^No browser could be opened \(.+\): open http:\/\/localhost:\d+\/ yourself\.\n$/);
		expect((await fetch(/http:\/\/\S+/.exec(out())![0])).status).toBe(200);
		expect(child.exitCode).toBeNull();
	});
});
