import { afterEach, describe, expect, it } from "vitest";
import { createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { echo, RawClient, recordingLog } from "./peers.ts";

const servers: Server[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.socket.destroy();
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

async function start(
	options: ServerOptions = {},
): Promise<{ server: Server; peers: ReturnType<typeof echo>["peers"]; log: ReturnType<typeof recordingLog> }> {
	const application = echo();
	const log = recordingLog();
	const server = createServer({
		port: 0,
		firstBytesTimeoutMs: 300,
		trustProxy: ["127.0.0.1"],
		...options,
		application,
		log,
	});
	servers.push(server);
	await server.listen();
	return { server, peers: application.peers, log };
}

function client(server: Server): RawClient {
	const made = RawClient.tcp(server.port);
	made.socket.setNoDelay(true);
	clients.push(made);
	return made;
}

const V1 = Buffer.from("PROXY TCP4 203.0.113.7 127.0.0.1 51234 9000\r\n");
const V2 = Buffer.from("0d0a0d0a000d0a515549540a2111000ccb007107 7f000001c8222328".replace(" ", ""), "hex");

describe("a PROXY protocol header", () => {
	it("of a listed proxy names the client of any protocol, at every split", async () => {
		const { server, peers } = await start({ maxConnectionsPerAddress: 100, connectsPerSecondPerAddress: 100 });
		for (const header of [V1, V2]) {
			await Promise.all(
				Array.from({ length: header.length + 3 }, async (_, at) => {
					const raw = client(server);
					const all = Buffer.concat([header, Buffer.from("<a/>\0")]);
					raw.socket.write(all.subarray(0, at + 1));
					setTimeout(() => raw.socket.write(all.subarray(at + 1)), 20);
					await raw.until((text) => text === "<a/>\0");
				}),
			);
			expect(new Set(Array.from(peers, (peer) => peer.remoteAddress))).toEqual(new Set(["203.0.113.7"]));
			for (const { socket } of clients.splice(0)) socket.destroy();
			await expect.poll(() => peers.size).toBe(0);
		}
		const http = client(server);
		http.socket.write(
			Buffer.concat([V2, Buffer.from("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")]),
		);
		await http.closed;
		expect(http.text).toMatch(/^HTTP\/1\.1 403 /);
		const policy = client(server);
		policy.socket.write(Buffer.concat([V1, Buffer.from("<policy-file-request/>\0")]));
		await policy.closed;
		expect(policy.text).toMatch(/^<cross-domain-policy>/);
	});

	it("of a sender that is not listed is an ordinary document", async () => {
		const { server, peers } = await start({ trustProxy: ["192.0.2.1"] });
		const raw = client(server);
		raw.socket.write(Buffer.concat([V1, Buffer.from("\0")]));
		await raw.until((text) => text.includes("PROXY TCP4"));
		expect(Array.from(peers, (peer) => peer.remoteAddress)).toEqual(["127.0.0.1"]);
	});

	it.each([V1, V2])("of a sender that is not listed leaves a warning", async (header) => {
		const { server, log } = await start({ trustProxy: [] });
		const made = client(server);
		made.socket.write(Buffer.concat([header, Buffer.from("<a/>\0")]));
		await made.until((text) => text.includes("<a/>\0"));
		const warnings = log.lines.filter(({ level }) => level === "warn");
		expect(warnings.map(({ facts }) => facts)).toContainEqual({ reason: "unlisted-proxy", remote: "127.0.0.1" });
	});

	it("is optional for a listed proxy, which then is the client itself", async () => {
		const { server, peers } = await start();
		const raw = client(server);
		raw.send("<a/>\0");
		await raw.until((text) => text === "<a/>\0");
		expect(Array.from(peers, (peer) => peer.remoteAddress)).toEqual(["127.0.0.1"]);
		const silent = client(server);
		await expect.poll(() => peers.size).toBe(2);
		silent.send("<b/>\0");
		await silent.until((text) => text === "<b/>\0");
	});

	it("that is broken or never finished ends the connection, with a line in the log", async () => {
		const { server, log } = await start();
		for (const begun of ["PROXY nonsense\r\n<a/>\0", "PROXY TCP4 203", `PROXY ${"x".repeat(3000)}`]) {
			const raw = client(server);
			raw.send(begun);
			await raw.closed;
			expect(raw.text).toBe("");
		}
		const causes = log.lines
			.map(({ facts }) => String(facts.cause))
			.filter((cause) => cause.includes("PROXY protocol"));
		expect(causes.length).toBe(3);
	});

	it("has its clients counted one by one, and not their proxy", async () => {
		const { server } = await start({ maxConnectionsPerAddress: 2 });
		const raws = [client(server), client(server), client(server)];
		for (const raw of raws.slice(0, 2)) {
			raw.socket.write(Buffer.concat([V1, Buffer.from("<a/>\0")]));
			await raw.until((text) => text === "<a/>\0");
		}
		raws[2]!.socket.write(Buffer.concat([V1, Buffer.from("<a/>\0")]));
		await raws[2]!.closed;
		expect(raws[2]!.text).toBe("");
		raws[0]!.socket.destroy();
		await expect.poll(() => server.peers).toBe(1);
		const again = client(server);
		again.socket.write(Buffer.concat([V1, Buffer.from("<a/>\0")]));
		await again.until((text) => text === "<a/>\0");
	});
});
