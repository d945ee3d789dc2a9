// openChat(): from an address and options to a chat with a name. docs/guide/chat-client.md.

import type { Connect } from "../connect.ts";
import type { ClientHost } from "../dial.ts";
import { Chat } from "./chat.ts";
import { ChatClient } from "./chat-client.ts";
import { type ChatClientOptions, chatClientSettings } from "./options.ts";

/** The function that `createOpenChat` returns. */
export type OpenChat = (address: string, options?: ChatClientOptions) => Promise<Chat>;

/**
 * Makes the function `openChat(address, options)` from a function that connects.
 *
 * It resolves when the server has given the name, and rejects as `connect` does, or with the server's refusal:
 * XMLSOCKET_NAME_TAKEN, XMLSOCKET_NAME_INVALID, XMLSOCKET_TOKEN_INVALID, XMLSOCKET_TOKEN_EXPIRED, XMLSOCKET_TOKEN_USED,
 * XMLSOCKET_LOGIN_REFUSED, XMLSOCKET_SESSION_IN_USE; or with XMLSOCKET_REQUEST_TIMEOUT where the server does not answer, and with what
 * the function `token` rejects with.
 */
export function createOpenChat(connect: Connect, host: Pick<ClientHost, "clock" | "report">): OpenChat {
	return async (address, options) => {
		const settings = chatClientSettings(options);
		const chat = new ChatClient(settings, host.clock, host.report);
		const connection = await connect(address, {
			...settings.connection,
			onReconnected: (rejoin) => chat.resume(rejoin),
		});
		try {
			await chat.attach(connection);
		} catch (error) {
			await connection.close();
			throw error;
		}
		return new Chat(chat);
	};
}
