// The options of a replay as the client, and its report. Types alone.

import type { FieldDifference } from "./compare.ts";
import type { ReplayRule } from "./rules.ts";

/** The options of `replayAsClient`. */
export interface ReplayClientOptions {
	/** Factor on the recorded pace: 1 is as recorded, 0 as soon as the answers came. @default 0 */
	readonly speed?: number | undefined;
	/** How long to wait for the recorded answers to what was sent, in milliseconds; less where several in a row did not come. @default 5000 */
	readonly timeoutMs?: number | undefined;
	/** Fields that may differ, by name (attribute, element, JSON key, `%4`) or path. @default none */
	readonly ignore?: readonly string[] | undefined;
	/** Documents of the server that do not count: a filter, as for `inspect --filter`, for example `ping or xt:h`. @default none */
	readonly except?: string | undefined;
	/** Values to set in documents before they are sent, or documents not to send. @default none */
	readonly rules?: readonly ReplayRule[] | undefined;
	/** How long an attempt to connect may take, in milliseconds. @default 20000 */
	readonly connectTimeoutMs?: number | undefined;
	/** Accept any TLS certificate. @default false */
	readonly insecure?: boolean | undefined;
	/** Certificate authorities, PEM. @default those of the host */
	readonly ca?: string | undefined;
	/** The Origin header of a WebSocket. @default none */
	readonly origin?: string | undefined;
	/** Called with each difference, also beyond the 1000 that the report has. */
	readonly onDifference?: ((difference: ReplayDifference) => void) | undefined;
	/** Ends the replay: it rejects with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
}

/** Where a server differs from the recorded one. Documents are cut to 500 characters. */
export interface ReplayDifference {
	/**
	 * `missing`: a recorded answer did not come; `extra`: something came that the recording does not have; `different`: an answer has other
	 * fields or values; `closed`: the server ended the connection, which the recorded one did not at this place; `open`: it did not end it.
	 */
	readonly kind: "missing" | "extra" | "different" | "closed" | "open";
	/** The number of the connection in the recording. */
	readonly connection: number;
	/** How many documents the client had sent on it. */
	readonly after: number;
	readonly recorded?: string;
	readonly live?: string;
	/** Where they differ, at most 100. */
	readonly fields: readonly FieldDifference[];
}

/** The result of a replay. */
export interface ReplayClientReport {
	/** Whether the server answered as in the recording. */
	readonly ok: boolean;
	readonly connections: number;
	/** Documents sent. */
	readonly sent: number;
	/** Documents received. */
	readonly received: number;
	/** Recorded documents of the server. */
	readonly expected: number;
	/** How many differences there are. */
	readonly differing: number;
	/** The first 1000 of them. */
	readonly differences: readonly ReplayDifference[];
	/** Documents that were sent though a mask had hidden values in them: the server may refuse them. Rules can set the values. */
	readonly maskedSent: number;
}
