// Recognises the protocol of an accepted connection: waits a bounded time for its first bytes, and leaves them in the socket for
// its next owner. TLS is unwrapped here, and the bytes inside are recognised in turn. A PROXY protocol header before all that is
// read where the caller trusts its sender.

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { isPolicyRequest, type Recognised, readProxyHeader, recognise, recogniseWithoutHttp } from "../wire/index.ts";
import { deadline } from "./deadline.ts";

/** The protocol of an accepted connection; `silent` where its first bytes did not show it in time. */
export type AcceptedKind = Exclude<Recognised, "more"> | "silent";

/** What was under way when a connection failed. */
export type AcceptStage = "connection" | "proxy-header" | "tls";

/** How to look. */
export interface AcceptOptions {
	/** Milliseconds to wait for a client that sends nothing, and for the zero byte of a policy request that lacks it. */
	readonly firstBytesTimeoutMs: number;
	/** Milliseconds that a client may take from its first byte until its protocol can be recognised. */
	readonly begunTimeoutMs: number;
	/** Milliseconds that a TLS handshake may take. */
	readonly tlsTimeoutMs: number;
	/** The certificate; read for every handshake, so that it can change. Absent: TLS is not unwrapped. */
	readonly secureContext?: (() => SecureContext | undefined) | undefined;
	/** Whether a PROXY protocol header may come first: only where the other side is a trusted proxy. */
	readonly proxyHeader?: boolean | undefined;
	/** Whether documents may begin with a method and a path, so that HTTP is recognised only by a whole request line. Default: false. */
	readonly withoutHttp?: boolean;
	/**
	 * Called with the client's address where a proxy's header names one, before the other callbacks. Where it returns false, the
	 * connection is closed and no other callback follows.
	 */
	proxied?(address: string): boolean;
	/** Called before `accepted` where a PROXY protocol header came first and `proxyHeader` is not set. It is part of the first document then. */
	proxyHeaderIgnored?(): void;
	/**
	 * Called with what was recognised. The bytes read so far are in the socket again, and it is paused.
	 *
	 * @param begunMs the time of the first of them, monotonic milliseconds: the time limit of a first document counts from there.
	 * Undefined where there are none, or only zero bytes and white space.
	 */
	accepted(socket: Socket, kind: AcceptedKind, secure: boolean, begunMs: number | undefined): void;
	/**
	 * Called instead of the other two where the client ended its direction before its protocol was known. Default: the connection is
	 * closed, unless the client requested a policy file.
	 *
	 * @param seen what it sent, which cannot be put back.
	 */
	ended?(socket: Socket, seen: Uint8Array, secure: boolean): void;
	/**
	 * The connection closed before its protocol was known. Called once, instead of `accepted`.
	 *
	 * @param error undefined where the client closed it in order.
	 * @param during what failed: the connection itself, the PROXY protocol header or the TLS handshake.
	 */
	failed(error: Error | undefined, during: AcceptStage): void;
}

/** Recognises the protocol of `socket`. */
export function accept(socket: Socket, options: AcceptOptions): void {
	if (options.proxyHeader) unwrapProxied(socket, options);
	else look(socket, false, options);
}

// A proxy sends its header at once or not at all, so a silent connection is treated as one without a header.
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
		// The next owner would not get the end of the stream again, so the connection ends here.
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
	let begunMs: number | undefined;
	let late = false;
	let asked = false;
	// Some old clients omit the zero byte and wait.
	const asksForPolicy = (): boolean => seen !== undefined && isPolicyRequest(seen.toString("latin1"));
	const timedOut = (): void => {
		if (asksForPolicy()) decide("policy");
		else if (late || begunMs === undefined) decide("silent");
		else {
			// A client that has begun to send does not wait for a greeting: its next bytes are only slow.
			late = true;
			cancel = deadline(Math.max(0, options.begunTimeoutMs - (performance.now() - begunMs)), timedOut);
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
		if (seen && kind === "document" && !options.proxyHeader && readProxyHeader(seen).kind === "header")
			options.proxyHeaderIgnored?.();
		// After the client's end nothing can be put back, and only a policy request has come this far then.
		if (seen && !socket.readableEnded) socket.unshift(seen);
		if (kind === "tls" && !secure && options.secureContext) unwrap(socket, options.secureContext(), options);
		else options.accepted(socket, kind, secure, begunMs);
	};
	const onData = (chunk: Buffer): void => {
		seen = seen ? Buffer.concat([seen, chunk]) : chunk;
		if (begunMs === undefined && chunk.some(isSignificant)) begunMs = performance.now();
		const kind = options.withoutHttp ? recogniseWithoutHttp(seen) : recognise(seen);
		if (kind !== "more") decide(kind);
		else if (!asked && asksForPolicy()) {
			// Once: white space behind it may come a byte at a time.
			asked = true;
			cancel();
			cancel = deadline(options.firstBytesTimeoutMs, timedOut);
		}
	};
	const onEnd = (): void => {
		if (options.ended) {
			stop();
			options.ended(socket, seen ?? new Uint8Array(0), secure);
			return;
		}
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

// Zero bytes and white space show no protocol: old players send them before they wait.
function isSignificant(byte: number): boolean {
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
