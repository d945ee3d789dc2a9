// `xmlsocket inspect` as a process: what it prints and records, and that nothing which happens to its output reaches the traffic.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRecording } from "../../src/tools/index.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";
import { hasTmux, Terminal } from "../field/tmux.ts";
import { client, closeAll, echo, type Peer, Target, tlsFiles } from "../tools/inspect-harness.ts";
import { FeedReader } from "../traffic-feed/feed-reader.ts";
import { runHere } from "./run-command.ts";

const children: ChildProcessWithoutNullStreams[] = [];
const terminals: Terminal[] = [];
let folder = "";

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket inspect "));
});

afterEach(async () => {
	for (const terminal of terminals.splice(0)) terminal.close();
	for (const child of children.splice(0)) child.kill("SIGKILL");
	await closeAll();
	rmSync(folder, { recursive: true, force: true });
});

class Run {
	out = "";
	err = "";
	readonly child: ChildProcessWithoutNullStreams;
	readonly exited: Promise<number | null>;
	port = 0;

	constructor(args: string[], readsOutput = true) {
		this.child = spawn(process.execPath, [command, "inspect", ...args], { env: cleanEnvironment(), cwd: tmpdir() });
		children.push(this.child);
		this.exited = once(this.child, "close").then(([code]) => code as number | null);
		if (readsOutput) this.readOutput();
		this.child.stderr.on("data", (chunk) => {
			this.err += String(chunk);
		});
	}

	readOutput(): void {
		this.child.stdout.on("data", (chunk) => {
			this.out += String(chunk);
		});
	}

	async listening(): Promise<this> {
		await expect.poll(() => this.err).toMatch(/Listening on .*:(\d+);/);
		this.port = Number(/Listening on .*:(\d+);/.exec(this.err)![1]);
		return this;
	}

	/** Ends it as Ctrl-C does. */
	async interrupt(): Promise<number | null> {
		this.child.kill("SIGINT");
		return await this.exited;
	}
}

const start = (target: string, flags: string[] = [], readsOutput = true): Promise<Run> =>
	new Run(["127.0.0.1:0", target, ...flags], readsOutput).listening();

/** Sends documents to an echo server through the inspector, and reads the answers. */
async function talk(port: number, text: string): Promise<Peer> {
	const peer = await client(port);
	peer.socket.write(text);
	await peer.bytes(Buffer.byteLength(text));
	peer.socket.end();
	await peer.ended();
	return peer;
}

const withoutTimes = (text: string): string[] =>
	text
		.trimEnd()
		.split("\n")
		.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, "").replace(/127\.0\.0\.1:\d+/g, "ADDRESS"));

