// Load balancers and containers ask for the daemon's health under names that the daemon does not know.

import { afterEach, expect, it } from "vitest";
import { ask, closeServers, startChat } from "./web-server.ts";

afterEach(closeServers);

it.each([
	["the name of a service in a network of containers", "xmlsocket:9000"],
	["the name that a load balancer is configured with", "haproxy"],
	["the address of a machine in a cluster", "10.1.2.3:9000"],
])("a health check with %s is answered, and pages stay refused", async (_situation, host) => {
	const { port } = await startChat();
	const statusOf = async (path: string): Promise<number> => (await ask(port, path, { headers: { Host: host } })).status;
	expect([await statusOf("/healthz"), await statusOf("/readyz")]).toEqual([200, 200]);
	if (!/^\d/.test(host)) expect([await statusOf("/"), await statusOf("/metrics")]).toEqual([421, 421]);
});

it("a health check below a base path is answered too", async () => {
	const { port } = await startChat({ basePath: "/games/" });
	expect((await ask(port, "/games/healthz", { headers: { Host: "haproxy" } })).status).toBe(200);
});
