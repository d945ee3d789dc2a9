// One contender of the comparison that is a Node program, in a process of its own: `node server.js KIND`. It sends its port. The
// servers that bench/sockets has too are started from there.

import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";
import { createServer } from "../../dist/server/index.js";
import { seeded } from "../../test/faults/random.js";

const [kind, ...args] = process.argv.slice(2);
/** The daemon's limits of a client's documents are against floods; the benchmark is one. */
const UNLIMITED = { documentsPerSecond: 1_000_000, documentBurst: 1_000_000 };

const APART_MS = 40;

const kinds = {
	/** The library: each document returns to its sender. */
	async "library-echo"() {
		const server = await createServer({ port: 0, host: "127.0.0.1", ...UNLIMITED }).listen();
		server.on("connection", (connection) => connection.on("document", (document) => connection.send(document)));
		return { port: server.port };
	},
	/** `ws` with the same optimization as ours, by hand: a frame is built once, and a tick's frames leave in one write. */
	async "ws-joined"() {
		const { Sender } = createRequire(import.meta.url)("ws");
		const sockets = new Set();
		let frames = [];
		const flush = () => {
			const joined = Buffer.concat(frames);
			frames = [];
			// There is no public call for it.
			for (const member of sockets) member._socket.write(joined);
		};
		return webSockets((socket) => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			socket.on("message", (data) => {
				if (frames.length === 0) setImmediate(flush);
				const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
				frames.push(Buffer.concat(Sender.frame(data, options)));
			});
		});
	},
	/** socket.io with one room. */
	"socket.io-fanout": () =>
		socketIo((io, socket) => {
			socket.join("r");
			socket.on("message", (text) => io.to("r").emit("message", text));
		}),
	"socket.io-echo": () => socketIo((_, socket) => socket.on("message", (text) => socket.emit("message", text))),
	/** The same messages pushed, over HTTP with polling, and over HTTP with long polling. */
	delivery,
};

async function webSockets(connection) {
	const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
	await new Promise((resolve) => server.once("listening", resolve));
	server.on("connection", (socket) => {
		socket.on("error", () => {});
		connection(socket);
	});
	return { port: server.address().port };
}

async function socketIo(connection) {
	const { Server } = await import("socket.io");
	const http = createHttpServer();
	const io = new Server(http, { transports: ["websocket"], serveClient: false });
	io.on("connection", (socket) => connection(io, socket));
	await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
	return { port: http.address().port };
}

async function delivery() {
	const [seed, perSecond] = args.map(Number);
	const random = seeded(seed);
	const push = await createServer({ port: 0, host: "127.0.0.1" }).listen();
	/** The messages of the two ways over HTTP, and the requests that wait for the next one. */
	const messages = { "/wait": [], "/messages": [] };
	const waiting = new Set();
	const http = createHttpServer({ noDelay: true }, (request, response) => {
		const { pathname, searchParams } = new URL(request.url, "http://localhost");
		const known = Number(searchParams.get("after"));
		const answer = () => response.end(messages[pathname].slice(known).join("\n"));
		if (pathname === "/wait" && known >= messages[pathname].length) waiting.add(answer);
		else answer();
	});
	await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
	// The time of its sending is in the message; both processes read the same clock.
	const message = () => `<said from="ann">${String(process.hrtime.bigint()).padEnd(90, " .")}</said>`;
	const ways = [
		() => push.to().send(message()),
		() => {
			messages["/wait"].push(message());
			for (const answer of waiting) answer();
			waiting.clear();
		},
		() => messages["/messages"].push(message()),
	];
	const publish = () => {
		// One after the other, so that no way waits for another one.
		for (const [at, send] of ways.entries()) setTimeout(send, at * APART_MS);
		schedule();
	};
	const schedule = () => setTimeout(publish, (-Math.log(1 - random.fraction()) / perSecond) * 1000);
	process.once("message", schedule);
	return { port: push.port, httpPort: http.address().port };
}

process.on("disconnect", () => process.exit(0));
process.send(await kinds[kind]());
