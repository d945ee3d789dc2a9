// Connected pairs of each transport on loopback, and two ends that write down what they are told. The key pair in
// test/fixtures was made for these tests and protects nothing.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type Server as NetServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { Link, type LinkOptions, Scheduler, type Transport, type TransportEvents } from "../../src/link/index.ts";
import {
	dial,
	listen,
	memoryPair,
	nodeClock,
	SocketTransport,
	WebSocketAcceptor,
	type WebSocketFrames,
} from "../../src/transport/index.ts";
import { OPEN_OPTIONS, Recorder } from "../link/manual-clock.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
export const certificate: string = readFileSync(join(fixtures, "localhost-cert.pem"), "utf8");
export const key: string = readFileSync(join(fixtures, "localhost-key.pem"), "utf8");

/** The test's certificate as a server needs it. */
export function secureContext(): SecureContext {
	return createSecureContext({ cert: certificate, key });
}

/** Opens connections of one kind until it is closed. */
export interface Opener {
	/** The client's end, then the server's; neither has been started. */
	pair(): Promise<[Transport, Transport]>;
	close(): Promise<void>;
}

/** One row of the behaviour suite. */
export interface TransportKind {
	readonly name: string;
	readonly kind: Transport["kind"];
	/** Whether one direction can end while the other goes on. */
	readonly halfClose: boolean;
	/** Whether a document can be cut into several writes: not where each is a message of its own. */
	readonly splits: boolean;
	open(): Promise<Opener>;
}

function overListener(protocol: "xmlsocket" | "xmlsockets"): () => Promise<Opener> {
	return async () => {
		let arrived: (transport: Transport) => void = () => {};
		const listener = await listen({ port: 0, host: "127.0.0.1" }, (socket) => {
			if (protocol === "xmlsocket") {
				arrived(new SocketTransport(socket, "tcp"));
				return;
			}
			const secured = new TLSSocket(socket, { isServer: true, secureContext: secureContext() });
			secured.once("secure", () => arrived(new SocketTransport(secured, "tls", "127.0.0.1")));
		});
		return {
			pair: async () => {
				const server = new Promise<Transport>((resolve) => {
					arrived = resolve;
				});
				const target = { protocol, host: "127.0.0.1", port: listener.port };
				const client = await dial(target, { timeoutMs: 5000, ca: certificate });
				return [client, await server];
			},
			close: () => listener.close(),
		};
	};
}

function overWebSocket(frames: WebSocketFrames): () => Promise<Opener> {
	return async () => {
		let arrived: (transport: Transport) => void = () => {};
		const acceptor = new WebSocketAcceptor({ maxMessageBytes: 16 * 1024 * 1024 });
		const server = createServer();
		server.on("upgrade", (request, socket, head) => {
			acceptor.accept(
				request,
				socket,
				head,
				"127.0.0.1",
				frames,
				(transport) => arrived(transport),
				(reason) => socket.destroy(new Error(reason)),
			);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		return {
			pair: async () => {
				const accepted = new Promise<Transport>((resolve) => {
					arrived = resolve;
				});
				const client = await dial({ protocol: "ws", host: "127.0.0.1", port, path: "/" }, { timeoutMs: 5000 });
				return [client, await accepted];
			},
			close: () => new Promise((resolve) => server.close(() => resolve())),
		};
	};
}

export const KINDS: readonly TransportKind[] = [
	{
		name: "memory",
		kind: "memory",
		halfClose: true,
		splits: true,
		open: async () => ({ pair: async () => memoryPair(), close: async () => {} }),
	},
	{ name: "tcp", kind: "tcp", halfClose: true, splits: true, open: overListener("xmlsocket") },
	{ name: "tls", kind: "tls", halfClose: true, splits: true, open: overListener("xmlsockets") },
	{ name: "websocket", kind: "websocket", halfClose: false, splits: true, open: overWebSocket("binary") },
	{
		name: "websocket with text messages",
		kind: "websocket",
		halfClose: false,
		splits: false,
		open: overWebSocket("text"),
	},
];

/** Resolves once `done` holds; rejects with what `state` says after 10 s. */
export async function until(done: () => boolean, state: () => unknown = () => ""): Promise<void> {
	for (const deadline = Date.now() + 90_000; !done(); ) {
		if (Date.now() > deadline) throw new Error(`it never came to be: ${JSON.stringify(state())}`);
		await wait(2);
	}
}

/** One end of a transport that writes down what it is told. */
export class End implements TransportEvents {
	readonly transport: Transport;
	readonly events: string[] = [];
	received = 0;
	#chunks: Uint8Array[] = [];
	error: Error | undefined = undefined;

	constructor(transport: Transport) {
		this.transport = transport;
	}
	start(): this {
		this.transport.start(this);
		return this;
	}
	bytes(chunk: Uint8Array): void {
		if (this.events.at(-1) !== "bytes") this.events.push("bytes");
		this.received += chunk.length;
		this.#chunks.push(chunk.slice());
	}
	end(): void {
		this.events.push("end");
	}
	drain(): void {
		this.events.push("drain");
	}
	pong(): void {
		this.events.push("pong");
	}
	close(error: Error | undefined): void {
		this.events.push("close");
		this.error = error;
	}
	get closed(): boolean {
		return this.events.includes("close");
	}
	get whole(): Buffer {
		return Buffer.concat(this.#chunks);
	}
	write(text: string): boolean {
		return this.transport.write(Buffer.from(text));
	}
}

/** A link over a transport on the real clock. */
export function liveLink(
	transport: Transport,
	options: Partial<LinkOptions<"text">> = {},
): { link: Link<"text">; owner: Recorder } {
	const owner = new Recorder();
	const scheduler = new Scheduler(nodeClock, (error) => {
		throw error;
	});
	return { link: new Link<"text">(transport, { ...OPEN_OPTIONS, ...options }, scheduler, owner), owner };
}

/** A raw client; `send` writes each segment in a turn of its own. */
export async function rawClient(
	port: number,
): Promise<Socket & { send(segments: readonly Uint8Array[]): Promise<void> }> {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
	await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
	return Object.assign(socket, {
		async send(segments: readonly Uint8Array[]): Promise<void> {
			for (const segment of segments) {
				if (segment.length > 0) socket.write(segment);
				await new Promise((resolve) => setImmediate(resolve));
				await new Promise((resolve) => setImmediate(resolve));
			}
		},
	});
}

/** The port of a plain server that the test made. */
export async function portOf(server: NetServer, host = "127.0.0.1"): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, host, resolve));
	return (server.address() as { port: number }).port;
}
