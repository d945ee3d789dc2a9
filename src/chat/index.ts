export { type ChatParts, createChat } from "./chat.ts";
export { type ChatOptions, type ChatSettings, chatSchema, chatSettings } from "./options.ts";
export { createRelay, type RelayOptions } from "./relay.ts";
