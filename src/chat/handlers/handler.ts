// What a handler is: one element of the vocabulary, in one file.

import type { RootElement } from "../../xml/index.ts";
import type { ChatSession } from "../chat-session.ts";

/** The handler of one element. */
export interface Handler {
	/** The element's name. */
	readonly element: string;
	/** Whether it judges the content itself. */
	readonly readsContent?: boolean;
	/** Whether it also answers guests where guests may not speak. */
	readonly openToAll?: boolean;
	/**
	 * Does what the document asks for. Where it gives a promise, what the client sends meanwhile waits for it.
	 *
	 * @throws XMLSocketError for what is refused; the promise rejects with one.
	 */
	handle(session: ChatSession, root: RootElement): void | Promise<void>;
}
