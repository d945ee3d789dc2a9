// `xmlsocket serve`: builds the daemon from its options, says where it is, and stops it on a signal.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { XMLSocketError } from "../../errors/index.ts";
import { createGateway, type GatewayOptions, gatewaySchema, sharedKeys } from "../../gateway/index.ts";
import {
	type ChatOptions,
	chat,
	createServer,
	defaultMaxConnections,
	relay,
	type ServerOptions,
} from "../../server/index.ts";
import { banner } from "../banner.ts";
import { makeLog, pick, stopped } from "../running.ts";
import { chatKeys, type ServeSettings, serverKeys, serveSchema } from "../serve-schema.ts";
import { resolveSettings } from "../settings.ts";

const gatewayKeys: readonly string[] = [...Object.keys(gatewaySchema.entries), ...sharedKeys];

/** Runs until SIGINT or SIGTERM; a second signal ends at once. */
export async function serve(flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	const { values } = resolveSettings(serveSchema, flags, process.env, flags.config as string | undefined);
	const settings = values as ServeSettings;
	const log = makeLog(settings.logLevel);
	const gateway =
		settings.targets.length === 0 && settings.learn === undefined
			? undefined
			: createGateway(pick(settings, gatewayKeys) as GatewayOptions, { log });
	const server = createServer({
		...(pick(settings, serverKeys) as ServerOptions),
		// A page's connection and its target's take two file descriptors.
		...(gateway ? { maxConnections: settings.maxConnections ?? Math.floor(defaultMaxConnections() / 2) } : {}),
		application: makeApplication(settings),
		routes: gateway ? [gateway] : [],
		log,
		pageFolder: settings.relay === undefined ? pageFolder() : undefined,
	});
	await server.listen();
	if (flags.json) {
		process.stdout.write(
			`${JSON.stringify({ event: "listening", version, port: server.port, addresses: server.addresses, tls: server.secure, policy: server.policyText ?? null, targets: gateway?.targets.map(({ name, host, port, path }) => ({ name, host, port, path })) ?? [] })}\n`,
		);
	} else process.stdout.write(banner(server, gateway, settings, version, performance.now() - begun));
	await stopped(server, log);
}

function makeApplication(settings: ServeSettings): ReturnType<typeof chat> | ReturnType<typeof relay> {
	if (settings.relay !== undefined) return relay({ room: settings.relay === "" ? "lobby" : settings.relay });
	const tokens = settings.tokenFile === undefined ? "" : readTokens(settings.tokenFile);
	return chat({ ...(pick(settings, chatKeys) as ChatOptions), tokens });
}

function readTokens(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_CONFIG_UNREADABLE",
			`The token file ${file} cannot be read: ${(cause as Error).message}.`,
			{ cause },
		);
	}
}

function pageFolder(): string | undefined {
	const folder = fileURLToPath(new URL("../../console/", import.meta.url));
	return existsSync(folder) ? folder : undefined;
}
