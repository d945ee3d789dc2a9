export { parseAddress, type Target, targetUrl } from "./address.ts";
export { type Connect, makeConnect } from "./connect.ts";
export type { Connection, ConnectionEvents, ConnectionStatus, Rejoin } from "./connection.ts";
export type { ClientHost, Dial, DialOptions } from "./dial.ts";
export type { Incoming, Sendable } from "./incoming.ts";
export type { ConnectOptions, ReconnectOptions, StreamOptions } from "./options.ts";
export type { RequestOptions } from "./requests.ts";
export type { StartTlsOptions } from "./start-tls.ts";
export { makeXMLSocket, type XMLSocket, type XMLSocketConstructor, type XMLSocketOptions } from "./xml-socket.ts";