describe("xmlsocket inspect", () => {
	it("prints one line for each event where nobody looks at a terminal, and statistics on Ctrl-C", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const run = await start(`127.0.0.1:${target.port}`);
		await talk(run.port, "<login name='ann'/>\0%xt%s%m%1%\0{\"a\":1}\0");
		expect(await run.interrupt()).toBe(0);
		expect(withoutTimes(run.out)).toEqual([
			"#1 + open ADDRESS to ADDRESS",
			"#1 → 19 B <login name='ann'/>",
			"#1 → 10 B %xt%s%m%1%",
			'#1 → 7 B {"a": 1}',
			"#1 ← 19 B <login name='ann'/>",
			"#1 ← 10 B %xt%s%m%1%",
			'#1 ← 7 B {"a": 1}',
			"#1 - client ended",
			"#1 - server ended",
			"#1 - closed",
		]);
		expect(run.err).toMatch(/1 connection, 6 documents in \d+\.\d s/);
		expect(run.err).toMatch(/→ client, 36 bytes +documents +bytes +longest\n {2}<login> +1 +19 +19\n/);
		expect(run.err).toMatch(/← server, 36 bytes/);
	});

	it("prints with --json what can be read as a recording, and says first where it listens", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const run = await start(`127.0.0.1:${target.port}`, ["--json"]);
		await talk(run.port, "<a/>\0");
		expect(await run.interrupt()).toBe(0);
		const lines = run.out.trimEnd().split("\n");
		expect(JSON.parse(lines[0]!)).toMatchObject({
			recording: 1,
			terminator: "00",
			encoding: "utf-8",
			listen: `127.0.0.1:${run.port}`,
			target: `127.0.0.1:${target.port}`,
		});
		expect(lines.slice(1).map((line) => JSON.parse(line))).toMatchObject([
			{ kind: "open", connection: 1 },
			{ kind: "document", direction: "client", bytes: 4, text: "<a/>", time: expect.any(Number) },
			{ kind: "document", direction: "server", bytes: 4, text: "<a/>" },
			{ kind: "close", direction: "client" },
			{ kind: "close", direction: "server" },
			{ kind: "close" },
		]);
	});

	it("shows what the filter and the direction select, with masked values, and records everything with masked values", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const file = join(folder, "session.ndjson");
		const run = await start(`127.0.0.1:${target.port}`, [
			...["--filter", "//login", "--direction", "client", "--mask", "pword", "--mask", "token", "--record", file],
		]);
		await talk(run.port, "<login pword='secret'/>\0<other token='hidden'/>\0");
		expect(await run.interrupt()).toBe(0);
		expect(withoutTimes(run.out)).toEqual(["#1 → 20 B (masked) <login pword='***'/>"]);
		const recorded = readFileSync(file, "utf8");
		expect(recorded).not.toMatch(/secret|hidden/);
		const kinds: string[] = [];
		for await (const event of await readRecording(file)) kinds.push(event.kind);
		expect(kinds).toEqual(["open", "document", "document", "document", "document", "close", "close", "close"]);
		expect(run.err).toContain(`8 events recorded in ${file}.`);
	});

	it("refuses to record into a file that exists, and leaves it as it is", async () => {
		const target = await new Target().listen();
		const run = new Run(["127.0.0.1:0", `127.0.0.1:${target.port}`, "--record", tlsFiles.cert]);
		expect(await run.exited).toBe(2);
		expect(run.err).toContain("XMLSOCKET_RECORDING_EXISTS");
		expect(readFileSync(tlsFiles.cert, "utf8")).toContain("BEGIN CERTIFICATE");
	});

	it.each([
		[["nine", "127.0.0.1:9"], 2, /"nine" is nothing to listen on: write PORT/],
		[["127.0.0.1:0", "127.0.0.1"], 2, /the port is missing/],
		[["127.0.0.1:0", "127.0.0.1:9", "--filter", "a/("], 2, /at column 3/],
		[["127.0.0.1:0", "127.0.0.1:9", "--direction", "up"], 2, /--direction must be client or server/],
		[["127.0.0.1:0", "127.0.0.1:9", "--encoding", "utf-9"], 2, /utf-9/],
		[["127.0.0.1:0", "127.0.0.1:9", "--tls-cert", "x.pem"], 2, /--tls-cert and --tls-key belong together/],
		[["127.0.0.1:0", "127.0.0.1:9", "--tls-cert", "x.pem", "--tls-key", "x.pem"], 1, /x\.pem/],
		[["127.0.0.1:0", "127.0.0.1:9", "--filtre", "x"], 2, /--filter/],
		[["127.0.0.1:0"], 2, /target/],
	])("says what is wrong with %j, with exit code %i", async (args, code, words) => {
		const outcome = await runHere(["inspect", ...args]);
		expect([outcome.code, outcome.out]).toEqual([code, ""]);
		expect(outcome.err).toMatch(words);
	});

	it("refuses a target that is itself, with the hint that the hosts file may be the reason", async () => {
		const { port } = await new Target().listen();
		await closeAll();
		const run = new Run([String(port), `localhost:${port}`]);
		expect(await run.exited).toBe(2);
		expect(run.err).toContain(`The target localhost:${port} is this inspector itself`);
		expect(run.err).toContain("hosts file");
	});

	it("says that its port is in use, and records nothing", async () => {
		const target = await new Target().listen();
		const file = join(folder, "none.ndjson");
		const run = new Run([`127.0.0.1:${target.port}`, "127.0.0.1:9", "--record", file]);
		expect(await run.exited).toBe(1);
		expect(run.err).toContain("XMLSOCKET_PORT_IN_USE");
		expect(existsSync(file)).toBe(false);
	});

	it("shows a target that cannot be reached whatever the filter is, with a hint, and goes on", async () => {
		const { port } = await new Target().listen();
		await closeAll();
		const run = await start(`127.0.0.1:${port}`, ["--filter", "//login"]);
		const peer = await client(run.port);
		peer.socket.write("<a/>\0");
		await peer.ended();
		await expect.poll(() => run.out).toMatch(/#1 ! XMLSOCKET_CONNECT_FAILED server: No connection .*ECONNREFUSED/);
		await new Target().listen({ onPeer: echo, port });
		await talk(run.port, "<login/>\0");
		await expect.poll(() => withoutTimes(run.out).at(-1)).toBe("#2 ← 8 B <login/>");
		expect(await run.interrupt()).toBe(0);
	});

	it("never waits for a program that does not read its output: the traffic and the recording go on", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const file = join(folder, "all.ndjson");
		const run = await start(`127.0.0.1:${target.port}`, ["--record", file], false);
		const text = `<d>${"x".repeat(1000)}</d>\0`;
		const count = 12_000;
		const peer = await client(run.port);
		// In steps, because a disk is slower than loopback, and the recording has to have all of it.
		for (let sent = 0; sent < count; sent += 1000) {
			peer.socket.write(text.repeat(1000));
			await peer.bytes((sent + 1000) * text.length);
		}
		peer.socket.end();
		await peer.ended();
		run.readOutput();
		await expect.poll(() => run.out).toMatch(/… \d+ lines are not shown: .* reads too slowly/);
		const shown = (): number => run.out.split("\n").filter((line) => line.includes(" B <d>")).length;
		const missing = (): number =>
			[...run.out.matchAll(/… (\d+) lines? (?:is|are) not shown/g)].reduce((sum, [, n]) => sum + Number(n), 0);
		await expect.poll(() => shown() + missing()).toBeGreaterThanOrEqual(2 * count);
		expect(await run.interrupt()).toBe(0);
		expect(run.err).toMatch(/1 connection, 24,000 documents/);
		expect(run.err).toMatch(/24,004 events recorded/);
	});

	it("ends quietly when the reader of its output has seen enough", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const run = await start(`127.0.0.1:${target.port}`);
		run.child.stdout.destroy();
		const peer = await client(run.port);
		for (let i = 0; i < 50 && run.child.exitCode === null; i++) {
			peer.socket.write("<a/>\0");
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		expect(await run.exited).toBe(0);
		expect(run.err.trimEnd().split("\n")).toHaveLength(1);
	});

	it("gives a hint where documents end with line feeds, where the encoding is another one, and where the policy names other ports", async () => {
		const policy = '<cross-domain-policy><allow-access-from domain="*" to-ports="1025"/></cross-domain-policy>';
		const target = await new Target().listen({
			onPeer: (peer) =>
				peer.socket.on("data", (chunk) => {
					if (chunk.includes("policy-file")) peer.socket.end(`${policy}\0`);
				}),
		});
		const run = await start(`127.0.0.1:${target.port}`);
		const lines = await client(run.port);
		lines.socket.end("USER a\nNICK b\nJOIN c\n");
		await expect.poll(() => run.err).toMatch(/Hint: Bytes came in lines .* set --terminator lf/);
		const other = await client(run.port);
		other.socket.write(
			Buffer.concat([
				Buffer.from("<?xml version='1.0' encoding='gbk'?><a>"),
				Buffer.of(0xc4, 0xe3),
				Buffer.from("</a>\0"),
			]),
		);
		await expect.poll(() => run.err).toMatch(/Hint: A document is not valid utf-8\. Set --encoding gbk\./);
		const asking = await client(run.port);
		asking.socket.write("<policy-file-request/>\0");
		await expect.poll(() => run.err).toMatch(/Hint: The target's policy file does not allow port \d+/);
		expect(await run.interrupt()).toBe(0);
	});

	it("serves the live page with --web, masked, and names that flag where its port is in use", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const run = await start(`127.0.0.1:${target.port}`, ["--web", "--mask", "pword"]);
		await expect.poll(() => run.err).toMatch(/The live page is at http:\/\/localhost:\d+\/\?token=[\w-]{24}\n/);
		const url = new URL(/http:\S+/.exec(run.err)![0]);
		const reader = await FeedReader.open(`ws://${url.host}/feed`, {
			authorization: `Bearer ${url.searchParams.get("token")}`,
		});
		await talk(run.port, "<login pword='secret'/>\0");
		await expect.poll(() => reader.texts).toEqual(["<login pword='***'/>", "<login pword='***'/>"]);
		expect(reader.hello).toMatchObject({ controls: true, info: { listen: `127.0.0.1:${run.port}` } });
		const second = new Run(["127.0.0.1:0", `127.0.0.1:${target.port}`, "--web", url.port]);
		expect(await second.exited).toBe(1);
		expect(second.err).toMatch(/Port \d+ is already used .* choose another port with --web/);
		expect(await run.interrupt()).toBe(0);
	});

	it("gives a hint where bytes come and no terminator, without the end of the connection", async () => {
		const target = await new Target().listen();
		const run = await start(`127.0.0.1:${target.port}`);
		const peer = await client(run.port);
		peer.socket.write("USER a\n");
		await expect
			.poll(() => run.err)
			.toMatch(/Hint: The client of connection 1 has sent 7 bytes and no terminator \(nul\)/);
	});
});

