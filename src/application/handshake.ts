// What is known about a client when its connection is accepted, besides its address. Facts only; the rules that admit or refuse
// clients are the server's.

/** TLS below a connection. */
export interface TlsFacts {
	/** The version: `TLSv1.3`. */
	readonly protocol: string;
	/** The cipher suite, by its name in OpenSSL: `TLS_AES_256_GCM_SHA384`. */
	readonly cipher: string;
	/** The host name that the client asked for (SNI); undefined where it sent none. */
	readonly serverName: string | undefined;
}

/** How a client connected. */
export interface Handshake {
	/**
	 * The header fields of the request that opened the WebSocket, by name in lower case: `user-agent`, `origin`, `cookie`. Empty for
	 * every other connection. The client chose them, so check them before use.
	 */
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	/** The path and query of that request: `/socket?room=lobby`; undefined for every other connection. */
	readonly url: string | undefined;
	/** The header field `user-agent`. */
	readonly userAgent: string | undefined;
	/** The header field `origin`: the site of the page that connects. */
	readonly origin: string | undefined;
	/** TLS that ends at this server; undefined without it, and where a proxy ends it. */
	readonly tls: TlsFacts | undefined;
}

/** The handshake of a connection that has none: plain TCP, or a pair in memory. */
export const NO_HANDSHAKE: Handshake = Object.freeze({
	headers: Object.freeze({}),
	url: undefined,
	userAgent: undefined,
	origin: undefined,
	tls: undefined,
});
