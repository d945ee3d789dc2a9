// Listening sockets: one port on one address or on both address families, as raw connections from which nothing has been read.

import { createServer, type Server, type ServerOpts, type Socket } from "node:net";
import { XMLSocketError } from "../errors/index.ts";

/** What to listen on. */
export interface ListenOptions {
	/** 0: any free port, the same on every address. */
	readonly port: number;
	/**
	 * `localhost` (both loopback addresses), `*` (every address of both families), or one address or name. An IPv6 address
	 * may be in brackets.
	 */
	readonly host: string;
	/** Connections that the system queues until they are accepted. Default 511. */
	readonly backlog?: number;
	/** Whether nothing is read from a connection before it is resumed, so that another process can get it. Default: false. */
	readonly paused?: boolean;
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
 * Rejects with XMLSOCKET_PORT_IN_USE, XMLSOCKET_PORT_FORBIDDEN, XMLSOCKET_HOST_UNAVAILABLE or XMLSOCKET_ADDRESS_INVALID; the message names the option to change.
 */
export async function listen(options: ListenOptions, connection: (socket: Socket) => void): Promise<Listener> {
	const hosts = hostsOf(options.host);
	for (let attempt = 1; ; attempt++) {
		const servers: Server[] = [];
		let port = options.port;
		try {
			let absent: unknown;
			for (const host of hosts) {
				try {
					const server = await listenOn(host, port, options, connection);
					servers.push(server);
					port = (server.address() as { port: number }).port;
				} catch (error) {
					// A machine without IPv6, or without IPv4, still has its other loopback address.
					if (hosts.length === 1 || !isAbsent(error)) throw error;
					absent = error;
				}
			}
			if (servers.length === 0) throw absent;
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

function hostsOf(host: string): string[] {
	if (host === "localhost") return ["127.0.0.1", "::1"];
	if (host === "*") return ["::"];
	return [/^\[(.*)\]$/.exec(host)?.[1] ?? host];
}

// Whether the machine lacks the address.
function isAbsent(error: unknown): boolean {
	const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
	return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

/** How connections of a listening socket are set up. */
export function listenerOptions({ paused = false }: ListenOptions): ServerOpts {
	return { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000, pauseOnConnect: paused };
}

function listenOn(
	host: string,
	port: number,
	options: ListenOptions,
	connection: (socket: Socket) => void,
): Promise<Server> {
	return new Promise((resolve, reject) => {
		const server = createServer(listenerOptions(options), connection);
		server.once("error", (error: NodeJS.ErrnoException) => {
			if (host === "::" && error.code === "EAFNOSUPPORT")
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

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
	EADDRNOTAVAIL: "this machine has no such address",
	EAFNOSUPPORT: "this machine has no addresses of that family",
	ENOTFOUND: "it is neither an address nor a known name",
	EAI_AGAIN: "the name could not be looked up",
};

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
	const reason = LISTEN_FAILURES[error.code ?? ""] ?? error.message;
	return new XMLSocketError("XMLSOCKET_HOST_UNAVAILABLE", `Cannot listen on ${host} port ${port}: ${reason}.`, {
		cause: error,
		details,
	});
}
