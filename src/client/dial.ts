// What the client needs from its host: a way to connect, the time, and little more. src/index.ts provides Node's, src/browser/
// the page's. The client itself knows no socket.

import type { Clock, Transport } from "../link/index.ts";
import type { TextCodec } from "../wire/index.ts";
import type { Target } from "./address.ts";
import type { Streams } from "./streams.ts";

/** Options of one attempt to connect. */
export interface DialOptions {
	/** How long the connection and its TLS or WebSocket handshake may take, in milliseconds. */
	readonly timeoutMs: number;
	/** Ends the attempt. */
	readonly signal?: AbortSignal | undefined;
	/** Accept any TLS certificate. Default false. Without effect in a page. */
	readonly insecure?: boolean | undefined;
	/** Certificate authorities, PEM. Default: those of the host. Without effect in a page. */
	readonly ca?: string | undefined;
	/** The Origin header of a WebSocket. Default: none. Without effect in a page. */
	readonly origin?: string | undefined;
	/** Further headers of a WebSocket's request. Default: none. Without effect in a page. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** The sub-protocol of a WebSocket; each document then travels as a text message. Default: none, and binary messages. */
	readonly webSocketProtocol?: string | undefined;
}

/**
 * Opens a connection. The caller starts the transport in the same turn of the event loop in which the promise settles.
 *
 * Rejects with XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or XMLSOCKET_ABORTED.
 */
export type Dial = (target: Target, options: DialOptions) => Promise<Transport>;

/** The host of a client: Node, a page, or a test. */
export interface ClientHost {
	readonly dial: Dial;
	readonly clock: Clock;
	/** As `clock.delay`, but it keeps the process alive: a client that waits to reconnect is not done. */
	readonly wait: (delayMs: number, run: () => void) => () => void;
	/** A number from 0 up to, but not including, 1. */
	readonly random: () => number;
	/** Receives what a handler of the program threw, and why a limit ended an `XMLSocket`, which has no error event. */
	readonly report: (error: unknown) => void;
	/** Default: UTF-8 by `TextDecoder`. */
	readonly codec?: TextCodec | undefined;
	/** XML streams: `xmlStreams`. Without them `connect()` refuses the option `stream`. */
	readonly streams?: Streams | undefined;
	/** What `XMLSocket.connect(null, port)` connects to. */
	readonly localHost: string;
}
