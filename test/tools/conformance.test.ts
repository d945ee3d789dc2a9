// The conformance suite against servers that are right, against servers that end as processes, and the command. docs/conformance.md.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	CONFORMANCE_CASES,
	type ConformanceProgress,
	type ConformanceReport,
	conformanceJUnit,
	runConformance,
	showConformanceResult,
} from "../../src/tools/index.ts";
import { XML } from "../../src/xml/index.ts";
import { type Outcome, runHere } from "../cli/run-command.ts";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { fixedBuffer } from "./bad-servers/framing.ts";
import { eachDocument, listening, terminated } from "./bad-servers/server.ts";
import { SPOILED, spoiledChat } from "./bad-servers/spoiled-chat.ts";

const HOST = "127.0.0.1";
const bad = (name: string): string => join(import.meta.dirname, "bad-servers", name);

const ECHO_APPLICATION = `export default {
	output: "bytes",
	open: (peer) => ({ document: (bytes) => peer.sendEncoded(bytes), closed() {} }),
};`;

let folder: string;
let chat: Daemon;
let relay: Daemon;
let echo: Daemon;
const children: ChildProcess[] = [];
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket conformance "));
	writeFileSync(join(folder, "echo.mjs"), ECHO_APPLICATION);
	[chat, relay, echo] = await Promise.all([
		startDaemon(["--memory"]),
		startDaemon(["--relay"]),
		startDaemon(["--app", join(folder, "echo.mjs")]),
	]);
});
afterAll(async () => {
	for (const child of children) child.kill();
	await Promise.all([chat.stop(), relay.stop(), echo.stop()]);
	rmSync(folder, { recursive: true, force: true });
});

/** Runs a server that prints its port. */
async function started(file: string, ...args: string[]): Promise<number> {
	const child = spawn(process.execPath, [bad(file), ...args], { stdio: ["ignore", "pipe", "ignore"] });
	children.push(child);
	const [line] = (await once(child.stdout!, "data")) as [Buffer];
	return Number(line);
}

const failed = ({ cases }: ConformanceReport): string[] =>
	cases.filter(({ result }) => result === "failed").map(({ id }) => id);
const skipped = ({ cases }: ConformanceReport): string[] =>
	cases.filter(({ result }) => result === "skipped").map(({ id }) => id);

describe("a server of this package passes", () => {
	it.concurrent("the profile chat, as the daemon", async () => {
		const report = await runConformance({ address: `${HOST}:${chat.port}` });
		expect(report.cases.filter(({ result }) => result === "failed")).toEqual([]);
		expect(report).toMatchObject({ profile: "chat", answersPolicy: true, failed: 0 });
		// The chat's <welcome> says that its limit is 256 KiB.
		expect(skipped(report)).toEqual(["size-1m"]);
	});

	it.concurrent("the profile relay, as serve --relay", async () => {
		const report = await runConformance({ address: `${HOST}:${relay.port}` });
		expect(report.cases.filter(({ result }) => result === "failed")).toEqual([]);
		expect(report).toMatchObject({ profile: "relay", answersPolicy: true, failed: 0 });
		expect(skipped(report)).toEqual(["size-1m"]);
	});

	it.concurrent("the profile echo, as serve --app with three lines", async () => {
		const report = await runConformance({ address: `${HOST}:${echo.port}` });
		expect(report.cases.filter(({ result }) => result === "failed")).toEqual([]);
		expect(report).toMatchObject({ profile: "echo", answersPolicy: true, failed: 0 });
		expect(skipped(report)).toEqual(["size-1m"]);
	});

	it.concurrent("over WebSocket too", async () => {
		const only = ["split-at-every-position", "coalesced-documents", "four-byte-characters", "reset-mid-document"];
		const report = await runConformance({ address: `ws://${HOST}:${echo.port}`, only });
		expect(report).toMatchObject({ profile: "echo", passed: 4, failed: 0, skipped: 0 });
	});
});

describe("a chat fails that", () => {
	it.concurrent.each(SPOILED.map((row) => [row.title, row] as const))("%s", async (_, { spoil, fails }) => {
		const proxy = await spoiledChat(chat.port, spoil);
		const only = CONFORMANCE_CASES.map(({ id }) => id).filter((id) => id.startsWith("chat-"));
		try {
			const report = await runConformance({ address: `${HOST}:${proxy.port}`, only, profile: "chat", timeoutMs: 500 });
			expect(failed(report).sort()).toEqual([...fails].sort());
		} finally {
			proxy.stop();
		}
	});

	it.concurrent("together with the others, each chat case", () => {
		const found = new Set(SPOILED.flatMap(({ fails }) => fails));
		const all = CONFORMANCE_CASES.map(({ id }) => id).filter((id) => id.startsWith("chat-"));
		expect(all.filter((id) => !found.has(id))).toEqual([]);
	});
});

