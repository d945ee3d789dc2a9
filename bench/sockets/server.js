// One contestant of the socket benchmarks, in a process of its own: `node server.js KIND`. It tells its port, and its CPU time
// and memory whenever it is asked.

import { createServer as createTcpServer } from "node:net";
import { getHeapSpaceStatistics } from "node:v8";
import { WebSocketServer } from "ws";
import { Link, Scheduler } from "../../dist/link/index.js";
import { createChat, createServer } from "../../dist/server/index.js";
import { listen, nodeClock, nodeUtf8, SocketTransport } from "../../dist/transport/index.js";

const kind = process.argv[2];

/** The listening port of each kind. */
const kinds = {
	/** Returns what arrives, without reading it: the floor under every echo. */
	async "net-echo"() {
		return tcp((socket) => socket.on("data", (chunk) => socket.write(chunk)));
	},
	/** Documents cut and answered one by one, as a hand-written server does: no limits, no deadlines, no coalescing. */
	async "hand-echo"() {
		return tcp((socket) => {
			socket.setEncoding("utf8");
			let rest = "";
			socket.on("data", (chunk) => {
				const documents = (rest + chunk).split("\0");
				rest = documents.pop();
				for (const document of documents) socket.write(`${document}\0`);
			});
		});
	},
	/** What comes, through a Link: framing, limits, outbox, deadlines. */
	async "link-echo"() {
		const scheduler = new Scheduler(nodeClock, console.error);
		const options = {
			output: "text",
			codec: nodeUtf8,
			maxDocumentBytes: 262_144,
			maxOutboxBytes: 64 << 20,
			firstDocumentTimeoutMs: 10_000,
			documentTimeoutMs: 30_000,
			idleTimeoutMs: 300_000,
			unreadOutputTimeoutMs: 60_000,
			pingIntervalMs: 0,
			lingerMs: 5000,
			rate: { documentsPerSecond: 10_000_000, burst: 10_000_000 },
		};
		const listener = await listen({ port: 0, host: "127.0.0.1" }, (socket) => {
			const link = new Link(new SocketTransport(socket, "tcp"), options, scheduler, {
				document: (document) => link.send(document),
				closed() {},
			});
		});
		return listener.port;
	},
	/** `ws`, a message for a message. */
	async "ws-echo"() {
		return webSockets((socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
	},
	/** Every chunk to every socket: the floor under every fan-out. */
	async "net-fanout"() {
		const sockets = new Set();
		return tcp((socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			let rest = "";
			socket.on("data", (chunk) => {
				const documents = (rest + chunk).split("\0");
				rest = documents.pop();
				for (const document of documents) {
					const bytes = Buffer.from(`${document}\0`);
					for (const member of sockets) member.write(bytes);
				}
			});
		});
	},
	/** `ws` as its users write it: a send for each client and message. */
	async "ws-fanout"() {
		const sockets = new Set();
		return webSockets((socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			socket.on("message", (data) => {
				for (const member of sockets) member.send(data, { binary: true });
			});
		});
	},
	/** The whole daemon: rooms, names, limits, counters. */
	async daemon() {
		const server = createServer({
			port: 0,
			host: "127.0.0.1",
			application: createChat({ rooms: [] }),
			documentsPerSecond: 1_000_000,
			documentBurst: 1_000_000,
			maxConnections: 20_000,
		});
		await server.listen();
		return server.port;
	},
	/** Sockets and nothing else: what a connection costs at least. */
	async "net-idle"() {
		return tcp((socket) => socket.on("data", () => {}));
	},
};

function tcp(connection) {
	return new Promise((resolve) => {
		const server = createTcpServer({ noDelay: true }, (socket) => {
			socket.on("error", () => {});
			connection(socket);
		});
		server.listen(0, "127.0.0.1", 511, () => resolve(server.address().port));
	});
}

function webSockets(connection) {
	return new Promise((resolve) => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => resolve(server.address().port));
		server.on("connection", (socket) => {
			socket.on("error", () => {});
			connection(socket);
		});
	});
}

const port = await kinds[kind]();
process.on("message", (what) => {
	if (what === "memory") globalThis.gc?.();
	const { rss, heapUsed } = process.memoryUsage();
	const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size;
	process.send({ cpu: process.cpuUsage(), rss, heapUsed, young });
});
process.on("disconnect", () => process.exit(0));
process.send({ port });
