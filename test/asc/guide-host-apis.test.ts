// The later sections of docs/guide/asc.md, on what scripts reach: their scripts are run, and their conversation held, as they stand.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { TestServer, until } from "../client/support.ts";
import { rawClient, runApplication } from "./application.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guide/asc.md"), "utf8");

const SCRIPT = /\n```js\n([\s\S]*?)```/;
const CONVERSATION = /\n```\n(> [\s\S]*?)```/;

/** The first block of a section that is of that form. */
function block(heading: string, form: RegExp): string {
	const from = guide.indexOf(`\n## ${heading}\n`);
	expect(from, heading).toBeGreaterThan(0);
	return form.exec(guide.slice(from))![1]!;
}

test("the guide's script for sockets sends a greeting and traces each element", async () => {
	const server = await TestServer.start((socket) => void socket.write("<welcome/>\0"));
	onTestFinished(() => server.kill());
	const script = block("XMLSocket in a script", SCRIPT).replace("9000", String(server.port));
	const running = await runApplication({ "main.asc": script });
	await running.traces("welcome");
	await until(() => server.received[0] === "<hello />\0", "the greeting");
});

test("the guide's script for orders traces the number of the answer", async () => {
	const bodies: string[] = [];
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (chunk) => {
			body += chunk;
		});
		request.on("end", () => {
			bodies.push(body);
			response.end("number=7");
		});
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	const script = block("XML and LoadVars over HTTP", SCRIPT).replace("localhost:8080", `127.0.0.1:${port}`);
	const running = await runApplication({ "main.asc": script });
	expect(await running.traces("7")).toBe("7");
	expect(bodies).toEqual(["tea=Assam"]);
});

test("the guide's script for shared objects sends and receives the documents of the guide", async () => {
	const running = await runApplication({ "main.asc": block("Shared objects", SCRIPT) });
	const client = await rawClient(running.port);
	const expected: string[] = [];
	for (const line of block("Shared objects", CONVERSATION).trimEnd().split("\n")) {
		if (line.startsWith("> ")) client.send(line.slice(2));
		else expected.push(line.slice(2));
		await until(() => client.heard.length >= expected.length, line);
	}
	expect(client.heard).toEqual(expected);
	expect(running.traced).toEqual(["change x"]);
});
