// Connects a program that runs the chat to the other daemons of its cluster. The NATS client is loaded only here, and only on
// the first call.

import type { Bus } from "../cluster/index.ts";
import type { JetStreamLogOptions } from "../cluster/nats/index.ts";
import type { MessageLog } from "../message-log/index.ts";

/** Options of `openCluster`. */
export interface ClusterOptions
	extends Pick<JetStreamLogOptions, "retention" | "dedupeWindowMs" | "replicas" | "storage"> {
	/** Receives failures that no call waits for. Default: the console. */
	readonly report?: (error: unknown) => void;
}

/** The connection of one daemon to its cluster. A chat that is given `log` and `bus` closes them itself. */
export interface ClusterConnection {
	/** The messages of stored rooms, which all daemons share. */
	readonly log: MessageLog;
	/** What the daemons send each other. */
	readonly bus: Bus;
	/** Closes the log, the bus and the connection to NATS; for a program that gives them to no chat. */
	close(): Promise<void>;
}

/**
 * Connects to NATS, whose servers must have JetStream on (`nats-server -js`). Where one part fails, the others are closed.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PACKAGE_MISSING where the NATS client is not installed,
 * XMLSOCKET_BROKER_UNREACHABLE, XMLSOCKET_UNAVAILABLE where JetStream is off.
 *
 * @example
 * ```ts
 * const { log, bus } = await openCluster(["nats://127.0.0.1:4222"], { replicas: 3 });
 * const server = await createServer({ port: 9000, application: createChat({}, { log, bus }) }).listen();
 * ```
 */
export async function openCluster(
	servers: readonly string[],
	options: ClusterOptions = {},
): Promise<ClusterConnection> {
	const { Broker, JetStreamLog, NatsBus } = await import("../cluster/nats/index.ts");
	const { report, ...logOptions } = options;
	const broker = await Broker.connect({ servers, ...(report ? { report } : {}) });
	let log: MessageLog | undefined;
	try {
		log = await JetStreamLog.open(broker, logOptions);
		const { replicas } = options;
		const bus = await NatsBus.open(broker, replicas === undefined ? {} : { replicas });
		return { log, bus, close: () => closeAll([log, bus, broker]) };
	} catch (error) {
		await closeAll([log, broker]).catch(() => {});
		throw error;
	}
}

/** Closes each part, also where one before it fails. Rejects with the first failure. */
async function closeAll(parts: readonly ({ close(): Promise<void> } | undefined)[]): Promise<void> {
	let failure: { readonly error: unknown } | undefined;
	for (const part of parts) {
		try {
			await part?.close();
		} catch (error) {
			failure ??= { error };
		}
	}
	if (failure) throw failure.error;
}
