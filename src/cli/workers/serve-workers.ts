// `serve --workers N` and `run --workers N`: the primary process. It opens the data folder and the ports, starts the workers, prints the banner, and passes
// signals on. Each worker runs `worker-main.ts` with the same settings.

import { fileURLToPath } from "node:url";
import { ownPort } from "../../gateway/site/socket-proxy.ts";
import { defaultMemoryCeiling } from "../../server/index.ts";
import { WorkerPool } from "../../server/workers/worker-pool.ts";
import { makeGateway } from "../create-daemon.ts";
import { inheritedPorts } from "../inherited-ports.ts";
import { printStart, type StartFacts } from "../print-start.ts";
import { isChat, openRoomStorage } from "../room-storage.ts";
import type { ServeSettings } from "../serve-schema.ts";
import { logOutput, makeLog, type ShownStart, untilSignal } from "../server-process.ts";
import { makeSite } from "../site.ts";
import type { WorkerData, WorkerFacts } from "./worker-data.ts";

/** Beyond the time that a worker waits for its clients. */
const STOP_MARGIN_MS = 2000;
const LEAST_CEILING_BYTES = 1 << 20;

/**
 * Runs until SIGINT or SIGTERM. Rejects with XMLSOCKET_WORKERS_FAILED where the workers end again and again.
 *
 * @param print prints the start. Default: as `serve` does.
 */
export async function serveWorkers(
	settings: ServeSettings,
	count: number,
	start: StartFacts,
	print?: (server: WorkerFacts) => ShownStart,
): Promise<void> {
	const log = makeLog(settings);
	const { version, json } = start;
	// The ports of `run` are its own.
	const passed = print ? undefined : inheritedPorts(log);
	const hasAdmin = settings.adminTokenFile !== undefined;
	// Without a chat it has the bans.
	const isStored = isChat(settings) || hasAdmin;
	const storage = isStored && settings.nats.length === 0 ? await openRoomStorage(settings, log) : undefined;
	const data: WorkerData = { settings: shareOf(settings, count), count, version, json };
	const pool = await WorkerPool.start({
		module: fileURLToPath(new URL("./worker-main.js", import.meta.url)),
		count,
		data,
		messages: storage?.log,
		limits: settings,
		log,
		listen: passed?.listen,
		stopTimeoutMs: settings.drainTimeoutMs + STOP_MARGIN_MS,
	});
	if (hasAdmin) logOutput.copy = (line) => pool.logged(line);
	await passed?.checkUse();
	const server = pool.facts as WorkerFacts;
	if (print) {
		await untilSignal(pool, log, () => print(server), pool.failed);
		return;
	}
	const gateway = await makeGateway(settings, log);
	const site = makeSite(settings, gateway, () => [ownPort(server.port, settings.host)], log);
	const daemon = { server, gateway, site, applications: server.applications, workers: count };
	await untilSignal(pool, log, () => printStart(daemon, settings, start), pool.failed);
}

/** A worker's share of what the daemon may hold in all. */
function shareOf(settings: ServeSettings, count: number): ServeSettings {
	const { maxConnections, memoryCeilingBytes = defaultMemoryCeiling() } = settings;
	return {
		...settings,
		memoryCeilingBytes: Math.max(LEAST_CEILING_BYTES, Math.floor(memoryCeilingBytes / count)),
		...(maxConnections === undefined ? {} : { maxConnections: Math.ceil(maxConnections / count) }),
	};
}
