// A WebSocket as messages, for a proxy that passes each on as it is: text or binary, its boundaries, pings, and the close code with its reason.
// `websocket-transport.ts` has the Transport, which is a stream of documents and has the limits of a public server. RFC 6455.

import { WebSocket } from "ws";

/** The one listener of a WebSocket. It is not called before `start` or after `closed`. */
export interface MessageEvents {
	/** One message. The data is not reused. */
	message(data: Uint8Array, isText: boolean): void;
	ping(data: Uint8Array): void;
	pong(data: Uint8Array): void;
	/** A `send` had returned false, and all of it has left. */
	drain(): void;
	/**
	 * The connection is gone. Once, and last.
	 *
	 * @param code 1005: the other side gave none; 1006: the connection broke, or was destroyed.
	 */
	closed(code: number, reason: string, error: Error | undefined): void;
}

const HIGH_WATER_BYTES = 256 * 1024;
const CLOSE_WAIT_MS = 5000;
const NO_CODE = 1005;
const BROKEN = 1006;

/** One WebSocket. Nothing is received before `start`. */
export class WebSocketMessages {
	readonly #webSocket: WebSocket;
	#events: MessageEvents | undefined = undefined;
	#error: Error | undefined = undefined;
	#needDrain = false;
	#ended = false;

	constructor(webSocket: WebSocket) {
		this.#webSocket = webSocket;
		webSocket.binaryType = "nodebuffer";
		webSocket.on("error", (error) => {
			this.#error ??= error;
		});
		// Messages may come with the handshake's own segment.
		webSocket.pause();
	}

	/** The sub-protocol that was agreed on; empty where there is none. */
	get protocol(): string {
		return this.#webSocket.protocol;
	}

	/** Bytes written that have not left this process yet. */
	get bufferedBytes(): number {
		return this.#webSocket.bufferedAmount;
	}

	/** Begins delivery. Once. */
	start(events: MessageEvents): void {
		this.#events = events;
		const webSocket = this.#webSocket;
		webSocket.on("message", (data: Buffer, isBinary: boolean) => this.#events?.message(data, !isBinary));
		webSocket.on("ping", (data: Buffer) => this.#events?.ping(data));
		webSocket.on("pong", (data: Buffer) => this.#events?.pong(data));
		webSocket.on("close", (code, reason) => this.#closed(code, reason.toString()));
		if (webSocket.readyState === WebSocket.CLOSED) queueMicrotask(() => this.#closed(BROKEN, ""));
		else webSocket.resume();
	}

	/** Sends one message. @returns false when no more should be sent until `drain`. */
	send(data: Uint8Array, isText: boolean): boolean {
		if (this.#webSocket.readyState !== WebSocket.OPEN) return true;
		this.#webSocket.send(data, { binary: !isText }, this.#sent);
		if (this.#webSocket.bufferedAmount < HIGH_WATER_BYTES) return true;
		this.#needDrain = true;
		return false;
	}

	/** Sends a ping, unless more than a little waits to be sent. */
	ping(data: Uint8Array): void {
		if (this.#canSendControl()) this.#webSocket.ping(data);
	}

	/** Sends a pong, unless more than a little waits to be sent. */
	pong(data: Uint8Array): void {
		if (this.#canSendControl()) this.#webSocket.pong(data);
	}

	/** Sends a close frame behind what was sent. @param code 1005, and each code that nobody may send: none. */
	end(code: number = NO_CODE, reason = ""): void {
		if (this.#ended) return;
		this.#ended = true;
		const webSocket = this.#webSocket;
		if (maySend(code)) webSocket.close(code, Buffer.from(reason).subarray(0, 123));
		else webSocket.close();
		if (webSocket.readyState === WebSocket.CLOSED) return;
		const giveUp = setInterval(() => {
			if (webSocket.bufferedAmount === 0) webSocket.terminate();
		}, CLOSE_WAIT_MS);
		giveUp.unref();
		webSocket.once("close", () => clearInterval(giveUp));
	}

	/** Closes the connection at once, without a close frame. */
	destroy(): void {
		this.#webSocket.terminate();
	}

	pause(): void {
		this.#webSocket.pause();
	}

	resume(): void {
		this.#webSocket.resume();
	}

	#canSendControl(): boolean {
		return this.#webSocket.readyState === WebSocket.OPEN && this.#webSocket.bufferedAmount < HIGH_WATER_BYTES;
	}

	readonly #sent = (): void => {
		if (!this.#needDrain || this.#webSocket.bufferedAmount > 0) return;
		this.#needDrain = false;
		this.#events?.drain();
	};

	#closed(code: number, reason: string): void {
		const events = this.#events;
		this.#events = undefined;
		events?.closed(code, reason, this.#error);
	}
}

function maySend(code: number): boolean {
	return (
		(code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== BROKEN) ||
		(code >= 3000 && code <= 4999)
	);
}
