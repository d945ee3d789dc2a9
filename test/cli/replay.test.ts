// `xmlsocket replay` as a process, and the tests that it writes, as a user runs them.

import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { replay as runReplay } from "../../src/cli/commands/replay.ts";
import { exitCodeOf } from "../../src/cli/failure.ts";
import { createReplayServer, writeReplayTest } from "../../src/tools/index.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";
import { Client } from "../tools/replay/recordings.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RECORDING = `{"recording":1,"started":"2026-01-01T00:00:00.000Z","terminator":"00","encoding":"utf-8"}
{"time":0,"connection":1,"kind":"open","from":"127.0.0.1:50000","to":"localhost:9339"}
{"time":1000,"connection":1,"direction":"client","kind":"document","bytes":20,"text":"<login name='anna'/>"}
{"time":2000,"connection":1,"direction":"server","kind":"document","bytes":22,"text":"<welcome name='anna'/>"}
`;

interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

let folder: string;
let file: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket replay "));
	file = join(folder, "session.ndjson");
	writeFileSync(file, RECORDING);
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(ROOT, join(folder, "node_modules/xmlsocket"), "dir");
	symlinkSync(join(ROOT, "node_modules/vitest"), join(folder, "node_modules/vitest"), "dir");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string[], env: Record<string, string> = {}): Promise<Outcome> {
	return new Promise((done) => {
		const options = { cwd: folder, env: cleanEnvironment(env), timeout: 100_000 };
		execFile(process.execPath, program, options, (error, out, err) =>
			done({ code: error ? Number(error.code ?? Number.NaN) : 0, out, err }),
		);
	});
}

const replay = (...args: string[]): Promise<Outcome> => run([command, "replay", ...args]);

const running: (() => void)[] = [];
afterEach(() => {
	for (const stop of running.splice(0)) stop();
});

/** Starts `replay --as server`, and resolves when it listens. */
async function startServer(
	...flags: string[]
): Promise<{ port: number; lines: string[]; stop(): Promise<number | null> }> {
	const args = [command, "replay", file, "--as", "server", "0", "--speed", "max", "--json", ...flags];
	const child = spawn(process.execPath, args, { cwd: folder, env: cleanEnvironment() });
	running.push(() => child.kill("SIGKILL"));
	const lines: string[] = [];
	const exited = new Promise<number | null>((done) => child.once("exit", done));
	await new Promise<void>((done) => {
		child.stdout.on("data", (chunk) => {
			lines.push(...String(chunk).trim().split("\n"));
			done();
		});
	});
	const { port } = JSON.parse(lines[0]!) as { port: number };
	return {
		port,
		lines,
		async stop() {
			child.kill("SIGTERM");
			return await exited;
		},
	};
}

describe("xmlsocket replay", () => {
	it("answers clients as the server, and reports connections and values as JSON lines", async () => {
		const server = await startServer();
		const client = new Client(server.port);
		expect(await client.ask("<login name='bert'/>")).toBe("<welcome name='bert'/>");
		client.close();
		await expect.poll(() => server.lines.length).toBe(4);
		expect(await server.stop()).toBe(0);
		expect(server.lines.map((line) => JSON.parse(line))).toMatchObject([
			{ event: "listening", port: server.port, recordedConnections: 1 },
			{ event: "connection", connection: 1, recorded: 1, transport: "tcp" },
			{ event: "values", request: 1, differences: [{ path: "login/@name", recorded: "anna", live: "bert" }] },
			{ event: "close", matched: 1, unmatched: 0, remaining: 0 },
			{ event: "summary", matched: 1, unmatched: 0 },
		]);
	});

	it("ends with 1 after --strict and a document without a match, and names the nearest one", async () => {
		const server = await startServer("--strict");
		const client = new Client(server.port);
		expect(await client.ask("<login name='anna'><extra/></login>")).toBeUndefined();
		await expect.poll(() => server.lines.length).toBe(4);
		expect(await server.stop()).toBe(1);
		expect(JSON.parse(server.lines[2]!)).toMatchObject({
			event: "unmatched",
			nearest: { request: 1, document: "<login name='anna'/>" },
			differences: [{ path: "login/extra", live: "" }],
		});
	});

	it("checks a server as the client: 0 without differences, 1 with, 3 without a connection", async () => {
		const server = await startServer();
		const address = `localhost:${server.port}`;
		expect(await replay(file, "--as", "client", address)).toEqual({
			code: 0,
			out: "no differences: 1 connection, 1 document sent, 1 received, 1 recorded\n",
			err: "",
		});
		await using changed = await createReplayServer(file, { port: 0, speed: 0, rules: CHANGED }).listen();
		const failed = await replay(file, "--as", "client", `localhost:${changed.port}`);
		expect(failed.code).toBe(1);
		expect(failed.out).toBe(`connection 1, after document 1: an answer is different
   recorded  <welcome name='anna'/>
   now       <welcome name='?'/>
   welcome/@name: "anna" → "?"