describe("a server that ends", () => {
	it.concurrent("because a client resets its connection is named with that case, and the rest is skipped", async () => {
		const port = await started("no-error-handler.js");
		const only = ["whole-document", "reset-mid-document", "vanish-while-answered"];
		const report = await runConformance({ address: `${HOST}:${port}`, only, timeoutMs: 400 });
		expect(report.cases.map(({ id, result, endedServer }) => [id, result, endedServer])).toEqual([
			["whole-document", "passed", undefined],
			["reset-mid-document", "failed", true],
			["vanish-while-answered", "skipped", undefined],
		]);
		expect(report.cases[2]!.reason).toBe("The server serves no client since reset-mid-document.");
	});

	it.concurrent("because a client resets its policy request is named with that case", async () => {
		const port = await started("no-error-handler.js", "policy");
		const report = await runConformance({ address: `${HOST}:${port}`, only: ["policy-reset"], timeoutMs: 400 });
		expect(report.profile).toBe("policy");
		expect(report.cases[0]).toMatchObject({ result: "failed", endedServer: true });
	});
});

describe("a relay written from memory", () => {
	it("fails where its author did not look", async () => {
		const port = await started("naive-chat.cjs", "0");
		const report = await runConformance({ address: `${HOST}:${port}`, timeoutMs: 500 });
		expect(report.profile).toBe("relay");
		expect(report.cases[0]).toMatchObject({ id: "whole-document", result: "passed" });
		expect(failed(report)).toEqual(
			expect.arrayContaining([
				"split-at-every-position",
				"byte-by-byte",
				"order-of-2000",
				"unfinished-document",
				"white-space-kept",
				"line-feed-kept",
				"policy-split",
				"policy-with-documents",
			]),
		);
		// It writes to a client that it has ended itself, and the error ends the process: with which of these cases depends on when the
		// system reports the reset.
		expect(report.cases.find(({ endedServer }) => endedServer)?.id).toMatch(/^policy-(?:not-delivered|reset)$/);
	});
});

describe("runConformance", () => {
	it("tests documents of 1 MiB where a limit that is given allows them", async () => {
		const only = ["size-1m"];
		const good = await listening((socket) => eachDocument(socket, (document) => socket.write(terminated(document))));
		const cut = await fixedBuffer();
		const at = (port: number) =>
			runConformance({ address: `${HOST}:${port}`, only, maxDocumentBytes: 2_000_000, timeoutMs: 3000 });
		expect(await at(good.port)).toMatchObject({ passed: 1, failed: 0 });
		expect(failed(await at(cut.port))).toEqual(["size-1m"]);
		good.stop();
		cut.stop();
	});

	it("reports its progress, and can be aborted", async () => {
		const controller = new AbortController();
		const seen: ConformanceProgress[] = [];
		const run = runConformance({
			address: `${HOST}:${echo.port}`,
			signal: controller.signal,
			onProgress(event) {
				seen.push(event);
				if (event.kind === "start" && event.number === 2) controller.abort();
			},
		});
		await expect(run).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
		expect(seen.map(({ kind }) => kind)).toEqual(["profile", "start", "result", "start"]);
	});

	it("cannot tell what a silent server does, and says so", async () => {
		const silent = await listening((socket) => socket.resume());
		const run = runConformance({ address: `${HOST}:${silent.port}`, timeoutMs: 200 });
		await expect(run).rejects.toMatchObject({ code: "XMLSOCKET_PROFILE_UNKNOWN" });
		silent.stop();
	});

	it("ends soon with a server that accepts connections and never answers", async () => {
		const silent = await listening((socket) => socket.resume());
		const report = await runConformance({ address: `${HOST}:${silent.port}`, profile: "echo", timeoutMs: 200 });
		expect(failed(report)).toEqual(["whole-document"]);
		expect(report.skipped).toBe(report.cases.length - 1);
		silent.stop();
	});

	it("escapes control characters of the server in its reports", async () => {
		const rude = await listening((socket) =>
			eachDocument(socket, (document) => socket.write(`${String(document)}\x1b]0;title\x07\x9b2J\0`)),
		);
		const report = await runConformance({
			address: `${HOST}:${rude.port}`,
			only: ["whole-document"],
			profile: "echo",
			timeoutMs: 300,
		});
		const text = showConformanceResult(report.cases[0]!) + conformanceJUnit(report) + JSON.stringify(report);
		expect(report.failed).toBe(1);
		const coloured = showConformanceResult(report.cases[0]!, (style, one) => `<${style}>${one}</${style}>`);
		expect(coloured).toContain("<bad>✗</bad> whole-document");
		expect(coloured).toContain("    <dim>source:   ");
		// biome-ignore lint/suspicious/noControlCharactersInRegex: those that must not be there
		expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
		rude.stop();
	});

	it.each([
		[{ only: ["split-at-every-positon"] }, /did you mean split-at-every-position/],
		[{ profile: "bus" as "echo" }, /echo, relay, chat, policy or auto/],
		[{ timeoutMs: 5 }, /from 100 to 60000/],
		[{ maxDocumentBytes: 0 }, /from 1 to/],
	])("refuses %j", async (options, message) => {
		const run = runConformance({ address: `${HOST}:${echo.port}`, ...options });
		await expect(run).rejects.toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
			message: expect.stringMatching(message),
		});
	});
});

