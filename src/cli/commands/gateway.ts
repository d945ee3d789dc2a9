// `xmlsocket gateway`: runs a port with only the gateway, until a signal.

import { XMLSocketError } from "../../errors/index.ts";
import { createGateway, type GatewayOptions, gatewaySchema, sharedKeys } from "../../gateway/index.ts";
import { createServer, defaultMaxConnections, noDocuments, type ServerOptions } from "../../server/index.ts";
import { webAddress } from "../banner.ts";
import { gatewayBanner } from "../gateway-banner.ts";
import { type GatewayCommandSettings, gatewayCommandSchema, gatewayServerKeys } from "../gateway-schema.ts";
import { serveSchema } from "../serve-schema.ts";
import { logOutput, makeLog, pick, runUntilSignal, type ShownStart } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";
import { makeSite } from "../site.ts";

const gatewayKeys: readonly string[] = [...Object.keys(gatewaySchema.entries), ...sharedKeys, "encoding"];

/** Runs until SIGINT or SIGTERM. */
export async function gateway(targets: string[], flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	const listed = [...targets, ...((flags.target as string[] | undefined) ?? [])];
	const { values } = resolveSettings(
		gatewayCommandSchema,
		{ ...flags, target: listed.length > 0 ? listed : undefined },
		process.env,
		flags.config as string | undefined,
		Object.keys(serveSchema.entries),
	);
	const settings = values as GatewayCommandSettings;
	if (settings.targets.length === 0 && settings.learn === undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"There is no target: name the servers that pages may reach, for example xmlsocket gateway chat=localhost:9339, or record them with --learn FILE.",
		);
	}
	const log = makeLog(settings);
	const routes = createGateway(pick(settings, gatewayKeys) as GatewayOptions, { log });
	const site = makeSite(settings, routes, () => [], log);
	const server = createServer({
		...(pick(settings, gatewayServerKeys) as ServerOptions),
		// A page's connection and its target's take two file descriptors.
		maxConnections: settings.maxConnections ?? Math.floor(defaultMaxConnections() / 2),
		policy: "off",
		application: noDocuments,
		log,
		routes: [routes, site.routes, logOutput.routes],
	});
	await server.listen();
	await runUntilSignal(server, log, print);

	function print(): ShownStart {
		if (flags.json) {
			process.stdout.write(
				`${JSON.stringify({ event: "listening", version, port: server.port, addresses: server.addresses, tls: server.secure, targets: routes.targets.map(({ name, host, port, path }) => ({ name, host, port, path })) })}\n`,
			);
			return undefined;
		}
		const tookMs = performance.now() - begun;
		const show = (): string => gatewayBanner(server, routes, site, settings.web, version, tookMs);
		process.stdout.write(show());
		return { show, page: settings.web === undefined ? undefined : `${webAddress(server)}/` };
	}
}
