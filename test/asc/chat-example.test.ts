// examples/asc/chat as a reader runs it: with the command, and with clients of three kinds in one room.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, XML, XMLSocket } from "../../src/index.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";

let child: ChildProcess;
let port = 0;
let output = "";
beforeAll(async () => {
	const folder = resolve(import.meta.dirname, "../../examples/asc/chat");
	child = spawn(process.execPath, [command, "run", folder, "--port", "0", "--json"], { env: cleanEnvironment() });
	child.stderr!.on("data", (chunk) => {
		output += String(chunk);
	});
	child.stdout!.on("data", (chunk) => {
		output += String(chunk);
	});
	while (!output.includes('"listening"')) await once(child.stdout!, "data");
	const listening = output.split("\n").find((line) => line.includes('"listening"')) as string;
	port = (JSON.parse(listening) as { port: number }).port;
});
afterAll(async () => {
	child.kill("SIGTERM");
	const [code] = (await once(child, "exit")) as [number];
	expect(code).toBe(0);
});

it("clients of a raw socket, the documented class and a WebSocket chat in one room", async () => {
	const raw = RawClient.tcp(port);
	raw.send('<hello name="raw"/>\0<join room="lobby"/>\0');
	await raw.until((text) => text.includes("<joined"));

	const socket = new XMLSocket();
	const said = new Promise<string>((done) => {
		socket.onXML = (document) => {
			if (document.firstChild!.nodeName === "said") done(String(document));
		};
	});
	socket.onConnect = () => {
		for (const text of ['<hello name="classic"/>', '<join room="lobby"/>']) socket.send(new XML(text));
	};
	socket.connect("127.0.0.1", port);
	await raw.until((text) => text.includes('<enter room="lobby" name="classic" members="2" />'));

	const page = await connect(`ws://127.0.0.1:${port}/socket`);
	page.send('<hello name="page"/>');
	page.send('<join room="lobby"/>');
	page.send('<say room="lobby" id="c1">2 &lt; 3</say>');
	const reply = await page.request('<who room="lobby"/>', {
		match: (document) => document.xml.firstChild?.nodeName === "members",
		timeoutMs: 5000,
	});
	expect(reply.text).toBe(
		'<members room="lobby" count="3"><member name="raw" /><member name="classic" /><member name="page" /></members>',
	);
	expect(await said).toBe('<said room="lobby" from="page">2 &lt; 3</said>');
	await raw.until((text) => text.includes('<said room="lobby" from="page">2 &lt; 3</said>'));

	await page.close();
	await raw.until((text) => text.includes('<exit room="lobby" name="page" members="2" />'));
	raw.send('<say room="nowhere">x</say>\0<hello name="classic"/>\0');
	await raw.until((text) => text.includes("name-taken"));
	expect(raw.documents.slice(-2)).toEqual([
		'<error code="room-not-joined">You are not in room &quot;nowhere&quot;.</error>',
		'<error code="name-taken">The name &quot;classic&quot; is taken.</error>',
	]);
	raw.send(
		'<join room="constructor"/>\0<tell to="__proto__">x</tell>\0<call name="takeName"><string>page</string></call>\0',
	);
	await raw.until((text) => text.includes("Method not found (takeName)"));
	expect(raw.text).toContain('<joined room="constructor" kind="live" members="1" />');
	expect(raw.text).toContain('<error code="name-unknown">');
	const late = RawClient.tcp(port);
	late.send('<join room="lobby"/>\0');
	await late.until((text) => text.includes("2 &lt; 3"));
	raw.socket.destroy();
	late.socket.destroy();
	socket.close();
	expect(output).toContain('{"event":"trace","application":"chat","file":"main.asc","line":17,"text":"chat is open"}');
	expect(output).not.toContain("a script threw an exception");
});
