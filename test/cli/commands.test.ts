// The commands as processes: help, errors, exit codes, and what they print.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveSchema } from "../../src/cli/serve-schema.ts";
import { optionsOf } from "../../src/cli/settings.ts";
import { cleanEnvironment, command, type Daemon, makeCertificate, startDaemon } from "../end-to-end/daemon.ts";
import { type Outcome, runProcess as run, runHere } from "./run-command.ts";

let folder: string;
let daemon: Daemon;
let withSilentNats: Promise<Outcome>;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket cli "));
	withSilentNats = serveWithSilentNats();
	daemon = await startDaemon();
});
afterAll(async () => {
	await daemon.stop();
	rmSync(folder, { recursive: true, force: true });
});

/** It tries for ten seconds, in which the other tests run. */
async function serveWithSilentNats(): Promise<Outcome> {
	const silent = createServer(() => {}).listen(0, "127.0.0.1");
	await once(silent, "listening");
	const { port } = silent.address() as AddressInfo;
	const outcome = await run(["serve", "--port", "0", "--nats", `nats://127.0.0.1:${port}`], { cwd: folder });
	silent.close();
	return outcome;
}

describe("xmlsocket", () => {
	it.each([
		["--help"],
		["serve", "--help"],
		["connect", "--help"],
		["send", "-h"],
		["listen", "-h"],
		["inspect", "-h"],
		["policy", "-h"],
		["conformance", "-h"],
		["bench", "-h"],
		["doctor", "-h"],
		["explain", "-h"],
		["config", "-h"],
		["gateway", "-h"],
		["replay", "-h"],
		["rooms", "-h"],
		["who", "-h"],
		["clients", "-h"],
		["say", "-h"],
		["kick", "-h"],
		["ban", "-h"],
		["mute", "-h"],
		["top", "-h"],
	])("prints help for %s %s", async (...args) => {
		const { code, out } = await runHere(args);
		expect(code).toBe(0);
		expect(out).toContain("Usage: xmlsocket");
	});

	it("prints its version", async () => {
		expect((await run(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
	});

	it.each([
		[["serve", "--prot", "9000"], 2, /--port/],
		[["serve", "--port", "abc"], 2, /--port must be a whole number from 0 to 65535, but is "abc"\./],
		[["serve", "--port", "80"], 2, /below 1024/],
		[
			["serve", "--max-document", "-1"],
			2,
			/--max-document must be a whole number of bytes from 64 to 1073741824, but is -1\./,
		],
		[
			["serve", "--room", "a:foo"],
			2,
			/--room has the entry "a:foo", but each entry must be NAME, NAME:stored or NAME:live/,
		],
		[["serve", "--port", "0", "--memory", "--tls-cert", "missing.pem", "--tls-key", "missing.pem"], 1, /missing\.pem/],
		[["serve", "--config", "missing.json"], 2, /missing\.json/],
		[["serve", "--token-file", "missing"], 2, /token file/],
		[["gateway"], 2, /no target/],
		[["gateway", "localhost"], 2, /HOST:PORT/],
		[["gateway", "127.1:9339"], 2, /full form/],
		[["gateway", "a=x:1", "a=y:1"], 2, /two targets/],
		[["gateway", "a=x:1?encoding=utf-16"], 2, /encoding/],
		[["gateway", "a=x:1", "--dial-timeout", "0"], 2, /--dial-timeout must be a whole number of milliseconds from 1/],
		[["serve", "--target", "nonsense"], 2, /HOST:PORT/],
		[["explain", "no-such-thing"], 2, /no error code/],
		[["connect", "not an address"], 2, /address/],
		[["connect", "localhost:80"], 2, /1024/],
		[["listen", "localhost:9", "-C", "1"], 2, /1024/],
		[["bench", "localhost:1025", "--connections", "1,x"], 2, /--connections must be a number/],
		[["bench", "--mode", "echo"], 2, /needs the address/],
		[["doctor", "localhost"], 2, /port is missing/],
		[["doctor", "game.swf"], 2, /xmlsocket play/],
		[["doctor", "localhost:9000/play.html"], 2, /write http:\/\/localhost:9000\/play\.html/],
		[["doctor", "localhost:9000", "--target", "localhost"], 2, /HOST:PORT/],
		[["doctor", "localhost:9000", "--timeout", "0"], 2, /--timeout must be/],
		[["doctor", "localhost:9000", "--resolve", "x"], 2, /HOST=ADDRESS/],
		[["conect", "localhost:9000", "--pretty"], 2, /unknown command 'conect'\n\(Did you mean connect\?\)/],
		[["help", "conect"], 2, /Did you mean connect\?/],
		[["connect", "localhost:1025", "--prety"], 2, /Did you mean --pretty\?/],
		[["serve", "--idle-timout-ms", "5"], 2, /Did you mean --idle-timeout-ms\?/],
	])("%j ends with %i and the reason", async (args, code, words) => {
		const outcome = await runHere(args as string[], { cwd: folder });
		expect(outcome.code).toBe(code);
		expect(outcome.err).toMatch(words);
		expect(outcome.err).not.toMatch(/\n\s+at /);
	});

	it("send ends with 2 when it has no document and standard input is empty", async () => {
		const { code, err } = await run(["send", "localhost:1025"]);
		expect(code).toBe(2);
		expect(err).toMatch(/nothing to send/i);
	});

	it("ends with 2 and the reason, as a process too", async () => {
		const { code, out, err } = await run(["serve", "--prot", "9000"]);
		expect({ code, out }).toEqual({ code: 2, out: "" });
		expect(err).toMatch(/^error: unknown option '--prot'\n\(Did you mean --port\?\)\n$/);
	});

	it("ends with 3 when nothing listens", async () => {
		const closed = createServer().listen(0, "127.0.0.1");
		await new Promise((resolve) => closed.once("listening", resolve));
		const { port } = closed.address() as { port: number };
		await new Promise((resolve) => closed.close(resolve));
		const outcome = await run(["connect", `127.0.0.1:${port}`, "-x", "<a/>"]);
		expect(outcome.code).toBe(3);
		expect(outcome.err).toContain("XMLSOCKET_CONNECT_FAILED");
	});

	it("measures a daemon, prints one JSON object per line, and draws a chart", async () => {
		const chart = join(folder, "bench.svg");
		const load = ["--connections", "4,5", "--duration", "0.3", "--warm-up", "0", "--json", "--chart", chart];
		const { code, out } = await run(["bench", `localhost:${daemon.port}`, ...load]);
		const lines = out
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as Record<string, unknown>);
		expect(lines.map(({ event, connections, ok }) => [event, connections, ok])).toEqual([
			["step", 4, true],
			["step", 5, true],
			["report", undefined, true],
		]);
		expect(code).toBe(0);
		expect(readFileSync(chart, "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
	});

	it("starts a daemon of its own where bench gets no address, whatever the folder's configuration is, and ends it", async () => {
		const cwd = mkdtempSync(join(folder, "configured "));
		writeFileSync(join(cwd, "xmlsocket.config.json"), `{"port": ${daemon.port}, "policyPort": ${daemon.port}}`);
		const load = ["--connections", "3", "--duration", "0.3", "--warm-up", "0", "--mode", "relay"];
		const { code, out, err } = await run(["bench", ...load], { cwd });
		expect([code, err]).toEqual([0, ""]);
		expect(out).toMatch(/Mode relay: .*carried 3 connections/s);
	});

	it("ends with 1 and a hint when the port is in use", async () => {
		const outcome = await run(["serve", "--port", String(daemon.port), "--memory"]);
		expect(outcome.code).toBe(1);
		expect(outcome.err).toMatch(/already used.*--port/);
	});

	it.each([["config"], ["explain"]])("ends quietly with 0 when the reader of %s closes the pipe", async (name) => {
		const child = spawn(process.execPath, [command, name], { cwd: folder, env: cleanEnvironment() });
		// A pipe that is closed before the first write makes every write fail.
		child.stdout.destroy();
		let err = "";
		child.stderr.on("data", (chunk) => {
			err += String(chunk);
		});
		const [code] = (await once(child, "close")) as [number | null];
		expect({ code, err }).toEqual({ code: 0, err: "" });
	});

	it.runIf(process.platform === "linux")("ends with 1 and a message when standard output is full", async () => {
		const full = openSync("/dev/full", "w");
		const child = spawn(process.execPath, [command, "config"], {
			cwd: folder,
			env: cleanEnvironment(),
			stdio: ["ignore", full, "pipe"],
		});
		closeSync(full);
		let err = "";
		child.stderr!.on("data", (chunk) => {
			err += String(chunk);
		});
		const [code] = (await once(child, "close")) as [number | null];
		expect(code).toBe(1);
		expect(err).toMatch(/^xmlsocket: Standard output cannot be written: ENOSPC/);
	});

	it("shows the flags of a schema for help COMMAND, as for COMMAND --help", async () => {
		for (const name of ["serve", "gateway", "run", "play"]) {
			const { code, out } = await runHere(["help", name]);
			expect(code).toBe(0);
			expect(out).toBe((await runHere([name, "--help"])).out);
			expect(out).toContain("--log-level");
		}
	});

	it("explains a code in both its forms", async () => {
		for (const code of ["XMLSOCKET_PORT_IN_USE", "port-in-use", "port_in_use"]) {
			expect((await runHere(["explain", code])).out).toMatch(
				/^XMLSOCKET_PORT_IN_USE {2}\(usage; in documents: port-in-use\)\n/,
			);
		}
	});
});

describe("xmlsocket config", () => {
	it("accepts several values of an option as repeated flags and as one flag", async () => {
		const words = [
			"--room",
			"news",
			"--room",
			"game:live",
			"hall",
			"--origin",
			"https://a.example",
			"https://b.example",
		];
		const { out, code } = await runHere(["config", "--json", ...words], { cwd: folder });
		expect(code).toBe(0);
		const rows = out
			.split("\n")
			.filter(Boolean)
			.map((line) => JSON.parse(line) as { option: string; value: unknown });
		expect(rows.find(({ option }) => option === "rooms")?.value).toEqual(["news", "game:live", "hall"]);
		expect(rows.find(({ option }) => option === "origin")?.value).toEqual(["https://a.example", "https://b.example"]);
		// The flag's words are what makes commander collect its values.
		const lists = optionsOf(serveSchema).filter(({ kind }) => kind === "array");
		expect(lists.length).toBeGreaterThan(4);
		for (const { flags } of lists) expect(flags).toMatch(/\w\.\.\.[>\]]$/);
	});

	it("shows each value and its source: flag before variable before file before default", async () => {
		writeFileSync(
			join(folder, "xmlsocket.config.json"),
			JSON.stringify({ port: 9001, host: "127.0.0.1", maxDocumentBytes: 1000, origin: ["https://a.example"] }),
		);
		const { out, code } = await runHere(["config", "--json", "--port", "9003"], {
			cwd: folder,
			env: { XMLSOCKET_PORT: "9002", XMLSOCKET_MAX_DOCUMENT: "2000" },
		});
		expect(code).toBe(0);
		const rows = new Map(
			out
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line) as { option: string; value: unknown; source: string })
				.map((row) => [row.option, row]),
		);
		expect(rows.get("port")).toMatchObject({ value: 9003, source: "flag" });
		expect(rows.get("maxDocumentBytes")).toMatchObject({ value: 2000, source: "environment XMLSOCKET_MAX_DOCUMENT" });
		expect(rows.get("host")).toMatchObject({ value: "127.0.0.1", source: "file xmlsocket.config.json" });
		expect(rows.get("origin")).toMatchObject({ value: ["https://a.example"] });
		expect(rows.get("idleTimeoutMs")).toMatchObject({ value: 300_000, source: "default" });
	});

	it.each([
		[["--no-guests"], {}, "flag"],
		[[], { XMLSOCKET_GUESTS: "false" }, "environment XMLSOCKET_GUESTS"],
	])("turns guests off with %j and %j", async (args, env, source) => {
		const { out } = await runHere(["config", "--json", ...args], { cwd: folder, env });
		const rows = out
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as { option: string });
		expect(rows.find(({ option }) => option === "guests")).toMatchObject({ value: false, source });
	});

	it("refuses variables that no option has, each with the nearest name", async () => {
		const { code, err } = await runHere(["config"], {
			cwd: folder,
			// The others belong to the gateway's and the movie player's options, and to the configuration file.
			env: {
				XMLSOCKET_MAX_DOCMENT: "5",
				XMLSOCKET_DIAL_TIMEOUT: "9",
				XMLSOCKET_OPEN: "false",
				XMLSOCKET_CONFIG: "xmlsocket.config.json",
			},
		});
		expect(code).toBe(2);
		expect(err).toMatch(
			/^xmlsocket: There is no environment variable XMLSOCKET_MAX_DOCMENT; did you mean XMLSOCKET_MAX_DOCUMENT\?\n/,
		);
		expect(err).not.toMatch(/DIAL_TIMEOUT|OPEN|CONFIG/);
	});

	it("refuses an unknown key, and suggests the nearest one", async () => {
		const file = join(folder, "bad.json");
		writeFileSync(file, '{"maxDocument": 5}');
		const { code, err } = await runHere(["config", "--config", file]);
		expect(code).toBe(2);
		expect(err).toContain('did you mean "maxDocumentBytes"?');
	});
});

