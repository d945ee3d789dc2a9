// Devices and tools whose messages end with a zero byte or something near it: debuggers, log shippers, graphics servers, scanners.

import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/index.ts";
import { createServer, type Logger, type ServerConnection, type ServerOptions } from "../../src/server/index.ts";
import { PlainClient, plainServer, run } from "./raw-sockets.ts";

interface Started {
	readonly port: number;
	readonly received: string[];
	readonly warnings: { readonly facts: Record<string, unknown>; readonly text: string }[];
	readonly connections: ServerConnection[];
}

async function started(options: ServerOptions = {}): Promise<Started> {
	const warnings: Started["warnings"] = [];
	const log: Logger = {
		debug: () => {},
		info: () => {},
		error: () => {},
		warn: (facts: object, text?: string) => void warnings.push({ facts: { ...facts }, text: text ?? "" }),
	};
	const server = createServer({ port: 0, firstBytesTimeoutMs: 10, log, ...options });
	const received: string[] = [];
	const connections: ServerConnection[] = [];
	server.on("connection", (connection) => {
		connections.push(connection);
		connection.on("document", ({ text }) => void received.push(text));
	});
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return { port: server.port, received, warnings, connections };
}

describe("a debugger that sends a length, a zero byte, XML and a zero byte", () => {
	const packet = (xml: string): string => `${Buffer.byteLength(xml)}\0${xml}\0`;
	const declaration = '<?xml version="1.0" encoding="iso-8859-1"?>\n';
	const init = `${declaration}<init xmlns="urn:debugger_protocol_v1" fileuri="file:///a.php"/>`;

	test("connects, and each command is answered with its transaction", async () => {
		const { port, received, connections } = await started();
		const engine = await PlainClient.open(port);
		await engine.send(packet(init));
		await expect.poll(() => received).toEqual([String(init.length), init]);
		connections[0]!.send("run -i 1");
		await expect.poll(() => engine.bytes.toString()).toBe("run -i 1\0");
		const answer = `${declaration}<response command="run" transaction_id="1" status="break"/>`;
		await engine.send(packet(answer).slice(0, 9), packet(answer).slice(9));
		await expect.poll(() => received.slice(2)).toEqual([String(answer.length), answer]);
	});

	test("is a server for connect(): request() with a match finds the transaction", async () => {
		const port = await plainServer((socket) => {
			socket.write(packet(init));
			socket.on("data", () => socket.write(packet(`${declaration}<response transaction_id="7"/>`)));
		});
		const connection = await connect(`127.0.0.1:${port}`);
		onTestFinished(() => connection.close());
		const answer = await connection.request("status -i 7", {
			match: ({ root }) => root?.attributes.transaction_id === "7",
		});
		expect(answer.root?.nodeName).toBe("response");
	});
});

describe("a log shipper that sends JSON and a zero byte", () => {
	const entry = '{"version":"1.1","host":"a","full_message":"one\\n\\ntwo"}';

	test("from a shell, where a line end follows the zero byte: the entry arrives, and the rest is harmless", async () => {
		const { port, received, warnings } = await started();
		const shell = await PlainClient.open(port);
		await shell.send(`${entry}\0\n`);
		shell.end();
		await expect.poll(() => shell.isEnded).toBe(true);
		expect(received.map((text) => JSON.parse(text).host)).toEqual(["a"]);
		expect(warnings).toEqual([]);
	});

	test("that forgets the zero byte and closes: the log says so, with the number of bytes and the option", async () => {
		const { port, received, warnings } = await started();
		const shipper = await PlainClient.open(port);
		await shipper.send(`${entry}\n`);
		shipper.end();
		await expect.poll(() => warnings).toHaveLength(1);
		expect(received).toEqual([]);
		expect(warnings[0]!.text).toContain(`${entry.length + 1} bytes without the terminator`);
		expect(warnings[0]!.facts).toMatchObject({
			reason: "unfinished-document",
			hint: expect.stringMatching("--terminator"),
		});
	});

	test("whose first entry is longer than 10 KiB: the error names the limit for first documents, which is an option", async () => {
		const long = `{"message":"${"x".repeat(20_000)}"}`;
		const strict = await started();
		await (await PlainClient.open(strict.port)).send(`${long}\0`);
		await expect.poll(() => strict.warnings).toHaveLength(1);
		expect(strict.warnings[0]!.text).toContain("The first document of a connection is longer");
		const wide = await started({ maxFirstDocumentBytes: 262_144 });
		await (await PlainClient.open(wide.port)).send(`${long}\0`);
		await expect.poll(() => wide.received).toEqual([long]);
	});

	test("that waits for nothing and never closes stays connected after its document", async () => {
		const { port, received, connections } = await started();
		const agent = await PlainClient.open(port);
		await agent.send(`${entry}\0`);
		await expect.poll(() => received).toHaveLength(1);
		connections[0]!.send("ok");
		await expect.poll(() => agent.bytes.toString()).toBe("ok\0");
		expect(connections[0]!.state).toBe("connected");
	});
});

