// What a server confirms of the sub-protocols that a WebSocket client offers (RFC 6455, 4.2.2): `binary`, as gateways for browsers do, or
// none. `base64` and `xmpp` name another encoding of the bytes than the one that follows.

import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createServer, type Server } from "../../src/server/index.ts";

let server: Server;
beforeAll(async () => {
	server = await createServer({ port: 0 }).listen();
});
afterAll(() => server.close({ graceMs: 0 }));

it.each([
	["binary", "binary"],
	["base64, binary", "binary"],
	["base64", undefined],
	["xmpp", undefined],
])("A client that offers %s gets the sub-protocol %s", async (offered, confirmed) => {
	const headers = {
		connection: "Upgrade",
		upgrade: "websocket",
		"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
		"sec-websocket-version": "13",
		"sec-websocket-protocol": offered,
	};
	const answer = await new Promise<string | undefined>((resolve, reject) => {
		const asked = request({ host: "127.0.0.1", port: server.port, path: "/socket", headers });
		asked.on("upgrade", (response, socket) => {
			socket.destroy();
			resolve(response.headers["sec-websocket-protocol"]);
		});
		asked.on("response", (response) => reject(new Error(String(response.statusCode))));
		asked.on("error", reject);
		asked.end();
	});
	expect(answer).toBe(confirmed);
});
