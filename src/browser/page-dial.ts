// Opens the page's WebSocket for a target, with a deadline. A page has no other socket: a plain host and port become the
// WebSocket of a daemon or gateway there.

import type { Dial, Target } from "../client/index.ts";
import { targetUrl } from "../client/index.ts";
import { abortedError } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { onAbort } from "../link/index.ts";
import { PageTransport } from "./page-transport.ts";

const ABORTED = "The attempt to connect was aborted.";

/**
 * The URL that a page dials for a target. `xmlsocket://` becomes `ws://HOST:PORT/socket`, or `wss://` in a page that came
 * over https, where a browser refuses ws://.
 */
export function webSocketUrl(target: Target): string {
	if (target.protocol === "ws" || target.protocol === "wss") return targetUrl(target);
	const secure = target.secure || location.protocol === "https:";
	return targetUrl({ ...target, protocol: secure ? "wss" : "ws", secure, path: "/socket" });
}

/** The `dial` of a page. Browsers hide why a WebSocket failed, so the message can only say where. */
export function pageDial(urlOf: (target: Target) => string): Dial {
	return async (target, options) => {
		const { signal, timeoutMs } = options;
		if (signal?.aborted) throw abortedError(ABORTED, signal);
		const url = urlOf(target);
		const protocol = options.webSocketProtocol;
		const webSocket = open(url, protocol);
		return await new Promise((resolve, reject) => {
			let offAbort = (): void => {};
			const settle = (): void => {
				clearTimeout(timer);
				offAbort();
				webSocket.onopen = null;
				webSocket.onclose = null;
			};
			const fail = (error: XMLSocketError): void => {
				settle();
				webSocket.close();
				reject(error);
			};
			const abort = (): void => fail(abortedError(ABORTED, signal!));
			const timer = setTimeout(
				() => fail(new XMLSocketError("XMLSOCKET_CONNECT_TIMEOUT", `No connection to ${url} within ${timeoutMs} ms.`)),
				timeoutMs,
			);
			offAbort = onAbort(signal, abort);
			webSocket.onopen = () => {
				settle();
				resolve(new PageTransport(webSocket, protocol === undefined ? "binary" : "text"));
			};
			webSocket.onclose = (event) => {
				fail(
					new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `No connection to ${url} (close code ${event.code}).`, {
						details: { closeCode: event.code },
					}),
				);
			};
		});
	};
}

function open(url: string, protocol: string | undefined): WebSocket {
	try {
		return protocol === undefined ? new WebSocket(url) : new WebSocket(url, protocol);
	} catch (cause) {
		throw new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `The browser opens no WebSocket to ${url}.`, { cause });
	}
}
