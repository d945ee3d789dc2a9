// Opens the storage of a daemon's rooms: memory, the data folder, or NATS together with other daemons. Later changes of its state are logged.

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

/** The same without users and passwords, for output. */
export function brokerNames(settings: Pick<ServeSettings, "nats">): string {
	return brokers(settings)
		.map((url) => url.replace(/^((?:\w+:\/\/)?).*@/, "$1"))
		.join(", ");
}

/** Whether the daemon runs the chat, and no other application. */
export function isChat({ relay, app }: Pick<ServeSettings, "relay" | "app">): boolean {
	return relay === undefined && app.length === 0;
}

/** Whether the daemon has a data folder: for its rooms, or for the bans that the admin API of another application imposes. */
export function hasFolder(settings: ServeSettings): boolean {
	const stores = isChat(settings) || settings.adminTokenFile !== undefined;
	return stores && !settings.memory && settings.nats.length === 0;
}

/** Whether stored rooms are in a folder of this daemon. */
export function keepsFolder(settings: ServeSettings): boolean {
	return isChat(settings) && !settings.memory && settings.nats.length === 0;
}

/**
 * Opens the storage.
 *
 * @param isStopping whether the daemon stops, so that the end of its own connection is no failure.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID, and the codes of `openLog` and `openCluster`.
 */
export async function openRoomStorage(
	settings: ServeSettings,
	log: Logger,
	isStopping: () => boolean = () => false,
): Promise<{ readonly log: MessageLog; readonly bus?: Bus }> {
	const retention = settings.retain.length === 0 ? {} : { retention: parseRetention(settings.retain) };
	if (settings.nats.length > 0) return openShared(settings, retention, log, isStopping);
	if (settings.memory) return { log: new MemoryLog(retention) };
	const folder = resolve(settings.data);
	const stored = await openLog(folder, {
		...retention,
		backups: {
			sent: (keys) => log.info({ folder, keys }, "a backup of the data folder was sent"),
			failed: (error) =>
				log.warn({ folder, reason: error.message }, "no backup of the data folder can be taken, or one failed"),
		},
		migrated: ({ from, to, copy }) =>
			log.warn(
				{ folder, from, to, copy },
				"the data folder was changed to the format of this version; the copy is as it was before",
			),
	});
	stored.watch?.((reachable, cause) => {
		if (reachable) log.info({ folder }, "the data folder works again: stored rooms accept messages");
		else {
			const reason = ((cause?.cause as Error | undefined) ?? cause)?.message.trim();
			log.error({ folder, reason }, "the data folder cannot be written: stored rooms refuse messages");
		}
	});
	return { log: stored };
}

async function openShared(
	settings: ServeSettings,
	retention: object,
	log: Logger,
	isStopping: () => boolean,
): Promise<{ readonly log: MessageLog; readonly bus: Bus }> {
	if (settings.memory) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--memory and --nats exclude each other: with --nats, use --nats-storage memory to keep stored rooms in the memory of the NATS servers.",
		);
	}
	const servers = brokerNames(settings);
	const waiting = setTimeout(
		() =>
			log.info(
				{ servers },
				"waiting for JetStream to answer: nats-server needs -js, and the address must be its client port",
			),
		3000,
	);
	const storage = await openCluster(brokers(settings), {
		...retention,
		replicas: settings.replicas,
		storage: settings.natsStorage,
		report: (error) => log.error({ err: error }, "the connection to NATS failed"),
	}).finally(() => clearTimeout(waiting));
	storage.bus.watch((connected) => {
		if (connected) log.info({ servers }, "NATS is reachable again, and with it stored rooms and other daemons");
		else if (!isStopping())
			log.error(
				{ servers },
				"NATS cannot be reached: stored rooms wait, live rooms continue among the clients of this daemon",
			);
	});
	let isRefused = false;
	storage.log.watch?.((reachable, cause) => {
		// The line above says more where the connection is lost.
		if (reachable && isRefused) log.info({ servers }, "JetStream stores messages again");
		else if (!reachable && storage.bus.connected && !isStopping()) {
			log.error(
				{ servers, reason: cause?.message },
				"JetStream stores nothing: messages in stored rooms wait, and are refused after 30 s",
			);
		}
		isRefused = !reachable && storage.bus.connected;
	});
	return storage;
}
