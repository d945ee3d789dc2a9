// What a handler is: it handles one element that clients send.

import type { RootElement } from "../../xml/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";

/** The handler of one element. */
export interface Handler {
	/** The element's name. */
	readonly element: string;
	/** Whether it checks the element's content itself. */
	readonly readsContent?: boolean;
	/** Whether it answers clients without a token even where the server requires one (`guests` is false). Default false. */
	readonly openToAll?: boolean;
	/**
	 * Does what the document asks for. Where it returns a promise, what the client sends meanwhile waits for it.
	 *
	 * @throws XMLSocketError for what is refused; the promise rejects with one.
	 */
	handle(chat: ChatContext, client: ChatClient, root: RootElement): void | Promise<void>;
}
