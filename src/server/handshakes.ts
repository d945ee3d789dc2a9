// The handshakes that the port sees: of a TLS connection, and of the request that opened a WebSocket. They read a fact when it is
// asked for, because most applications ask for none.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Handshake, TlsFacts } from "../application/index.ts";

/** The handshake of a connection that is no WebSocket. */
export class SocketHandshake implements Handshake {
	readonly headers = {};
	readonly url = undefined;
	readonly userAgent = undefined;
	readonly origin = undefined;
	readonly #socket: Socket;
	#tls: TlsFacts | undefined = undefined;

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	get tls(): TlsFacts | undefined {
		this.#tls ??= tlsFacts(this.#socket);
		return this.#tls;
	}
}

/** The handshake of a WebSocket. */
export class RequestHandshake implements Handshake {
	readonly headers: IncomingMessage["headers"];
	readonly url: string | undefined;
	readonly #socket: Socket;
	#tls: TlsFacts | undefined = undefined;

	constructor(request: IncomingMessage) {
		this.headers = request.headers;
		this.url = request.url;
		this.#socket = request.socket;
	}

	get userAgent(): string | undefined {
		return this.headers["user-agent"];
	}

	get origin(): string | undefined {
		return this.headers.origin;
	}

	get tls(): TlsFacts | undefined {
		this.#tls ??= tlsFacts(this.#socket);
		return this.#tls;
	}
}

// A socket that has closed has no protocol any more.
function tlsFacts(socket: Socket): TlsFacts | undefined {
	const protocol = socket instanceof TLSSocket ? socket.getProtocol() : null;
	if (!(socket instanceof TLSSocket) || protocol === null) return undefined;
	const { servername } = socket as TLSSocket & { readonly servername?: string | false };
	return { protocol, cipher: socket.getCipher().name, serverName: servername || undefined };
}
