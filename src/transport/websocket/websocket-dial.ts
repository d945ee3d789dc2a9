// Opens outgoing WebSockets (RFC 6455, 4.1), within a time limit.

import { WebSocket } from "ws";
import { onAbort, type Transport } from "../../link/index.ts";
import { lookupWithLoopback } from "../loopback.ts";
import { WebSocketTransport } from "./websocket-transport.ts";

// A server sends at most 64 KiB or one document in a message, and no client expects documents of this size.
const MAX_RECEIVED_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Options of an outgoing WebSocket. */
export interface WebSocketDialOptions {
	readonly timeoutMs: number;
	readonly origin?: string | undefined;
	readonly headers?: Readonly<Record<string, string>> | undefined;
	readonly rejectUnauthorized?: boolean | undefined;
	readonly ca?: string | undefined;
	readonly signal?: AbortSignal | undefined;
	/** The sub-protocol to ask for; the attempt fails where the server does not take it. Documents then go as text messages. */
	readonly protocol?: string | undefined;
}

/** Opens a WebSocket to a `ws:` or `wss:` URL. Rejects with the error of the attempt, ETIMEDOUT where it took too long. */
export function dialWebSocket(url: string, options: WebSocketDialOptions): Promise<Transport> {
	return new Promise((resolve, reject) => {
		const webSocket = new WebSocket(url, options.protocol === undefined ? [] : [options.protocol], {
			perMessageDeflate: false,
			lookup: lookupWithLoopback,
			maxPayload: MAX_RECEIVED_MESSAGE_BYTES,
			...(options.origin === undefined ? {} : { origin: options.origin }),
			...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
			...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
			...(options.ca === undefined ? {} : { ca: options.ca }),
		});
		// `handshakeTimeout` of ws counts silence only: a server that dribbles its answer would never run into it.
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			webSocket.terminate();
		}, options.timeoutMs);
		const abort = (): void => {
			webSocket.terminate();
		};
		let offAbort = (): void => {};
		const settle = (): void => {
			clearTimeout(timer);
			offAbort();
			webSocket.removeAllListeners();
		};
		offAbort = onAbort(options.signal, abort);
		webSocket.once("open", () => {
			settle();
			resolve(new WebSocketTransport(webSocket, url, options.protocol === undefined ? "binary" : "text"));
		});
		webSocket.once("error", (error) => {
			settle();
			webSocket.on("error", () => {});
			reject(late ? new Error("ETIMEDOUT", { cause: error }) : error);
		});
	});
}
