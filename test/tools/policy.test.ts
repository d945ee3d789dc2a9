// The policy tool against the real daemon and against servers that do everything wrong: docs/guide/policy.md.

import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createRelay, createServer } from "../../src/server/index.ts";
import {
	checkPolicy,
	fetchPolicy,
	parsePolicyAddress,
	parsePolicySource,
	showPolicyReport,
} from "../../src/tools/index.ts";
import { type Outcome, runHere } from "../cli/run-command.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { portOf } from "../transport/connections.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

const HOST = "127.0.0.1";
const file = (ports: string, domain = "example.com", inside = ""): string =>
	`<cross-domain-policy>${inside}<allow-access-from domain="${domain}" to-ports="${ports}"/></cross-domain-policy>`;

/** A server that plays a script on each connection, and writes down what it was sent. */
async function scripted(play: (socket: Socket) => void): Promise<{ port: number; received: Buffer[] }> {
	const received: Buffer[] = [];
	const sockets = new Set<Socket>();
	const server: TcpServer = createTcpServer({ allowHalfOpen: true }, (socket) => {
		const at = received.push(Buffer.alloc(0)) - 1;
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("data", (chunk) => {
			received[at] = Buffer.concat([received[at]!, chunk]);
			if (received[at]!.length === 23) play(socket);
		});
		socket.on("end", () => socket.end());
	});
	const port = await portOf(server, HOST);
	cleanups.push(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return { port, received };
}

/** A port at which nothing listens. */
async function closedPort(): Promise<number> {
	const server = createTcpServer();
	const port = await portOf(server, HOST);
	await new Promise((resolve) => server.close(resolve));
	return port;
}

const fetched = async (play: (socket: Socket) => void, timeoutMs = 1000) =>
	await fetchPolicy({ host: HOST, port: (await scripted(play)).port, timeoutMs });

describe("fetchPolicy", () => {
	it("sends the 23 bytes of the request and nothing else, and reads up to the zero byte", async () => {
		const server = await scripted((socket) => socket.end(`${file("9000")}\0`));
		const got = await fetchPolicy({ host: HOST, port: server.port, timeoutMs: 5000 });
		expect(got).toMatchObject({
			outcome: "answered",
			text: file("9000"),
			bytes: file("9000").length,
			terminated: true,
			extraBytes: 0,
			closedByServer: true,
		});
		expect(server.received).toEqual([Buffer.from("<policy-file-request/>\0")]);
	});

	it("reads an answer that arrives a byte at a time, and one that splits a character", async () => {
		const text = file("9000", "b\u00fccher.example");
		const got = await fetched((socket) => {
			socket.setNoDelay(true);
			const bytes = Buffer.from(`${text}\0`);
			let at = 0;
			const next = (): void => {
				if (at === bytes.length) return;
				socket.write(bytes.subarray(at, ++at), () => setImmediate(next));
			};
			next();
		}, 5000);
		expect(got).toMatchObject({ outcome: "answered", text, terminated: true, closedByServer: false });
	});

	it("counts the bytes after the zero byte", async () => {
		const got = await fetched((socket) => socket.end(`${file("9000")}\0<welcome/>\0`));
		expect(got).toMatchObject({ outcome: "answered", text: file("9000"), terminated: true, extraBytes: 11 });
	});

	it.each<[string, (socket: Socket) => void, object]>([
		[
			"a server that closes without a zero byte",
			(socket) => socket.end(file("9000")),
			{ outcome: "answered", terminated: false, closedByServer: true },
		],
		[
			"a server that sends no zero byte and stays",
			(socket) => socket.write(file("9000")),
			{ outcome: "answered", terminated: false, closedByServer: false },
		],
		["no answer", () => {}, { outcome: "silent" }],
		[
			"an answer that comes too late",
			(socket) => setTimeout(() => socket.end("<late/>\0"), 1500),
			{ outcome: "silent" },
		],
		["an end without an answer", (socket) => socket.end(), { outcome: "closed" }],
		[
			"a reset",
			(socket) => socket.resetAndDestroy(),
			{ outcome: "closed", cause: expect.stringContaining("ECONNRESET") },
		],
		["a lone zero byte", (socket) => socket.end("\0"), { outcome: "answered", text: "", bytes: 0, terminated: true }],
	])("tells %s", async (_, play, expected) => {
		expect(await fetched(play)).toMatchObject(expected);
	});

	it("stops reading an endless answer at 64 KiB", async () => {
		const got = await fetched((socket) => {
			const pour = (): void => {
				while (!socket.destroyed && socket.write(Buffer.alloc(16 * 1024, 0x20)));
				if (!socket.destroyed) socket.once("drain", pour);
			};
			pour();
		}, 5000);
		expect(got.outcome).toBe("too-large");
		expect(got.text).toBeUndefined();
	});

	it("reports that nothing listens, and the reason", async () => {
		const got = await fetchPolicy({ host: HOST, port: await closedPort(), timeoutMs: 1000 });
		expect(got).toMatchObject({ outcome: "unreachable", cause: expect.stringContaining("ECONNREFUSED") });
	});

	it("is aborted by its signal, also while it waits for the answer", async () => {
		const { port } = await scripted(() => {});
		await expect(fetchPolicy({ host: HOST, port, timeoutMs: 5000, signal: AbortSignal.abort() })).rejects.toMatchObject(
			{ code: "XMLSOCKET_ABORTED" },
		);
		await expect(
			fetchPolicy({ host: HOST, port, timeoutMs: 5000, signal: AbortSignal.timeout(50) }),
		).rejects.toMatchObject({ code: "XMLSOCKET_ABORTED" });
	});
});

describe("checkPolicy", () => {
	const question = (to: number, from = "example.com") => ({ from, secure: false, to });

	it("requests the master port first, then the port, and decides as a player does", async () => {
		const order: string[] = [];
		const master = await scripted((socket) => {
			order.push("master");
			socket.end(`${file("5222", "other.example")}\0`);
		});
		const port = await scripted((socket) => {
			order.push("port");
			socket.end(`${file("9000-9010")}\0`);
		});
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: master.port,
			question: question(9005),
		});
		expect(order).toEqual(["master", "port"]);
		expect(report.verdict).toMatchObject({ allowed: true, servedFrom: port.port });
		expect(report.places.map(({ usable }) => usable).slice(0, 2)).toEqual([true, true]);
	});

	it("lets the master port allow ports below 1024, because its file comes from port 843", async () => {
		const master = await scripted((socket) => socket.end(`${file("80,9000")}\0`));
		const report = await checkPolicy({ host: HOST, masterPort: master.port, question: question(80), timeoutMs: 200 });
		expect(report.verdict?.allowed).toBe(true);
		expect(report.places[0]!.findings).toEqual([]);
	});

	it.each(["master-only", "none"])("does not request from the port when the master file says %s", async (control) => {
		const inside = `<site-control permitted-cross-domain-policies="${control}"/>`;
		const master = await scripted((socket) => socket.end(`${file("5222", "x.example", inside)}\0`));
		const port = await scripted((socket) => socket.end(`${file("9000")}\0`));
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: master.port,
			question: question(9000),
		});
		expect(port.received).toEqual([]);
		expect(report.verdict?.allowed).toBe(false);
		expect(report.places[1]!.skipped).toContain(control);
	});

	it("continues with the port when the master port does not answer", async () => {
		const master = await scripted(() => {});
		const port = await scripted((socket) => socket.end(`${file("9000")}\0`));
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: master.port,
			masterTimeoutMs: 50,
			question: question(9000),
		});
		expect(report.places.map(({ fetched }) => fetched?.outcome).slice(0, 2)).toEqual(["silent", "answered"]);
		expect(report.verdict?.allowed).toBe(true);
	});

	it("accepts no file without its zero byte, and reports that", async () => {
		const port = await scripted((socket) => socket.end(file("9000")));
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: await closedPort(),
			question: question(9000),
		});
		expect(report.verdict?.allowed).toBe(false);
		expect(report.places[1]!.findings.map(({ code }) => code)).toEqual(["no-zero-byte"]);
	});

	it("also requests from another port to which the content would connect, and never from the ports of other services", async () => {
		const port = await scripted((socket) => socket.end(`${file("9000")}\0`));
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: await closedPort(),
			question: question(25),
		});
		expect(report.places.map((place) => place.port)).toEqual([report.places[0]!.port, port.port, 25]);
		expect(report.places[2]).toMatchObject({ skipped: expect.stringContaining("never request"), usable: false });
	});

	it("reports that nothing could be reached", async () => {
		const masterPort = await closedPort();
		const report = await checkPolicy({ host: HOST, port: await closedPort(), masterPort });
		expect(report).toMatchObject({ reached: false });
		expect(report.verdict).toBeUndefined();
	});

	it.each([{ port: 0 }, { port: 65536 }, { masterPort: 1.5 }, { timeoutMs: 0 }, { masterTimeoutMs: Number.NaN }])(
		"refuses the options %o",
		async (options) => {
			await expect(checkPolicy({ host: HOST, ...options })).rejects.toMatchObject({ code: "XMLSOCKET_OPTION_INVALID" });
		},
	);

	it("accepts the daemon's own policy, on its port and on its policy port, for the chat and for a relay", async () => {
		for (const application of [undefined, createRelay()] as const) {
			const options = { port: 0, policyPort: 0, origin: ["https://good.example"] };
			const server = application ? createServer({ ...options, application }) : createServer(options);
			await server.listen();
			cleanups.push(() => server.close({ graceMs: 0 }));
			const report = await checkPolicy({
				host: HOST,
				port: server.port,
				masterPort: server.policyPort,
				question: { from: "good.example", secure: true, to: server.port },
			});
			expect(report.places.map(({ usable, findings, fetched }) => [usable, findings, fetched?.closedByServer])).toEqual(
				[
					[true, [], true],
					[true, [], true],
				],
			);
			expect(report.verdict).toMatchObject({ allowed: true, servedFrom: 843 });
			const evil = await checkPolicy({
				host: HOST,
				port: server.port,
				masterPort: server.policyPort,
				question: { from: "evil.example", secure: true, to: server.port },
			});
			expect(evil.verdict).toMatchObject({ allowed: false, reason: "No entry names evil.example." });
		}
	});
});

