export type {
	Connection,
	ConnectionEvents,
	ConnectionStatus,
	ConnectOptions,
	Incoming,
	ReconnectOptions,
	Rejoin,
	RequestOptions,
	Sendable,
} from "../client/index.ts";
export { type ErrorCode, XMLSocketError } from "../errors/index.ts";
export { element, type Markup, XML, XMLNode, xml } from "../xml/index.ts";
export { connect, createXMLSocket, XMLSocket } from "./client.ts";
export { pageClock } from "./page-clock.ts";
