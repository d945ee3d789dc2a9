// Listening: both address families, any free port, and coded errors for what cannot be had.

import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Listener, type ListenOptions, listen } from "../../src/transport/index.ts";
import { until } from "./connections.ts";

const listeners: Listener[] = [];
const addresses: string[] = [];

async function open(options: Partial<ListenOptions>): Promise<Listener> {
	const listener = await listen({ port: 0, host: "localhost", ...options }, (socket) => {
		addresses.push(socket.remoteAddress ?? "");
		socket.on("error", () => {});
		socket.end();
		socket.resume();
	});
	listeners.push(listener);
	return listener;
}

/** Resolves with whether a connection to the address can be made. */
function reaches(host: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port }, () => {
			socket.destroy();
			resolve(true);
		}).on("error", () => resolve(false));
	});
}

const hasIPv6 = await listen({ port: 0, host: "::1" }, () => {}).then(
	async (listener) => {
		await listener.close();
		return true;
	},
	() => false,
);

afterEach(async () => {
	addresses.length = 0;
	await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

describe("listen", () => {
	it("opens one free port on every loopback address for localhost", async () => {
		const { port, addresses: bound } = await open({ host: "localhost" });
		expect(port).toBeGreaterThan(0);
		expect(bound).toEqual(hasIPv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]);
		expect(await reaches("127.0.0.1", port)).toBe(true);
		expect(await reaches("::1", port)).toBe(hasIPv6);
		await until(() => addresses.length === bound.length);
	});

	it("opens every address of both families for a star", async () => {
		const { port } = await open({ host: "*" });
		expect(await reaches("127.0.0.1", port)).toBe(true);
		expect(await reaches("::1", port)).toBe(hasIPv6);
	});

	it("opens one address and no other", async () => {
		const { port, addresses: bound } = await open({ host: "127.0.0.1" });
		expect(bound).toEqual(["127.0.0.1"]);
		expect(await reaches("127.0.0.1", port)).toBe(true);
		expect(await reaches("127.0.0.2", port)).toBe(false);
		expect(await reaches("::1", port)).toBe(false);
	});

	it("opens the port that it is asked for", async () => {
		const { port } = await open({ host: "127.0.0.1" });
		await listeners.pop()!.close();
		const again = await open({ host: "127.0.0.1", port });
		expect(again.port).toBe(port);
	});

	for (const host of ["localhost", "127.0.0.1"]) {
		it(`names the port that is in use, and the option that chooses another (${host})`, async () => {
			const { port } = await open({ host: "127.0.0.1" });
			await expect(open({ host, port, portOption: "--policy-port" })).rejects.toMatchObject({
				code: "XMLSOCKET_PORT_IN_USE",
				message: expect.stringMatching(new RegExp(`\\b${port}\\b.*--policy-port`)),
				details: { port },
				cause: { code: "EADDRINUSE" },
			});
		});
	}

	it.runIf(hasIPv6)("leaves no address open where another of the same port is in use", async () => {
		const { port } = await open({ host: "::1" });
		await expect(open({ host: "localhost", port })).rejects.toMatchObject({ code: "XMLSOCKET_PORT_IN_USE" });
		expect(await reaches("127.0.0.1", port)).toBe(false);
	});

	it("refuses an address of another machine and a port that is none", async () => {
		await expect(open({ host: "192.0.2.1" })).rejects.toMatchObject({ code: "XMLSOCKET_HOST_UNAVAILABLE" });
		for (const port of [-1, 65536, 1.5, Number.NaN]) {
			await expect(open({ port }), `${port}`).rejects.toMatchObject({ code: "XMLSOCKET_ADDRESS_INVALID" });
		}
	});

	it("stops accepting at once when it is closed, while open connections go on", async () => {
		let talk = (): void => {};
		const listener = await listen({ port: 0, host: "127.0.0.1" }, (socket) => {
			talk = () => socket.end("still here");
		});
		const client = connect({ host: "127.0.0.1", port: listener.port });
		let text = "";
		client.on("data", (chunk) => {
			text += chunk;
		});
		await new Promise((resolve) => client.once("connect", resolve));
		const closing = listener.close();
		expect(await reaches("127.0.0.1", listener.port)).toBe(false);
		talk();
		await closing;
		await until(() => text === "still here");
	});
});
