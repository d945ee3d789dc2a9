export { type AddressBanParts, AddressBans } from "./address-bans.ts";
export {
	ChatAdministration,
	checkedPersonName,
	checkedRoomName,
	type MemberFacts,
	type RoomFacts,
	type SanctionAdministration,
} from "./administration.ts";
export type { Authenticate, Authenticated, ClientGrant, HelloFacts, LoginRefusal } from "./authentication.ts";
export { type ChatApplication, type ChatParts, createChat } from "./chat.ts";
export type { FilteredMessage, FilterVerdict, MessageFilter } from "./message-filter.ts";
export { nameKey } from "./names.ts";
export { type ChatOptions, type ChatSettings, type CreateChatOptions, chatSchema, chatSettings } from "./options.ts";
export { createRelay, type RelayOptions } from "./relay.ts";
export type { AddressFormat } from "./sanctions/address-range.ts";
export type { Sanction } from "./sanctions/sanction.ts";
