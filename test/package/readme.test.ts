// The README's programs are run as they stand, against the real daemon: only the module names and the port are set for this
// machine.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";

const root = resolve(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const programs = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
const [modern, chat, classic, library] = programs as [string, string, string, string];

let daemon: Daemon;
let folder: string;
beforeAll(async () => {
	daemon = await startDaemon();
	folder = mkdtempSync(join(tmpdir(), "xmlsocket readme "));
	// A package refers to itself by name only from below its own folder.
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
	const modules = join(folder, "node_modules");
	rmSync(modules, { recursive: true, force: true });
	const { mkdirSync } = await import("node:fs");
	mkdirSync(modules);
	symlinkSync(root, join(modules, "xmlsocket"), "dir");
});
afterAll(async () => {
	await daemon.stop();
	rmSync(folder, { recursive: true, force: true });
});

/** Runs a program until it ends, or until `done` is true of its output. */
function run(
	name: string,
	text: string,
	done?: (output: string) => Promise<boolean>,
): Promise<{ code: number | null; output: string }> {
	const file = join(folder, `${name}.js`);
	writeFileSync(file, text);
	return new Promise((finish) => {
		const child = spawn(process.execPath, [file], { cwd: folder });
		let output = "";
		const take = (chunk: Buffer): void => {
			output += String(chunk);
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		const timer = setTimeout(() => child.kill("SIGKILL"), 100_000);
		if (done) {
			const look = async (): Promise<void> => {
				if (child.exitCode !== null) return;
				if (await done(output).catch(() => false)) child.kill("SIGTERM");
				else setTimeout(look, 100);
			};
			void look();
		}
		child.on("close", (code) => {
			clearTimeout(timer);
			finish({ code, output });
		});
	});
}

describe("the README's programs", () => {
	it("are four", () => {
		expect(programs.length).toBe(4);
	});

	it("the modern client speaks in the lobby and ends", async () => {
		const { code, output } = await run("modern", modern.replaceAll("9000", String(daemon.port)));
		expect(output).toContain(">2 &lt; 3 &amp; true</said>");
		expect(code).toBe(0);
	});

	it("the chat client says something, reads it, and ends", async () => {
		const { code, output } = await run("chat", chat.replaceAll("9000", String(daemon.port)));
		expect(output).toMatch(/^\d+ ann 2 < 3 & true\n$/m);
		expect(code).toBe(0);
	});

	it("the documented class joins and ends", async () => {
		const { code, output } = await run("classic", classic.replaceAll("9000", String(daemon.port)));
		expect(output).toBe("welcome\njoined\n");
		expect(code).toBe(0);
	});

	it("the library passes documents on to the others", async () => {
		const text = `${library.replace("9100", "0")}\nconsole.log(server.port);\n`;
		let received = "";
		await run("library", text, async (output) => {
			const port = Number(output.trim());
			if (!port) return false;
			const [a, b] = [await connect(`localhost:${port}`), await connect(`localhost:${port}`)];
			b.on("document", (document) => {
				received = document.text;
			});
			b.send("<present/>");
			await new Promise((resolve) => setTimeout(resolve, 200));
			a.send("<hi/>");
			await new Promise((resolve) => setTimeout(resolve, 300));
			await Promise.all([a.close(), b.close()]);
			return true;
		});
		expect(received).toBe("<hi/>");
	});
});
