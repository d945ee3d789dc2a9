// The first moments of an accepted connection: waits a bounded time for its first bytes, tells what protocol they are, and
// leaves them in the socket for whoever takes it over. TLS is unwrapped here and looked into again.

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { isPolicyRequest, type Recognised, recognise } from "../wire/index.ts";

/** What an accepted connection turned out to be; `silent` when nothing told it in time. */
export type AcceptedKind = Exclude<Recognised, "more"> | "silent";

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
	/** Called with what was recognised. The bytes read so far are in the socket again, and it is paused. */
	accepted(socket: Socket, kind: AcceptedKind, secure: boolean): void;
	/** The connection ended, or its TLS handshake failed, before it was anything. */
	failed(error: Error | undefined): void;
}

/** Recognises what speaks on `socket`. */
export function accept(socket: Socket, options: AcceptOptions): void {
	look(socket, false, options);
}

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
			timer = setTimeout(timedOut, options.begunTimeoutMs);
		}
	};
	let timer = setTimeout(timedOut, options.firstBytesTimeoutMs);
	const stop = (): void => {
		clearTimeout(timer);
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
			clearTimeout(timer);
			timer = setTimeout(timedOut, options.firstBytesTimeoutMs);
		}
	};
	const onEnd = (): void => {
		if (asksForPolicy()) {
			decide("policy");
			return;
		}
		stop();
		socket.destroy();
		options.failed(undefined);
	};
	const onError = (error: Error): void => {
		stop();
		socket.on("error", () => {});
		socket.destroy();
		options.failed(error);
	};
	const onClose = (): void => {
		stop();
		options.failed(undefined);
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
	if (!secureContext) {
		socket.destroy();
		options.failed(new Error("no certificate"));
		return;
	}
	const secured = new TLSSocket(socket, { isServer: true, secureContext, allowHalfOpen: true } as ConstructorParameters<
		typeof TLSSocket
	>[1]);
	const stop = (): void => {
		clearTimeout(timer);
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
		options.failed(error);
	};
	const gone = (): void => {
		stop();
		options.failed(undefined);
	};
	const ended = (): void => failed(new Error("the connection ended within the TLS handshake"));
	const done = (): void => {
		stop();
		secured.setNoDelay(true);
		look(secured, true, options);
	};
	const timer = setTimeout(
		() => failed(new Error(`no TLS handshake within ${options.tlsTimeoutMs} ms`)),
		options.tlsTimeoutMs,
	);
	socket.on("error", () => {});
	secured.on("error", failed);
	secured.on("close", gone);
	secured.on("end", ended);
	secured.on("secure", done);
}
