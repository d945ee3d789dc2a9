// The guide's programs as they stand, at a real Jabber server: only the port is set for this machine.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasProsody, type Prosody, startProsody } from "./prosody.ts";

const root = resolve(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/guide/xmlstreams.md"), "utf8");
const programs = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);

describe.skipIf(!hasProsody())("the guide's programs", () => {
	let prosody: Prosody;
	let folder: string;
	beforeAll(async () => {
		prosody = await startProsody();
		folder = mkdtempSync(join(tmpdir(), "xmlsocket guide "));
		mkdirSync(join(folder, "node_modules"));
		symlinkSync(root, join(folder, "node_modules", "xmlsocket"), "dir");
	});
	afterAll(async () => {
		await prosody?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	const streams = "http://etherx.jabber.org/streams";
	it.each([
		["the documented class", 0, "-9 stream:stream\n0 stream:features\n-10 undefined\nclosed\n"],
		["the modern client", 1, `stream ${streams}\nfeatures ${streams}\nundefined undefined\n`],
	])("%s reads the server's features and ends", async (_, at, expected) => {
		const file = join(folder, `${at}.mjs`);
		writeFileSync(file, programs[at]!.replace("5222", String(prosody.port)));
		const child = spawn(process.execPath, [file], { timeout: 100_000 });
		let output = "";
		for (const stream of [child.stdout, child.stderr]) {
			stream.on("data", (text) => {
				output += text;
			});
		}
		await new Promise((done) => child.once("close", done));
		expect(output).toBe(expected);
		expect(child.exitCode).toBe(0);
	});

	it("are two", () => {
		expect(programs.length).toBe(2);
	});
});
