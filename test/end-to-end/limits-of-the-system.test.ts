// What only a process shows: the limit of open files, keep-alive, signals, and an exception that nobody catches.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { RawClient } from "../server/peers.ts";
import { type Daemon, startDaemon } from "./daemon.ts";

let daemon: Daemon | undefined;
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await daemon?.stop("SIGKILL");
	daemon = undefined;
});

function dial(port: number, text = ""): RawClient {
	const client = RawClient.tcp(port);
	clients.push(client);
	client.send(text);
	return client;
}

async function metrics(port: number): Promise<string> {
	const client = dial(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	await client.closed;
	return client.text;
}

const number = (page: string, line: string): number =>
	Number(
		page
			.split("\n")
			.find((one) => one.startsWith(line))
			?.split(" ")[1],
	);
const REFUSED = 'xmlsocket_refused_total{reason="too-many-connections"} ';

describe.skipIf(process.platform !== "linux")("a daemon with 168 open files", () => {
	it("serves 40 clients, refuses the others visibly, and serves new ones when those have left", async () => {
		daemon = await startDaemon(["--memory"], {}, "serve", "ulimit -n 168");
		const { port } = daemon;
		const served = Array.from({ length: 40 }, () => dial(port, "<ping/>\0"));
		await Promise.all(served.map((client) => client.until((text) => text.includes("<pong"))));
		const others = Array.from({ length: 260 }, () => dial(port, "<ping/>\0"));
		await Promise.all(others.map((client) => client.closed));
		const page = await metrics(port);
		expect(number(page, REFUSED)).toBe(260);
		expect(number(page, "xmlsocket_connections ")).toBe(40);
		expect(daemon.log()).toContain('"too-many-connections"');
		for (const client of served) client.send("<ping/>\0");
		await Promise.all(served.map((client) => client.until((text) => text.split("<pong").length === 3)));
		for (const client of served) client.socket.destroy();
		await expect.poll(async () => number(await metrics(port), "xmlsocket_connections ")).toBeLessThan(2);
		await dial(port, "<ping/>\0").until((text) => text.includes("<pong"));
		expect(await daemon.stop()).toBe(0);
	});
});

describe.skipIf(process.platform !== "linux")("a silent connection", () => {
	it("is probed by the system: keep-alive is on, from 30 s on", async () => {
		daemon = await startDaemon(["--memory"]);
		const { port } = daemon;
		await dial(port, "<ping/>\0").until((text) => text.includes("<pong"));
		// The lines of /proc/net/tcp: "sl local remote state queues timer:hundredths of a second ...". Timer 2 is keep-alive.
		const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
		const keepAliveSeconds = (): number[] =>
			["tcp", "tcp6"].flatMap((file) =>
				readFileSync(`/proc/net/${file}`, "utf8")
					.split("\n")
					.map((line) => line.trim().split(/\s+/))
					.filter(([, from, , state, , timer]) => from?.endsWith(local) && state === "01" && timer?.startsWith("02:"))
					.map(([, , , , , timer]) => Number.parseInt(timer!.slice(3), 16) / 100),
			);
		await expect.poll(() => keepAliveSeconds().filter((seconds) => seconds > 20 && seconds <= 30)).toHaveLength(1);
	});
});

describe("a daemon that is stopped", () => {
	/** A client for which more waits than it will ever read. */
	async function stuck(port: number): Promise<void> {
		const [reader, sender] = [dial(port), dial(port, "<short/>\0")];
		await expect.poll(async () => number(await metrics(port), "xmlsocket_relay_clients ")).toBe(2);
		reader.socket.pause();
		for (let at = 0; at < 400; at++) sender.send(`<m>${"x".repeat(60_000)}</m>\0`);
		await expect.poll(async () => number(await metrics(port), "xmlsocket_outbox_bytes ")).toBeGreaterThan(0);
	}
	const RELAY = ["--relay"];
	const FIRST_WORD = { XMLSOCKET_MAX_OUTBOX_BYTES: "67108864", XMLSOCKET_SOFT_OUTBOX_BYTES: "67108864" };

	it("waits for a client that does not read no longer than drainTimeoutMs, and ends with 0", async () => {
		daemon = await startDaemon(RELAY, {
			...FIRST_WORD,
			XMLSOCKET_DRAIN_TIMEOUT_MS: "500",
			XMLSOCKET_LINGER_MS: "60000",
		});
		await stuck(daemon.port);
		expect(await daemon.stop()).toBe(0);
	});

	it("ends at once at a second signal", async () => {
		daemon = await startDaemon(RELAY, {
			...FIRST_WORD,
			XMLSOCKET_DRAIN_TIMEOUT_MS: "600000",
			XMLSOCKET_LINGER_MS: "600000",
		});
		await stuck(daemon.port);
		daemon.process.kill("SIGTERM");
		await expect.poll(() => daemon!.log()).toContain("a second signal ends the process immediately");
		expect(await daemon.stop()).toBe(0);
	});
});

it("An exception that nobody catches ends the process with its stack, so that a supervisor starts it again", async () => {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-throws-"));
	try {
		const file = join(folder, "throws.mjs");
		writeFileSync(
			file,
			`export default {
				output: "text",
				open: () => ({ document: () => void setTimeout(() => { throw new Error("out of every handler"); }), closed() {} }),
			};`,
		);
		daemon = await startDaemon(["--app", file]);
		const exit = new Promise((resolve) => daemon!.process.once("exit", resolve));
		const client = dial(daemon.port, "<a/>\0");
		expect(await exit).toBe(1);
		await client.closed;
		expect(daemon.log()).toContain("out of every handler");
		daemon = undefined;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
