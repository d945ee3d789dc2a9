// `xmlsocket run`: runs Server-Side ActionScript applications on a port, until a signal.

import { type AscOptions, openScriptHost } from "../../asc/index.ts";
import { createServer, type ServerOptions } from "../../server/index.ts";
import {
	applicationRows,
	type BannerServer,
	type NamedApplication,
	portRows,
	portWarnings,
	workerRows,
} from "../banner.ts";
import { framed } from "../banner-parts.ts";
import { type RunSettings, runSchema } from "../run-schema.ts";
import { listenOr, traceWriter } from "../script-output.ts";
import { ascKeys, type ServeSettings, serverKeys, serveSchema } from "../serve-schema.ts";
import { logOutput, makeLog, pick, runUntilSignal, type ShownStart } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";
import { workerCount } from "../worker-count.ts";

/** Runs until SIGINT or SIGTERM. */
export async function run(paths: string[], flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	const { values } = resolveSettings(
		runSchema,
		flags,
		process.env,
		flags.config as string | undefined,
		Object.keys(serveSchema.entries),
	);
	const settings = values as RunSettings;
	const json = flags.json === true;
	const workers = workerCount({ ...settings, learn: undefined });
	const print = (server: BannerServer, applications: readonly NamedApplication[]): ShownStart => {
		if (json) {
			process.stdout.write(
				`${JSON.stringify({ event: "listening", version, port: server.port, addresses: server.addresses, tls: server.secure, applications: applications.map(({ name, entry }) => ({ name, entry })), ...(workers > 1 ? { workers } : {}) })}\n`,
			);
			return undefined;
		}
		const rows = [...applicationRows(applications), ...portRows(server), ...workerRows(workers)];
		const tookMs = performance.now() - begun;
		const show = (): string => framed(version, tookMs, { rows, warnings: portWarnings(server), keys: true });
		process.stdout.write(show());
		return { show, page: undefined };
	};
	if (workers > 1) {
		const { serveWorkers } = await import("../workers/serve-workers.ts");
		const defaults = resolveSettings(serveSchema, {}, {}, false).values as ServeSettings;
		const start = { json, version, begun };
		await serveWorkers({ ...defaults, ...settings, app: paths }, workers, start, (server) =>
			print(server, server.applications),
		);
		return;
	}
	const log = makeLog(settings);
	const scripts = await openScriptHost(paths, pick(settings, ascKeys) as AscOptions, {
		log,
		trace: traceWriter(json),
		server: `xmlsocket/${version}`,
	});
	const server = createServer({
		...(pick(settings, serverKeys) as ServerOptions),
		application: scripts,
		routes: [logOutput.routes],
		log,
	});
	await listenOr(server, scripts);
	await runUntilSignal(server, log, () => print(server, scripts.applications));
}
