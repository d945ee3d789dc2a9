// "xmlsocket" in Node: the documented classes and the client, bound to Node's sockets. Importing it opens nothing.

import {
	type ClientHost,
	type Connect,
	makeConnect,
	makeOpenChat,
	makeXMLSocket,
	type OpenChat,
	type XMLSocketConstructor,
	xmlStreams,
} from "./client/index.ts";
import { dial, nodeClock, nodeUtf8 } from "./transport/index.ts";

export type {
	Chat,
	ChatClientOptions,
	ChatEvents,
	ChatReader,
	Connection,
	ConnectionEvents,
	ConnectionStatus,
	ConnectOptions,
	Gap,
	Incoming,
	JoinOptions,
	Position,
	Receipt,
	ReconnectOptions,
	Rejoin,
	RequestOptions,
	Room,
	RoomEntry,
	RoomEvents,
	RoomMessage,
	RoomPage,
	RoomReader,
	SayOptions,
	Sendable,
	StartTlsOptions,
	StreamOptions,
	Told,
	XMLSocketOptions,
} from "./client/index.ts";
export { type ErrorCode, XMLSocketError } from "./errors/index.ts";
export { element, type Markup, XML, XMLNode, xml } from "./xml/index.ts";

const node: ClientHost = {
	dial,
	clock: nodeClock,
	wait: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	},
	random: Math.random,
	report: (error) => console.error(error),
	codec: nodeUtf8,
	streams: xmlStreams,
	localHost: "localhost",
};

/**
 * The documented class, over TCP. Server-Side ActionScript Language Reference p. 218.
 *
 * @example
 * ```ts
 * const socket = new XMLSocket();
 * socket.onXML = (document) => console.log(document.toString());
 * socket.connect("localhost", 9000);
 * ```
 */
export const XMLSocket: XMLSocketConstructor = /* @__PURE__ */ makeXMLSocket(node);
export type XMLSocket = import("./client/index.ts").XMLSocket;

/**
 * Connects over TCP, TLS or a WebSocket: `HOST:PORT`, `:PORT`, `PORT`, `[::1]:PORT`, or a URL that begins with
 * `xmlsocket://`, `xmlsockets://`, `ws://` or `wss://`.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PORT_RESERVED, XMLSOCKET_OPTION_INVALID, XMLSOCKET_OPTION_UNKNOWN,
 * XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED.
 *
 * @example
 * ```ts
 * const connection = await connect("localhost:9000", { reconnect: true });
 * connection.send(xml`<say room="lobby">${text}</say>`);
 * for await (const document of connection) console.log(document.text);
 * ```
 */
export const connect: Connect = /* @__PURE__ */ makeConnect(node);

/**
 * Opens a chat with a server of the chat's documents: a name, rooms, private messages. It comes back by itself after a lost
 * connection, reads on where it stopped, and says again what was not acknowledged. Addresses are those of `connect`.
 *
 * Rejects as `connect` does, and with the server's refusal: XMLSOCKET_NAME_TAKEN, XMLSOCKET_NAME_INVALID,
 * XMLSOCKET_TOKEN_INVALID, XMLSOCKET_SESSION_IN_USE; XMLSOCKET_REQUEST_TIMEOUT where the server does not answer.
 *
 * @example
 * ```ts
 * const chat = await openChat("localhost:9000", { name: "ann" });
 * const room = await chat.join("lobby");
 * const { seq } = await room.say("hi"); // committed, or rejected with the reason
 * for await (const message of room) console.log(message.from, message.text);
 * ```
 */
export const openChat: OpenChat = /* @__PURE__ */ makeOpenChat(connect, node);