const conformance = (...args: string[]): Promise<Outcome> => runHere(["conformance", ...args]);

describe("xmlsocket conformance", () => {
	it("prints each case, and ends with 0 where none failed", async () => {
		const { code, out, err } = await conformance(String(echo.port), "--only", "whole-document", "size-1m");
		expect(err).toBe("");
		expect(out.split("\n")).toEqual([
			"Profile echo: The server returns a document to its sender, and does not pass it on to another client. 2 cases.",
			"",
			"✓ whole-document: delivers a document that comes whole in one segment",
			"",
			"Skipped: The server does not say that it accepts such documents. --max-document says it.",
			"    size-1m",
			"1 passed, 0 failed, 1 skipped.",
			"",
		]);
		expect(code).toBe(0);
	});

	it("prints what to change, writes JUnit's XML, and ends with 1 where a case failed", async () => {
		const port = await started("naive-chat.cjs", "0");
		const file = join(folder, "results.xml");
		const only = ["--only", "whole-document", "byte-by-byte", "cdata", "chat-ping"];
		const { code, out } = await conformance(`${HOST}:${port}`, ...only, "--junit", file, "--timeout", "500");
		expect(code).toBe(1);
		expect(out).toMatch(
			/✗ byte-by-byte: .*\n {4}sent: .*\n {4}expected: .*\n {4}got: .*\n {4}change: {3}Keep the bytes after the last zero byte/,
		);
		const document = new XML();
		document.ignoreWhite = true;
		document.parseXML(readFileSync(file, "utf8"));
		expect(document.status).toBe(0);
		const suite = document.firstChild!.firstChild!;
		expect(suite.attributes).toMatchObject({ tests: "4", failures: "1", skipped: "1" });
		expect(
			suite.childNodes.map(({ attributes, firstChild }) => [
				String(attributes.name).split(":")[0],
				firstChild?.nodeName,
			]),
		).toEqual([
			["whole-document", undefined],
			["byte-by-byte", "failure"],
			["cdata", undefined],
			["chat-ping", "skipped"],
		]);
	});

	it("prints one JSON object with --json", async () => {
		const { code, out } = await conformance(`${HOST}:${echo.port}`, "--json", "--only", "cdata", "chat-ping");
		expect(code).toBe(0);
		expect(JSON.parse(out)).toMatchObject({
			passed: 1,
			failed: 0,
			skipped: 1,
			profile: "echo",
			cases: [
				{ id: "cdata", result: "passed", reason: expect.any(String), source: expect.any(String) },
				{ id: "chat-ping", result: "skipped", reason: "It is no case of the profile echo." },
			],
		});
		expect(out.trim()).not.toContain("\n");
	});

	it("lists the cases without an address", async () => {
		const { code, out } = await conformance("--list", "--json");
		expect(code).toBe(0);
		expect(
			out
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line)),
		).toEqual(CONFORMANCE_CASES);
	});

	it("ends with 3 without a connection, and with 2 without an address", async () => {
		const closed = await listening(() => {});
		closed.stop();
		expect(await conformance(`${HOST}:${closed.port}`)).toMatchObject({ code: 3, out: "" });
		expect(await conformance()).toMatchObject({
			code: 2,
			err: expect.stringContaining("The address of the server is missing"),
		});
	});
});

describe("docs/conformance.md", () => {
	const page = readFileSync(join(import.meta.dirname, "../../docs/conformance.md"), "utf8");

	it("lists every case with its title and its profiles, in order", () => {
		const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "\\<");
		const rows = CONFORMANCE_CASES.map(
			({ id, title, profiles }) => `| \`${id}\` | ${cell(title)} | ${profiles.join(", ")} |`,
		);
		const section = page.slice(page.indexOf("## The cases"));
		expect(section.split("\n").filter((line) => line.startsWith("| `"))).toEqual(rows);
	});

	it("shows the relay that the test above runs", () => {
		const file = readFileSync(bad("naive-chat.cjs"), "utf8");
		expect(page).toContain(file.slice(file.indexOf("const net")));
	});
});
