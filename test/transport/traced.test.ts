// Tracing with NODE_DEBUG=xmlsocket, in the programs themselves.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startDaemon } from "../end-to-end/daemon.ts";

const program = join(import.meta.dirname, "../../dist/cli/main.js");

async function send(port: number, environment: NodeJS.ProcessEnv): Promise<string> {
	const child = spawn(process.execPath, [program, "send", `:${port}`, '<hello name="ann"/>'], {
		env: { ...process.env, ...environment },
		stdio: ["ignore", "ignore", "pipe"],
	});
	let errors = "";
	child.stderr.on("data", (text) => {
		errors += text;
	});
	await new Promise((done) => child.once("close", done));
	return errors;
}

test("NODE_DEBUG=xmlsocket shows how a connection opens, what passes over it, and how it closes", async () => {
	const daemon = await startDaemon();
	onTestFinished(async () => void (await daemon.stop()));
	const lines = await send(daemon.port, { NODE_DEBUG: "xmlsocket" });
	const order = [
		/#1 connected over tcp: \S+\n/,
		/#1 sent 20 bytes "<hello name=\\"ann\\"\/>\\u0000"\n/,
		/#1 received \d+ bytes "<welcome .*\n/,
		/#1 closed\n/,
	].map((line) => lines.search(line));
	expect(order, lines).not.toContain(-1);
	expect(order).toEqual(order.toSorted((a, b) => a - b));
	expect(await send(daemon.port, {})).toBe("");
});
