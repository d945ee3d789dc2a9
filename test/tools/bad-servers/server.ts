// What the bad servers share: a port, and a correct way to cut documents for those whose mistake is somewhere else.

import { createServer, type Server, type Socket } from "node:net";
import { portOf } from "../../transport/connections.ts";

/** A running server. */
export interface BadServer {
	readonly port: number;
	stop(): void;
}

/** Starts a server that calls `serve` for each connection. */
export async function listening(
	serve: (socket: Socket, sockets: ReadonlySet<Socket>, server: Server) => void,
	options: { readonly maxConnections?: number } = {},
): Promise<BadServer> {
	const sockets = new Set<Socket>();
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => sockets.delete(socket));
		serve(socket, sockets, server);
	});
	if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
	const port = await portOf(server, "127.0.0.1");
	return {
		port,
		stop() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

/** Calls `handle` with each document of a connection, as it should be done. */
export function eachDocument(socket: Socket, handle: (document: Buffer) => void): void {
	let rest = Buffer.alloc(0);
	socket.on("data", (chunk: Buffer) => {
		rest = Buffer.concat([rest, chunk]);
		for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
			const document = rest.subarray(0, zero);
			rest = rest.subarray(zero + 1);
			handle(document);
		}
	});
	socket.on("end", () => socket.end());
}

/** A document and its zero byte. */
export const terminated = (document: Buffer | string): Buffer =>
	Buffer.concat([Buffer.from(document), Buffer.alloc(1)]);

export const POLICY = '<cross-domain-policy><allow-access-from domain="*" to-ports="9000"/></cross-domain-policy>';
export const REQUEST = "<policy-file-request/>";

/** Calls `work` after so many turns of the event loop that everything has been read that had arrived. */
export function muchLater(work: () => void, turns = 40): void {
	if (turns === 0) work();
	else setImmediate(muchLater, work, turns - 1);
}
