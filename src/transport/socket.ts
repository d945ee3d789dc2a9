// TCP and TLS connections as Transports. The listeners are shared functions that find their transport on the socket, so
// that an idle connection costs no closures.

import type { Socket } from "node:net";
import type { SecureOptions, Transport, TransportEvents } from "../link/index.ts";
import { remoteAddressOf } from "./loopback.ts";
import { startTls } from "./start-tls.ts";

const TRANSPORT: unique symbol = Symbol("transport");
type Owned = Socket & { [TRANSPORT]?: SocketTransport };

/** A TCP or TLS socket as a Transport. It owns the socket: no other code listens to it or writes to it. */
export class SocketTransport implements Transport {
	kind: "tcp" | "tls";
	readonly isStream = true;
	readonly remoteAddress: string;
	readonly begunMs: number | undefined;
	#socket: Socket;
	#events: TransportEvents | undefined = undefined;
	#error: Error | undefined = undefined;

	/**
	 * @param remoteAddress the client's address where it is not the socket's, for example behind a proxy.
	 * @param begunMs the time of the first byte, where bytes were read and put back before, monotonic milliseconds.
	 */
	constructor(socket: Socket, kind: "tcp" | "tls", remoteAddress?: string, begunMs?: number) {
		this.kind = kind;
		this.begunMs = begunMs;
		this.#socket = socket;
		this.remoteAddress = remoteAddress ?? remoteAddressOf(socket);
		(socket as Owned)[TRANSPORT] = this;
		// At once, not in `start`: an error event without a listener ends the process.
		socket.on("error", onError);
	}

	get bufferedBytes(): number {
		return this.#socket.writableLength;
	}

	get receivedBytes(): number {
		return this.#socket.bytesRead;
	}

	start(events: TransportEvents): void {
		const socket: Owned = this.#socket;
		this.#events = events;
		listen(socket);
		// Events from before this call are not emitted again.
		if (socket.destroyed) queueMicrotask(() => onClose.call(socket));
		else if (socket.readableEnded) queueMicrotask(() => onEnd.call(socket));
		else socket.resume();
	}

	write(bytes: Uint8Array): boolean {
		return this.#socket.write(bytes);
	}

	writeText(text: string): boolean {
		return this.#socket.write(text, "utf8");
	}

	end(): void {
		this.#socket.end();
	}

	destroy(error?: Error): void {
		if (this.#socket.destroyed) return;
		this.#error ??= error;
		this.#socket.destroy();
	}

	reset(): void {
		// Of a TLS connection Node closes the socket underneath in order.
		if (this.kind === "tls") this.#socket.destroy();
		else this.#socket.resetAndDestroy();
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
			plain.on("error", () => {}); // the TLS socket reports it
			secured[TRANSPORT] = this;
			secured.on("error", onError);
			this.#socket = secured;
			this.kind = "tls";
			listen(secured);
			secured.pause();
		} catch (error) {
			// The owner is notified as for every closed connection, after the caller has received the rejection.
			plain.destroy();
			setImmediate(() => onClose.call(plain));
			throw error;
		}
	}

	/** @internal for the listeners below. */
	static eventsOf(socket: Owned): TransportEvents | undefined {
		return socket[TRANSPORT]!.#events;
	}

	/** @internal */
	static fail(socket: Owned, error: Error): void {
		const transport = socket[TRANSPORT];
		if (transport) transport.#error ??= error;
	}

	/** @internal */
	static close(socket: Owned): void {
		const transport = socket[TRANSPORT]!;
		const events = transport.#events;
		transport.#events = undefined;
		events?.close(transport.#error);
	}
}

function listen(socket: Owned): void {
	socket.on("close", onClose);
	socket.on("drain", onDrain);
	socket.on("end", onEnd);
	socket.on("data", onData);
}

function onData(this: Owned, chunk: Uint8Array): void {
	SocketTransport.eventsOf(this)?.bytes(chunk);
}
function onEnd(this: Owned): void {
	SocketTransport.eventsOf(this)?.end();
}
function onDrain(this: Owned): void {
	SocketTransport.eventsOf(this)?.drain();
}
function onError(this: Owned, error: Error): void {
	SocketTransport.fail(this, error);
}
function onClose(this: Owned): void {
	SocketTransport.close(this);
}
