// What a connection must offer to carry documents: the border between this package and sockets. TCP, TLS, WebSocket and
// memory implement it in `transport/`, the page's WebSocket in `browser/`. It carries bytes and knows no documents.

/** What a transport tells its one listener. No call comes before `start`, none after `close`. */
export interface TransportEvents {
	/** Bytes arrived. The listener must copy what it keeps: the chunk may be part of a larger buffer. */
	bytes(chunk: Uint8Array): void;
	/** The other side will send no more; what is written still reaches it. */
	end(): void;
	/** A `write` had returned false, and there is room again. */
	drain(): void;
	/** The other side answered a ping. */
	pong(): void;
	/** The connection is gone. Once, and last. `error` where it broke. */
	close(error: Error | undefined): void;
}

/** How to put TLS below a connection that stands. */
export interface SecureOptions {
	/** The name, or the address, that the certificate must be made out for. */
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
	/** The other side's address in words, for logs: `127.0.0.1`, `::1`, or a URL. */
	readonly remoteAddress: string;
	/** Whether `write` is also given parts of long documents, so that what the other side has taken shows early. Default false. */
	readonly isStream?: boolean;
	/** Bytes written that have not left this process yet. */
	readonly bufferedBytes: number;
	/** Begins delivery. Once. */
	start(events: TransportEvents): void;
	/**
	 * Hands bytes on; several documents may be in one call. A document is split only where `isStream` is true. The caller does
	 * not change the array afterwards.
	 * @returns false when no more should be written until `drain`.
	 */
	write(bytes: Uint8Array): boolean;
	/** Sends what was written, then tells the other side that no more follows. Receiving goes on. */
	end(): void;
	/** Drops the connection and whatever waits in it. `close` follows, with `error`. */
	destroy(error?: Error): void;
	/** Stops the delivery of bytes; what has been read already may still arrive. */
	pause(): void;
	resume(): void;
	/** Asks the other side for a sign of life below the documents; `pong` follows. Absent where the protocol has none. */
	ping?(): void;
	/**
	 * Puts TLS below the connection, which is paused and has nothing left to write; it stays paused. Rejects where the
	 * handshake fails or the certificate is not accepted; nothing may be written then. Absent where it cannot be done.
	 */
	secure?(options: SecureOptions): Promise<void>;
}
