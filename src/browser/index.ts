// "xmlsocket/browser": the client over a page's WebSocket, and the server in a page. A page's bundle contains only what it imports.

export type { Application, Peer, Session } from "../application/index.ts";
export {
	type Authenticate,
	type Authenticated,
	type ChatApplication,
	type ChatOptions,
	type ClientGrant,
	type CreateChatOptions,
	createChat,
	createRelay,
	type FilteredMessage,
	type FilterVerdict,
	type HelloFacts,
	type LoginRefusal,
	type MessageFilter,
	type RelayOptions,
} from "../chat/index.ts";
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
} from "../client/index.ts";
export type {
	ConnectionClose,
	ConnectionState,
	DocumentConnection,
	DocumentEvents,
	ReceivedDocument,
	Sendable,
	WaitOptions,
} from "../connection/index.ts";
export { type ErrorCode, XMLSocketError } from "../errors/index.ts";
export { element, type Markup, XML, XMLNode, xml } from "../xml/index.ts";
export { connect, createXMLSocket, openChat, XMLSocket } from "./client.ts";
export { pageClock } from "./page-clock.ts";
export {
	type CreatePageServerOptions,
	createPageServer,
	type Installation,
	type PageServer,
	type SocketProxyEntry,
} from "./page-server.ts";
export type { PageServerOptions, PageServerSettings } from "./page-server-options.ts";
