// The client in a page: the documented class, connect() and openChat() over the page's WebSocket. Importing it opens nothing.

import {
	type Chat,
	type ChatClientOptions,
	type ClientHost,
	type Connect,
	type Connection,
	type ConnectOptions,
	createConnect,
	createOpenChat,
	createXMLSocketClass,
	type Streams,
	type Target,
	type XMLSocketConstructor,
	xmlStreams,
} from "../client/index.ts";
import { pageClock } from "./page-clock.ts";
import { pageDial, webSocketUrl } from "./page-dial.ts";

/**
 * The documented class over the page's WebSocket: `connect(host, port)` opens `ws://HOST:PORT/socket`, and a host of null
 * means the one the page came from.
 */
export const XMLSocket: XMLSocketConstructor = /* @__PURE__ */ createXMLSocketClass(
	/* @__PURE__ */ pageHost(webSocketUrl),
);
/** An instance of the documented class. */
export type XMLSocket = import("../client/index.ts").XMLSocket;

const connectUrl: Connect = /* @__PURE__ */ createConnect(/* @__PURE__ */ pageHost(webSocketUrl, xmlStreams));
// A chat needs no XML streams, so its page does not contain them.
const connectDocuments: Connect = /* @__PURE__ */ createConnect(/* @__PURE__ */ pageHost(webSocketUrl));

const openDocumentChat = /* @__PURE__ */ createOpenChat(connectDocuments, {
	clock: pageClock,
	report: (error) => reportError(error),
});

/**
 * Connects over the page's WebSocket: as `connect` in Node, and `/PATH` means that path on the page's own server.
 * `xmlsocket://HOST:PORT` opens `ws://HOST:PORT/socket`, or `wss://` in a page that came over https.
 *
 * @example
 * ```ts
 * const connection = await connect("/socket", { reconnect: true });
 * ```
 */
export async function connect(address: string, options?: ConnectOptions): Promise<Connection> {
	return await connectUrl(urlHere(address), options);
}

/**
 * Opens a chat, as `openChat` in Node; addresses are those of `connect` here.
 *
 * @example
 * ```ts
 * const chat = await openChat("/socket", { name: "ann" });
 * const room = await chat.join("lobby");
 * await room.say("hi");
 * ```
 */
export async function openChat(address: string, options?: ChatClientOptions): Promise<Chat> {
	return await openDocumentChat(urlHere(address), options);
}

/**
 * The documented class with another mapping from host and port to a WebSocket, for example through a gateway.
 *
 * @example
 * ```ts
 * const XMLSocket = createXMLSocket((host, port) => `wss://gate.example/gateway?host=${host}&port=${port}`);
 * ```
 */
export function createXMLSocket(url: (host: string, port: number) => string): XMLSocketConstructor {
	return createXMLSocketClass(pageHost((target) => url(target.host, target.port)));
}

function urlHere(address: string): string {
	const own = typeof address === "string" && address.startsWith("/");
	return own ? `${location.origin.replace(/^http/, "ws")}${address}` : address;
}

function pageHost(urlOf: (target: Target) => string, streams?: Streams): ClientHost {
	return {
		streams,
		dial: pageDial(urlOf),
		clock: pageClock,
		wait: pageClock.delay,
		random: Math.random,
		report: (error) => reportError(error),
		get localHost() {
			return location.hostname === "" ? "localhost" : location.hostname;
		},
	};
}
