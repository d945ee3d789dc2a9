// What the sockets of this page exchange with the server in the page, as the events of a capture. It stands between the clients and the
// page's WebSocket class, so it sees Ruffle's sockets like all others, and changes nothing.

import { type Direction, DocumentCutter, type TrafficEvent } from "../../src/tools/traffic/index.ts";

const TERMINATOR = Uint8Array.of(0);

/**
 * Records the sockets to a host that open from now on.
 *
 * @returns a function that restores the class.
 */
export function watchPageSockets(host: string, record: (event: TrafficEvent) => void): () => void {
	const before = globalThis.WebSocket;
	const startedMs = performance.now();
	const now = (): number => Math.round((performance.now() - startedMs) * 1000);
	let sockets = 0;
	// Ruffle sends blobs, which are read later. Everything else waits for them, so that an answer is never before its question.
	let queue: Promise<void> = Promise.resolve();
	const inOrder = (run: () => void | Promise<void>): void => {
		queue = queue.then(run);
	};

	function watch(socket: WebSocket): void {
		const connection = ++sockets;
		const cutters = {
			client: new DocumentCutter({ terminator: TERMINATOR }),
			server: new DocumentCutter({ terminator: TERMINATOR }),
		};
		const pass = (direction: Direction, data: unknown): void => {
			const bytes = bytesOf(data);
			inOrder(async () => {
				for (const unit of cutters[direction].push(await bytes))
					record({ ...unit, bytes: unit.bytes.slice(), kind: "document", connection, direction, time: now() });
			});
		};
		inOrder(() => record({ kind: "open", connection, time: now(), from: "this page", to: socket.url }));
		const send = socket.send.bind(socket);
		socket.send = (data) => {
			pass("client", data);
			send(data);
		};
		socket.addEventListener("message", ({ data }) => pass("server", data));
		socket.addEventListener("close", ({ code }) => {
			inOrder(() => record({ kind: "close", connection, time: now(), reason: `closed with ${code}` }));
		});
	}

	const watched = new Proxy(before, {
		construct(target, args) {
			const socket = Reflect.construct(target, args) as WebSocket;
			if (new URL(socket.url).hostname === host) watch(socket);
			return socket;
		},
	});
	globalThis.WebSocket = watched;
	return () => {
		if (globalThis.WebSocket === watched) globalThis.WebSocket = before;
	};
}

/** A copy: the sender may change its buffer. A text message is a document without its zero byte. */
function bytesOf(data: unknown): Uint8Array | Promise<Uint8Array> {
	if (typeof data === "string") return new TextEncoder().encode(`${data}\0`);
	if (data instanceof Blob) return data.arrayBuffer().then((buffer) => new Uint8Array(buffer));
	if (data instanceof ArrayBuffer) return new Uint8Array(data.slice());
	if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
	return new Uint8Array(0);
}
