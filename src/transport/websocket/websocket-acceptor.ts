// Answers the upgrade requests of WebSocket clients (RFC 6455, 4.2) with the bounds of a server. Who may connect is decided before.
// It confirms no sub-protocol but `binary`, as Flash content in Ruffle offers none.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Conversion, type WebSocketFrames, WebSocketTransport } from "./websocket-transport.ts";

/** What a server accepts on its WebSocket path. */
export interface WebSocketAcceptOptions {
	/** The longest message, in bytes. A message may hold many documents, or a part of one. */
	readonly maxMessageBytes: number;
	/** The most frames of one message. Default 64. */
	readonly maxFragments?: number;
	/** The most received chunks that wait for the rest of a frame. Default 1024. */
	readonly maxBufferedChunks?: number;
	/** Changes each piece that is written, which is whole documents. Default: not at all. */
	readonly convert?: Conversion | undefined;
}

/** Answers WebSocket upgrade requests. */
export class WebSocketAcceptor {
	readonly #server: WebSocketServer;
	readonly #convert: Conversion | undefined;
	/** Why `ws` refused the request that it is looking at. */
	#refusal: string | undefined = undefined;

	constructor(options: WebSocketAcceptOptions) {
		this.#convert = options.convert;
		this.#server = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: false,
			autoPong: false,
			maxPayload: options.maxMessageBytes,
			// Tiny fragments cost far more memory than the bytes they carry; these two bound the overhead.
			...{ maxFragments: options.maxFragments ?? 64, maxBufferedChunks: options.maxBufferedChunks ?? 1024 },
			skipUTF8Validation: false,
			// Sub-protocols name what the bytes mean (`base64`, `xmpp`). This side sends and reads plain bytes: it confirms `binary` or none.
			handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
		});
		// With a listener `ws` leaves the answer, and with it the end of the connection, to us.
		this.#server.on("wsClientError", (error) => {
			this.#refusal = error.message;
		});
	}

	/**
	 * Completes the handshake and hands over the connection as a Transport.
	 *
	 * @param refused called instead of `accepted` where the request is not a valid WebSocket handshake; the caller answers it and
	 * closes the socket.
	 */
	accept(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
		remoteAddress: string,
		frames: WebSocketFrames,
		accepted: (transport: WebSocketTransport) => void,
		refused: (reason: string) => void,
	): void {
		this.#refusal = undefined;
		// `ws` calls back before `handleUpgrade` returns.
		this.#server.handleUpgrade(request, socket, head, (webSocket) => {
			accepted(new WebSocketTransport(webSocket, remoteAddress, frames, socket, this.#convert));
		});
		if (this.#refusal !== undefined) refused(this.#refusal);
	}
}
