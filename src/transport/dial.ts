// Outgoing connections: TCP, TLS and WebSocket by the target's protocol, with one deadline over name look-up and handshake.

import type { Transport } from "../link/index.ts";
import { attempt, type DialOptions, type DialTarget, dialSocket } from "./dial-socket.ts";
import { traced } from "./traced.ts";

/**
 * Opens a connection.
 *
 * Rejects with XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED; `cause` is Node's own error.
 */
export function dial(target: DialTarget, options: DialOptions): Promise<Transport> {
	const { protocol } = target;
	if (protocol !== "ws" && protocol !== "wss") return dialSocket(target, options);
	return attempt(target, options, async (where) => {
		// The package for WebSockets loads HTTP, TLS and compression with it: only where one is dialled.
		const { dialWebSocket } = await import("./websocket/websocket-dial.ts");
		options.signal?.throwIfAborted();
		const connection = await dialWebSocket(`${protocol}://${where}${target.path ?? "/"}`, {
			timeoutMs: options.timeoutMs,
			origin: options.origin,
			headers: options.headers,
			rejectUnauthorized: options.insecure ? false : undefined,
			ca: options.ca,
			signal: options.signal,
			protocol: options.webSocketProtocol,
		});
		return traced(connection, "connected");
	});
}
