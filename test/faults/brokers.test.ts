// The brokers of the campaign: that what it starts is a deployment on which messages can be stored three times over, behind proxies,
// and that a broker which was killed comes back on the same folder and the same port.

import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { canRun, killAll } from "./processes.js";
import { Topology } from "./topology.js";

const present = canRun("nats-server", "--version");
if (!present) {
	console.log(
		"Skipped: the brokers of the fault campaign. nats-server is not on PATH (Debian: apt-get install nats-server).",
	);
	if (process.env.CI === "true") throw new Error("nats-server is not on PATH.");
}

/** One request by NATS's protocol, written by hand; resolves with the answer's text. */
function request(port: number, subject: string, body: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: "127.0.0.1", port });
		let heard = "";
		socket.on("error", reject);
		socket.on("close", () => reject(new Error("The broker closed the connection.")));
		socket.setTimeout(15_000, () => socket.destroy());
		socket.write(`CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${body.length}\r\n${body}\r\n`);
		socket.on("data", (bytes) => {
			heard += String(bytes);
			const answer = /^MSG answer 1 +\d+\r\n(.*)\r\n/m.exec(heard)?.[1];
			if (answer === undefined) return;
			resolve(answer);
			socket.destroy();
		});
	});
}

let folder = "";
let topology: Topology | undefined;
afterEach(async () => {
	await topology?.stop();
	killAll();
	rmSync(folder, { recursive: true, force: true });
});

const LIMIT = { interval: 200 };

/** Starts brokers, and has the first one make a stream of as many replicas. */
async function withStream(brokers: number): Promise<number> {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket-brokers-"));
	topology = new Topology({ folder, seed: "brokers", daemons: 0, brokers });
	await topology.start();
	const { port } = topology.brokers[0]!;
	const config = JSON.stringify({ name: "ROOMS", subjects: ["rooms.>"], storage: "file", num_replicas: brokers });
	// A cluster needs a moment to choose its leader.
	await expect
		.poll(() => request(port, "$JS.API.STREAM.CREATE.ROOMS", config).catch(String), LIMIT)
		.toContain('"state"');
	return port;
}

describe.skipIf(!present)("the brokers of a topology", () => {
	it("store messages three times over where there are three", async () => {
		const port = await withStream(3);
		await expect.poll(() => request(port, "rooms.lobby", "hello").catch(String), LIMIT).toContain('"seq":1');
	});

	it("come back on the same port with what they had, after kill -9", async () => {
		const port = await withStream(1);
		expect(await request(port, "rooms.lobby", "hello")).toContain('"seq":1');
		await topology!.brokers[0]!.end();
		await expect(request(port, "rooms.lobby", "nobody")).rejects.toThrow();
		await topology!.brokers[0]!.start();
		const kept = () => request(port, "$JS.API.STREAM.INFO.ROOMS", "").catch(String);
		await expect.poll(kept, LIMIT).toMatch(/"messages":1\b/);
	});
});
