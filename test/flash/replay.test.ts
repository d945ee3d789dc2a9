// A session of a movie of this project in Ruffle, recorded by `xmlsocket inspect` on its way to the daemon, and replayed to the same movie by
// `xmlsocket replay`, without the daemon. What the movie sees is what it traces: every document that it received.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../browser/chromium.ts";
import { cleanEnvironment, command, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { type Ruffle, startRuffle } from "./ruffle.ts";

const MOVIE = readFileSync(join(import.meta.dirname, "../../flash/greeter.swf"));
const HOST = "game.example";
const PORT = 9339;

interface Running {
	readonly port: number;
	/** What it printed on standard output. */
	readonly output: () => string;
	stop(): Promise<number | null>;
}

const running: Running[] = [];

/** Starts a command; the first port that it names on either output is its own. */
async function start(...args: string[]): Promise<Running> {
	const child = spawn(process.execPath, [command, ...args], { env: cleanEnvironment() });
	const exited = new Promise<number | null>((done) => child.once("exit", done));
	let output = "";
	let all = "";
	const port = await new Promise<number>((done, fail) => {
		const look = (chunk: unknown): void => {
			all += String(chunk);
			const found = /(?:localhost:|"port":)(\d+)/.exec(all)?.[1];
			if (found) done(Number(found));
		};
		child.stdout.on("data", (chunk) => {
			output += String(chunk);
			look(chunk);
		});
		child.stderr.on("data", look);
		void exited.then(() => fail(new Error(`it ended: ${all}`)));
	});
	const started = {
		port,
		output: () => output,
		async stop() {
			child.kill("SIGINT");
			return await exited;
		},
	};
	running.push(started);
	return started;
}

describe.skipIf(!chromiumPath)("a recorded session of a movie in Ruffle", () => {
	let folder: string;
	let file: string;
	let ruffle: Ruffle;
	let recorded: readonly string[];

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "xmlsocket replay flash "));
		file = join(folder, "session.ndjson");
		ruffle = await startRuffle();
		recorded = await record();
	});
	afterAll(async () => {
		await ruffle?.close();
		for (const each of running) await each.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	/** Plays the movie until it has left, and returns what it traced. */
	async function play(port: number, name: string, meanwhile?: () => Promise<void>): Promise<readonly string[]> {
		const proxy = { host: HOST, port: PORT, proxyUrl: `ws://localhost:${port}/socket` };
		const player = await ruffle.play(MOVIE, [proxy], { host: HOST, port: String(PORT), name });
		await meanwhile?.();
		await player.until((traces) => traces.includes("closed"));
		await player.remove();
		return [...player.traces];
	}

	// Another client makes the movie answer, and leave.
	async function record(): Promise<readonly string[]> {
		const daemon = await startDaemon(["--origin", "http://localhost:*"]);
		const inspector = await start("inspect", "0", `ws://localhost:${daemon.port}/socket`, "--record", file, "--json");
		const other = RawClient.tcp(daemon.port);
		other.send('<hello name="other"/>\0<join room="lobby"/>\0');
		await other.until((text) => text.includes("<joined "));
		const traces = await play(inspector.port, "greeter", async () => {
			await other.until((text) => text.includes("I am here, written in ActionScript 2"));
			other.send('<say room="lobby">ping</say>\0');
			await other.until((text) => text.includes("pong, other"));
			other.send('<say room="lobby">bye</say>\0');
			await other.until((text) => text.includes("Goodbye."));
		});
		other.socket.destroy();
		await inspector.stop();
		await daemon.stop();
		return traces;
	}

	it("shows the same movie no difference, at once or at the recorded pace", async () => {
		expect(recorded.filter((line) => line.startsWith("onData")).length).toBeGreaterThan(4);
		const server = await start("replay", file, "--as", "server", "0", "--json", "--strict", "--loop", "--speed", "max");
		expect(await play(server.port, "greeter")).toEqual(recorded);
		expect(await play(server.port, "greeter")).toEqual(recorded);
		await server.stop();
		const paced = await start("replay", file, "--as", "server", "0", "--json", "--strict", "--speed", "1");
		expect(await play(paced.port, "greeter")).toEqual(recorded);
		expect(await paced.stop()).toBe(0);
		for (const output of [server.output(), paced.output()]) {
			const kinds = output
				.trim()
				.split("\n")
				.map((line) => (JSON.parse(line) as { event: string }).event);
			expect(kinds).not.toContain("unmatched");
			expect(kinds).not.toContain("values");
		}
	});

	it("shows a movie with another name its own name, wherever the recorded one was", async () => {
		const server = await start("replay", file, "--as", "server", "0", "--json", "--strict", "--speed", "max");
		const expected = recorded.map((line) => line.replace(/(["'])greeter\1/g, "$1walker$1"));
		expect(expected).not.toEqual(recorded);
		expect(await play(server.port, "walker")).toEqual(expected);
		expect(await server.stop()).toBe(0);
	});
});
