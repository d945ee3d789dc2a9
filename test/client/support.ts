// What the client's tests share: a host whose dial reaches servers in this process or real loopback ports, and bounded
// waiting for something to become true.

import { createServer, type Server, type Socket } from "node:net";
import { type ClientHost, type Dial, type Target, targetUrl, xmlStreams } from "../../src/client/index.ts";
import { XMLSocketError } from "../../src/errors/index.ts";
import type { Transport } from "../../src/link/index.ts";
import { dial, memoryPair, nodeClock, nodeUtf8 } from "../../src/transport/index.ts";

export interface TestHost extends ClientHost {
	/** What was reported. */
	readonly reported: unknown[];
	/** The waits before reconnecting, in milliseconds; the test host waits for none of them. */
	readonly waits: number[];
}

export function testHost(dialWith: Dial = dial, random: () => number = () => 0.5): TestHost {
	const reported: unknown[] = [];
	const waits: number[] = [];
	return {
		dial: dialWith,
		clock: nodeClock,
		wait: (delayMs, run) => {
			waits.push(delayMs);
			const timer = setTimeout(run, 1);
			return () => clearTimeout(timer);
		},
		random,
		report: (error) => void reported.push(error),
		codec: nodeUtf8,
		streams: xmlStreams,
		localHost: "localhost",
		reported,
		waits,
	};
}

/** The server's end of a connection in memory. */
export interface MemoryEnd {
	readonly target: Target;
	readonly transport: Transport;
	/** Everything received. */
	readonly received: () => string;
	readonly bytes: () => Uint8Array;
	readonly ended: () => boolean;
	readonly closed: () => boolean;
}

/** A dial to servers in memory: every connection made is added to `ends`. */
export function memoryDial(ends: MemoryEnd[]): Dial {
	return async (target, { signal }) => {
		await Promise.resolve();
		if (signal?.aborted) throw new XMLSocketError("XMLSOCKET_ABORTED", `aborted: ${targetUrl(target)}`);
		const [near, far] = memoryPair();
		const chunks: Uint8Array[] = [];
		let ended = false;
		let closed = false;
		far.start({
			bytes: (chunk) => void chunks.push(chunk.slice()),
			end: () => {
				ended = true;
			},
			drain: () => {},
			pong: () => {},
			close: () => {
				closed = true;
			},
		});
		ends.push({
			target,
			transport: far,
			bytes: () => Buffer.concat(chunks),
			received: () => Buffer.concat(chunks).toString("utf8"),
			ended: () => ended,
			closed: () => closed,
		});
		return near;
	};
}

/** A real server on a loopback port that keeps what each connection sent. */
export class TestServer {
	readonly sockets: Socket[] = [];
	readonly received: string[] = [];
	readonly #server: Server;

	private constructor(server: Server) {
		this.#server = server;
	}

	static async start(connection: (socket: Socket) => void = () => {}, port = 0): Promise<TestServer> {
		const server = createServer({ allowHalfOpen: true, noDelay: true });
		const self = new TestServer(server);
		server.on("connection", (socket) => {
			const index = self.sockets.push(socket) - 1;
			self.received[index] = "";
			socket.setEncoding("utf8");
			socket.on("error", () => {});
			socket.on("end", () => socket.end());
			socket.on("data", (text) => {
				self.received[index] = `${self.received[index]}${text}`;
			});
			connection(socket);
		});
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, "127.0.0.1", resolve);
		});
		return self;
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	get address(): string {
		return `127.0.0.1:${this.port}`;
	}

	/** Stops listening and drops every connection. */
	async kill(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}

/** Waits until `condition` holds; fails after `limitMs`. */
export async function until(condition: () => boolean, what = "the condition", limitMs = 90_000): Promise<void> {
	for (const end = performance.now() + limitMs; performance.now() < end; ) {
		if (condition()) return;
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
	if (condition()) return;
	throw new Error(`${what} did not become true`);
}

/** Some turns of the event loop, in which everything in memory that could happen has happened. */
export async function turns(count = 20): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
