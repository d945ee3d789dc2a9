import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { closeAll, Page, TcpTarget, until } from "../gateway/peers.ts";

let folder: string;
const daemons: Daemon[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket gateway "));
});
afterEach(async () => {
	await closeAll();
	await Promise.all(daemons.splice(0).map((daemon) => daemon.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(command: string, flags: string[], env: Record<string, string> = {}): Promise<Daemon> {
	const daemon = await startDaemon(flags, env, command);
	daemons.push(daemon);
	return daemon;
}

/** The log's objects. */
const lines = (daemon: Daemon): Record<string, unknown>[] =>
	daemon
		.log()
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line) as Record<string, unknown>);

describe("xmlsocket gateway", () => {
	it("connects pages to its targets, logs one line for each connection, and ends with 0 on SIGTERM", async () => {
		const target = await TcpTarget.start(({ socket }) => {
			socket.write("<hi/>\0");
			socket.on("end", () => socket.end());
		});
		const daemon = await start("gateway", [`chat=localhost:${target.port}`]);
		const page = new Page(`ws://localhost:${daemon.port}/gateway/chat`, {
			headers: { origin: `http://localhost:${daemon.port}` },
		});
		await until(() => page.bytes.toString() === "<hi/>\0");
		page.socket.send(Buffer.from("<a/>\0"));
		page.socket.close();
		await until(() => lines(daemon).some(({ cause }) => cause !== undefined));
		expect(lines(daemon).filter(({ cause }) => cause !== undefined)).toEqual([
			{
				level: 30,
				time: expect.any(String),
				id: "g1",
				target: "chat",
				resolved: `127.0.0.1:${target.port}`,
				client: expect.stringMatching(/^(?:::1|127\.0\.0\.1)$/),
				origin: `http://localhost:${daemon.port}`,
				pageCode: 1005,
				durationMs: expect.any(Number),
				cause: "page-closed",
				toTargetBytes: 5,
				toPageBytes: 6,
				msg: "the page closed",
			},
		]);
		expect(await daemons.pop()!.stop()).toBe(0);
	});

	it("reads its targets and options from variables and from the daemon's configuration file", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write(Buffer.from([0xc4, 0xe3, 0])));
		const file = join(folder, "both.json");
		writeFileSync(
			file,
			JSON.stringify({ rooms: ["lobby"], policy: "off", targets: [`old=127.0.0.1:${target.port}`], encoding: "gbk" }),
		);
		for (const daemon of [
			await start("gateway", ["--config", file]),
			await start("gateway", [], { XMLSOCKET_TARGET: `old=127.0.0.1:${target.port}`, XMLSOCKET_ENCODING: "gbk" }),
		]) {
			const page = new Page(`ws://127.0.0.1:${daemon.port}/gateway/old`);
			await until(() => page.bytes.toString() === "你\0");
		}
	});

	it("records refused targets with --learn, and accepts the file as its configuration", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write("learned"));
		const file = join(folder, "learned.json");
		const learning = await start("gateway", ["--learn", file]);
		const path = `/gateway?host=127.0.0.1&port=${target.port}`;
		expect((await new Page(`ws://127.0.0.1:${learning.port}${path}`).closed).code).toBe(1006);
		await until(() => learning.log().includes("recorded a refused target"));
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ targets: [`127.0.0.1:${target.port}`] });
		const taught = await start("gateway", ["--config", file]);
		const page = new Page(`ws://127.0.0.1:${taught.port}${path}`);
		await until(() => page.bytes.toString() === "learned");
	});
});

describe("xmlsocket serve --target", () => {
	it("serves the gateway together with the chat, and its numbers in the metrics", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write("from the target"));
		const daemon = await start("serve", ["--target", `chat=127.0.0.1:${target.port}`]);
		const page = new Page(`ws://127.0.0.1:${daemon.port}/gateway/chat`);
		await until(() => page.bytes.toString() === "from the target");
		const room = new Page(`ws://127.0.0.1:${daemon.port}/socket`);
		await until(() => room.bytes.toString().startsWith("<welcome"));
		const metrics = await (await fetch(`http://127.0.0.1:${daemon.port}/metrics`)).text();
		expect(metrics).toContain("xmlsocket_gateway_connections 1");
		page.socket.close();
		await expect
			.poll(async () => (await fetch(`http://127.0.0.1:${daemon.port}/metrics`)).text())
			.toContain('xmlsocket_gateway_bytes_total{to="page"} 15');
	});
});