describe("devices with other terminators", () => {
	test.each([
		["CR alone", "cr", "PING\rSTATE 1\r"],
		["CR LF", "crlf", "PING\r\nSTATE 1\r\n"],
		["CR LF as escapes", "\\r\\n", "PING\r\nSTATE 1\r\n"],
		["LF and a zero byte", "0a00", "PING\n\0STATE 1\n\0"],
		["CR LF and a zero byte, as escapes", "\\r\\n\\0", "PING\r\n\0STATE 1\r\n\0"],
		["an ETX byte", "0x03", "PING\x03STATE 1\x03"],
	])("%s: the server cuts at it, one byte at a time, and answers with it", async (_, terminator, bytes) => {
		const { port, received, connections } = await started({ terminator });
		const device = await PlainClient.open(port);
		await device.send(...Array.from(Buffer.from(bytes), (byte) => Uint8Array.of(byte)));
		await expect.poll(() => received).toEqual(["PING", "STATE 1"]);
		connections[0]!.send("OK");
		const end = bytes.slice("PING".length, bytes.indexOf("STATE"));
		await expect.poll(() => device.bytes.toString()).toBe(`OK${end}`);
	});

	test("a graphics server with CR LF: `send` prints each line of its answer", async () => {
		const port = await plainServer((socket) =>
			socket.on("data", () => socket.write("200 CLS OK\r\nAMB MOVIE\r\n\r\n")),
		);
		const { code, out } = await run(["send", `127.0.0.1:${port}`, "--terminator", "CRLF", "CLS"]);
		expect({ code, out }).toEqual({ code: 0, out: "200 CLS OK\nAMB MOVIE\n" });
	});

	test("the same without --terminator: the tools say that bytes came which they do not show", async () => {
		const port = await plainServer((socket) => socket.on("data", () => socket.write("202 PLAY OK\r\n")));
		for (const args of [
			["send", `127.0.0.1:${port}`, "PLAY 1-1"],
			["connect", `127.0.0.1:${port}`, "-x", "PLAY 1-1", "-w", "0.3"],
			["listen", `127.0.0.1:${port}`, "-x", "PLAY 1-1", "-W", "0.3"],
		]) {
			const { out, err } = await run(args);
			expect(out).toBe("");
			expect(err).toContain("no terminator (nul) follows the last 13 bytes");
		}
	});

	test("a device that ends after its last message without a terminator: `listen` prints the others and names the rest", async () => {
		const port = await plainServer((socket) => void socket.end("<a/>\0<b/>"));
		const { code, out, err } = await run(["listen", `127.0.0.1:${port}`]);
		expect({ code, out }).toEqual({ code: 0, out: "<a/>\n" });
		expect(err).toContain("the last 4 bytes");
	});

	test("a terminator that cannot be understood is refused with the forms that can", async () => {
		const { code, err } = await run(["listen", ":9", "--terminator", "newline"]);
		expect(code).toBe(2);
		expect(err).toContain("nul, lf, cr, crlf");
	});
});
