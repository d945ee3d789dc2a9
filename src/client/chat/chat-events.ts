// The events of a chat: what it reports besides what its rooms do.

import type { XMLSocketError } from "../../errors/index.ts";
import type { ConnectionStatus } from "../connection-events.ts";

/** A private message. */
export interface PrivateMessage {
	/** The name of the sender. */
	readonly from: string;
	readonly text: string;
	/** When the sender sent it, in milliseconds since 1970. */
	readonly at: number;
	/** The sender's own id of it. */
	readonly id: string | undefined;
}

/** The events of a chat, and the values that their listeners receive. */
export interface ChatEvents {
	/** The connection's status. `connected` also means that the chat has its name again. */
	status: ConnectionStatus;
	/** A private message. */
	told: PrivateMessage;
	/** A notice of the server: the state of its cluster, or what an operator did. */
	notice: { readonly code: string; readonly text: string; readonly room: string | undefined };
	/** The server refused something that no promise waits for. */
	refused: XMLSocketError;
}

/** The names of the events. */
export const CHAT_EVENTS: readonly (keyof ChatEvents)[] = Object.keys({
	status: true,
	told: true,
	notice: true,
	refused: true,
} satisfies Record<keyof ChatEvents, true>) as readonly (keyof ChatEvents)[];