describe.skipIf(!hasTmux())("xmlsocket inspect on a terminal", () => {
	it("indents and colours documents, and a stopped terminal stops no traffic", async () => {
		const target = await new Target().listen({ onPeer: echo });
		const { port } = await new Target().listen();
		await closeAll();
		await new Target().listen({ onPeer: echo, port: target.port });
		const terminal = new Terminal(
			`"${process.execPath}" "${command}" inspect 127.0.0.1:${port} 127.0.0.1:${target.port}`,
		);
		terminals.push(terminal);
		await expect.poll(() => terminal.text()).toContain("Listening on");
		await talk(port, "<msg t='sys'><body action='login' r='0'><nick>ann and others</nick></body></msg>\0");
		await expect
			.poll(() => terminal.text())
			.toMatch(/→ 80 B ?\n {4}<msg t='sys'>\n {6}<body action='login' r='0'>\n {8}<nick>ann and others<\/nick>/);
		terminal.press("C-s");
		const peer = await client(port);
		const text = `<d>${"x".repeat(1000)}</d>\0`.repeat(5000);
		peer.socket.write(text);
		await peer.bytes(text.length);
		terminal.press("C-q");
		terminal.press("C-c");
		await expect.poll(() => terminal.text()).toMatch(/2 connections, 10,002 documents/);
		await expect.poll(() => terminal.text()).toContain("exit 0");
	});
});
