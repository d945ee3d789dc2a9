// `xmlsocket run` and `serve --app` as processes: what they print, and how they end.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { type Outcome, runHere, runProcess } from "./run-command.ts";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket run "));
	const application = (name: string, text: string): void => {
		mkdirSync(join(folder, name));
		writeFileSync(join(folder, name, "main.asc"), text);
	};
	application(
		"shop",
		`trace("two\\nlines \\u001b[31m");
application.onAppStop = function () { trace("closing"); };
application.onDisconnect = function () { trace("gone"); };
Client.prototype.hi = function (doc) { return doc; };`,
	);
	application("talker", "Client.prototype.hi = function (doc) { trace(doc.attributes.id); return doc; };");
	application("broken", "a = 1;\nfor each (b in c) {}\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Outcome> => runHere(args, { cwd: folder, env: { NO_COLOR: "1" } });

/** Starts a command, waits for `sign` on standard output, says hi to it, ends it with SIGTERM. */
async function session(args: string[], sign: RegExp): Promise<{ code: number; output: string; answer: string }> {
	const child = spawn(process.execPath, [command, ...args, "--port", "0"], { cwd: folder, env: cleanEnvironment() });
	let output = "";
	child.stdout.on("data", (chunk) => {
		output += String(chunk);
	});
	const exited = once(child, "exit");
	while (!sign.test(output)) await Promise.race([once(child.stdout, "data"), exited]);
	const client = RawClient.tcp(Number(sign.exec(output)?.[1]));
	client.send("<hi/>\0");
	await client.until((text) => text.includes("<hi"));
	child.kill("SIGTERM");
	const [code] = (await exited) as [number];
	return { code, output, answer: client.documents[0] as string };
}

const LISTENING = /"listening".*?"port":(\d+)/;

describe("xmlsocket run", () => {
	it("prints its address and the traces of scripts, without control characters, and runs onAppStop on SIGTERM", async () => {
		const { code, output, answer } = await session(["run", "shop"], /XMLSocket +localhost:(\d+)/);
		expect(code).toBe(0);
		expect(answer).toBe("<hi />");
		expect(output).toContain("shop  main.asc:1  two\n    lines \ufffd[31m\n");
		expect(output).toContain(`Application shop  from ${join(folder, "shop", "main.asc")}`);
		expect(output).toMatch(/shop {2}main\.asc:2 {2}closing\nshop {2}main\.asc:3 {2}gone\n$/);
	});

	it("--json prints one object for each line", async () => {
		const { output } = await session(["run", "shop/main.asc", "--json"], LISTENING);
		const lines = output.trimEnd().split("\n");
		const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
		expect(events[0]).toEqual({
			event: "trace",
			application: "shop",
			file: "main.asc",
			line: 1,
			text: "two\nlines \u001b[31m",
		});
		expect(events[1]).toMatchObject({ event: "listening", tls: false, applications: [{ name: "shop" }] });
		expect(events.at(-1)).toMatchObject({ event: "trace", text: "gone" });
	});

	it.each([
		["nowhere", 2, "There is no file or folder nowhere.", "XMLSOCKET_SCRIPT_UNREADABLE"],
		[
			"broken",
			1,
			"main.asc:2:5: SyntaxError: Unexpected identifier 'each'; write `for (var key",
			"XMLSOCKET_SCRIPT_FAILED",
		],
	])("run %s ends with %i, the reason and a hint", async (path, status, words, code) => {
		const result = await runProcess(["run", path, "--port", "0"], { cwd: folder });
		expect(result.code).toBe(status);
		expect(result.err).toContain(words);
		expect(result.err).toContain(code);
	});

	it("continues when the reader of its standard output closes the pipe", async () => {
		const child = spawn(process.execPath, [command, "run", "talker", "--port", "0", "--json"], {
			cwd: folder,
			env: cleanEnvironment(),
		});
		let output = "";
		while (!LISTENING.test(output)) output += String((await once(child.stdout, "data"))[0]);
		child.stdout.destroy();
		const client = RawClient.tcp(Number(LISTENING.exec(output)?.[1]));
		for (const id of ["1", "2", "3"]) {
			client.send(`<hi id="${id}"/>\0`);
			await client.until((text) => text.includes(`id="${id}"`));
		}
		child.kill("SIGTERM");
		expect((await once(child, "exit"))[0]).toBe(0);
	});

	it("without an application is wrong usage", async () => {
		expect((await run("run")).code).toBe(2);
	});

	it("--help names the flags of scripts and of the port, and none of the chat", async () => {
		const { out } = await run("run", "--help");
		expect(out).toContain("--script-timeout");
		expect(out).toContain("--tls-cert");
		expect(out).not.toContain("--room");
	});

	it("stops its scripts when the port is in use", async () => {
		const taken = spawn(process.execPath, [command, "run", "shop", "--port", "0", "--json"], {
			cwd: folder,
			env: cleanEnvironment(),
		});
		let output = "";
		while (!LISTENING.test(output)) output += String((await once(taken.stdout, "data"))[0]);
		const result = await runProcess(["run", "shop", "--port", LISTENING.exec(output)?.[1] as string], { cwd: folder });
		taken.kill("SIGTERM");
		await once(taken, "exit");
		expect(result.code).toBe(1);
		expect(result.err).toContain("XMLSOCKET_PORT_IN_USE");
		expect(result.out).toContain("closing");
	});
});

describe("xmlsocket serve --app", () => {
	it("runs the application in place of the chat", async () => {
		const { code, output, answer } = await session(["serve", "--app", "shop", "--json"], LISTENING);
		expect(code).toBe(0);
		expect(answer).toBe("<hi />");
		expect(output).toContain('"applications":[{"name":"shop"');
		expect(output).toContain('"text":"closing"');
	});

	it("runs the guide's module as the application", async () => {
		const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guide/asc.md"), "utf8");
		writeFileSync(join(folder, "echo.mjs"), /```js\n(export default [\s\S]*?)```/.exec(guide)?.[1] as string);
		const { code, output, answer } = await session(["serve", "--app", "echo.mjs", "--json"], LISTENING);
		expect(code).toBe(0);
		expect(answer).toBe("<hi/>");
		expect(output).toContain('"applications":[{"name":"echo"');
	});

	it.each([
		["that exports no application", "export default { open: 1 };", [], 2, "is not an application"],
		["that fails", "null.x;", [], 1, "cannot start. TypeError"],
		["beside another application", "", ["shop"], 2, "takes the whole port"],
		["with --watch", "", ["--watch"], 2, "--watch runs scripts again, but not modules"],
		["with --relay", "", ["--relay"], 2, "--app and --relay exclude each other"],
	])("refuses a module %s", async (_what, text, more, status, words) => {
		// A process imports a file once.
		const file = `own-${words.length}.mjs`;
		writeFileSync(join(folder, file), text as string);
		const result = await run("serve", "--port", "0", "--app", file, ...(more as string[]));
		expect(result.code).toBe(status);
		expect(result.err).toContain(words);
	});

	it("run refuses a module, and names the command for it", async () => {
		writeFileSync(join(folder, "own.mjs"), "");
		expect((await run("run", "own.mjs")).err).toContain("xmlsocket serve --app own.mjs");
	});

	it("refuses --app with --relay", async () => {
		const result = await run("serve", "--app", "shop", "--relay", "--port", "0");
		expect(result.code).toBe(2);
		expect(result.err).toContain("--app and --relay exclude each other");
	});
});
