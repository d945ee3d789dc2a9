// The programs of docs/guide/clients.md are run as they stand, against the real daemon: only the port is set for this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";

const root = resolve(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/guide/clients.md"), "utf8");
const [modern, classic, ...others] = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);

let daemon: Daemon;
let folder: string;
beforeAll(async () => {
	daemon = await startDaemon(["--memory"]);
	folder = mkdtempSync(join(tmpdir(), "xmlsocket clients "));
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(root, join(folder, "node_modules", "xmlsocket"), "dir");
});
afterAll(async () => {
	await daemon?.stop();
	rmSync(folder, { recursive: true, force: true });
});

async function run(name: string, text: string): Promise<{ code: number | null; output: string }> {
	const file = join(folder, `${name}.js`);
	writeFileSync(file, text.replaceAll("9000", String(daemon.port)));
	const child = spawn(process.execPath, [file], { cwd: folder });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			output += String(chunk);
		});
	}
	const [code] = (await once(child, "close")) as [number | null];
	return { code, output };
}

it("the modern client sends to the lobby, reads its message, and ends", async () => {
	expect(others).toEqual([]);
	const { code, output } = await run("modern", modern!);
	expect(output).toContain(">2 &lt; 3 &amp; true</said>");
	expect(code).toBe(0);
});

it("the documented class joins and ends", async () => {
	const { code, output } = await run("classic", classic!);
	expect(output).toBe("welcome\njoined\n");
	expect(code).toBe(0);
});
