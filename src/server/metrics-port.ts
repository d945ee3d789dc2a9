// A port of its own for `/metrics`, where the operator gives one. It is not behind the limits of the main port, so that metrics
// can be read when those are reached, and has a small limit of its own.

import type { Socket } from "node:net";
import { XMLSocketError } from "../errors/index.ts";
import { type Listener, type listen, nodeClock, remoteAddressOf } from "../transport/index.ts";
import { Admission, addressKey } from "./admission.ts";
import { answer } from "./http-answers.ts";
import { HttpConnections } from "./http-connections.ts";
import { unknownHost } from "./http-upgrades.ts";
import { type Metrics, sendMetrics } from "./metrics.ts";
import type { OriginRules } from "./origin.ts";
import { type Refusals, remoteFact } from "./refusals.ts";

/** Half of the places for one address, so that no other machine takes them all. This machine is exempt. */
const LIMITS = { maxConnections: 32, maxConnectionsPerAddress: 16, connectsPerSecondPerAddress: 50 };
const TIMEOUT_MS = 10_000;

/** What the port needs of its server. */
export interface MetricsPortHost {
	readonly metrics: Metrics;
	readonly refusals: Refusals;
	readonly rules: OriginRules;
	/** Opens the port. */
	readonly listen: typeof listen;
}

/** The metrics port, open. */
export interface MetricsPort {
	/** Stops listening and ends all connections. */
	close(): Promise<void>;
	/** Forgets addresses without connections: once a second. */
	sweep(nowMs: number): void;
}

/**
 * Opens the port. On an address of this machine alone it answers only requests for a name of this machine, because a page in its browser may
 * ask by a name of its own (DNS rebinding). On another address it answers by any name that an operator gives it.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID where the address is not HOST:PORT, and as `listen` does.
 */
export async function openMetricsPort(
	address: string,
	{ metrics, refusals, rules, listen }: MetricsPortHost,
): Promise<MetricsPort> {
	const { host, port } = hostAndPort(address);
	const isLocal = host === "localhost" || addressKey(host) === undefined;
	const http = new HttpConnections({
		requestTimeoutMs: TIMEOUT_MS,
		unreadOutputTimeoutMs: TIMEOUT_MS,
		refusals,
		answer: (request, response) => {
			if (isLocal && !rules.allowsHost(request.headers.host)) {
				answer(response, 421, `${unknownHost(request).join(" ")}\n`);
				return;
			}
			if (request.url === "/metrics") return sendMetrics(metrics, response);
			answer(response, 404, "There is nothing here but /metrics.\n");
		},
	});
	const sockets = new Set<Socket>();
	const admission = new Admission(LIMITS);
	const listener: Listener = await listen({ port, host, portOption: "--metrics" }, (socket) => {
		const address = remoteAddressOf(socket);
		const refusal = address === "" ? "reset" : admission.admit(address, nodeClock.now());
		if (refusal) {
			refusals.refuse(refusal, "refused a connection to the metrics port", remoteFact(address));
			socket.on("error", () => {});
			socket.destroy();
			return;
		}
		sockets.add(socket);
		socket.on("close", () => {
			admission.leave(address);
			sockets.delete(socket);
		});
		http.accept(socket, address);
	});
	return {
		sweep: (nowMs) => admission.sweep(nowMs),
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
