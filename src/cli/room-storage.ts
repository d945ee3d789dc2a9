// Where a daemon's rooms live: in memory, in its data folder, or on NATS with other daemons. What happens to that home later
// is written to the log.

import { resolve } from "node:path";
import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { MemoryLog, type MessageLog } from "../message-log/index.ts";
import { type Logger, openCluster, openLog } from "../server/index.ts";
import { parseRetention } from "./retention.ts";
import type { ServeSettings } from "./serve-schema.ts";

/** The addresses of `--nats`. */
export function brokers({ nats }: Pick<ServeSettings, "nats">): string[] {
	return nats.flatMap((urls) => urls.split(",")).map((url) => url.trim());
}

/** The same without users and passwords, to be shown. */
export function brokerNames(settings: Pick<ServeSettings, "nats">): string {
	return brokers(settings)
		.map((url) => url.replace(/^((?:\w+:\/\/)?).*@/, "$1"))
		.join(", ");
}

/** Whether stored rooms are in a folder of this daemon's. */
export function keepsFolder({ relay, app, memory, nats }: ServeSettings): boolean {
	return relay === undefined && app.length === 0 && !memory && nats.length === 0;
}

/**
 * Opens that home.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID, and the codes of `openLog` and `openCluster`.
 */
export async function openRoomStorage(
	settings: ServeSettings,
	log: Logger,
): Promise<{ readonly log: MessageLog; readonly bus?: Bus }> {
	const retention = settings.retain.length === 0 ? {} : { retention: parseRetention(settings.retain) };
	if (settings.nats.length > 0) return openShared(settings, retention, log);
	if (settings.memory) return { log: new MemoryLog(retention) };
	const folder = resolve(settings.data);
	const stored = await openLog(folder, retention);
	stored.watch?.((reachable) => {
		if (reachable) log.info({ folder }, "the data folder works again: stored rooms take messages");
		else log.error({ folder }, "the data folder cannot be written: stored rooms refuse messages until it can");
	});
	return { log: stored };
}

async function openShared(
	settings: ServeSettings,
	retention: object,
	log: Logger,
): Promise<{ readonly log: MessageLog; readonly bus: Bus }> {
	if (settings.memory) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--memory and --nats exclude each other: with --nats, --nats-storage memory keeps stored rooms in the servers' memory.",
		);
	}
	const servers = brokerNames(settings);
	const waiting = setTimeout(() => log.info({ servers }, "waiting for JetStream to answer"), 3000);
	const home = await openCluster(brokers(settings), {
		...retention,
		replicas: settings.replicas,
		storage: settings.natsStorage,
		report: (error) => log.error({ err: error }, "the connection to NATS met a failure"),
	}).finally(() => clearTimeout(waiting));
	home.bus.watch((connected) => {
		if (connected) log.info({ servers }, "NATS is reached again: stored rooms and other daemons are back");
		else
			log.error(
				{ servers },
				"NATS cannot be reached: stored rooms wait, live rooms go on among the clients of this daemon",
			);
	});
	return home;
}
