// The options of a replayed server, and its report. Types alone.

import type { ReplayEvent, RequestUnmatched } from "./replay-events.ts";
import type { ReplayRule } from "./rules.ts";

/** The options of `createReplayServer`. */
export interface ReplayServerOptions {
	/** From 1024; 0: any free port. @default 9000 */
	readonly port?: number | undefined;
	/** The address to listen on; `*`: every address. @default "localhost" */
	readonly host?: string | undefined;
	/** Pages that may connect with a WebSocket, as for `serve --origin`. @default pages on any port of this machine */
	readonly origin?: string[] | undefined;
	/** `auto`: a socket policy file for this port and the pages of `origin`; `off`: none; or a file. @default "auto" */
	readonly policy?: string | undefined;
	/** A certificate and its key (PEM files), for TLS on the same port. @default none */
	readonly tlsCert?: string | undefined;
	readonly tlsKey?: string | undefined;
	/** Factor on the recorded pace: 2 is twice as fast, 0 at once. @default 1 */
	readonly speed?: number | undefined;
	/** Fields that may differ, by name (attribute, element, JSON key, `%4`) or path. @default none */
	readonly ignore?: readonly string[] | undefined;
	/** What to answer before the recording is asked. @default none */
	readonly rules?: readonly ReplayRule[] | undefined;
	/** `any`: a document is looked up in the whole recorded connection. `recorded`: the nth document gets the nth answers, whatever it is. @default "any" */
	readonly order?: "any" | "recorded" | undefined;
	/** Whether a document without a match ends its connection, and clients are refused when all recorded connections were played. @default false */
	readonly strict?: boolean | undefined;
	/** Whether the recorded connections begin again in their order when all were played. @default false: a client gets the one that its first document fits best */
	readonly loop?: boolean | undefined;
	/** Called with what happens: connections, documents with other values, documents without a match. */
	readonly onEvent?: ((event: ReplayEvent) => void) | undefined;
}

/** What a replayed server has seen. */
export interface ReplayServerReport {
	/** Connections of clients. */
	readonly connections: number;
	/** Documents that matched a recorded one, or a rule. */
	readonly matched: number;
	/** Documents that matched nothing. */
	readonly unmatched: number;
	/** The first 100 of them. */
	readonly problems: readonly RequestUnmatched[];
	/** Clients that were refused (`strict`). */
	readonly refused: number;
}
