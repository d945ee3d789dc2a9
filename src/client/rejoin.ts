// What `onReconnected` gets: the way past the queue of a connection that is being made again. Types only.

import type { ReceivedDocument, Sendable } from "../connection/index.ts";
import type { RequestOptions } from "./requests.ts";
import type { StartTlsOptions } from "./start-tls.ts";

/** The argument of `onReconnected`: what it sends leaves before the documents that wait. */
export interface Rejoin {
	/** As `connection.send`, at once. */
	send(document: Sendable): void;
	/** As `connection.request`, at once. */
	request(document: Sendable, options?: RequestOptions): Promise<ReceivedDocument>;
	/** As `connection.startTls`. */
	startTls(options?: StartTlsOptions): Promise<void>;
}
