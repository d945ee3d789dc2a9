// The first moments of an accepted connection: waits a bounded time for its first bytes, tells what protocol they are, and
// leaves them in the socket for whoever takes it over. TLS is unwrapped here and looked into again. A proxy's header before
// all that is read where the caller believes its sender.

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { isPolicyRequest, type Recognised, readProxyHeader, recognise } from "../wire/index.ts";
import { deadline } from "./deadline.ts";

/** What an accepted connection turned out to be; `silent` when nothing told it in time. */
export type AcceptedKind = Exclude<Recognised, "more"> | "silent";

/** What was under way when a connection failed. */
export type AcceptStage = "connection" | "proxy-header" | "tls";

/** How to look. */
export interface AcceptOptions {
	/** How long to wait for a client that says nothing, and for the zero byte of a policy request that lacks it. */
	readonly firstBytesTimeoutMs: number;
	/** How long a client that has begun to speak may take until its protocol can be told. */
	readonly begunTimeoutMs: number;
	/** How long a TLS handshake may take. */
	readonly tlsTimeoutMs: number;
	/** The certificate; read for every handshake, so that it can change. Absent: TLS is not unwrapped. */
	readonly secureContext?: (() => SecureContext | undefined) | undefined;
	/** Whether a PROXY protocol header may come first: only where the other side is a proxy that is believed. */
	readonly proxyHeader?: boolean | undefined;
	/**
	 * Told the client's address where a proxy's header names one, before anything else; what it returns false for is dropped
	 * without a further word.
	 */
	proxied?(address: string): boolean;
	/** Called with what was recognised. The bytes read so far are in the socket again, and it is paused. */
	accepted(socket: Socket, kind: AcceptedKind, secure: boolean): void;
	/**
	 * The connection closed before its protocol was known. Called once, instead of `accepted`.
	 *
	 * @param error undefined where the client closed it in order.
	 * @param during what failed: the connection itself, the PROXY protocol header or the TLS handshake.
	 */
	failed(error: Error | undefined, during: AcceptStage): void;
}

/** Recognises what speaks on `socket`. */
export function accept(socket: Socket, options: AcceptOptions): void {
	if (options.proxyHeader) unwrapProxied(socket, options);
	else look(socket, false, options);
}

// A header is there at once, or never: whoever says nothing is looked at as if there were none.
function unwrapProxied(socket: Socket, options: AcceptOptions): void {
	let seen: Buffer | undefined;
	const cancel = deadline(options.firstBytesTimeoutMs, () => (seen ? failed(UNFINISHED) : plain()));
	const stop = (): void => {
		cancel();
		socket.off("data", onData);
		socket.off("end", onEnd);
		socket.off("error", onError);
		socket.off("close", onClose);
	};
	const plain = (): void => {
		stop();
		socket.pause();
		if (seen && seen.length > 0) socket.unshift(seen);
		look(socket, false, options);
		socket.resume();
	};
	const failed = (error: Error, during: AcceptStage = "proxy-header"): void => {
		stop();
		socket.on("error", () => {});
		socket.destroy();
		options.failed(error, during);
	};
	const onError = (error: Error): void => failed(error, "connection");
	const onData = (chunk: Buffer): void => {
		seen = seen ? Buffer.concat([seen, chunk]) : chunk;
		const header = readProxyHeader(seen);
		if (header.kind === "none") plain();
		else if (header.kind === "invalid") failed(new Error("a proxy sent a broken PROXY protocol header"));
		else if (header.kind === "header") {
			if (header.address !== undefined && options.proxied?.(header.address) === false) {
				stop();
				socket.on("error", () => {});
				socket.destroy();
				return;
			}
			seen = seen.subarray(header.length);
			plain();
		}
	};
	const onEnd = (): void => {
		// The end of the stream is not said twice, so what was sent before it is looked at no further.
		stop();
		socket.on("error", () => {});
		socket.destroy();
		options.failed(undefined, "connection");
	};
	const onClose = (): void => {
		stop();
		options.failed(undefined, "connection");
	};
	socket.on("data", onData);
	socket.on("end", onEnd);
	socket.on("error", onError);
	socket.on("close", onClose);
}