describe("the report as text", () => {
	it("shows what each port allows, and the problems", async () => {
		const master = await scripted((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
		const port = await scripted((socket) => socket.write(`${file("*", "*")}\0more`));
		const report = await checkPolicy({
			host: HOST,
			port: port.port,
			masterPort: master.port,
			question: { from: "a.example", secure: false, to: 80 },
		});
		const text = showPolicyReport(report).replace(/\d+ ms/g, "5 ms");
		expect(
			text,
		).toBe(`Port ${master.port}, which players request first: an answer, but not a policy file that players accept, of 28 bytes in 5 ms.
  x The answer is that of a web server. Players expect the file alone, without HTTP headers: the port must lead to a policy server, and an HTTP proxy cannot pass the request on.

Port ${port.port}: a policy file of ${file("*", "*").length} bytes in 5 ms; the server left the connection open.
  content of every site may connect to port 1024-65535
  ! Content of every site may connect to every port of this host, through the network of each visitor. Name the port.
  ! 4 bytes came behind the zero byte. Players have closed by then and lose them.

Port 80: no connection (connect ECONNREFUSED 127.0.0.1:80, 5 ms).

Content from a.example may not connect to 127.0.0.1:80. Port 80 is below 1024, and a file that comes from port ${port.port} cannot grant it; one from port 843 could.
Flash Player 9.0.124 and later request a policy before every connection, older ones for ports below 1024; AIR applications and Ruffle never do.
`);
	});

	it("contains no control characters of a server", async () => {
		const port = await scripted((socket) => socket.end(`${file("9000", "&#27;[2J\u202e")}\0`));
		const report = await checkPolicy({ host: HOST, port: port.port, masterPort: await closedPort() });
		expect(showPolicyReport(report)).not.toMatch(/[^\P{C}\n]/u);
	});
});

describe("addresses", () => {
	it.each([
		["game.example", "game.example", undefined],
		["game.example:843", "game.example", 843],
		["9000", "localhost", 9000],
		[":9000", "localhost", 9000],
		["[::1]:9000", "::1", 9000],
		["[::1]", "::1", undefined],
		["xmlsocket://game.example:9000", "game.example", 9000],
		["203.0.113.7:80", "203.0.113.7", 80],
	])("%s is host %s and port %s", (text, host, port) => {
		expect(parsePolicyAddress(text)).toEqual({ host, port });
	});

	it.each(["", "a b", "a:0", "a:65536", "a:b", "http://a", "a/b", "[zz]:80", "99999", "a:1:2"])(
		"%j is none",
		(text) => {
			expect(() => parsePolicyAddress(text)).toThrow(expect.objectContaining({ code: "XMLSOCKET_ADDRESS_INVALID" }));
		},
	);

	it.each([
		["example.com", "example.com", false],
		["https://example.com/game/", "example.com", true],
		["HTTP://Example.com:8080", "Example.com", false],
		["203.0.113.7", "203.0.113.7", false],
		["::1", "::1", false],
		["http://[::1]:80/", "::1", false],
	])("content of %s comes from %s, by HTTPS: %s", (text, from, secure) => {
		expect(parsePolicySource(text)).toEqual({ from, secure });
	});

	it.each(["", "a b", "ftp://a.example", "*"])("no content comes from %j", (text) => {
		expect(() => parsePolicySource(text)).toThrow(expect.objectContaining({ code: "XMLSOCKET_ADDRESS_INVALID" }));
	});
});

const run = (...args: string[]): Promise<Outcome> => runHere(["policy", ...args]);

describe("xmlsocket policy", () => {
	it("prints text and JSON, and ends with the right codes, for the real daemon", async () => {
		const daemon = await startDaemon(["--origin", "https://good.example"]);
		cleanups.push(() => daemon.stop());
		const address = `127.0.0.1:${daemon.port}`;
		const words = await run(address);
		expect(words).toMatchObject({ code: 0, err: "" });
		expect(words.out).toMatch(/^Port 843, which players request first: /);
		expect(words.out).toContain(`content from good.example may connect to port ${daemon.port}\n`);
		const may = await run(address, "--from", "good.example");
		expect(may.code).toBe(0);
		expect(may.out).toContain(`Content from good.example may connect to 127.0.0.1:${daemon.port}.`);
		const mayNot = await run(address, "--from", "https://evil.example", "--to", String(daemon.port), "--json");
		expect(mayNot.code).toBe(1);
		expect(JSON.parse(mayNot.out)).toMatchObject({
			host: "127.0.0.1",
			reached: true,
			question: { from: "evil.example", secure: true, to: daemon.port },
			verdict: { allowed: false },
			places: [
				{ port: 843, master: true },
				{ port: daemon.port, usable: true, findings: [] },
			],
		});
	});

	it("ends with 1 when a server answers, but not with a policy file", async () => {
		const daemon = await startDaemon(["--policy", "off"]);
		cleanups.push(() => daemon.stop());
		const { code, out } = await run(`127.0.0.1:${daemon.port}`);
		expect(code).toBe(1);
		expect(out).toContain("not a policy file that players accept");
	});

	it("ends with 3 when nothing listens, and with 2 for wrong usage", async () => {
		const port = await closedPort();
		expect((await run(`127.0.0.1:${port}`, "--from", "a.example")).code).toBe(3);
		for (const args of [
			["a b"],
			["localhost:0"],
			["localhost", "--from", "a.example"],
			["localhost:9000", "--to", "9000"],
			["localhost", "--from", "a.example", "--to", "70000"],
			["localhost", "--from", "a b", "--to", "9000"],
			["localhost", "--unknown"],
			[],
		]) {
			const { code, err } = await run(...args);
			expect(code, args.join(" ")).toBe(2);
			expect(err).not.toMatch(/\n\s+at /);
		}
	});
});
