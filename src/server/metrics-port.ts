// A port of its own for `/metrics`, where the operator gives one. It is not behind the limits of the main port, so that metrics
// can be read when those are reached, and has a small limit of its own.

import type { Socket } from "node:net";
import { XMLSocketError } from "../errors/index.ts";
import { type Listener, listen } from "../transport/index.ts";
import { answer } from "./http-answers.ts";
import { HttpConnections } from "./http-connections.ts";
import { type Metrics, sendMetrics } from "./metrics.ts";
import { type Refusals, remoteFact } from "./refusals.ts";

const MAX_CONNECTIONS = 32;
const TIMEOUT_MS = 10_000;

/** The metrics port, open. */
export interface MetricsPort {
	/** Stops listening and ends all connections. */
	close(): Promise<void>;
}

/**
 * Opens the port.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID where the address is not HOST:PORT, and as `listen` does.
 */
export async function openMetricsPort(address: string, metrics: Metrics, refusals: Refusals): Promise<MetricsPort> {
	const { host, port } = hostAndPort(address);
	const http = new HttpConnections({
		requestTimeoutMs: TIMEOUT_MS,
		unreadOutputTimeoutMs: TIMEOUT_MS,
		refusals,
		answer: (request, response) => {
			if (request.url === "/metrics") return sendMetrics(metrics, response);
			answer(response, 404, "There is nothing here but /metrics.\n");
		},
	});
	const sockets = new Set<Socket>();
	const listener: Listener = await listen({ port, host, portOption: "--metrics" }, (socket) => {
		const address = socket.remoteAddress ?? "";
		if (sockets.size >= MAX_CONNECTIONS) {
			refusals.refuse("too-many-connections", "refused a connection to the metrics port", remoteFact(address));
			socket.on("error", () => {});
			socket.destroy();
			return;
		}
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		http.accept(socket, address);
	});
	return {
		close: async () => {
			const closed = listener.close();
			for (const socket of sockets) socket.destroy();
			http.close();
			await closed;
		},
	};
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
	const at = address.lastIndexOf(":");
	const port = Number(address.slice(at + 1));
	if (at < 0 || !Number.isInteger(port) || port < 0 || port > 65535) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`Option "metrics" is "${address}"; allowed are local, off and HOST:PORT.`,
		);
	}
	return { host: address.slice(0, at).replace(/^\[(.*)\]$/, "$1") || "localhost", port };
}