describe("send, listen and connect", () => {
	it("carry documents from one to the other through the daemon", async () => {
		// A stored room, read from its beginning: whichever of the two is quicker, there are three documents.
		const join = '<join room="lobby" after="0"/>';
		const listening = run(["listen", `localhost:${daemon.port}`, "-x", join, "-C", "3", "-W", "30"]);
		const sent = await run(["send", `:${daemon.port}`, "-m", '<join room="lobby"/>', '<say room="lobby">hi</say>']);
		expect(sent).toMatchObject({ code: 0, err: "", out: expect.stringContaining("<said ") });
		const { code, out } = await listening;
		expect(code).toBe(0);
		expect(out.split("\n").slice(0, 2)).toEqual([
			expect.stringMatching(/^<welcome /),
			expect.stringMatching(/^<joined room="lobby"/),
		]);
	});

	it("send takes documents as arguments and prints the answers", async () => {
		const { code, out } = await run(["send", `:${daemon.port}`, '<ping id="1"/>', '<ping id="2"/>']);
		expect(code).toBe(0);
		expect(out).toMatch(/<pong id="1".*\n<pong id="2".*\n$/);
	});

	it("send without a document sends standard input as one, without the newline at its end", async () => {
		const { code, out } = await run(["send", `:${daemon.port}`], { input: '<ping\n id="3"/>\n' });
		expect(code).toBe(0);
		expect(out).toMatch(/<pong id="3".*\n$/);
	});

	it("send -l sends each line, and -f a file as one document", async () => {
		const lines = await run(["send", `:${daemon.port}`, "-l"], { input: '<ping id="4"/>\n\n<ping id="5"/>\n' });
		expect(lines.out).toMatch(/<pong id="4".*\n<pong id="5".*\n$/);
		const file = join(folder, "ping.xml");
		writeFileSync(file, '<ping\nid="6"/>');
		expect((await run(["send", `:${daemon.port}`, "-f", file])).out).toMatch(/<pong id="6".*\n$/);
	});

	it("send ends with 1 when the server answers with an error, and prints it", async () => {
		const { code, out } = await run(["send", `:${daemon.port}`, '<say room="nowhere">hi</say>']);
		expect(code).toBe(1);
		expect(out).toMatch(/<error code="room-/);
	});

	it("send --wait does not wait to its end when an error has come, and prints what else arrives", async () => {
		const begun = performance.now();
		const words = [`:${daemon.port}`, "-m", '<say room="nowhere">hi</say>', '<ping id="8"/>', "--wait", "3600000"];
		const { code, out } = await run(["send", ...words]);
		expect(code).toBe(1);
		expect(out).toMatch(/<error code="room-[\s\S]*<pong id="8"/);
		expect(performance.now() - begun).toBeLessThan(3_000_000);
	});

	it("send ends at once, and with 0, when the server answers and ends the connection", async () => {
		const rude = createServer((socket) => socket.once("data", () => socket.end("<last/>\0"))).listen(0, "127.0.0.1");
		await once(rude, "listening");
		const { port } = rude.address() as AddressInfo;
		const { code, out, err } = await run(["send", `127.0.0.1:${port}`, "<a/>", "--wait", "20000"]);
		rude.close();
		expect({ code, out, err }).toEqual({
			code: 0,
			out: "<last/>\n",
			err: "",
		});
	});

	it("listen ends with 1 when fewer documents arrive", async () => {
		const { code, err } = await run(["listen", `localhost:${daemon.port}`, "-C", "50", "-W", "1"]);
		expect(code).toBe(1);
		expect(err).toMatch(/1 of 50/);
	});

	it("connect reads documents from a pipe, one per line, and prints the answers as JSON lines", async () => {
		const { code, out } = await run(["connect", String(daemon.port), "--json"], {
			input: '<join room="r2"/>\n<say room="r2" id="c1">2 &lt; 3</say>\n',
		});
		expect(code).toBe(0);
		const texts = out
			.trim()
			.split("\n")
			.map((line) => (JSON.parse(line) as { text: string }).text);
		expect(texts.some((text) => /^<said .*id="c1".*>2 &lt; 3<\/said>$/.test(text))).toBe(true);
		expect(texts.some((text) => text.startsWith('<ack id="c1"'))).toBe(true);
	});

	it("connect --pretty indents XML, and leaves other text alone", async () => {
		const { out } = await run(["connect", String(daemon.port), "--pretty", "-x", '<who room="lobby"/>']);
		expect(out).toMatch(/^<welcome [^\n]*>\n {2}<limits [^\n]*\/>\n<\/welcome>\n/);
	});

	it("connect uses TLS and WebSocket", async () => {
		const { cert, key } = makeCertificate(folder);
		const secure = await startDaemon(["--tls-cert", cert, "--tls-key", key]);
		for (const args of [
			[`xmlsockets://localhost:${secure.port}`, "--insecure"],
			[`xmlsockets://localhost:${secure.port}`, "--ca", cert],
			[`localhost:${secure.port}`, "--tls", "--insecure"],
			[`wss://localhost:${secure.port}`, "--insecure"],
			[`ws://localhost:${secure.port}`],
		]) {
			const { code, out } = await run(["connect", ...args, "-x", '<ping id="7"/>', "-C", "2", "-w", "8"]);
			expect(code, args.join(" ")).toBe(0);
			expect(out).toContain('<pong id="7"');
		}
		const refused = await run(["connect", `xmlsockets://localhost:${secure.port}`, "-x", "<a/>"]);
		expect(refused.code).toBe(3);
		expect(refused.err).toMatch(/self.signed/);
		expect(await secure.stop()).toBe(0);
	});
});

describe("xmlsocket serve", () => {
	it("relays every document unchanged with --relay, also without XML and UTF-8", async () => {
		const relay = await startDaemon(["--relay"]);
		const { RawClient } = await import("../server/peers.ts");
		const [a, b] = [RawClient.tcp(relay.port), RawClient.tcp(relay.port)];
		const bytes = Buffer.from([0xff, 0xfe, 0x25, 0x78, 0x74, 0]);
		// Until the other one is there as well.
		const again = setInterval(() => a.socket.write(bytes), 100);
		await b.until(() => b.received.length >= bytes.length);
		clearInterval(again);
		expect(b.received.subarray(0, bytes.length)).toEqual(bytes);
		expect(a.received.length).toBe(0);
		a.socket.destroy();
		b.socket.destroy();
		expect(await relay.stop("SIGINT")).toBe(0);
	});

	it("ends when NATS accepts the connection and sends nothing", async () => {
		const { code, err } = await withSilentNats;
		expect(err).toContain("XMLSOCKET_BROKER_UNREACHABLE");
		expect(code).toBe(1);
	});

	it("sends bye and exits with 0 on SIGTERM", async () => {
		const stopping = await startDaemon();
		const listening = run(["listen", `localhost:${stopping.port}`, "-W", "10"]);
		const connected = async (): Promise<boolean> =>
			/^xmlsocket_chat_clients 1$/m.test(await (await fetch(`http://localhost:${stopping.port}/metrics`)).text());
		while (!(await connected())) await new Promise((resolve) => setTimeout(resolve, 50));
		expect(await stopping.stop()).toBe(0);
		expect((await listening).out).toContain('<bye reason="draining"');
	});
});
