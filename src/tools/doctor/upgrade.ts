// One attempt to open a WebSocket as Ruffle does in a page of a given origin, and everything that can come of it. Nothing that a server does
// makes it throw.

import { openRaw, RawConnection, type RawFailure } from "../../transport/index.ts";
import { type HandshakeAnswer, handshakeRequest, looksLikeHttp, readAnswer } from "./handshake.ts";
import type { Endpoint } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { type Wire, webSocketWire } from "./wire.ts";

/** What came of an attempt. */
export type Upgrade =
	| { readonly kind: "open"; readonly wire: Wire; readonly tookMs: number }
	/** A status other than 101. `body` has up to 2,000 bytes. */
	| { readonly kind: "refused"; readonly answer: HandshakeAnswer; readonly body: string; readonly tookMs: number }
	/** Status 101, but with headers that a browser refuses. */
	| { readonly kind: "invalid"; readonly why: string }
	| { readonly kind: "not-http"; readonly received: Buffer }
	| { readonly kind: "silent"; readonly tookMs: number }
	| { readonly kind: "closed"; readonly error: string | undefined }
	| { readonly kind: "unreachable"; readonly failure: RawFailure };

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 2000;
const BODY_WAIT_MS = 300;

/** Tries once. @param origin the header Origin; undefined: none, as programs that are not browsers do */
export async function tryUpgrade(
	url: URL,
	{ address, port }: Endpoint,
	origin: string | undefined,
	{ timeoutMs, signal }: Settings,
): Promise<Upgrade> {
	const tls = url.protocol === "wss:" ? { name: bareHost(url) } : undefined;
	const connection = await openRaw({ address, port, timeoutMs, signal, tls });
	if (!(connection instanceof RawConnection)) return { kind: "unreachable", failure: connection };
	const begunMs = performance.now();
	const request = handshakeRequest(url, origin);
	const settle = <T extends Upgrade>(upgrade: T): T => {
		connection.destroy();
		return upgrade;
	};
	await connection.send(request.bytes);
	await connection.until(
		(received) =>
			readAnswer(received, "") !== undefined ||
			(received.length > 0 && !looksLikeHttp(received)) ||
			received.length > MAX_HEAD_BYTES,
		timeoutMs,
		signal,
	);
	const tookMs = performance.now() - begunMs;
	const { received } = connection;
	if (received.length === 0)
		return settle(connection.ended ? { kind: "closed", error: connection.error } : { kind: "silent", tookMs });
	const answer = looksLikeHttp(received) ? readAnswer(received, request.accept) : undefined;
	if (!answer) return settle({ kind: "not-http", received });
	if (answer.invalid !== undefined) return settle({ kind: "invalid", why: answer.invalid });
	if (answer.status === 101) return { kind: "open", wire: webSocketWire(connection, answer.headBytes), tookMs };
	const length = Math.min(Number(answer.headers.get("content-length") ?? MAX_BODY_BYTES) || 0, MAX_BODY_BYTES);
	await connection.until((all) => all.length >= answer.headBytes + length, BODY_WAIT_MS, signal);
	const body = connection.received.toString("utf8", answer.headBytes, answer.headBytes + MAX_BODY_BYTES);
	return settle({ kind: "refused", answer, body, tookMs });
}

/** The host of a URL, an IPv6 address without brackets. */
export function bareHost(url: URL): string {
	return url.hostname.replace(/^\[(.*)\]$/, "$1");
}
