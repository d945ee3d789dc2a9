// Answers the WebSocket upgrades that a proxy passes on: after the target has answered its own, with the sub-protocol that the target chose.
// It reads no HTTP; the caller has parsed the request.

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { WebSocketMessages } from "./websocket-messages.ts";

/** What the answer to an upgrade needs of its request. */
export interface UpgradeRequest {
	readonly method: string;
	readonly url: string;
	/** By their names in small letters. */
	readonly headers: Readonly<Record<string, string>>;
}

/** Answers the upgrade requests that a proxy passes on. */
export class MessageAcceptor {
	readonly #server: WebSocketServer;
	#refusal: string | undefined = undefined;
	#protocol = "";

	/** @param maxMessageBytes the longest message that a client can send. */
	constructor(maxMessageBytes: number) {
		this.#server = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: false,
			autoPong: false,
			maxPayload: maxMessageBytes,
			// A proxy passes on what came, valid or not.
			skipUTF8Validation: true,
			handleProtocols: () => this.#protocol || false,
		});
		this.#server.on("wsClientError", (error) => {
			this.#refusal = error.message;
		});
	}

	/**
	 * Completes the handshake.
	 *
	 * @param head what came behind the request.
	 * @param protocol the sub-protocol to confirm; empty: none.
	 * @returns the WebSocket, or in words why the request is not a valid handshake. The caller then answers it and closes the socket.
	 * Undefined: the client has closed the connection meanwhile.
	 */
	accept(
		request: UpgradeRequest,
		socket: Duplex,
		head: Uint8Array,
		protocol: string,
	): WebSocketMessages | string | undefined {
		this.#refusal = undefined;
		this.#protocol = protocol;
		let accepted: WebSocketMessages | undefined;
		const { method, url } = request;
		const headers: IncomingHttpHeaders = { ...request.headers };
		// `ws` reads these three of a request, and calls back before `handleUpgrade` returns.
		const asked = { method, url, headers } as IncomingMessage;
		this.#server.handleUpgrade(asked, socket, Buffer.from(head), (webSocket) => {
			accepted = new WebSocketMessages(webSocket);
		});
		return accepted ?? this.#refusal;
	}
}
