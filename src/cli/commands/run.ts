// `xmlsocket run`: runs Server-Side ActionScript applications on a port, until a signal.

import { type AscOptions, openScriptHost } from "../../asc/index.ts";
import { createServer, type ServerOptions } from "../../server/index.ts";
import { applicationRows, portRows, portWarnings } from "../banner.ts";
import { framed } from "../banner-parts.ts";
import { type RunSettings, runSchema } from "../run-schema.ts";
import { listenOr, traceWriter } from "../script-output.ts";
import { ascKeys, serverKeys, serveSchema } from "../serve-schema.ts";
import { logOutput, makeLog, pick, runUntilSignal } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";

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
	const log = makeLog(settings.logLevel);
	const scripts = await openScriptHost(paths, pick(settings, ascKeys) as AscOptions, {
		log,
		trace: traceWriter(flags.json === true),
		server: `xmlsocket/${version}`,
	});
	const server = createServer({
		...(pick(settings, serverKeys) as ServerOptions),
		application: scripts,
		routes: [logOutput.routes],
		log,
	});
	await listenOr(server, scripts);
	const { applications } = scripts;
	if (flags.json) {
		process.stdout.write(
			`${JSON.stringify({ event: "listening", version, port: server.port, addresses: server.addresses, tls: server.secure, applications: applications.map(({ name, entry }) => ({ name, entry })) })}\n`,
		);
	} else {
		const rows = [...applicationRows(applications), ...portRows(server)];
		process.stdout.write(framed(version, performance.now() - begun, rows, portWarnings(server)));
	}
	await runUntilSignal(server, log);
}
