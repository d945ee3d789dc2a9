// The ports of a daemon with workers. The primary process opens each port once and keeps it open, accepts the connections, and hands
// each socket to the worker that has the fewest connections. A worker gets one socket at a time, so that one that is stopped holds up a
// single client.

import type { Socket } from "node:net";
import { type Listener, type ListenOptions, listen } from "../../transport/index.ts";

/** Accepted sockets that no worker has yet; with more, new ones are closed. */
const MAX_WAITING = 1024;

/** A worker that can get sockets. */
export interface SocketTaker {
	/** Connections that it has, as far as is known. */
	readonly connections: number;
	/** Whether it can get a socket of that port now. */
	takes(port: SharedPort): boolean;
	/** Gets a socket. */
	take(port: SharedPort, socket: Socket): void;
}

/** One port. */
export interface SharedPort {
	readonly port: number;
	readonly addresses: readonly string[];
}

interface OpenPort extends SharedPort {
	readonly listener: Listener;
}

/** All ports of a daemon. */
export class SharedPorts {
	readonly #takers: () => Iterable<SocketTaker>;
	readonly #listen: typeof listen;
	readonly #ports = new Map<string, Promise<OpenPort>>();
	#waiting: { readonly port: SharedPort; readonly socket: Socket }[] = [];
	#isClosed = false;
	/** Sockets that were closed because too many waited. */
	dropped = 0;

	/** @param takers the workers. @param open opens a port */
	constructor(takers: () => Iterable<SocketTaker>, open: typeof listen = listen) {
		this.#takers = takers;
		this.#listen = open;
	}

	/** Opens a port, or returns the one that was opened with the same options. Rejects as `listen` does. */
	open(options: ListenOptions): Promise<SharedPort> {
		const key = JSON.stringify([options.host, options.port, options.portOption]);
		let opening = this.#ports.get(key);
		if (!opening) {
			opening = this.#open(options);
			this.#ports.set(key, opening);
			opening.catch(() => this.#ports.delete(key));
		}
		return opening;
	}

	/** A worker has ended before it confirmed a socket: it is the next one to be handed out. */
	giveBack(port: SharedPort, socket: Socket): void {
		if (this.#isClosed) socket.destroy();
		else this.#waiting.unshift({ port, socket });
	}

	/** Hands out sockets that wait: call it when a worker can get one again. */
	handOut(): void {
		while (this.#waiting.length > 0) {
			const next = this.#waiting.findIndex(({ port }) => this.#takerFor(port) !== undefined);
			if (next < 0) return;
			const [{ port, socket }] = this.#waiting.splice(next, 1) as [{ port: SharedPort; socket: Socket }];
			this.#takerFor(port)?.take(port, socket);
		}
	}

	/** Stops listening, and closes the sockets that no worker has. */
	async close(): Promise<void> {
		this.#isClosed = true;
		for (const { socket } of this.#waiting) socket.destroy();
		this.#waiting = [];
		// Sockets that workers have do not end with the listener, so its end is not awaited.
		for (const opening of this.#ports.values()) {
			const open = await opening.catch(() => undefined);
			void open?.listener.close();
		}
		this.#ports.clear();
	}

	async #open(options: ListenOptions): Promise<OpenPort> {
		let port: OpenPort | undefined;
		const listener = await this.#listen({ ...options, paused: true }, (socket) => {
			socket.on("error", () => {});
			if (!port || this.#isClosed) socket.destroy();
			else this.#accept(port, socket);
		});
		port = { port: listener.port, addresses: listener.addresses, listener };
		return port;
	}

	#accept(port: SharedPort, socket: Socket): void {
		const taker = this.#waiting.length === 0 ? this.#takerFor(port) : undefined;
		if (taker) taker.take(port, socket);
		else if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ port, socket });
		else {
			this.dropped++;
			socket.destroy();
		}
	}

	#takerFor(port: SharedPort): SocketTaker | undefined {
		let best: SocketTaker | undefined;
		for (const taker of this.#takers()) {
			if (taker.takes(port) && (!best || taker.connections < best.connections)) best = taker;
		}
		return best;
	}
}
