// The states of a server: idle, listening, closing, closed; and ends that do not wait for what does not end.

import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Application, createServer, type Server, type ServerOptions } from "../../src/server/index.ts";
import { echo, RawClient } from "./peers.ts";

const servers: Server[] = [];
afterEach(async () => {
	await Promise.all(servers.splice(0).map((server) => server.close({ graceMs: 0 })));
});

function make(options: ServerOptions = {}, application: Partial<Application> = {}): Server {
	const server = createServer({
		port: 0,
		firstBytesTimeoutMs: 50,
		...options,
		application: { ...echo(), ...application },
	});
	servers.push(server);
	return server;
}

describe("listen()", () => {
	it("moves a server from idle to listening, and close() to closed", async () => {
		const server = make();
		expect(server.state).toBe("idle");
		expect(server.port).toBe(0);
		await server.listen();
		expect(server.state).toBe("listening");
		const closing = server.close();
		expect(server.state).toBe("closing");
		expect(server.health().ready).toBe(false);
		await closing;
		expect(server.state).toBe("closed");
	});

	it("rejects with XMLSOCKET_SERVER_STATE a second time, also before the first has ended, and after close()", async () => {
		const server = make();
		const first = server.listen();
		await expect(server.listen()).rejects.toMatchObject({ code: "XMLSOCKET_SERVER_STATE" });
		await first;
		const { port } = server;
		await expect(server.listen()).rejects.toMatchObject({ code: "XMLSOCKET_SERVER_STATE" });
		expect(server.port).toBe(port);
		await server.close();
		await expect(server.listen()).rejects.toMatchObject({ code: "XMLSOCKET_SERVER_STATE" });
	});

	it("can be called again after a failure, which leaves no port open", async () => {
		const taken = await make().listen();
		const server = make({ policyPort: taken.port });
		await expect(server.listen()).rejects.toMatchObject({ code: "XMLSOCKET_PORT_IN_USE" });
		expect(server.state).toBe("idle");
		await taken.close();
		await server.listen();
		expect(server.policyPort).toBe(taken.settings.port === 0 ? server.settings.policyPort : undefined);
	});
});

describe("close()", () => {
	it("closes the application of a server that never listened, once", async () => {
		let closed = 0;
		const close = async (): Promise<void> => {
			closed++;
		};
		const server = make({}, { close });
		await server.close();
		await server.close();
		expect(closed).toBe(1);
	});

	it("waits for a listen() that is under way", async () => {
		const server = make();
		const listening = server.listen();
		await server.close();
		await listening;
		expect(server.state).toBe("closed");
	});

	it("called twice ends for both callers, and where graceMs is 0 at once", async () => {
		const server = await make().listen();
		const client = RawClient.tcp(server.port);
		client.send("<a/>\0");
		await client.until((text) => text !== "");
		// This client reads the end and never closes its own side.
		client.socket.removeAllListeners("end");
		const both = [server.close({ graceMs: 60_000 }), server.close({ graceMs: 60_000 })];
		await server.close({ graceMs: 0 });
		await Promise.all(both);
		client.socket.destroy();
	});

	it("ends without the application where a second call does not want to wait for its close()", async () => {
		const server = make({}, { close: () => new Promise(() => {}) });
		await server.listen();
		const closing = server.close();
		await expect.poll(() => server.connections).toBe(0);
		await server.close({ graceMs: 0 });
		await closing;
		expect(server.state).toBe("closed");
		expect(server.metrics.refused.get("internal")).toBe(1);
	});

	it("does not wait for a client of the metrics port that sends nothing", async () => {
		const probe = await make().listen();
		const { port } = probe;
		await probe.close();
		const server = await make({ metrics: `127.0.0.1:${port}` }).listen();
		const client = connect({ port, host: "127.0.0.1" });
		await new Promise((resolve) => client.once("connect", resolve));
		client.on("error", () => {});
		await server.close();
		expect(server.state).toBe("closed");
		client.destroy();
	});
});
