// Doctor's function and command: bounds, abort, options, what it sends, and what it prints.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DiagnosisCheck, diagnose, showDiagnosis } from "../../../src/tools/index.ts";
import { type Outcome, runHere } from "../../cli/run-command.ts";
import { bare, closeAll, closedPort, echo, silent, tcp, web } from "./servers.ts";

afterEach(closeAll);

/** For servers that never answer. */
const QUICK = { timeoutMs: 1500, answerMs: 300, greetingMs: 50 };
/** For servers that do. */
const PATIENT = { ...QUICK, timeoutMs: 20_000 };

const run = (args: string[]): Promise<Outcome> => runHere(["doctor", ...args]);

describe("diagnose", () => {
	it("sends a raw server nothing but a policy request, unless it is given a document", async () => {
		const received: string[] = [];
		const port = await bare((socket) => {
			const at = received.push("") - 1;
			socket.on("data", (chunk: Buffer) => {
				received[at] += chunk.toString("latin1");
			});
		});
		await diagnose({ ...QUICK, address: `127.0.0.1:${port}`, masterPort: await closedPort() });
		expect(received.filter((bytes) => bytes !== "")).toEqual(["<policy-file-request/>\0"]);
	});

	it("sends a document at most four times, each on a connection of its own", async () => {
		const received: string[] = [];
		const port = await tcp((socket) => {
			const at = received.push("") - 1;
			socket.on("data", (chunk: Buffer) => {
				received[at] += chunk.toString("latin1");
			});
		});
		await diagnose({ ...PATIENT, address: `127.0.0.1:${port}`, send: "<a/>", masterPort: await closedPort() });
		expect(received.filter((bytes) => bytes.startsWith("<a/>"))).toEqual(["<a/>\0", "<a/>\n", "<a/>\r\n"]);
	});

	it("closes every connection", async () => {
		const open = new Set<Socket>();
		const port = await tcp((socket) => {
			open.add(socket);
			socket.on("close", () => open.delete(socket));
			echo(socket);
		});
		await diagnose({ ...QUICK, address: `127.0.0.1:${port}`, send: "<a/>", masterPort: await closedPort() });
		await expect.poll(() => open.size).toBe(0);
	});

	it("reports each check as soon as it is known", async () => {
		const seen: string[] = [];
		const { checks } = await diagnose({
			...QUICK,
			address: `127.0.0.1:${await closedPort()}`,
			onCheck: ({ id }: DiagnosisCheck) => seen.push(id),
		});
		expect(seen).toEqual(checks.map(({ id }) => id));
	});

	it("rejects when its signal is aborted, and closes what it has open", async () => {
		const open = new Set<Socket>();
		const port = await bare((socket) => {
			open.add(socket);
			socket.on("close", () => open.delete(socket)).resume();
		});
		const controller = new AbortController();
		const diagnosis = diagnose({ address: `ws://127.0.0.1:${port}/`, signal: controller.signal });
		await expect.poll(() => open.size).toBeGreaterThan(0);
		controller.abort();
		await expect(diagnosis).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
		await expect.poll(() => open.size).toBe(0);
	});

	it("blames nothing when the total time is over", async () => {
		const { ok, checks } = await diagnose({ address: `ws://127.0.0.1:${await bare(silent)}/`, totalMs: 300 });
		expect(ok).toBe(true);
		expect(checks.find(({ id }) => id === "websocket")).toMatchObject({
			ok: null,
			text: "The time for the diagnosis was over.",
		});
	});

	it.each([
		["localhost", "XMLSOCKET_ADDRESS_INVALID", {}],
		["ftp://localhost/", "XMLSOCKET_ADDRESS_INVALID", {}],
		["http://", "XMLSOCKET_ADDRESS_INVALID", {}],
		["game.swf", "XMLSOCKET_ADDRESS_INVALID", {}],
		["localhost:99999", "XMLSOCKET_ADDRESS_INVALID", {}],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { origin: "*.example.com" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { target: "localhost" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { send: "" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { send: "a\0b" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { encoding: "utf-16" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { terminator: "x" }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { timeoutMs: 0 }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { totalMs: 1.5 }],
		["localhost:9000", "XMLSOCKET_OPTION_INVALID", { hosts: { a: "b" } }],
	])("refuses %s with %s for %j", async (address, code, options) => {
		await expect(diagnose({ address, ...options })).rejects.toMatchObject({ code });
	});

	it("keeps a server's text from controlling the terminal", async () => {
		const port = await tcp((socket) => void socket.write("\x1b]0;owned\x07\u202e<a/>\0"));
		const diagnosis = await diagnose({ ...PATIENT, address: `127.0.0.1:${port}`, masterPort: await closedPort() });
		expect(showDiagnosis(diagnosis)).toContain("]0;owned");
		expect(showDiagnosis(diagnosis)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
	});

	it.each<[string, (socket: Socket) => void]>([
		["sends without end", (socket) => flood(socket, "x".repeat(65_536))],
		["sends empty documents without end", (socket) => flood(socket, "\0".repeat(65_536))],
		["resets every connection", (socket) => void socket.resetAndDestroy()],
		["sends random bytes", (socket) => void socket.end(Buffer.from("00ff8142fe16030100ffd8ff", "hex"))],
	])("ends at a server that %s", async (_, handle) => {
		const port = await bare(handle);
		for (const address of [
			`127.0.0.1:${port}`,
			`ws://127.0.0.1:${port}/`,
			`wss://127.0.0.1:${port}/`,
			`http://127.0.0.1:${port}/`,
		]) {
			const { checks } = await diagnose({ ...QUICK, address, send: "<a/>", masterPort: await closedPort() });
			expect(checks.length).toBeGreaterThan(0);
		}
	});

	it.each([
		["open tags", "<script>socketProxy=[".repeat(5000)],
		["templates in templates", `<script>socketProxy=${"[{host:`${".repeat(20_000)}`],
		["negations", `<script>socketProxy=${"!".repeat(50_000)}1`],
		["constructors", `<script>socketProxy=${"new ".repeat(50_000)}x`],
		[
			"variables made of variables",
			`<script>${Array.from({ length: 60 }, (_, at) => `v${at}=v${at + 1}+v${at + 1};w${at}=[...w${at + 1},...w${at + 1}];`).join("")}v60="aaaa";w60=[1,2];socketProxy=[v0,w0]`,
		],
		["beginnings of regular expressions", `<script>socketProxy=${"(/[(".repeat(10_000)}`],
		["attributes", `<div ${"data-a='socketProxy:[' ".repeat(20_000)}>`],
	])("reads a page of nothing but %s", async (_, body) => {
		const port = await web((_, response) => void response.writeHead(200, { "content-type": "text/html" }).end(body));
		const { checks } = await diagnose({ ...PATIENT, address: `http://127.0.0.1:${port}/` });
		expect(checks.find(({ id }) => id === "page")).toMatchObject({ ok: true });
	});
});

function flood(socket: Socket, text: string): void {
	const next = (): void => {
		if (!socket.destroyed) socket.write(text, () => setImmediate(next));
	};
	next();
}

describe("xmlsocket doctor", () => {
	it("prints a line for each check, then what is wrong first, and ends with 1", async () => {
		const { code, out, err } = await run([`127.0.0.1:${await closedPort()}`]);
		expect({ code, err }).toEqual({ code: 1, err: "" });
		expect(out).toMatch(/^IPv4 +failed +The computer at 127\.0\.0\.1 answers, but nothing listens on port \d+ there/m);
		expect(out).toMatch(
			/^ +not checked +service, policy, answer, terminator, encoding, split: Nothing accepts a connection\.$/m,
		);
		expect(out).toMatch(/\nFirst problem: IPv4\. .* Start the server, or check the port\.\n$/);
	});

	it("prints one JSON object, and ends with 0 if nothing failed", async () => {
		const { code, out } = await run([`127.0.0.1:${await tcp(echo)}`, "--json", "--send", "<a/>", "--wait", "9000"]);
		expect(code).toBe(0);
		const diagnosis = JSON.parse(out) as { ok: boolean; checks: DiagnosisCheck[] };
		expect(Object.keys(diagnosis)).toEqual(["ok", "checks"]);
		for (const check of diagnosis.checks) expect(Object.keys(check)).toEqual(["id", "ok", "text", "hint"]);
		expect(diagnosis.checks.find(({ id }) => id === "split")).toMatchObject({ ok: true });
	});

	it("takes what SWFs asked for from the file of gateway --learn", async () => {
		const folder = mkdtempSync(join(tmpdir(), "xmlsocket-doctor-"));
		const file = join(folder, "learned.json");
		writeFileSync(file, JSON.stringify({ targets: ["game.example:9000", "old=game.example:9001?encoding=gbk"] }));
		const port = await web((_, response) => {
			response.writeHead(200, { "content-type": "text/html" });
			response.end('<script>x({ socketProxy: [{ host: "old", port: 9001, proxyUrl: "ws://127.0.0.1:1/" }] })</script>');
		});
		const { code, out } = await run([`http://127.0.0.1:${port}/`, "--learned", file]);
		rmSync(folder, { recursive: true });
		expect(code).toBe(1);
		expect(out).toMatch(/^entry +failed +There is no entry for game\.example:9000/m);
		expect(out).toMatch(/^entry \(2\) +ok +The entry for old:9001/m);
	});

	it("uses the address of --resolve for a name", async () => {
		const { code, out } = await run([`game.example:${await tcp(echo)}`, "--resolve", "game.example=127.0.0.1"]);
		expect(code).toBe(0);
		expect(out).toContain("game.example is 127.0.0.1, as you said");
	});
});

describe("showDiagnosis", () => {
	const check = (id: string, ok: boolean | null, text: string, hint = ""): DiagnosisCheck => ({ id, ok, text, hint });

	it("shows a hint, shares a line among hops that were not checked for one reason, and names the first failure", () => {
		const checks = [
			check("ipv6", true, "It works.", "Look."),
			check("proxy-tls-2", false, "It fails.", "Fix it."),
			check("answer", null, "Nothing."),
			check("split", null, "Nothing."),
			check("csp", false, "It is closed.", "Open it."),
		];
		expect(showDiagnosis({ ok: false, checks })).toBe(
			[
				"IPv6              ok, but      It works.",
				"                               → Look.",
				"proxy TLS (2)     failed       It fails.",
				"                               → Fix it.",
				"answer, split     not checked  Nothing.",
				"CSP               failed       It is closed.",
				"                               → Open it.",
				"",
				"First problem: proxy TLS (2). It fails. Fix it. Then look at: CSP.",
				"",
			].join("\n"),
		);
	});

	it("breaks lines between words where the terminal ends", () => {
		const checks = [check("name", true, "one two three four five six seven", "eight nine ten eleven twelve")];
		expect(showDiagnosis({ ok: true, checks }, { width: 55 })).toBe(
			[
				"name              ok, but      one two three four five",
				"                               six seven",
				"                               → eight nine ten eleven",
				"                                 twelve",
				"",
				"Everything that was checked works. Read the hint at:",
				"name.",
				"",
			].join("\n"),
		);
	});
});
