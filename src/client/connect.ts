// connect(): from an address and options to a connection. docs/guide/connections.md.

import { abortedError } from "../connection/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { onAbort, Scheduler, type Transport } from "../link/index.ts";
import { parseAddress, type Target } from "./address.ts";
import { Connection } from "./connection.ts";
import type { ClientHost } from "./dial.ts";
import { type ConnectOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { dialOnce, Redialer } from "./redialer.ts";

const ABORTED = "The attempt to connect was aborted.";

/** The function that `createConnect` returns. */
export type Connect = (address: string, options?: ConnectOptions) => Promise<Connection>;

/**
 * Makes the function `connect(address, options)` for a host, which knows how to connect.
 *
 * It resolves with an open connection, and rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PORT_RESERVED,
 * XMLSOCKET_OPTION_INVALID, XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT or
 * XMLSOCKET_ABORTED. The first connection is tried once, also with `reconnect`, unless `reconnect.retryFirst` is set: a
 * wrong address must not look like a slow server.
 */
export function createConnect(host: ClientHost): Connect {
	const scheduler = new Scheduler(host.clock, host.report);
	return async (address, options) => {
		if (typeof (options as unknown) === "number" || typeof (options as unknown) === "string") {
			const words = `connect() takes the host and the port as one text: connect("${String(address)}:${String(options)}").`;
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", words);
		}
		const resolved = resolveOptions(options);
		if (resolved.stream && !host.streams) {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				"The option stream needs XML streams, which this client was made without.",
			);
		}
		const target = parseAddress(address);
		const { signal } = resolved;
		if (signal?.aborted) throw abortedError(ABORTED, signal);
		const transport = await firstTransport(host, target, resolved);
		if (signal?.aborted) {
			transport.destroy();
			throw abortedError(ABORTED, signal);
		}
		return new Connection(target, resolved, host, scheduler, transport);
	};
}

async function firstTransport(host: ClientHost, target: Target, options: ResolvedOptions): Promise<Transport> {
	const { reconnect, signal } = options;
	try {
		return await dialOnce(host, target, options, signal);
	} catch (error) {
		const coded = error as XMLSocketError;
		if (!reconnect?.retryFirst || coded.code === "XMLSOCKET_ABORTED") throw error;
		return await new Promise((resolve, reject) => {
			let settle = (): void => {};
			const redialer = new Redialer(host, target, options, reconnect, {
				waiting: () => {},
				opened: (transport) => {
					settle();
					resolve(transport);
				},
				gaveUp: (last) => {
					settle();
					reject(last);
				},
			});
			const abort = (): void => {
				redialer.stop();
				reject(abortedError(ABORTED, signal!));
			};
			settle = onAbort(signal, abort);
			redialer.begin(coded, 0);
		});
	}
}
