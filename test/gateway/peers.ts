// Both ends of a gateway for its tests: a strict TCP target that keeps every byte and counts connections, and a page's WebSocket.

import { once } from "node:events";
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { WebSocket } from "ws";
import { createGateway, type Gateway, type GatewayOptions, type GatewayParts } from "../../src/gateway/index.ts";
import { createServer, noDocuments, type Server, type ServerOptions } from "../../src/server/index.ts";
import { recordingLog } from "../server/peers.ts";

/** What was opened and must be closed. */
const opened: (() => void | Promise<void>)[] = [];

/** Closes everything; for `afterEach`. */
export async function closeAll(): Promise<void> {
	await Promise.all(opened.splice(0).map((close) => close()));
}

/** One connection as the target saw it. */
export interface Seen {
	readonly socket: Socket;
	readonly chunks: Buffer[];
	readonly bytes: () => Buffer;
	/** The other side's half-close was seen. */
	ended: boolean;
	/** Its whole end, and whether it was a reset. */
	readonly closed: Promise<boolean>;
}

/** A TCP server that never ends a connection by itself. */
export class TcpTarget {
	readonly server: TcpServer;
	readonly connections: Seen[] = [];

	private constructor(connected: (seen: Seen) => void) {
		this.server = createTcpServer({ allowHalfOpen: true }, (socket) => {
			const chunks: Buffer[] = [];
			const seen: Seen = {
				socket,
				chunks,
				bytes: () => Buffer.concat(chunks),
				ended: false,
				closed: new Promise((resolve) => socket.on("close", (failed) => resolve(failed))),
			};
			this.connections.push(seen);
			socket.on("data", (chunk) => chunks.push(chunk));
			socket.on("end", () => {
				seen.ended = true;
			});
			socket.on("error", () => {});
			connected(seen);
		});
	}

	static async start(connected: (seen: Seen) => void = () => {}, host = "127.0.0.1"): Promise<TcpTarget> {
		const target = new TcpTarget(connected);
		target.server.listen(0, host);
		await once(target.server, "listening");
		opened.push(() => {
			target.server.close();
			for (const { socket } of target.connections) socket.destroy();
		});
		return target;
	}

	get port(): number {
		return (this.server.address() as { port: number }).port;
	}

	/** The first connection, once it is there. */
	async first(): Promise<Seen> {
		return this.nth(0);
	}

	async nth(at: number): Promise<Seen> {
		await until(() => this.connections.length > at);
		return this.connections[at]!;
	}
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
	const server = createTcpServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, "close");
	return port;
}

/** A page's WebSocket that keeps all it received. */
export class Page {
	readonly socket: WebSocket;
	readonly messages: { readonly data: Buffer; readonly isBinary: boolean }[] = [];
	received = 0;
	/** Close code and reason. */
	readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

	constructor(url: string, options: { headers?: Record<string, string>; keep?: boolean } = {}) {
		this.socket = new WebSocket(url, { perMessageDeflate: false, headers: options.headers });
		this.socket.on("message", (data: Buffer, isBinary) => {
			this.received += data.length;
			if (options.keep !== false) this.messages.push({ data, isBinary });
		});
		this.socket.on("error", () => {});
		this.closed = new Promise((resolve) =>
			this.socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
		);
		opened.push(() => this.socket.terminate());
	}

	async open(): Promise<this> {
		if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, "open");
		return this;
	}

	get bytes(): Buffer {
		return Buffer.concat(this.messages.map(({ data }) => data));
	}
}

/** A server with nothing but a gateway. */
export interface Running {
	readonly gateway: Gateway;
	readonly server: Server;
	readonly log: ReturnType<typeof recordingLog>;
	readonly url: string;
	/** The log lines of ended bridges. */
	ends(): Record<string, unknown>[];
	/** A page at `/gateway/NAME` or another path. */
	page(path: string, options?: ConstructorParameters<typeof Page>[1]): Page;
}

export async function startGateway(
	options: GatewayOptions,
	serverOptions: ServerOptions = {},
	parts: GatewayParts = {},
): Promise<Running> {
	const log = recordingLog();
	const gateway = createGateway({ lingerMs: 300, ...options }, { log, ...parts });
	const server = createServer({ port: 0, ...serverOptions, application: noDocuments, log, routes: [gateway] });
	await server.listen();
	opened.push(() => server.close({ graceMs: 0 }));
	const url = `ws://127.0.0.1:${server.port}`;
	return {
		gateway,
		server,
		log,
		url,
		ends: () => log.lines.filter(({ facts }) => "cause" in facts && "toPageBytes" in facts).map(({ facts }) => facts),
		page: (path, pageOptions) => new Page(`${url}${path}`, pageOptions),
	};
}

/** Waits until something is true; fails after 15 s. */
export async function until(done: () => boolean): Promise<void> {
	const deadline = Date.now() + 90_000;
	while (!done()) {
		if (Date.now() > deadline) throw new Error("it did not come true");
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
