// Outgoing connections over TCP and TLS, with one deadline over name look-up and handshake. `dial.ts` adds WebSockets to them; who
// needs none loads this file alone.

import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { XMLSocketError } from "../errors/index.ts";
import { onAbort, type Transport } from "../link/index.ts";
import { lookupWithLoopback } from "./loopback.ts";
import { SocketTransport } from "./socket.ts";
import { traced } from "./traced.ts";

/** Where to: what an address of the command line or of `connect()` says. */
export interface DialTarget {
	readonly protocol: "xmlsocket" | "xmlsockets" | "ws" | "wss";
	readonly host: string;
	readonly port: number;
	/** Path and query of a WebSocket, with its leading slash. */
	readonly path?: string;
}

/** How. */
export interface DialOptions {
	/** Until the connection, and its TLS or WebSocket handshake, is complete. */
	readonly timeoutMs: number;
	readonly signal?: AbortSignal | undefined;
	/** Accept any certificate. Default false. */
	readonly insecure?: boolean | undefined;
	/** Certificate authorities, PEM. Default: those of Node. */
	readonly ca?: string | undefined;
	/** The Origin header of a WebSocket. Default: none. */
	readonly origin?: string | undefined;
	/** Further headers of a WebSocket's request. Default: none. */
	readonly headers?: Readonly<Record<string, string>> | undefined;
	/** The sub-protocol of a WebSocket; each document then travels as a text message. Default: none, and binary messages. */
	readonly webSocketProtocol?: string | undefined;
}

/** Opens a connection of `xmlsocket` or `xmlsockets`. Rejects as `dial` does. */
export function dialSocket(target: DialTarget, options: DialOptions): Promise<Transport> {
	return attempt(target, options, async () =>
		traced(await (target.protocol === "xmlsockets" ? openTls(target, options) : openTcp(target, options)), "connected"),
	);
}

/** Runs `open`, unless the attempt has been aborted, and says in our words why it failed. */
export async function attempt<Connection>(
	target: DialTarget,
	options: Pick<DialOptions, "timeoutMs" | "signal">,
	open: (where: string) => Promise<Connection>,
): Promise<Connection> {
	const { signal } = options;
	const where = `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
	const aborted = (): XMLSocketError =>
		new XMLSocketError("XMLSOCKET_ABORTED", `The attempt to connect to ${where} was aborted.`, {
			cause: signal?.reason,
		});
	if (signal?.aborted) throw aborted();
	try {
		return await open(where);
	} catch (error) {
		if (signal?.aborted) throw aborted();
		const cause = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
		const message = cause instanceof Error ? cause.message : String(cause);
		if (error instanceof TimedOut || /timed out|ETIMEDOUT/.test(message)) {
			throw new XMLSocketError(
				"XMLSOCKET_CONNECT_TIMEOUT",
				`No connection to ${where} within ${options.timeoutMs} ms.`,
				{ cause },
			);
		}
		throw new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `No connection to ${where}: ${message}.`, { cause });
	}
}

class TimedOut extends Error {}

function openTcp(target: DialTarget, options: DialOptions): Promise<Transport> {
	return opened(
		connectTcp({
			host: target.host,
			port: target.port,
			allowHalfOpen: true,
			autoSelectFamily: true,
			lookup: lookupWithLoopback,
		}),
		"tcp",
		options,
	);
}

function openTls(target: DialTarget, options: DialOptions): Promise<Transport> {
	const isName = !/^[\d.]+$|:/.test(target.host);
	return opened(
		connectTls({
			host: target.host,
			port: target.port,
			allowHalfOpen: true,
			lookup: lookupWithLoopback,
			minVersion: "TLSv1.2",
			rejectUnauthorized: !options.insecure,
			...(isName ? { servername: target.host } : {}),
			...(options.ca === undefined ? {} : { ca: options.ca }),
		} as ConnectionOptions), // the type lacks allowHalfOpen, which tls.connect hands to its socket
		"tls",
		options,
	);
}

function opened(socket: Socket, kind: "tcp" | "tls", options: DialOptions): Promise<Transport> {
	const event = kind === "tcp" ? "connect" : "secureConnect";
	return new Promise((resolve, reject) => {
		let offAbort = (): void => {};
		const settle = (): void => {
			clearTimeout(timer);
			offAbort();
			socket.off("error", failed);
			socket.off(event, connected);
		};
		const failed = (error: Error): void => {
			settle();
			socket.on("error", () => {});
			socket.destroy();
			reject(error);
		};
		const connected = (): void => {
			settle();
			socket.pause();
			socket.setNoDelay(true);
			resolve(new SocketTransport(socket, kind));
		};
		const abort = (): void => failed(new Error("aborted"));
		const timer = setTimeout(() => failed(new TimedOut("timed out")), options.timeoutMs);
		offAbort = onAbort(options.signal, abort);
		socket.once("error", failed);
		socket.once(event, connected);
	});
}
