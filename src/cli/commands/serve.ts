// `xmlsocket serve`: creates the daemon from its options, prints its addresses, and stops it on a signal. With several workers this process
// starts them, and serves no clients itself.

import { createDaemon } from "../create-daemon.ts";
import { inheritedPorts } from "../inherited-ports.ts";
import { printStart } from "../print-start.ts";
import { listenOr } from "../script-output.ts";
import { type ServeSettings, serveSchema } from "../serve-schema.ts";
import { makeLog, runUntilSignal } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";
import { workerCount } from "../worker-count.ts";

/** Runs until SIGINT or SIGTERM. */
export async function serve(flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	const { values } = resolveSettings(serveSchema, flags, process.env, flags.config as string | undefined);
	const settings = values as ServeSettings;
	const json = flags.json === true;
	const workers = workerCount(settings);
	if (workers > 1) {
		const { serveWorkers } = await import("../workers/serve-workers.ts");
		await serveWorkers(settings, workers, { json, version, begun });
		return;
	}
	const log = makeLog(settings);
	const passed = inheritedPorts(log);
	const daemon = await createDaemon(settings, { log, version, json, listen: passed?.listen });
	await listenOr(daemon.server, daemon.scripts);
	await passed?.checkUse();
	const print = () => printStart({ ...daemon, workers }, settings, { json, version, begun });
	await runUntilSignal(daemon.server, log, print, daemon.reload);
}
