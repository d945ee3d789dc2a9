// Puts one made-up host in front of a page's WebSocket class: sockets to it are the page's own, all others are the network's and
// untouched. The result is the same class to everyone: `instanceof`, constants and statics are those of the original.

import type { Transport } from "../link/index.ts";
import { type AcceptInPage, pageWebSocketClass } from "./page-web-socket.ts";

/** RFC 9110, token: what a sub-protocol may be called. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Makes the class.
 *
 * @param real the class behind it.
 * @param host whose sockets stay in the page.
 * @param accept takes one of them.
 */
export function webSocketFront(
	real: typeof WebSocket,
	host: string,
	accept: (end: (near: Transport) => void) => boolean,
): typeof WebSocket {
	const Own = pageWebSocketClass(real, accept satisfies AcceptInPage);
	const front: typeof WebSocket = new Proxy(real, {
		construct(target, args: [string | URL, (string | string[])?], newTarget) {
			const url = ownUrl(args[0], host);
			// What no WebSocket may be made of, the original refuses in its own words.
			if (!url || !areProtocols(args[1]))
				return Reflect.construct(target, args, newTarget === front ? target : newTarget);
			if (newTarget !== front)
				throw new DOMException(`A subclass of WebSocket cannot reach ${host}.`, "NotSupportedError");
			return new Own(url);
		},
	});
	Object.defineProperty(Own.prototype, "constructor", { value: front, writable: true, configurable: true });
	return front;
}

// The parsed URL where it is ours and one that a WebSocket takes.
function ownUrl(text: unknown, host: string): URL | undefined {
	let url: URL;
	try {
		url = new URL(String(text));
	} catch {
		return undefined;
	}
	if (url.hostname !== host || url.href.includes("#")) return undefined;
	if (url.protocol === "http:") url.protocol = "ws:";
	if (url.protocol === "https:") url.protocol = "wss:";
	return url.protocol === "ws:" || url.protocol === "wss:" ? url : undefined;
}

function areProtocols(protocols: unknown): boolean {
	if (protocols === undefined) return true;
	const names = typeof protocols === "string" ? [protocols] : Array.from(protocols as Iterable<unknown>, String);
	return names.every((name) => TOKEN.test(name)) && new Set(names).size === names.length;
}
