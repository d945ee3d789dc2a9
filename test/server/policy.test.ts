// Policy files on every listener: docs/guide/policy.md.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { readPolicyFile } from "../../src/policy/index.ts";
import { Admission } from "../../src/server/admission.ts";
import { createRelay, createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { makeCertificate } from "../end-to-end/daemon.ts";
import { latin1, segmentations } from "../wire/segments.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

let folder: string;
let tls: { tlsCert: string; tlsKey: string };
const servers: Server[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket policy "));
	const { cert, key } = makeCertificate(folder);
	tls = { tlsCert: cert, tlsKey: key };
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

type Started = Server & {
	readonly log: ReturnType<typeof recordingLog>;
	readonly application: ReturnType<typeof echo>;
	readonly opened: () => number;
};

async function start(options: ServerOptions = {}, greeting?: string): Promise<Started> {
	const application = echo(greeting);
	let opened = 0;
	const { open } = application;
	application.open = (peer, handshake) => {
		opened++;
		return open(peer, handshake);
	};
	const log = recordingLog();
	const server = createServer({ port: 0, firstBytesTimeoutMs: 150, ...options, application, log });
	servers.push(server);
	await server.listen();
	return Object.assign(server, { application, log, opened: () => opened }) as Started;
}

/** Sends segments, each in a turn of its own, and resolves with everything that came until the server's end. */
async function ask(
	port: number,
	segments: readonly Uint8Array[],
	open: (port: number) => RawClient = RawClient.tcp,
): Promise<string> {
	const client = open(port);
	client.socket.setNoDelay(true);
	for (const segment of segments) {
		if (segment.length > 0) client.socket.write(segment);
		await new Promise((resolve) => setImmediate(resolve));
	}
	await client.closed;
	return client.text;
}

const answer = (port: number): RegExp =>
	new RegExp(
		`^<cross-domain-policy>(<allow-access-from domain="[^"*]+" to-ports="${port}" />)+</cross-domain-policy>\0$`,
	);

const REQUESTS = [
	"<policy-file-request/>\0",
	"<cross-domain-request/>\0",
	" \t<policy-file-request/>\0",
	"<policy-file-request/>\r\n\0",
	"\r\n<cross-domain-request/> \0",
];

describe("a policy request", () => {
	for (const [how, options, open] of [
		["on the port", {}, RawClient.tcp],
		["on the port with --no-sniff", { sniff: false }, RawClient.tcp],
		["over TLS", {}, RawClient.tls],
	] as const) {
		for (const request of REQUESTS) {
			it(`${how} is answered in every segmentation: ${JSON.stringify(request)}`, async () => {
				const server = await start({ ...(open === RawClient.tls ? tls : {}), ...options, firstBytesTimeoutMs: 1000 });
				const all = [...segmentations(latin1(request))];
				const texts = await Promise.all(all.map(({ segments }) => ask(server.port, segments, open)));
				for (const [at, text] of texts.entries()) expect(text, all[at]!.how).toMatch(answer(server.port));
				expect(server.opened()).toBe(0);
				expect(server.metrics.accepted.get(open === RawClient.tls ? "tls+policy" : "policy")).toBe(all.length);
			});
		}
	}

	it("is answered by a relay, which otherwise passes everything on", async () => {
		const server = createServer({ port: 0, application: createRelay() });
		servers.push(server);
		await server.listen();
		for (const { how, segments } of segmentations(latin1(REQUESTS[0]!))) {
			expect(await ask(server.port, segments), how).toMatch(answer(server.port));
		}
	});

	it("is answered where it comes slowly, and the application is not notified", async () => {
		const server = await start({ firstBytesTimeoutMs: 20 }, "<welcome />");
		const client = RawClient.tcp(server.port);
		client.send("<policy-");
		await wait(80);
		client.send("file-request/>\0");
		await client.closed;
		expect(client.text).toMatch(answer(server.port));
		expect(server.opened()).toBe(0);
	});

	it("is answered without its zero byte after a short wait, and at the client's end", async () => {
		const server = await start();
		expect(await ask(server.port, [latin1("<policy-file-request/>")])).toMatch(answer(server.port));
		const ending = RawClient.tcp(server.port);
		ending.socket.end("<policy-file-request/>");
		await ending.closed;
		expect(ending.text).toMatch(answer(server.port));
		expect(server.opened()).toBe(0);
	});

	it("is answered on a WebSocket too, as the first document", async () => {
		const server = await start();
		const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket`);
		let text = "";
		socket.on("message", (data) => {
			text += String(data);
		});
		await new Promise((resolve) => socket.once("open", resolve));
		socket.send(Buffer.from(REQUESTS[0]!));
		await new Promise((resolve) => socket.once("close", resolve));
		expect(text).toMatch(answer(server.port));
	});

	it("is answered and followed by the server's end, also where the player sends on and never closes", async () => {
		const server = await start();
		const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
		let text = "";
		socket.on("data", (chunk) => {
			text += String(chunk);
		});
		socket.on("error", () => {});
		const ended = new Promise((resolve) => socket.once("end", resolve));
		const closed = new Promise((resolve) => socket.once("close", resolve));
		socket.write(`${REQUESTS[0]}${"x".repeat(1000)}`);
		await ended;
		expect(text).toMatch(answer(server.port));
		const chatter = setInterval(() => socket.write("more"), 50);
		await closed;
		clearInterval(chatter);
		expect(server.opened()).toBe(0);
	});

	it.each([
		["longer than any request", `<policy-file-request/>${" ".repeat(200)}\0`],
		["with an attribute", '<policy-file-request a="b"/>\0'],
		["with another document in front", "<a/>\0<policy-file-request/>\0"],
	])("is ordinary data where it is %s", async (_, text) => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.send(text);
		await client.until((received) => received === text);
		client.socket.destroy();
	});

	it("is ordinary data where no policy is served", async () => {
		const server = await start({ policy: "off" });
		expect(server.policyText).toBeUndefined();
		const client = RawClient.tcp(server.port);
		client.send(`${REQUESTS[0]}<a/>\0`);
		await client.until((text) => text === `${REQUESTS[0]}<a/>\0`);
		client.socket.destroy();
		const cut = RawClient.tcp(server.port);
		cut.socket.end("<policy-file-request/>");
		await cut.closed;
		expect(cut.text).toBe("");
		const http = RawClient.tcp(server.port);
		http.send("GET /crossdomain.xml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		await http.closed;
		expect(http.text).toMatch(/^HTTP\/1\.1 404 /);
	});
});

describe("the file", () => {
	it("names the port that was really opened, and no domain but the server's own and the listed ones", async () => {
		const origin = ["https://good.example", "https://*.wild.example:8443", "http://[::1]:8000", "null"];
		const server = await start({ host: "*", origin });
		const { grants, findings } = readPolicyFile(server.policyText!);
		expect(findings).toEqual([]);
		expect(new Set(grants.map(({ ports }) => JSON.stringify(ports)))).toEqual(
			new Set([JSON.stringify([{ first: server.port, last: server.port }])]),
		);
		const domains = grants.map(({ domain }) => domain);
		expect(domains).toEqual(
			expect.arrayContaining(["localhost", "127.0.0.1", "good.example", "*.wild.example", "::1"]),
		);
		for (const name of ["*", "::", "0.0.0.0", "null"]) expect(domains).not.toContain(name);
	});

	it("names every domain only where the operator's list does", async () => {
		const server = await start({ origin: ["*"] });
		expect(server.policyText).toBe(
			`<cross-domain-policy><allow-access-from domain="*" to-ports="${server.port}" /></cross-domain-policy>`,
		);
	});

	it("is served over HTTP too, with a header that no other file there counts", async () => {
		const server = await start();
		const client = RawClient.tcp(server.port);
		client.send("GET /crossdomain.xml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		await client.closed;
		expect(client.text).toContain("\r\nx-permitted-cross-domain-policies: master-only\r\n");
		expect(client.text).toContain("\r\ncontent-type: text/x-cross-domain-policy\r\n");
		expect(client.text.endsWith(`\r\n\r\n${server.policyText}`)).toBe(true);
	});

	it("may be the operator's own, and is read again when asked for", async () => {
		const file = join(folder, "own.xml");
		const own = (port: string): string =>
			`<?xml version="1.0"?>\n<cross-domain-policy>\n\t<allow-access-from domain="a.example" to-ports="${port}"/>\n</cross-domain-policy>\n`;
		writeFileSync(file, `\ufeff${own("9000")}\0\n`);
		const server = await start({ policy: file });
		expect(await ask(server.port, [latin1(REQUESTS[0]!)])).toBe(`${own("9000")}\0`);
		writeFileSync(file, own("9001"));
		server.reloadPolicy();
		expect(await ask(server.port, [latin1(REQUESTS[0]!)])).toBe(`${own("9001")}\0`);
		rmSync(file);
		server.reloadPolicy();
		expect(await ask(server.port, [latin1(REQUESTS[0]!)])).toBe(`${own("9001")}\0`);
		const { lines } = server.log;
		expect(lines.filter(({ level }) => level === "error")).toEqual([
			expect.objectContaining({ facts: { code: "XMLSOCKET_CONFIG_UNREADABLE" } }),
		]);
		expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
	});

	it("of the operator is served as it is, but what is dangerous or useless in it is logged", async () => {
		const file = join(folder, "open.xml");
		writeFileSync(file, '<cross-domain-policy><allow-access-from domain="*" to-ports="*,80"/></cross-domain-policy>');
		const server = await start({ policy: file });
		expect(await ask(server.port, [latin1(REQUESTS[0]!)])).toContain('domain="*"');
		const { lines } = server.log;
		expect(lines.filter(({ level }) => level === "warn").map(({ facts }) => facts.code)).toEqual([
			"any-domain-any-port",
			"port-not-grantable",
		]);
	});

	it.each([
		["a zero byte within", Buffer.from("<cross-domain-policy>\0</cross-domain-policy>")],
		["more than 64 KiB", Buffer.alloc(64 * 1024 + 1, 0x20)],
	])("of the operator is refused with %s", (_, content) => {
		const file = join(folder, "bad.xml");
		writeFileSync(file, content);
		expect(() => createServer({ policy: file })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_CONFIG_UNREADABLE", message: expect.stringContaining(file) }),
		);
	});
});

describe("the policy port", () => {
	it("answers every spelling in every segmentation with the file of the other port", async () => {
		const server = await start({ policyPort: 0, firstBytesTimeoutMs: 1000 });
		const { policyPort, port } = server;
		expect(policyPort).not.toBe(port);
		for (const request of REQUESTS) {
			const all = [...segmentations(latin1(request))];
			const texts = await Promise.all(all.map(({ segments }) => ask(policyPort!, segments)));
			for (const [at, text] of texts.entries()) expect(text, all[at]!.how).toMatch(answer(port));
		}
	});

	it("answers a request without its zero byte, half a request, and a client that only waits", async () => {
		const server = await start({ policyPort: 0 });
		for (const said of ["<policy-file-request/>", "<policy-file-", ""]) {
			expect(await ask(server.policyPort!, [latin1(said)]), said).toMatch(answer(server.port));
		}
	});

	it("answers nothing else, and counts what it refuses", async () => {
		const server = await start({ policyPort: 0, ...tls });
		const said = ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "<a/>\0", "\x16\x03\x01\x00\x05hello"];
		for (const text of said) expect(await ask(server.policyPort!, [latin1(text)])).toBe("");
		expect(server.metrics.refused.get("not-a-policy-request")).toBe(said.length);
		expect(server.opened()).toBe(0);
	});

	it("ends with the server", async () => {
		const server = await start({ policyPort: 0 });
		const port = server.policyPort!;
		await server.close();
		await expect(
			new Promise((resolve, reject) => RawClient.tcp(port).socket.once("connect", resolve).once("error", reject)),
		).rejects.toThrow("ECONNREFUSED");
	});

	it("is refused without a policy, and names the flag of a port that is in use", async () => {
		expect(() => createServer({ policy: "off", policyPort: 0 })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_OPTION_INVALID" }),
		);
		const server = await start();
		const second = createServer({ port: 0, policyPort: server.port, application: echo() });
		await expect(second.listen()).rejects.toMatchObject({
			code: "XMLSOCKET_PORT_IN_USE",
			message: expect.stringContaining("--policy-port"),
		});
	});
});

describe("policy requests of one address", () => {
	it("count as connections: 20 a second, 40 at once, and other addresses do not suffer", () => {
		const admission = new Admission({
			maxConnections: 1000,
			maxConnectionsPerAddress: 64,
			connectsPerSecondPerAddress: 20,
		});
		const ask = (address: string, nowMs: number): string | undefined => {
			const refusal = admission.admit(address, nowMs);
			if (refusal === undefined) admission.leave(address);
			return refusal;
		};
		const burst = Array.from({ length: 41 }, () => ask("203.0.113.7", 0));
		expect(burst.filter((refusal) => refusal === undefined).length).toBe(40);
		expect(burst.at(-1)).toBe("connecting-too-fast");
		expect(ask("203.0.113.8", 0)).toBeUndefined();
		expect(ask("203.0.113.7", 49)).toBe("connecting-too-fast");
		expect(ask("203.0.113.7", 50)).toBeUndefined();
		expect(ask("2001:db8::1", 50)).toBeUndefined();
		expect(ask("127.0.0.1", 50)).toBeUndefined();
	});
});
