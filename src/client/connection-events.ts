// The events of a client's connection, and its status.

import { DOCUMENT_EVENTS, type DocumentEvents } from "../connection/index.ts";
import type { XMLSocketError } from "../errors/index.ts";

/** What a connection is doing, with the facts of it. `connection.state` is the same in one word. */
export type ConnectionStatus =
	| { readonly type: "connected" }
	| { readonly type: "disconnected"; readonly error: XMLSocketError }
	| {
			readonly type: "reconnecting";
			/** Counts from 1 in each series of attempts. */
			readonly attempt: number;
			/** The wait before the attempt, in milliseconds. */
			readonly delayMs: number;
			/** Why the connection was lost, or why the attempt before failed. */
			readonly error: XMLSocketError;
	  }
	| { readonly type: "closed"; readonly error?: XMLSocketError };

/** The events of a connection, and the values that their listeners receive. */
export interface ConnectionEvents extends DocumentEvents {
	/** The connection was lost, is being made again, is there again, or is over. */
	status: ConnectionStatus;
}

/** The names of the events. */
export const CONNECTION_EVENTS: readonly (keyof ConnectionEvents)[] = [...DOCUMENT_EVENTS, "status"];
