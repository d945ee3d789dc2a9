// A supervisor that starts the daemon with a pipe for standard error, and then does not read it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { cleanEnvironment, command } from "./daemon.ts";

let child: ChildProcess | undefined;
const folder = mkdtempSync(join(tmpdir(), "xmlsocket log "));
afterEach(() => {
	child?.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(): Promise<number> {
	const args = [command, "serve", "--memory", "--port", "0", "--json", "--log-level", "debug"];
	child = spawn(process.execPath, args, { cwd: folder, env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
	child.stderr!.pause();
	const [line] = (await once(child.stdout!, "data")) as [Buffer];
	return (JSON.parse(String(line)) as { port: number }).port;
}

// A request that is refused and logged.
async function disturb(port: number): Promise<void> {
	const socket = connect(port, "127.0.0.1");
	socket.on("error", () => {}).resume();
	socket.end(`GET /${"x".repeat(200)} HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n`);
	await once(socket, "close");
}

async function metric(port: number, name: string): Promise<number> {
	const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
	return Number(new RegExp(`^${name} (\\d+)`, "m").exec(page)?.[1] ?? Number.NaN);
}

it("A standard error that nobody reads does not stop the daemon; dropped lines are counted and reported once it is read", async () => {
	const port = await start();
	const dropped = (): Promise<number> => metric(port, "xmlsocket_log_lines_dropped_total");
	expect(await dropped()).toBe(0);
	// At the level debug each connection leaves lines: 64 KiB fit the pipe, 1 MiB waits in the daemon.
	for (let i = 0; i < 400 && (await dropped()) === 0; i++)
		await Promise.all(Array.from({ length: 64 }, () => greet(port)));
	expect(await dropped()).toBeGreaterThan(0);
	await disturb(port);
	expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
	let log = "";
	child!.stderr!.on("data", (chunk) => {
		log += String(chunk);
	});
	child!.stderr!.resume();
	await expect.poll(() => log).toMatch(/"dropped":\d+,"msg":"\d+ log lines were dropped/);
	child!.stderr!.pause();
	child!.kill("SIGTERM");
	const [code] = (await once(child!, "exit")) as [number | null];
	expect(code).toBe(0);
});

it("A standard error whose reader has gone does not end the daemon", async () => {
	const port = await start();
	child!.stderr!.destroy();
	for (let i = 0; i < 20; i++) await disturb(port);
	expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

async function greet(port: number): Promise<void> {
	const socket = connect(port, "127.0.0.1");
	socket.on("error", () => {}).resume();
	socket.write('<hello name="nobody"/>\0');
	await once(socket, "data");
	socket.destroy();
}
