// "xmlsocket/server": the daemon as a library.

export type {
	Application,
	ClientDescription,
	ConnectedClient,
	Handshake,
	MessageDelivered,
	MessageStored,
	Peer,
	Session,
	TlsFacts,
} from "../application/index.ts";
export {
	type Authenticate,
	type Authenticated,
	type ChatApplication,
	type ChatOptions,
	type ClientGrant,
	type CreateChatOptions,
	createRelay,
	type FilteredMessage,
	type FilterVerdict,
	type HelloFacts,
	type LoginRefusal,
	type MessageFilter,
} from "../chat/index.ts";
export type { Bus, Channel, NameLeases } from "../cluster/index.ts";
export type {
	ConnectionClose,
	ConnectionState,
	DocumentConnection,
	DocumentEvents,
	ReceivedDocument,
	Sendable,
	WaitOptions,
} from "../connection/index.ts";
export type { ErrorCode } from "../errors/index.ts";
export { XMLSocketError } from "../errors/index.ts";
export type { MessageLog, Retention } from "../message-log/index.ts";
export { defaultMaxConnections } from "./admission.ts";
export type { BroadcastTarget } from "./connection-application.ts";
export { createChat } from "./create-chat.ts";
export {
	type ConnectionServer,
	type ConnectionSource,
	type CreateServerOptions,
	createServer,
} from "./create-server.ts";
export type {
	ConnectionClosed,
	ConnectionOpened,
	DiagnosticsEvents,
	DocumentReceived,
	Refused,
} from "./diagnostics.ts";
export { answer, answerUpgradeRequired, countAsAnswered, refuseRequest, refuseUpgrade } from "./http-answers.ts";
export { requestFacts } from "./http-host.ts";
export type { HttpRoutes, LabelledCount, RequestSource } from "./http-routes.ts";
export { LogLimit } from "./log-limit.ts";
export { type Logger, loggable, silentLogger } from "./logger.ts";
export { type Debtor, defaultMemoryCeiling, type MemoryHolder } from "./memory-ceiling.ts";
export { noDocuments } from "./no-documents.ts";
export { type ClusterConnection, type ClusterOptions, openCluster } from "./open-cluster.ts";
export { openLog } from "./open-log.ts";
export { type ServerOptions, serverSchema } from "./options.ts";
export { Server, type ServerParts, type ServerState } from "./server.ts";
export type { ServerConnection } from "./server-connection.ts";
