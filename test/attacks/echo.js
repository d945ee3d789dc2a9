// The target behind the gateway: sends each connection's bytes back to it, and waits for those who do not read.

import { createServer } from "node:net";

/** Starts it on a free port of this machine. @returns {Promise<{ port: number, close: () => void }>} */
export function openEcho() {
	const server = createServer({ noDelay: true }, (socket) => {
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	return new Promise((done, failed) => {
		server.once("error", failed);
		server.listen(0, "127.0.0.1", () => {
			done({
				port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
				close: () => server.close(),
			});
		});
	});
}
