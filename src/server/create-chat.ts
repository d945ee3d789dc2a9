// The chat for a server with addresses: `createChat` of "xmlsocket/server".

import {
	type ChatApplication,
	type ChatParts,
	type CreateChatOptions,
	createChat as createPlainChat,
} from "../chat/index.ts";
import { addressFormat } from "./address-format.ts";

/**
 * Makes the chat, for a server to run.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID, XMLSOCKET_NAME_INVALID for a room's or token's name.
 *
 * @example
 * ```ts
 * const server = await createServer({ port: 9000, application: createChat({ rooms: ["news", "game:live"] }) }).listen();
 * ```
 */
export function createChat(options: CreateChatOptions = {}, parts: ChatParts = {}): ChatApplication {
	return createPlainChat(options, { addresses: addressFormat, ...parts });
}
