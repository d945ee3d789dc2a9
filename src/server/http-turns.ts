// Fair turns for HTTP: what a connection sends is parsed in small pieces, and when a tick's time is used up the others wait for the next
// tick, paused. WebSockets and XMLSocket connections have turns of their own (`link/turns.ts`).

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Bytes that are parsed in one go: some thirty of the shortest requests, and the whole head of most. */
const PIECE_BYTES = 1024;
/** Milliseconds for the parsing, and what it causes at once, of all connections in one tick of the event loop. */
const TICK_MS = 4;
/** Connections that go on after each tick. */
const SOCKETS_PER_TICK = 8;

/** The turns of all HTTP connections of a server. */
export class HttpTurns {
	readonly #now: () => number;
	/** What parses what a connection sends, until it is upgraded. */
	readonly #feeds = new WeakMap<Duplex, (chunk: Buffer) => void>();
	/** Those that have sent what is not parsed yet, in the order of their turns. They are paused. */
	#waiting: Socket[] = [];
	#awaitingTick = false;
	#spentMs = 0;
	readonly #tick = (): void => {
		this.#awaitingTick = false;
		this.#spentMs = 0;
		// They parse after this, each as long as there is time left.
		for (const socket of this.#waiting.splice(0, SOCKETS_PER_TICK)) if (this.#feeds.has(socket)) socket.resume();
		if (this.#waiting.length > 0) this.#awaitTick();
	};

	/** @param now monotonic milliseconds. Default: those of the process. */
	constructor(now: () => number = () => performance.now()) {
		this.#now = now;
	}

	/**
	 * Puts itself before Node's parser, the last listener of the socket's data. Node parses all requests of a chunk in one go, some
	 * thousand tiny ones in 64 KiB, however few may wait, and a crowd's requests in one tick. So it gets a piece of the chunk, and the
	 * rest goes back into the socket until the other connections have had their turn.
	 */
	take(socket: Socket): void {
		const parse = socket.listeners("data").at(-1) as ((this: Socket, piece: Buffer) => void) | undefined;
		if (!parse) return;
		socket.off("data", parse);
		const feed = (chunk: Buffer): void => {
			const isPiece = chunk.length <= PIECE_BYTES;
			const mayParse = this.#spentMs < TICK_MS;
			if (!(isPiece && mayParse)) {
				socket.pause();
				// Before the piece is parsed: where that takes the socket for a WebSocket, the bytes behind the request come before the rest.
				socket.unshift(mayParse ? chunk.subarray(PIECE_BYTES) : chunk);
			}
			if (mayParse) {
				const startMs = this.#now();
				parse.call(socket, isPiece ? chunk : chunk.subarray(0, PIECE_BYTES));
				this.#spentMs += this.#now() - startMs;
			}
			this.#awaitTick();
			// Node marks a socket that it has paused because its answers are not read, and resumes it itself.
			if ((isPiece && mayParse) || (socket as Socket & { readonly _paused?: boolean })._paused) return;
			this.#waiting.push(socket);
		};
		this.#feeds.set(socket, feed);
		socket.on("data", feed);
	}

	/** The socket is upgraded: it is not Node's to parse any more. */
	release(socket: Duplex): void {
		const feed = this.#feeds.get(socket);
		if (feed) socket.off("data", feed);
		this.#feeds.delete(socket);
	}

	#awaitTick(): void {
		if (this.#awaitingTick) return;
		this.#awaitingTick = true;
		setImmediate(this.#tick);
	}
}