const UNFINISHED: Error = new Error("a proxy did not finish its PROXY protocol header in time");

function look(socket: Socket, secure: boolean, options: AcceptOptions): void {
	let seen: Buffer | undefined;
	let late = false;
	// Some old clients leave the zero byte away and wait.
	const asksForPolicy = (): boolean => seen !== undefined && isPolicyRequest(seen.toString("latin1"));
	const timedOut = (): void => {
		if (asksForPolicy()) decide("policy");
		else if (late || !seen?.some(tellsSomething)) decide("silent");
		else {
			// Who has begun to speak does not wait for the server to do so: its next bytes are only slow.
			late = true;
			cancel = deadline(options.begunTimeoutMs, timedOut);
		}
	};
	let cancel = deadline(options.firstBytesTimeoutMs, timedOut);
	const stop = (): void => {
		cancel();
		socket.off("data", onData);
		socket.off("end", onEnd);
		socket.off("error", onError);
		socket.off("close", onClose);
	};
	const decide = (kind: AcceptedKind): void => {
		stop();
		socket.pause();
		// After the client's end nothing can be put back, and only a policy request has come this far then.
		if (seen && !socket.readableEnded) socket.unshift(seen);
		if (kind === "tls" && !secure && options.secureContext) unwrap(socket, options.secureContext(), options);
		else options.accepted(socket, kind, secure);
	};
	const onData = (chunk: Buffer): void => {
		seen = seen ? Buffer.concat([seen, chunk]) : chunk;
		const kind = recognise(seen);
		if (kind !== "more") decide(kind);
		else if (asksForPolicy()) {
			cancel();
			cancel = deadline(options.firstBytesTimeoutMs, timedOut);
		}
	};
	const onEnd = (): void => {
		if (asksForPolicy()) {
			decide("policy");
			return;
		}
		stop();
		socket.destroy();
		options.failed(undefined, "connection");
	};
	const onError = (error: Error): void => {
		stop();
		socket.on("error", () => {});
		socket.destroy();
		options.failed(error, "connection");
	};
	const onClose = (): void => {
		stop();
		options.failed(undefined, "connection");
	};
	socket.on("data", onData);
	socket.on("end", onEnd);
	socket.on("error", onError);
	socket.on("close", onClose);
}

// Zero bytes and white space tell nothing: old players send them before they wait.
function tellsSomething(byte: number): boolean {
	return byte !== 0 && byte !== 0x20 && (byte < 9 || byte > 13);
}

function unwrap(socket: Socket, secureContext: SecureContext | undefined, options: AcceptOptions): void {
	const secured = secureContext && tlsSocket(socket, secureContext);
	if (!secured) {
		socket.on("error", () => {});
		socket.destroy();
		options.failed(new Error("no certificate"), "tls");
		return;
	}
	const stop = (): void => {
		cancel();
		secured.off("error", failed);
		secured.off("close", gone);
		secured.off("end", ended);
		secured.off("secure", done);
	};
	const failed = (error: Error): void => {
		stop();
		secured.on("error", () => {});
		secured.destroy();
		socket.destroy();
		options.failed(error, "tls");
	};
	const gone = (): void => {
		stop();
		options.failed(undefined, "tls");
	};
	const ended = (): void => failed(new Error("the connection ended within the TLS handshake"));
	const done = (): void => {
		stop();
		secured.setNoDelay(true);
		look(secured, true, options);
	};
	const cancel = deadline(options.tlsTimeoutMs, () =>
		failed(new Error(`no TLS handshake within ${options.tlsTimeoutMs} ms`)),
	);
	socket.on("error", () => {});
	secured.on("error", failed);
	secured.on("close", gone);
	secured.on("end", ended);
	secured.on("secure", done);
}

function tlsSocket(socket: Socket, secureContext: SecureContext): TLSSocket {
	// `allowHalfOpen` is passed on to the socket, though the types of TLSSocket do not list it.
	const options = { isServer: true, secureContext, allowHalfOpen: true } as ConstructorParameters<typeof TLSSocket>[1];
	return new TLSSocket(socket, options);
}
