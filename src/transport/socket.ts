// TCP and TLS connections as Transports. The listeners are shared functions that find their transport on the socket, so
// that an idle connection costs no closures.

import type { Socket } from "node:net";
import type { SecureOptions, Transport, TransportEvents } from "../link/index.ts";
import { startTls } from "./start-tls.ts";

const TRANSPORT: unique symbol = Symbol("transport");
type Owned = Socket & { [TRANSPORT]?: SocketTransport };

/** A TCP or TLS socket as a Transport. It takes the socket over: nobody else may listen to it or write to it. */
export class SocketTransport implements Transport {
	kind: "tcp" | "tls";
	readonly isStream = true;
	readonly remoteAddress: string;
	#socket: Socket;
	#events: TransportEvents | undefined = undefined;
	#error: Error | undefined = undefined;

	/** @param remoteAddress where the address is known better than the socket knows it, for example behind a proxy. */
	constructor(socket: Socket, kind: "tcp" | "tls", remoteAddress?: string) {
		this.kind = kind;
		this.#socket = socket;
		this.remoteAddress = remoteAddress ?? socket.remoteAddress ?? "";
		(socket as Owned)[TRANSPORT] = this;
		// From here on, and not only from `start`: an error that nobody listens to would end the process.
		socket.on("error", onError);
	}

	get bufferedBytes(): number {
		return this.#socket.writableLength;
	}

	start(events: TransportEvents): void {
		const socket: Owned = this.#socket;
		this.#events = events;
		listen(socket);
		// What happened between the connection and here is not said again.
		if (socket.destroyed) queueMicrotask(() => onClose.call(socket));
		else if (socket.readableEnded) queueMicrotask(() => onEnd.call(socket));
		else socket.resume();
	}

	write(bytes: Uint8Array): boolean {
		return this.#socket.write(bytes);
	}

	end(): void {
		this.#socket.end();
	}

	destroy(error?: Error): void {
		if (this.#socket.destroyed) return;
		this.#error ??= error;
		this.#socket.destroy();
	}

	pause(): void {
		this.#socket.pause();
	}

	resume(): void {
		this.#socket.resume();
	}

	async secure(options: SecureOptions): Promise<void> {
		const plain: Owned = this.#socket;
		if (this.kind === "tls") throw new Error("the connection has TLS already");
		plain.off("close", onClose).off("drain", onDrain).off("end", onEnd).off("data", onData);
		try {
			const secured: Owned = await startTls(plain, options);
			plain.off("error", onError);
			plain.on("error", () => {}); // told by the socket above it
			secured[TRANSPORT] = this;
			secured.on("error", onError);
			this.#socket = secured;
			this.kind = "tls";
			listen(secured);
			secured.pause();
		} catch (error) {
			// The connection is gone, and the owner hears of it as always.
			plain.destroy();
			setImmediate(() => onClose.call(plain)); // after the caller has heard why
			throw error;
		}
	}

	/** @internal the listeners' way in. */
	static notify(socket: Owned, event: "bytes" | "end" | "drain" | "close", chunk?: Uint8Array): void {
		const transport = socket[TRANSPORT]!;
		const events = transport.#events;
		if (!events) return;
		if (event === "bytes") events.bytes(chunk!);
		else if (event === "close") {
			transport.#events = undefined;
			events.close(transport.#error);
		} else events[event]();
	}

	/** @internal */
	static fail(socket: Owned, error: Error): void {
		const transport = socket[TRANSPORT];
		if (transport) transport.#error ??= error;
	}
}

function listen(socket: Owned): void {
	socket.on("close", onClose);
	socket.on("drain", onDrain);
	socket.on("end", onEnd);
	socket.on("data", onData);
}

function onData(this: Owned, chunk: Uint8Array): void {
	SocketTransport.notify(this, "bytes", chunk);
}
function onEnd(this: Owned): void {
	SocketTransport.notify(this, "end");
}
function onDrain(this: Owned): void {
	SocketTransport.notify(this, "drain");
}
function onError(this: Owned, error: Error): void {
	SocketTransport.fail(this, error);
}
function onClose(this: Owned): void {
	SocketTransport.notify(this, "close");
}
