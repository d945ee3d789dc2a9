// An inspector between a real server and real clients, and what each of them has seen.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import { createInspector, type InspectOptions, type Inspector, type TrafficEvent } from "../../src/tools/index.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
/** Files of a certificate for localhost. */
export const tlsFiles = { cert: join(fixtures, "localhost-cert.pem"), key: join(fixtures, "localhost-key.pem") };

const closers: (() => unknown)[] = [];

/** Ends everything that the functions below started. For `afterEach`. */
export async function closeAll(): Promise<void> {
	for (const close of closers.splice(0).reverse()) await close();
}

/** A byte stream's end: what it received, in order. */
export class Peer {
	readonly socket: Socket;
	receivedBytes = 0;
	/** `end`, `close`, or the code of an error, in the order in which they came. */
	readonly ends: string[] = [];
	readonly #chunks: Buffer[] = [];
	readonly #waiting: (() => void)[] = [];

	constructor(socket: Socket) {
		this.socket = socket;
		socket.on("data", (chunk) => {
			this.#chunks.push(chunk);
			this.receivedBytes += chunk.length;
			this.#check();
		});
		for (const event of ["end", "close"] as const)
			socket.on(event, () => {
				this.ends.push(event);
				this.#check();
			});
		socket.on("error", (error: NodeJS.ErrnoException) => {
			this.ends.push(error.code ?? error.message);
			this.#check();
		});
		closers.push(() => socket.destroy());
	}

	get received(): Buffer {
		return Buffer.concat(this.#chunks);
	}

	/** Resolves when `condition` is true. */
	until(condition: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const check = (): void => {
				if (condition()) resolve();
				else this.#waiting.push(check);
			};
			check();
		});
	}

	/** Resolves when so many bytes have arrived. */
	async bytes(count: number): Promise<Buffer> {
		await this.until(() => this.receivedBytes >= count);
		return this.received;
	}

	async ended(): Promise<void> {
		await this.until(() => this.ends.includes("end") || this.ends.includes("close"));
	}

	async closed(): Promise<void> {
		await this.until(() => this.ends.includes("close"));
	}

	#check(): void {
		for (const check of this.#waiting.splice(0)) check();
	}
}

/** A server for byte streams, and its connections. */
export class Target {
	readonly peers: Peer[] = [];
	port = 0;
	readonly #waiting: ((peer: Peer) => void)[] = [];

	async listen(options: { tls?: boolean; onPeer?: (peer: Peer) => void; port?: number } = {}): Promise<this> {
		const accept = (socket: Socket): void => {
			const peer = new Peer(socket);
			this.peers.push(peer);
			options.onPeer?.(peer);
			this.#waiting.shift()?.(peer);
		};
		const server = options.tls
			? createTlsServer(
					{ cert: readFileSync(tlsFiles.cert), key: readFileSync(tlsFiles.key), allowHalfOpen: true } as never,
					accept,
				)
			: createServer({ allowHalfOpen: true }, accept);
		server.listen(options.port ?? 0, "127.0.0.1");
		await once(server, "listening");
		this.port = (server.address() as AddressInfo).port;
		closers.push(() => server.close());
		return this;
	}

	/** The next connection. */
	next(): Promise<Peer> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}
}

/** A server that sends back what it gets. */
export const echo = (peer: Peer): void => {
	peer.socket.pipe(peer.socket);
};

/** A WebSocket server, and its connections. */
export async function webSocketTarget(
	options: {
		protocols?: string[];
		onSocket?: (socket: WebSocket, request: import("node:http").IncomingMessage) => void;
	} = {},
): Promise<{ port: number; server: WebSocketServer }> {
	const server = new WebSocketServer({
		port: 0,
		host: "127.0.0.1",
		...(options.protocols ? { handleProtocols: () => options.protocols?.[0] ?? false } : {}),
	});
	await once(server, "listening");
	server.on("connection", (socket, request) => {
		socket.on("error", () => {});
		options.onSocket?.(socket, request);
	});
	closers.push(() => {
		for (const client of server.clients) client.terminate();
		server.close();
	});
	return { port: (server.address() as AddressInfo).port, server };
}

/** An inspector and its events. */
export interface Watched {
	readonly inspector: Inspector;
	readonly events: TrafficEvent[];
	readonly port: number;
	/** Resolves when `condition` is true of the events. */
	until(condition: (events: readonly TrafficEvent[]) => boolean): Promise<void>;
}

/** Starts an inspector in front of `target`. */
export async function inspect(target: string, options: Partial<InspectOptions> = {}): Promise<Watched> {
	const events: TrafficEvent[] = [];
	const waiting: (() => void)[] = [];
	const inspector = createInspector({
		listen: { host: "127.0.0.1", port: 0 },
		target,
		...options,
		onEvent: (event) => {
			events.push(event);
			options.onEvent?.(event);
			for (const check of waiting.splice(0)) check();
		},
	});
	closers.push(() => inspector.close());
	await inspector.listen();
	return {
		inspector,
		events,
		port: inspector.address.port,
		until: (condition) =>
			new Promise((resolve) => {
				const check = (): void => {
					if (condition(events)) resolve();
					else waiting.push(check);
				};
				check();
			}),
	};
}

/** A client over TCP or TLS. */
export async function client(port: number, options: { tls?: boolean } = {}): Promise<Peer> {
	const socket = options.tls
		? tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, allowHalfOpen: true } as never)
		: connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
	const peer = new Peer(socket);
	await once(socket, options.tls ? "secureConnect" : "connect");
	return peer;
}

/** The exact bytes of one direction that the events tell. */
export function streamOf(events: readonly TrafficEvent[], direction: "client" | "server", end = Buffer.of(0)): Buffer {
	return Buffer.concat(
		events.flatMap((event) =>
			(event.kind === "document" || event.kind === "policy") &&
			event.direction === direction &&
			event.changed !== "dropped"
				? [event.bytes, event.ending === "terminated" ? end : Buffer.alloc(0)]
				: [],
		),
	);
}

/** Events as short texts: `client <a/>`, `open`, `close server`. */
export function told(events: readonly TrafficEvent[]): string[] {
	return events.map((event) =>
		event.kind === "document" || event.kind === "policy"
			? `${event.direction} ${event.kind === "policy" ? "policy " : ""}${Buffer.from(event.bytes).toString()}${event.ending === "terminated" ? "" : ` (${event.ending})`}${event.changed ? ` [${event.changed}]` : ""}`
			: event.kind === "close"
				? ["close", event.direction, event.reason].filter(Boolean).join(" ")
				: event.kind === "error"
					? `error ${event.direction} ${event.code}`
					: "open",
	);
}
