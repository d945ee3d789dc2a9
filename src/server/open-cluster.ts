// Connects a program that runs the chat to the other daemons of its deployment. The NATS client is loaded only here, and only
// when asked for.

import type { Bus } from "../cluster/index.ts";
import type { JetStreamLogOptions } from "../cluster/nats/index.ts";
import type { MessageLog } from "../message-log/index.ts";

/** What `openCluster` takes, beside the servers. */
export interface ClusterOptions
	extends Pick<JetStreamLogOptions, "retention" | "dedupeWindowMs" | "replicas" | "storage"> {
	/** Takes failures that are nobody's answer. Default: the console. */
	readonly report?: (error: unknown) => void;
}

/**
 * Connects to NATS, whose servers must have JetStream on (`nats-server -js`). The chat that is given both parts closes them.
 *
 * Rejects with XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_PACKAGE_MISSING where the NATS client is not installed,
 * XMLSOCKET_BROKER_UNREACHABLE, XMLSOCKET_UNAVAILABLE where JetStream is off.
 *
 * @example
 * ```ts
 * const { log, bus } = await openCluster(["nats://127.0.0.1:4222"], { replicas: 3 });
 * const server = await createServer({ port: 9000, application: chat({}, { log, bus }) }).listen();
 * ```
 */
export async function openCluster(
	servers: readonly string[],
	options: ClusterOptions = {},
): Promise<{ readonly log: MessageLog; readonly bus: Bus }> {
	const { Broker, JetStreamLog, NatsBus } = await import("../cluster/nats/index.ts");
	const { report, ...logOptions } = options;
	const broker = await Broker.connect({ servers, ...(report ? { report } : {}) });
	try {
		const log = await JetStreamLog.open(broker, logOptions);
		const { replicas } = options;
		return { log, bus: await NatsBus.open(broker, replicas === undefined ? {} : { replicas }) };
	} catch (error) {
		await broker.close();
		throw error;
	}
}