1 difference: 1 connection, 1 document sent, 1 received, 1 recorded
If the server chooses other values each time: --ignore name
`);
		const { port } = changed;
		await changed.close();
		expect((await replay(file, "--as", "client", `localhost:${port}`)).code).toBe(3);
	});

	it.each([
		[{}, undefined, /--as must be client or server, but is missing/],
		[{ as: "client" }, undefined, /needs the address of a server/],
		[{ as: "server", test: "x.js" }, undefined, /--test has no meaning with --as server/],
		[{ as: "client", strict: true }, "9000", /--strict has no meaning with --as client/],
		[{ as: "server" }, "nowhere", /nothing to listen on/],
		[{ as: "server", speed: "fast" }, undefined, /--speed must be a number from 0/],
		[{ as: "server", order: "none" }, undefined, /--order must be any or recorded/],
		[{ as: "server", rules: "missing.json" }, undefined, /missing\.json cannot be read/],
	])("refuses %j %s", async (flags, address, words) => {
		const error: unknown = await runReplay(file, address, flags).catch((cause: unknown) => cause);
		expect(exitCodeOf(error)).toBe(2);
		expect(String(error)).toMatch(words);
	});

	it("ends with 2 for a file that does not exist", async () => {
		const { code, err } = await replay("missing.ndjson", "--as", "server");
		expect(code).toBe(2);
		expect(err).toContain("missing.ndjson does not exist");
	});

	it("writes a test for node:test that passes against the recorded server and fails against a changed one, and never overwrites", async () => {
		const server = await startServer();
		const args = [file, "--as", "client", `localhost:${server.port}`, "--test", "session.test.mjs"];
		expect((await replay(...args)).out).toBe("wrote session.test.mjs. Run it: node --test session.test.mjs\n");
		expect(await replay(...args)).toMatchObject({ code: 2, err: expect.stringContaining("exists already") });
		expect(await run(["--test", "session.test.mjs"])).toMatchObject({
			code: 0,
			out: expect.stringContaining("pass 1"),
		});
		await using changed = await createReplayServer(file, { port: 0, speed: 0, rules: CHANGED }).listen();
		const red = await run(["--test", "session.test.mjs"], { REPLAY_ADDRESS: `localhost:${changed.port}` });
		expect(red.code).toBe(1);
		expect(red.out).toContain("welcome/@name");
	});

	it("writes a test for vitest where package.json has it, and for a CommonJS package", async () => {
		writeFileSync(join(folder, "rules.json"), '{"rules":[]}');
		const server = await startServer();
		await using changed = await createReplayServer(file, { port: 0, speed: 0, rules: CHANGED }).listen();
		writeFileSync(join(folder, "package.json"), '{"devDependencies":{"vitest":"4"}}');
		const options = { recording: file, rulesFile: join(folder, "rules.json"), ignore: ["time"] };
		const good = join(folder, "good.test.ts");
		expect(writeReplayTest(good, { ...options, address: `localhost:${server.port}` })).toBe("vitest");
		writeReplayTest(join(folder, "bad.test.ts"), { ...options, address: `localhost:${changed.port}` });
		const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
		const outcome = await run([vitest, "run", "--root", folder, "--reporter", "json", "good", "bad"]);
		expect(JSON.parse(outcome.out)).toMatchObject({ numPassedTests: 1, numFailedTests: 1 });
		writeFileSync(join(folder, "package.json"), "{}");
		expect(writeReplayTest(join(folder, "plain.js"), { ...options, address: `localhost:${server.port}` })).toBe(
			"node:test",
		);
		expect(readFileSync(join(folder, "plain.js"), "utf8")).toContain("require(");
		expect(await run(["--test", "plain.js"])).toMatchObject({ code: 0, out: expect.stringContaining("pass 1") });
	});
});

const CHANGED = [{ match: "login", set: { name: "?" } }];
