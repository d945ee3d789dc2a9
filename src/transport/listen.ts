// Listening sockets: one port on one address or on both address families, as raw connections from which nothing has been read.

import { createServer, type Server, type Socket } from "node:net";
import { XMLSocketError } from "../errors/index.ts";

/** What to listen on. */
export interface ListenOptions {
	/** 0: any free port, the same on every address. */
	readonly port: number;
	/**
	 * `localhost` (both loopback addresses), `*` (every address of both families), or one address or name.
	 */
	readonly host: string;
	/** Connections that the system queues until they are accepted. Default 511. */
	readonly backlog?: number;
	/** The option that names the port, for messages. Default `--port`. */
	readonly portOption?: string;
}

/** One port, open. */
export interface Listener {
	readonly port: number;
	/** The addresses that were bound. */
	readonly addresses: readonly string[];
	/** Stops accepting at once. Resolves when the open connections have ended. */
	close(): Promise<void>;
}

/**
 * Opens a port.
 *
 * Rejects with XMLSOCKET_PORT_IN_USE, XMLSOCKET_PORT_FORBIDDEN or XMLSOCKET_ADDRESS_INVALID; the message names the option to change.
 */
export async function listen(options: ListenOptions, connection: (socket: Socket) => void): Promise<Listener> {
	const hosts = options.host === "localhost" ? ["127.0.0.1", "::1"] : [options.host === "*" ? "::" : options.host];
	for (let attempt = 1; ; attempt++) {
		const servers: Server[] = [];
		let port = options.port;
		try {
			for (const host of hosts) {
				const server = await listenOn(host, port, options, connection);
				if (!server) continue;
				servers.push(server);
				port = (server.address() as { port: number }).port;
			}
			return {
				port,
				addresses: servers.map((server) => (server.address() as { address: string }).address),
				close: async () => {
					await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
				},
			};
		} catch (error) {
			for (const server of servers) server.close();
			// A port that is free in one family may be taken in the other: try another port.
			const taken = error instanceof XMLSocketError && error.code === "XMLSOCKET_PORT_IN_USE";
			if (!(taken && options.port === 0 && attempt < 20)) throw error;
		}
	}
}

function listenOn(
	host: string,
	port: number,
	options: ListenOptions,
	connection: (socket: Socket) => void,
): Promise<Server | undefined> {
	return new Promise((resolve, reject) => {
		const server = createServer(
			{ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000, pauseOnConnect: false },
			connection,
		);
		server.once("error", (error: NodeJS.ErrnoException) => {
			// A machine without IPv6 still has its other loopback address.
			if (host === "::1" && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT")) resolve(undefined);
			else if (host === "::" && error.code === "EAFNOSUPPORT")
				listenOn("0.0.0.0", port, options, connection).then(resolve, reject);
			else reject(listenError(error, host, port, options.portOption ?? "--port"));
		});
		if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
			throw new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", `Port ${port} is not one of 0 to 65535.`);
		}
		server.listen({ host, port, backlog: options.backlog ?? 511, ipv6Only: host === "::1" }, () => {
			server.removeAllListeners("error");
			// Out of file descriptors and the like: the connection is gone already, and the listener goes on.
			server.on("error", () => {});
			resolve(server);
		});
	});
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, option: string): XMLSocketError {
	const details = { host, port };
	if (error.code === "EADDRINUSE") {
		return new XMLSocketError(
			"XMLSOCKET_PORT_IN_USE",
			`Port ${port} is already used by another program. Stop that program, or choose another port with ${option} (0: any free one).`,
			{ cause: error, details },
		);
	}
	if (error.code === "EACCES" || error.code === "EPERM") {
		return new XMLSocketError(
			"XMLSOCKET_PORT_FORBIDDEN",
			`This user may not listen on port ${port}. Choose another one with ${option}, or grant the right to this program.`,
			{ cause: error, details },
		);
	}
	return new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", `Cannot listen on ${host} port ${port}: ${error.message}.`, {
		cause: error,
		details,
	});
}
