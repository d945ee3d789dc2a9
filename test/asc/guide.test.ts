// docs/guide/asc.md: its script is run, and its conversation held, as they stand there.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openScriptHost } from "../../dist/asc/index.js";
import { createServer } from "../../dist/server/index.js";
import { RawClient } from "../server/peers.ts";
import { makeFolder, startScript, stopAll } from "./support.ts";

afterEach(stopAll);

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guide/asc.md"), "utf8");
const [script, program] = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] as string);
const conversation = String(/```\n(> [\s\S]*?)```/.exec(guide)?.[1])
	.trimEnd()
	.split("\n");

it("the guide's script sends and receives the documents of the guide", async () => {
	const running = await startScript(script as string);
	const client = running.client();
	const expected: string[] = [];
	for (const line of conversation) {
		if (line.startsWith("> ")) client.send(`${line.slice(2)}\0`);
		else expected.push(line.slice(2));
		await client.until((text) => text.split("\0").length > expected.length);
	}
	expect(client.documents).toEqual(expected);
	expect(expected.length).toBe(4);
});

it("the guide's program runs an application", async () => {
	const lines: string[] = [];
	const body = (program as string)
		.replaceAll(/^import .*\n/gm, "")
		.replace("applications/chat", makeFolder({ "main.asc": 'trace("up")' }))
		.replace("9000", "0");
	const run = new Function(
		"openScriptHost",
		"createServer",
		"console",
		`return (async () => { ${body}; return server; })()`,
	);
	const server = (await run(openScriptHost, createServer, { log: (text: string) => lines.push(text) })) as ReturnType<
		typeof createServer
	>;
	RawClient.tcp(server.port).socket.destroy();
	await server.close({ graceMs: 0 });
	expect(lines).toEqual(["up"]);
});
