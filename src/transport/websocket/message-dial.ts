// Opens the WebSocket of a proxy to its target, with the headers and the sub-protocols of the client's own request.

import { WebSocket } from "ws";
import { onAbort } from "../../link/index.ts";
import { lookupWithLoopback } from "../loopback.ts";
import { WebSocketMessages } from "./websocket-messages.ts";

/** Options of a WebSocket that a proxy opens. */
export interface DialMessagesOptions {
	/** Until the handshake is complete. */
	readonly timeoutMs: number;
	/** Those of the client's request that are passed on. */
	readonly headers: Readonly<Record<string, string>>;
	/** The sub-protocols to ask for. */
	readonly protocols: readonly string[];
	readonly maxMessageBytes: number;
	/** Accept any certificate. Default false. */
	readonly insecure?: boolean | undefined;
	readonly signal?: AbortSignal | undefined;
}

/** The server answered the request for a WebSocket with another status than 101. */
export class UpgradeRefused extends Error {
	readonly status: number;

	constructor(status: number, text: string) {
		super(`the server answered ${status}${text === "" ? "" : ` ${text}`} instead of a WebSocket`);
		this.status = status;
	}
}

/** Opens a WebSocket. Rejects with the error of the attempt: `UpgradeRefused`, or ETIMEDOUT where it took too long. */
export function dialMessages(url: string, options: DialMessagesOptions): Promise<WebSocketMessages> {
	return new Promise((resolve, reject) => {
		const webSocket = new WebSocket(url, [...options.protocols], {
			perMessageDeflate: false,
			autoPong: false,
			lookup: lookupWithLoopback,
			maxPayload: options.maxMessageBytes,
			skipUTF8Validation: true,
			headers: { ...options.headers },
			...(options.insecure ? { rejectUnauthorized: false } : {}),
		});
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			webSocket.terminate();
		}, options.timeoutMs);
		const offAbort = onAbort(options.signal, () => webSocket.terminate());
		const settle = (): void => {
			clearTimeout(timer);
			offAbort();
			webSocket.removeAllListeners();
		};
		const failed = (error: Error): void => {
			settle();
			webSocket.on("error", () => {});
			webSocket.terminate();
			reject(late ? new Error("ETIMEDOUT", { cause: error }) : error);
		};
		webSocket.once("unexpected-response", (_, { statusCode = 0, statusMessage = "" }) =>
			failed(new UpgradeRefused(statusCode, statusMessage)),
		);
		webSocket.once("open", () => {
			settle();
			resolve(new WebSocketMessages(webSocket));
		});
		webSocket.once("error", failed);
	});
}
