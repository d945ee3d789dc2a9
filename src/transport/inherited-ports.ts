// Ports that a service manager has opened and passed to this process as descriptors (systemd's socket activation). It keeps them open while the process
// restarts, and may open ports that this user may not. Which descriptor is which port is known only once it listens, so all of them
// listen from the first call of `listen`; what connects before its own call waits.

import { createServer, type Server, type Socket } from "node:net";
import { XMLSocketError } from "../errors/index.ts";
import { type Listener, type ListenOptions, listen, listenerOptions } from "./listen.ts";

/** Connections of a port that wait for its call of `listen`, which follows within milliseconds. */
const MAX_WAITING = 1024;
/** Connections that the system queues while no process accepts; the system's own limit holds too. */
const BACKLOG = 4096;

interface InheritedPort {
	readonly server: Server;
	readonly port: number;
	readonly address: string;
	waiting: Socket[];
	connection: ((socket: Socket) => void) | undefined;
}

/** The passed ports of one process. */
export class InheritedPorts {
	readonly #descriptors: readonly number[];
	#opening: Promise<readonly InheritedPort[]> | undefined = undefined;

	/** @param descriptors of listening TCP sockets. */
	constructor(descriptors: readonly number[]) {
		this.#descriptors = descriptors;
	}

	/**
	 * As `listen`, with the passed ports that have the number of `options.port`, whatever their addresses. Where there is none, it opens the port itself.
	 *
	 * Rejects with XMLSOCKET_SOCKET_UNUSABLE where a descriptor is not a listening TCP socket, and as `listen` does.
	 */
	readonly listen: typeof listen = async (options, connection) => {
		this.#opening ??= this.#open(options);
		const ports = (await this.#opening).filter(({ port }) => port === options.port);
		if (ports.length === 0) return await listen(options, connection);
		for (const port of ports) {
			port.connection = connection;
			for (const socket of port.waiting) connection(socket);
			port.waiting = [];
		}
		return listenerOf(ports);
	};

	/**
	 * Checks that each passed port has been asked for; call it when all are.
	 *
	 * Rejects with XMLSOCKET_SOCKET_UNUSABLE.
	 */
	async checkUse(): Promise<void> {
		const unused = ((await this.#opening) ?? []).filter(({ connection }) => connection === undefined);
		if (unused.length === 0) return;
		for (const { server, waiting } of unused) {
			server.close();
			for (const socket of waiting) socket.destroy();
		}
		throw unusable(
			`The service manager passed port ${unused.map(({ port }) => port).join(" and ")}, which no option names.`,
		);
	}

	async #open(options: ListenOptions): Promise<readonly InheritedPort[]> {
		const opened = await Promise.allSettled(this.#descriptors.map((descriptor) => openOne(descriptor, options)));
		const failure = opened.find((result) => result.status === "rejected");
		const ports = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
		if (!failure) return ports;
		for (const { server } of ports) server.close();
		throw failure.reason;
	}
}

async function openOne(descriptor: number, options: ListenOptions): Promise<InheritedPort> {
	const server = createServer(listenerOptions(options), (socket) => {
		if (inherited?.connection) inherited.connection(socket);
		else if (inherited && inherited.waiting.length < MAX_WAITING) inherited.waiting.push(socket);
		else socket.destroy();
	});
	let inherited: InheritedPort | undefined;
	await new Promise<void>((resolve, reject) => {
		server.once("error", (cause) =>
			reject(unusable(`Descriptor ${descriptor} is not a listening TCP socket: ${cause.message}.`, cause)),
		);
		server.listen({ fd: descriptor }, BACKLOG, resolve);
	});
	server.removeAllListeners("error");
	server.on("error", () => {});
	const bound = server.address();
	if (bound === null || typeof bound === "string") {
		server.close();
		throw unusable(`Descriptor ${descriptor} is the socket ${bound}, not a TCP port.`);
	}
	inherited = { server, port: bound.port, address: bound.address, waiting: [], connection: undefined };
	return inherited;
}

function listenerOf(ports: readonly InheritedPort[]): Listener {
	return {
		port: ports[0]!.port,
		addresses: ports.map(({ address }) => address),
		close: async () => {
			await Promise.all(ports.map(({ server }) => new Promise<void>((done) => server.close(() => done()))));
		},
	};
}

function unusable(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_SOCKET_UNUSABLE", message, cause === undefined ? {} : { cause });
}
