// The client's end of an accepted connection until the target is connected: recognises what the client uses, and gives the connection to
// the inspector as a byte stream, a request for a WebSocket, or a request for a policy file.

import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { accept, SocketTransport } from "../../transport/index.ts";
import { isPolicyRequest } from "../../wire/index.ts";
import { readRequestStart, type UpgradeHead } from "./http-head.ts";
import { StreamSide } from "./side.ts";

/** What a client uses. */
export type Client =
	| {
			readonly kind: "stream";
			readonly side: StreamSide;
			/** Whether its bytes are a TLS handshake that was not unwrapped, because there is no certificate. */
			readonly isOpaqueTls: boolean;
			/** Whether it sent an HTTP request that is not for a WebSocket. */
			readonly isHttp: boolean;
	  }
	| { readonly kind: "websocket"; readonly request: UpgradeHead; readonly socket: Socket }
	| { readonly kind: "policy"; readonly socket: Socket; readonly request: Uint8Array };

/** How to look at a client. */
export interface FrontOptions {
	/** Undefined: TLS is not unwrapped. */
	readonly secureContext: (() => SecureContext | undefined) | undefined;
	/** Whether requests for a policy file are separated from the streams. */
	readonly separatesPolicy: boolean;
}

/** A server that sends first waits so long for a client that sends nothing. */
const SILENT_MS = 250;
const BEGUN_MS = 1000;
const HANDSHAKE_MS = 10_000;

/**
 * Recognises a client.
 *
 * @param done called once.
 * @param failed called instead, if the connection closed before; the socket is destroyed. @param during `tls`: the handshake failed.
 */
export function recogniseClient(
	socket: Socket,
	options: FrontOptions,
	done: (client: Client) => void,
	failed: (error: Error | undefined, during: "connection" | "tls") => void,
): void {
	const stream = (from: Socket, secure: boolean, seen: Uint8Array | undefined, isOpaqueTls = false, isHttp = false) =>
		done({
			kind: "stream",
			side: new StreamSide(new SocketTransport(from, secure ? "tls" : "tcp"), seen),
			isOpaqueTls,
			isHttp,
		});
	accept(socket, {
		firstBytesTimeoutMs: SILENT_MS,
		begunTimeoutMs: BEGUN_MS,
		tlsTimeoutMs: HANDSHAKE_MS,
		secureContext: options.secureContext,
		withoutHttp: true,
		ended: (from, seen, secure) => {
			const request = withoutZero(seen);
			if (options.separatesPolicy && isPolicyRequest(Buffer.from(request).toString("latin1")))
				done({ kind: "policy", socket: from, request });
			else stream(from, secure, seen);
		},
		accepted: (from, kind, secure) => {
			if (kind === "policy" && options.separatesPolicy)
				done({ kind: "policy", socket: from, request: withoutZero((from.read() as Buffer | null) ?? Buffer.alloc(0)) });
			else if (kind === "http") {
				readRequestStart(from, HANDSHAKE_MS, (start) => {
					if (!start) failed(undefined, "connection");
					else if (start.upgrade) done({ kind: "websocket", request: start.upgrade, socket: from });
					else stream(from, secure, start.seen, false, true);
				});
			} else stream(from, secure, undefined, kind === "tls");
		},
		failed: (error, during) => failed(error, during === "tls" ? "tls" : "connection"),
	});
}

function withoutZero(bytes: Uint8Array): Uint8Array {
	return bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
}
