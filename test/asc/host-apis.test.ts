// What scripts reach beyond their clients, as scripts: each .asc in test/asc/scripts/host-apis checks by itself and says what it found.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AscOptions } from "../../dist/asc/index.js";
import { TestServer, until } from "../client/support.ts";
import { type Running, runApplication } from "./application.ts";

const script = (name: string): string =>
	readFileSync(join(import.meta.dirname, "scripts/host-apis", `${name}.asc`), "utf8");

/** Runs a script until it is done, and holds it to its checks. */
async function check(
	name: string,
	checks: number,
	config: Readonly<Record<string, string | number>>,
	options?: AscOptions,
): Promise<Running> {
	const entries = Object.entries(config).map(([key, value]) => `<${key}>${value}</${key}>`);
	const running = await runApplication(
		{
			"main.asc": script(name),
			"assert.asc": script("assert"),
			"Application.xml": `<Application><JSEngine><ApplicationObject><config>${entries.join("")}</config></ApplicationObject></JSEngine>
				<XMLSocket><MaxUnprocessedChars>64</MaxUnprocessedChars></XMLSocket></Application>`,
		},
		options,
	);
	const done = await running.traces("done ");
	expect(running.traced.filter((line) => line.startsWith("FAILED"))).toEqual([]);
	expect(done).toBe(`done ${checks}`);
	return running;
}

/** The codes of the warnings in the log; they come behind the trace. */
async function warned(running: Running, codes: readonly string[]): Promise<void> {
	const warnings = (): string[] => running.logged.filter((line) => line.startsWith("warn"));
	await until(() => warnings().length >= codes.length, `${codes.length} warnings`);
	expect(warnings().map((line) => line.split(" ")[1])).toEqual(codes);
}

test("XMLSocket in a script is the documented class", async () => {
	const echo = await TestServer.start((socket) => {
		socket.on("data", (text: string) => {
			socket.write(text);
			if (text.includes("<bye/>")) socket.end();
		});
	});
	onTestFinished(() => echo.kill());
	const closed = await TestServer.start();
	const { port } = closed;
	await closed.kill();
	const running = await check("sockets", 22, { port: echo.port, closed: port });
	await warned(running, ["XMLSOCKET_DOCUMENT_TOO_LARGE"]);
});

test("sockets close with their application, and documents that onAppStop sends still leave", async () => {
	const peer = await TestServer.start();
	onTestFinished(() => peer.kill());
	const running = await runApplication({
		"main.asc": `
			var socket = new XMLSocket();
			socket.onConnect = function () { trace("connected"); };
			socket.onClose = function () { trace("closed"); };
			socket.connect("127.0.0.1", ${peer.port});
			application.onAppStop = function () { socket.send("<goodbye/>"); };
		`,
	});
	await running.traces("connected");
	const ended = new Promise((resolve) => peer.sockets[0]!.once("end", resolve));
	await running.stop();
	await ended;
	expect(peer.received).toEqual(["<goodbye/>\0"]);
	expect(running.traced).toEqual(["connected"]);
});

test("XML and LoadVars in a script load and send over HTTP", async () => {
	const server = createServer((request, response) => {
		let body = "";
		request.setEncoding("utf8");
		request.on("data", (chunk: string) => {
			body += chunk;
		});
		request.on("end", () => {
			const { "content-type": type, "x-own": own } = request.headers;
			const escaped = body.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
			if (request.url === "/page") response.end('<page name="é"/>');
			else if (request.url === "/echo") {
				response.end(`\n<got method="${request.method}" type="${type}" own="${own}">${escaped}</got>\n`);
			} else if (request.url === "/form") response.end(body);
			else response.writeHead(404).end("not here");
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const running = await check("http", 17, { base }, { httpHosts: ["127.0.0.1"] });
	await warned(running, ["XMLSOCKET_HTTP_REFUSED", "XMLSOCKET_HTTP_REFUSED"]);
});

test("File in a script reads and writes inside the application's folder", async () => {
	const running = await check("files", 19, {});
	expect(existsSync(join(running.folder, "..", "outside.txt"))).toBe(false);
	await warned(running, ["XMLSOCKET_FILE_FAILED", "XMLSOCKET_FILE_FAILED", "XMLSOCKET_FILE_REFUSED"]);
});

test("a script that fails in a loop does not fill the log", async () => {
	const running = await runApplication({
		"main.asc": 'for (var i = 0; i < 5000; i++) new File("../outside").open("text", "read"); trace("tried " + i);',
	});
	await running.traces("tried 5000");
	await until(() => running.logged.some((line) => line.includes("XMLSOCKET_FILE_REFUSED")), "a warning");
	// The loop may go over the end of a second or two.
	expect(running.logged.filter((line) => line.startsWith("warn")).length).toBeLessThan(500);
});
