// "xmlsocket" in Node: the documented classes and the client, over Node's sockets. Importing it opens nothing.

import {
	type Chat,
	type ChatClientOptions,
	type ClientHost,
	type Connection,
	type ConnectOptions,
	createConnect,
	createOpenChat,
	createXMLSocketClass,
	type XMLSocketConstructor,
	xmlStreams,
} from "./client/index.ts";
import { dial } from "./transport/dial.ts";
import { nodeClock } from "./transport/node-clock.ts";
import { nodeUtf8 } from "./transport/node-utf8.ts";

export type {
	Chat,
	ChatClientOptions,
	ChatEvents,
	ChatModeration,
	ChatReader,
	Connection,
	ConnectionEvents,
	ConnectionStatus,
	ConnectOptions,
	Gap,
	HistoryOptions,
	JoinOptions,
	ListMembersOptions,
	MembersPage,
	Message,
	ModerationTarget,
	Position,
	PrivateMessage,
	Receipt,
	ReconnectOptions,
	Rejoin,
	RenameOptions,
	RequestOptions,
	Room,
	RoomEntry,
	RoomEvents,
	RoomMessage,
	RoomPage,
	RoomReader,
	RoomSettingsEntry,
	RoomSettingsOptions,
	RoomState,
	SanctionEntry,
	SanctionListOptions,
	SanctionOptions,
	SanctionPage,
	SayOptions,
	StartTlsOptions,
	StreamOptions,
	Target,
	XMLSocketConstructor,
	XMLSocketOptions,
} from "./client/index.ts";
export type {
	ConnectionClose,
	ConnectionState,
	DocumentConnection,
	DocumentEvents,
	ReceivedDocument,
	Sendable,
	WaitOptions,
} from "./connection/index.ts";
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

const connectWithNode = /* @__PURE__ */ createConnect(node);
const openChatWithNode = /* @__PURE__ */ createOpenChat(connectWithNode, node);

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
export const XMLSocket: XMLSocketConstructor = /* @__PURE__ */ createXMLSocketClass(node);
/** An instance of the documented class. */
export type XMLSocket = import("./client/index.ts").XMLSocket;

/**
 * Connects over TCP, TLS or a WebSocket. An address is `HOST:PORT`, `:PORT`, `PORT`, `[::1]:PORT`, or a URL that begins with
 * `xmlsocket://`, `xmlsockets://`, `ws://` or `wss://`. The option `signal` ends the attempt, and later the connection.
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
export async function connect(address: string, options?: ConnectOptions): Promise<Connection> {
	return await connectWithNode(address, options);
}

/**
 * Opens a chat with a daemon: a name, rooms, private messages. After a lost connection it reconnects, resumes reading where it
 * stopped, and resends what was not acknowledged. Addresses are those of `connect`. The option `signal` ends the attempt, and
 * later the chat.
 *
 * Rejects as `connect` does, and with the server's refusal: XMLSOCKET_NAME_TAKEN, XMLSOCKET_NAME_INVALID,
 * XMLSOCKET_TOKEN_INVALID, XMLSOCKET_TOKEN_EXPIRED, XMLSOCKET_TOKEN_USED, XMLSOCKET_LOGIN_REFUSED, XMLSOCKET_SESSION_IN_USE; with
 * XMLSOCKET_REQUEST_TIMEOUT where the server does not answer within 10 s, and with what the function `token` rejects with.
 *
 * @example
 * ```ts
 * const chat = await openChat("localhost:9000", { name: "ann" });
 * const room = await chat.join("lobby");
 * const { seq } = await room.say("hi"); // committed, or rejected with the reason
 * for await (const message of room) console.log(message.from, message.text);
 * ```
 */
export async function openChat(address: string, options?: ChatClientOptions): Promise<Chat> {
	return await openChatWithNode(address, options);
}
