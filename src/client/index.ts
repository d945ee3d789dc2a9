export { parseAddress, type Target, targetUrl } from "./address.ts";
export type { Chat, JoinOptions, RenameOptions } from "./chat/chat.ts";
export type { ChatEvents, PrivateMessage } from "./chat/chat-events.ts";
export type {
	ChatModeration,
	ModerationTarget,
	RoomSettingsOptions,
	SanctionListOptions,
	SanctionOptions,
	SanctionPage,
} from "./chat/chat-moderation.ts";
export type { Message, RoomEntry, RoomSettingsEntry, SanctionEntry } from "./chat/message-types.ts";
export { createOpenChat, type OpenChat } from "./chat/open-chat.ts";
export type { ChatClientOptions, ChatReader, ChatToken } from "./chat/options.ts";
export type { Receipt } from "./chat/outbox.ts";
export type { Position } from "./chat/read-cursor.ts";
export type { HistoryOptions, ListMembersOptions, MembersPage, Room } from "./chat/room.ts";
export type { RoomState } from "./chat/room-client.ts";
export type { Gap, RoomEvents, RoomMessage, RoomPage, RoomReader } from "./chat/room-events.ts";
export type { SayOptions } from "./chat/sender.ts";
export { type Connect, createConnect } from "./connect.ts";
export type { Connection } from "./connection.ts";
export type { ConnectionEvents, ConnectionStatus } from "./connection-events.ts";
export type { ClientHost, Dial, DialOptions } from "./dial.ts";
export type { ConnectOptions, ReconnectOptions, StreamOptions } from "./options.ts";
export type { Rejoin } from "./rejoin.ts";
export type { RequestOptions } from "./requests.ts";
export type { StartTlsOptions } from "./start-tls.ts";
export { type Streams, xmlStreams } from "./streams.ts";
export {
	createXMLSocketClass,
	type XMLSocket,
	type XMLSocketConstructor,
	type XMLSocketOptions,
} from "./xml-socket.ts";
