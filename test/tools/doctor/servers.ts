// Servers for the tests of doctor: one for each mistake, each with real sockets on loopback, and working ones beside them. The key pairs in
// test/fixtures were made for tests and protect nothing.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { WebSocketServer } from "ws";
import { findProgram } from "../../peer-programs.js";

const fixtures = join(import.meta.dirname, "../../fixtures");
const read = (name: string): string => readFileSync(join(fixtures, name), "utf8");

/** Authorities and certificates. `leaf` needs its intermediate certificate, `chain` has it. */
export const pem = {
	root: read("doctor/root.pem"),
	trusted: { cert: read("localhost-cert.pem"), key: read("localhost-key.pem") },
	leaf: { cert: read("doctor/leaf.pem"), key: read("doctor/leaf-key.pem") },
	chain: { cert: read("doctor/leaf.pem") + read("doctor/intermediate.pem"), key: read("doctor/leaf-key.pem") },
	expired: { cert: read("doctor/expired.pem"), key: read("doctor/expired-key.pem") },
	otherName: { cert: read("doctor/other-name.pem"), key: read("doctor/other-name-key.pem") },
};
export interface Pair {
	readonly cert: string;
	readonly key: string;
}

const cleanups: (() => unknown)[] = [];

/** Runs `clean` in `closeAll`. */
export function later(clean: () => unknown): void {
	cleanups.push(clean);
}

/** Closes everything; for `afterEach`. */
export async function closeAll(): Promise<void> {
	for (const clean of cleanups.splice(0).reverse()) await clean();
}

async function listenOn(server: Server, host: string): Promise<number> {
	const sockets = new Set<Socket>();
	server.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => sockets.delete(socket));
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, host, resolve);
	});
	later(async () => {
		const closed = new Promise((resolve) => server.close(resolve));
		for (const socket of sockets) socket.destroy();
		await closed;
	});
	return (server.address() as AddressInfo).port;
}

const POLICY = '<cross-domain-policy><allow-access-from domain="*" to-ports="*" /></cross-domain-policy>\0';
const REQUEST = "<policy-file-request/>\0";

/** A raw server that serves a policy file and passes every other connection to `handle`. */
export async function tcp(handle: (socket: Socket) => void, host = "127.0.0.1"): Promise<number> {
	return await listenOn(
		createTcpServer((socket) => {
			socket.once("data", (chunk: Buffer) => {
				if (chunk.toString() === REQUEST) socket.end(POLICY);
			});
			handle(socket);
		}),
		host,
	);
}

/** A server that answers each chunk by itself, as many that were written by heart do. */
export const perChunk =
	(answer: (chunk: Buffer, socket: Socket) => string | Buffer | undefined) =>
	(socket: Socket): void => {
		socket.on("data", (chunk: Buffer) => {
			if (chunk.toString() === REQUEST) return;
			const text = answer(chunk, socket);
			if (text !== undefined) socket.write(text);
		});
	};

/** A server that splits at zero bytes and answers each document. */
export const perDocument =
	(answer: (document: Buffer) => string | Buffer, terminator = "\0") =>
	(socket: Socket): void => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let end = rest.indexOf(terminator); end >= 0; end = rest.indexOf(terminator)) {
				const document = rest.subarray(0, end);
				rest = rest.subarray(end + terminator.length);
				if (document.toString() !== REQUEST.slice(0, -1)) socket.write(answer(document));
			}
		});
	};

/** A correct echo. */
export const echo = perDocument((document) => Buffer.concat([document, Buffer.from("\0")]));

/** A server that looks at nothing and answers nothing. */
export const silent = (socket: Socket): void => {
	socket.resume();
};

/** A raw listener without a policy file: what it gets is up to `handle`. */
export async function bare(handle: (socket: Socket) => void, host = "127.0.0.1"): Promise<number> {
	return await listenOn(createTcpServer(handle), host);
}

/** A TLS listener. */
export async function tls(pair: Pair, handle: (socket: Socket) => void): Promise<number> {
	return await listenOn(createTlsServer(pair, handle), "127.0.0.1");
}

/** A port at which nothing listens. */
export async function closedPort(): Promise<number> {
	const server = createTcpServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** A web server. @param upgrade answers upgrade requests; undefined: as Node does without a listener */
export async function web(
	handle: RequestListener,
	{
		pair,
		upgrade,
	}: { pair?: Pair; upgrade?: (request: { headers: object }, socket: Duplex, head: Buffer) => void } = {},
): Promise<number> {
	const server = pair ? createHttpsServer(pair, handle) : createHttpServer(handle);
	if (upgrade) server.on("upgrade", upgrade as never);
	return await listenOn(server, "127.0.0.1");
}

/** A WebSocket server that echoes each message, in frames of the kind it is asked for. */
export async function webSocketEcho(
	options: { pair?: Pair; text?: boolean; handle?: RequestListener } = {},
): Promise<number> {
	const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
	later(() => {
		for (const client of server.clients) client.terminate();
	});
	return await web(options.handle ?? ((_, response) => response.writeHead(404).end()), {
		...(options.pair ? { pair: options.pair } : {}),
		upgrade: (request, socket, head) =>
			server.handleUpgrade(request as never, socket, head, (webSocket) => {
				webSocket.on("message", (data: Buffer) => webSocket.send(data, { binary: !options.text }));
			}),
	});
}

const websockify = findProgram(["websockify"]);
/** Whether the program is there. */
export const hasWebsockify: boolean = websockify !== undefined;

/** A running websockify in front of a port of this machine. */
export async function startWebsockify(targetPort: number): Promise<number> {
	const port = await closedPort();
	const child = spawn(websockify!, [`127.0.0.1:${port}`, `127.0.0.1:${targetPort}`], {
		stdio: "ignore",
		detached: true,
	});
	later(async () => {
		const gone = new Promise((resolve) => child.once("exit", resolve));
		// Its own group: it has a process for each connection.
		try {
			process.kill(-child.pid!, "SIGKILL");
			await gone;
		} catch {
			// It has ended.
		}
	});
	for (let attempt = 0; attempt < 500; attempt++) {
		const isOpen = await new Promise<boolean>((resolve) => {
			const socket = connect({ port, host: "127.0.0.1" });
			socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
			socket.once("connect", () => socket.destroy());
		});
		if (isOpen) return port;
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
	throw new Error("websockify does not listen");
}
