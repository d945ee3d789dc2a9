// A server in a real terminal, as its users treat it: keys, jobs in the background, a closed window, colours.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasTmux, Terminal } from "./tmux.ts";

const program = join(import.meta.dirname, "../../dist/cli/main.js");
const serve = `${JSON.stringify(process.execPath)} ${JSON.stringify(program)} serve --port 0 --memory`;

/** A terminal with a shell, or with a command that runs in it. */
function open(command = "bash --norc -i", environment: Record<string, string> = {}): Terminal {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket terminal "));
	const terminal = new Terminal(`cd ${JSON.stringify(folder)} && ${command}`, {
		PS1: "$ ",
		NO_COLOR: "",
		...environment,
	});
	onTestFinished(() => {
		terminal.close();
		rmSync(folder, { recursive: true, force: true });
	});
	return terminal;
}

/** The port in the banner, once it is there. */
async function portOf(terminal: Terminal): Promise<number> {
	await expect.poll(() => terminal.text()).toMatch(/Press Ctrl\+C to stop/);
	return Number(/http:\/\/localhost:(\d+)\//.exec(terminal.text())![1]);
}

const isServing = async (port: number): Promise<boolean> =>
	fetch(`http://localhost:${port}/healthz`).then(
		(response) => response.ok,
		() => false,
	);

function enter(terminal: Terminal, line: string): void {
	terminal.type(line);
	terminal.press("Enter");
}

describe.skipIf(!hasTmux())("a server in a terminal", () => {
	test("shows where to go, how to connect and how to stop; h and Enter shows the keys, u the addresses, q stops it", async () => {
		const terminal = open(serve);
		const port = await portOf(terminal);
		expect(terminal.text()).toContain(`Flash chat  http://localhost:${port}/flash`);
		expect(terminal.text()).toContain(`xmlsocket connect localhost:${port}`);
		expect(terminal.text()).toContain("h and Enter to see more keys");
		enter(terminal, "h");
		await expect.poll(() => terminal.text()).toMatch(/Press a key, then Enter:[\s\S]*q {2}stop/);
		enter(terminal, "u");
		await expect.poll(() => terminal.text().split("Chat page").length).toBe(3);
		enter(terminal, "r");
		await expect.poll(() => terminal.text()).toContain("Reloaded.");
		enter(terminal, "c");
		await expect.poll(() => terminal.text()).not.toContain("Chat page");
		// The end of input is no key, and no end of the server.
		terminal.press("C-d");
		enter(terminal, "");
		expect(await isServing(port)).toBe(true);
		terminal.press("C-c");
		await expect.poll(() => terminal.text()).toContain("exit 0");
		expect(terminal.text()).toContain("INFO  stopping: clients receive their last documents");
	});

	test("started in the background with &, it serves: it is not stopped for reading from the terminal", async () => {
		const terminal = open();
		enter(terminal, `${serve} &`);
		const port = await portOf(terminal);
		expect(terminal.text()).not.toContain("h and Enter");
		for (const line of ["echo typed", "jobs"]) enter(terminal, line);
		await expect.poll(() => terminal.text()).toMatch(/\[1\].*Running/);
		expect(terminal.text()).not.toMatch(/Stopped/);
		expect(await isServing(port)).toBe(true);
		enter(terminal, "kill %1; wait");
		await expect.poll(() => terminal.text()).toMatch(/\[1\].*Done/);
	});

	test("moved to the background with Ctrl+Z and bg, it serves while the user types; after fg it has its keys again", async () => {
		const terminal = open();
		enter(terminal, serve);
		const port = await portOf(terminal);
		terminal.press("C-z");
		await expect.poll(() => terminal.text()).toMatch(/\[1\].*Stopped/);
		enter(terminal, "bg");
		await expect.poll(() => isServing(port)).toBe(true);
		for (const line of ["echo one", "echo two", "jobs"]) enter(terminal, line);
		await expect.poll(() => terminal.text()).toMatch(/\[1\].*Running/);
		expect(await isServing(port)).toBe(true);
		enter(terminal, "fg");
		enter(terminal, "h");
		await expect.poll(() => terminal.text()).toContain("Press a key, then Enter:");
		enter(terminal, "q");
		await expect.poll(() => isServing(port)).toBe(false);
	});

	test("whose window is closed stops, so that its port is free; under nohup, or with kill -HUP, it continues", async () => {
		const watched = open(serve);
		const port = await portOf(watched);
		watched.close();
		await expect.poll(() => isServing(port)).toBe(false);

		const shell = open();
		enter(shell, `nohup ${serve} > out & echo "pid $!"`);
		await expect.poll(() => shell.text()).toMatch(/^pid \d+$/m);
		const pid = Number(/^pid (\d+)$/m.exec(shell.text())![1]);
		onTestFinished(() => void process.kill(pid, "SIGTERM"));
		await expect
			.poll(() => {
				enter(shell, "clear; cat out");
				return shell.text();
			})
			.toMatch(/XMLSocket +localhost:\d+/);
		const own = Number(/XMLSocket +localhost:(\d+)/.exec(shell.text())![1]);
		process.kill(pid, "SIGHUP");
		enter(shell, "exit");
		shell.close();
		await expect.poll(() => isServing(own)).toBe(true);
	});

	test("colours its banner and log lines, and with NO_COLOR or TERM=dumb does not", async () => {
		const [coloured, ...plain] = ["", "NO_COLOR=1", "TERM=dumb"].map((variable) => open(`env ${variable} ${serve}`));
		for (const terminal of [coloured!, ...plain]) {
			await portOf(terminal);
			terminal.press("C-c");
			await expect.poll(() => terminal.text()).toContain("exit 0");
		}
		expect(coloured!.screen()).toContain("\u001b[32mINFO");
		for (const terminal of plain) {
			for (const colour of [32, 33, 36]) expect(terminal.screen()).not.toContain(`\u001b[${colour}m`);
		}
	});
});
