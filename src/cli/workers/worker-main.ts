// One worker of `serve --workers` or `run --workers`: the daemon of `serve` on ports, names and a log that it shares with the other workers. The primary
// process starts it and ends it. Without the primary it ends at once, so that none is left behind.

import { joinPrimary, type Membership } from "../../server/workers/join-primary.ts";
import type { BannerServer, NamedApplication } from "../banner.ts";
import { createDaemon } from "../create-daemon.ts";
import { logOutput, makeLog } from "../server-process.ts";
import type { WorkerData, WorkerFacts } from "./worker-data.ts";

const FLUSH_LOG_MS = 500;

// A terminal sends its signals to every process. The primary decides what happens, except where a worker alone gets SIGTERM.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});

let isEnding = false;
const primary = await joinPrimary({
	ended: () => {
		if (!isEnding) process.exit(1);
	},
	report: (error) =>
		makeLog({ logLevel: "error", logFormat: "auto" }).error(
			{ err: error },
			"a message of another worker was not handled",
		),
});
try {
	await work(primary);
} catch (error) {
	await primary.failed(error);
	process.exit(1);
}

/** Serves clients until the primary, or SIGTERM, ends it. */
async function work({ number, data, bus, log: messages, shared, ready, leave }: Membership): Promise<void> {
	const { settings, count, version, json } = data as WorkerData;
	const log = makeLog(settings, { worker: number });
	const storage = settings.nats.length > 0 ? undefined : { log: messages, bus };
	const place = settings.app.length > 0 ? { number, count, bus } : undefined;
	const context = { log, version, json, shared, storage, place };
	const { server, applications, reload } = await createDaemon(settings, context);
	await server.listen();
	const stop = async (graceMs: number | undefined): Promise<void> => {
		isEnding = true;
		await server.close(graceMs === undefined ? {} : { graceMs }).catch(() => {});
		leave();
		await logOutput.flush(FLUSH_LOG_MS);
		process.exit(0);
	};
	process.on("SIGTERM", () => void stop(undefined));
	ready(factsOf(server, applications), {
		connections: () => server.connections,
		metrics: () => server.metrics.json(),
		logged: (line) => logOutput.copy?.(line),
		reload: () => {
			server.reloadCertificate();
			server.reloadPolicy();
			reload();
		},
		stop: (graceMs) => void stop(graceMs),
	});
}

function factsOf(server: BannerServer, applications: readonly NamedApplication[]): WorkerFacts {
	const { port, addresses, secure, policyText, policyPort, policyDomains, pageFolder, pagePath, settings } = server;
	return {
		...{ port, addresses, secure, policyText, policyPort, policyDomains, pageFolder, pagePath, settings },
		applications: applications.map(({ name, entry }) => ({ name, entry })),
	};
}
