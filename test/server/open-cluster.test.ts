// openCluster() on a real nats-server: its parts, its close, and what a failing part leaves behind.

import { afterEach, describe, expect, it } from "vitest";
import { openCluster } from "../../src/server/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";

describe.skipIf(!hasNatsServer())("openCluster()", () => {
	let servers: NatsServers;
	afterEach(() => servers.stop());

	/** Sockets of this process that are open. */
	const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

	it("returns a log and a bus that work, and close() ends the connection of both", async () => {
		servers = await NatsServers.start({ nodes: 1 });
		await expect.poll(sockets).toBe(0);
		const { log, bus, close } = await openCluster(servers.urls);
		expect(sockets()).toBe(1);
		const received = new Promise((resolve) => bus.subscribe({ to: "all" }, resolve));
		bus.publish({ to: "all" }, new TextEncoder().encode("hello"));
		await received;
		expect(log).toBeDefined();
		await close();
		await expect.poll(sockets).toBe(0);
	});

	it("closes its connection where a part cannot be opened", async () => {
		servers = await NatsServers.start({ nodes: 1 });
		await expect.poll(sockets).toBe(0);
		// One server cannot keep three copies.
		await expect(openCluster(servers.urls, { replicas: 3 })).rejects.toThrow();
		await expect.poll(sockets).toBe(0);
	});
});
