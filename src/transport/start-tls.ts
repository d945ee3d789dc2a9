// TLS on a TCP connection that already stands, as STARTTLS needs it. Certificates are checked unless the caller says
// otherwise, against the name that the caller gives and not the host that was dialled.

import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { SecureOptions } from "../link/index.ts";

/** Resolves with the socket to use from here on, paused; rejects with Node's error, and the connection is dropped then. */
export function startTls(socket: Socket, options: SecureOptions): Promise<TLSSocket> {
	const { serverName, timeoutMs, insecure, ca } = options;
	const isName = !/^[\d.]+$|:/.test(serverName);
	const secured = connect({
		socket,
		minVersion: "TLSv1.2",
		rejectUnauthorized: !insecure,
		// Without a name to send, the address is what the certificate is compared with.
		...(isName ? { servername: serverName } : { host: serverName }),
		...(ca === undefined ? {} : { ca }),
	});
	return new Promise((resolve, reject) => {
		const settle = (): void => {
			clearTimeout(timer);
			secured.off("error", failed);
			secured.off("close", closed);
			secured.off("secureConnect", connected);
		};
		const failed = (error: Error): void => {
			settle();
			secured.on("error", () => {});
			secured.destroy();
			reject(error);
		};
		const closed = (): void => failed(new Error("the other side closed the connection during the TLS handshake"));
		const connected = (): void => {
			settle();
			secured.pause();
			resolve(secured);
		};
		const timer = setTimeout(() => failed(new Error(`no TLS handshake within ${timeoutMs} ms`)), timeoutMs);
		secured.once("error", failed);
		secured.once("close", closed);
		secured.once("secureConnect", connected);
	});
}
