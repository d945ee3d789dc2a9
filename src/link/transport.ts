// The interface between links and sockets. TCP, TLS, WebSocket and memory implement it in `transport/`, the page's WebSocket in
// `browser/`. A transport carries bytes and knows no documents.

/** The one listener of a transport. It is not called before `start` or after `close`. */
export interface TransportEvents {
	/** Bytes arrived. The listener must copy what it keeps: the chunk may be part of a larger buffer. */
	bytes(chunk: Uint8Array): void;
	/** The other side sends no more; it still receives what is written. */
	end(): void;
	/** A `write` had returned false, and there is room again. */
	drain(): void;
	/** The other side answered a ping. */
	pong(): void;
	/** The connection is gone. Once, and last. `error` where it broke. */
	close(error: Error | undefined): void;
}

/** How to establish TLS on an open connection. */
export interface SecureOptions {
	/** The name or address that the certificate must contain. */
	readonly serverName: string;
	/** Until the handshake is complete. */
	readonly timeoutMs: number;
	/** Accept any certificate. Default false. */
	readonly insecure?: boolean | undefined;
	/** Certificate authorities, PEM. Default: those of the host. */
	readonly ca?: string | undefined;
}

/** One full-duplex connection. */
export interface Transport {
	readonly kind: "tcp" | "tls" | "websocket" | "memory";
	/** The other side's address as text, for logs: `127.0.0.1`, `::1`, or a URL. */
	readonly remoteAddress: string;
	/** Whether `write` also accepts parts of long documents, so that progress of the reader is visible early. Default false. */
	readonly isStream?: boolean;
	/** Bytes written that have not left this process yet. */
	readonly bufferedBytes: number;
	/** Bytes received since the connection began, as the host counts them. Absent: it does not. */
	readonly receivedBytes?: number;
	/** Bytes received of a message that is not complete yet, where the transport has messages. Default 0. */
	readonly unfinishedBytes?: number;
	/** The time of that message's first byte, monotonic milliseconds; undefined while there is none. */
	readonly unfinishedSinceMs?: number | undefined;
	/** The time of the connection's first byte, where that came before `start`, monotonic milliseconds. Default: none came. */
	readonly begunMs?: number | undefined;
	/** Begins delivery. Once. */
	start(events: TransportEvents): void;
	/**
	 * Sends bytes; one call may contain several documents. A document is split only if `isStream` is true. The caller does not
	 * change the array afterwards.
	 * @returns false when no more should be written until `drain`.
	 */
	write(bytes: Uint8Array): boolean;
	/**
	 * As `write`, for whole documents as text, which leaves as UTF-8; `bufferedBytes` counts its characters. Absent: there is no faster
	 * way than `write`.
	 */
	writeText?(text: string): boolean;
	/** Sends what was written, then ends this direction. Receiving continues. */
	end(): void;
	/** Closes the connection at once and discards what waits in it. `close` follows, with `error`. */
	destroy(error?: Error): void;
	/** As `destroy`, and the other side sees that the connection broke, where the protocol can show that. Absent: it cannot. */
	reset?(): void;
	/** Stops the delivery of bytes; what has been read already may still arrive. */
	pause(): void;
	resume(): void;
	/** Sends a ping of the protocol below the documents; `pong` follows. Absent if the protocol has none. */
	ping?(): void;
	/**
	 * Establishes TLS on the connection, which is paused and has nothing left to write; it stays paused. Rejects if the
	 * handshake fails or the certificate is not accepted; do not write then. Absent if the transport cannot have TLS.
	 */
	secure?(options: SecureOptions): Promise<void>;
}
