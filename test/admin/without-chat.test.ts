// The admin API where no chat runs, over two workers: --relay, and --app. All processes answer together, and bans of addresses are stored.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type Daemon, startDaemon } from "../end-to-end/daemon.ts";
import { RawClient } from "../server/peers.ts";
import { AdminClient, TOKEN } from "./daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-admin-"));
const tokens = join(folder, "tokens");
writeFileSync(tokens, `${TOKEN} ann\n`);
const module = join(folder, "echo.mjs");
writeFileSync(
	module,
	"export default { output: 'text', open: (peer) => ({ document: (text) => peer.send(text), closed: () => {} }) };",
);
const running: Daemon[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	for (const daemon of running.splice(0)) await daemon.stop("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(...flags: string[]): Promise<{ daemon: Daemon; admin: AdminClient }> {
	const own = ["--workers", "2", "--admin-token-file", tokens, "--trust-proxy", "127.0.0.1"];
	const daemon = await startDaemon([...own, ...flags]);
	running.push(daemon);
	return { daemon, admin: new AdminClient(daemon.port) };
}

/** A client behind a proxy that names this address. */
function from(address: string, { port }: Daemon, first = "<here/>\0"): RawClient {
	const client = RawClient.tcp(port);
	clients.push(client);
	client.send(`PROXY TCP4 ${address} 127.0.0.1 1000 9000\r\n${first}`);
	return client;
}

const UPGRADE = `${[
	"GET /gateway/game HTTP/1.1",
	"Host: localhost",
	"Connection: Upgrade",
	"Upgrade: websocket",
	"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
	"Sec-WebSocket-Version: 13",
].join("\r\n")}\r\n\r\n`;

const refused = (client: RawClient): Promise<void> =>
	client.closed.then(() => {
		expect(client.documents).toEqual(['<error code="banned">You are banned from this server. Reason: flood</error>']);
	});

describe.each([
	["a relay", ["--relay", "--target", "game=localhost:9"]],
	["a module", ["--app", module, "--target", "game=localhost:9"]],
])("%s over two workers", (_, flags) => {
	it("is one daemon for its operator, whose bans of addresses hold at every worker and after kill -9", async () => {
		const data = mkdtempSync(join(folder, "data-"));
		const { daemon, admin } = await start(...flags, "--data", data);
		const addresses = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "198.51.100.1"];
		for (const address of addresses) from(address, daemon);
		await expect.poll(async () => (await admin.get("clients")).body.clients.length).toBe(4);
		for (let request = 0; request < 4; request++) {
			const { body } = await admin.get("clients?sort=age");
			expect(body.missing).toBeUndefined();
			expect(body.clients.map(({ address }: { address: string }) => address).sort()).toEqual([...addresses].sort());
			expect(new Set(body.clients.map(({ node }: { node: string }) => node)).size).toBe(2);
			expect((await admin.get("status")).body).toMatchObject({ clients: 4, nodes: [{}, {}] });
		}
		const { clients: listed } = (await admin.get("clients?address=198.51.100.1")).body;
		expect((await admin.post("kick", { client: listed[0].id })).body).toEqual({ removed: 1 });
		await clients[3]!.closed;

		expect((await admin.post("ban", { address: "203.0.113.0/24", reason: "flood" })).status).toBe(200);
		// They are connected: the last document is the refusal.
		for (const client of clients.slice(0, 3)) {
			await client.closed;
			expect(client.documents.at(-1)).toContain('<error code="banned">');
		}
		await Promise.all([1, 2, 3].map((last) => refused(from(`203.0.113.${last}`, daemon))));
		const page = from("203.0.113.1", daemon, UPGRADE);
		await page.closed;
		expect(page.text).toMatch(/^HTTP\/1.1 403 .*You are banned from this server\. Reason: flood\n$/s);
		expect((await admin.get("sanctions")).body.sanctions).toMatchObject([
			{ kind: "ban", who: { address: "203.0.113.0/24" }, by: "ann", reason: "flood" },
		]);
		expect((await admin.post("mute", { address: "203.0.113.9" })).status).toBe(409);
		expect((await admin.post("ban", { name: "bob" })).status).toBe(409);

		await daemon.stop("SIGKILL");
		const second = await start(...flags, "--data", data);
		await Promise.all([1, 2].map((last) => refused(from(`203.0.113.${last}`, second.daemon))));
		expect((await second.admin.post("unban", { address: "203.0.113.0/24" })).body).toEqual({ lifted: 1 });
		from("203.0.113.1", second.daemon);
		await expect.poll(async () => (await second.admin.get("clients")).body.clients.length).toBe(1);
	});
});

it("the end of a worker, which the primary process logs, is in the stream of the log", async () => {
	const { daemon, admin } = await start("--relay", "--memory");
	await expect.poll(async () => (await admin.get("status")).body.nodes.length).toBe(2);
	const { pid } = daemon.process;
	const [worker] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
	process.kill(Number(worker), "SIGKILL");
	await expect
		.poll(async () => {
			const reader = await admin.events().catch(() => undefined);
			await new Promise((resolve) => setTimeout(resolve, 50));
			const lines = reader?.all("log").map(({ line }) => line?.msg) ?? [];
			reader?.close();
			return lines.join("\n");
		})
		.toMatch(/another one replaces it/);
	await expect.poll(async () => (await admin.get("status")).body).toMatchObject({ nodes: [{}, {}], ready: true });
});
