// `xmlsocket serve`: creates the daemon from its options, prints its addresses, and stops it on a signal.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type AscOptions, openScriptHost, type ScriptHost } from "../../asc/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { createGateway, type GatewayOptions, gatewaySchema, sharedKeys } from "../../gateway/index.ts";
import { ownPort } from "../../gateway/site/socket-proxy.ts";
import {
	type ChatOptions,
	createChat,
	createRelay,
	createServer,
	defaultMaxConnections,
	type Logger,
	type Server,
	type ServerOptions,
} from "../../server/index.ts";
import { applicationModule } from "../application-module.ts";
import { banner } from "../banner.ts";
import { brokers, keepsFolder, openRoomStorage } from "../room-storage.ts";
import { listenOr, traceWriter } from "../script-output.ts";
import { ascKeys, chatKeys, type ServeSettings, serverKeys, serveSchema } from "../serve-schema.ts";
import { logOutput, makeLog, pick, runUntilSignal } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";
import { makeSite } from "../site.ts";

const gatewayKeys: readonly string[] = [...Object.keys(gatewaySchema.entries), ...sharedKeys];
// The path of the chat page when a site has the root.
const PAGE_PATH = "/xmlsocket/";
// The pages of the chat page's folder that play a SWF.
const FLASH_PAGES = ["/flash", "/flash.html"];

/** Runs until SIGINT or SIGTERM. */
export async function serve(flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	const { values } = resolveSettings(serveSchema, flags, process.env, flags.config as string | undefined);
	const settings = values as ServeSettings;
	const log = makeLog(settings.logLevel);
	const gateway =
		settings.targets.length === 0 && settings.learn === undefined
			? undefined
			: createGateway(pick(settings, gatewayKeys) as GatewayOptions, { log });
	const site = makeSite(settings, gateway, () => [ownPort(server.port, settings.host)], log);
	checkApp(settings);
	const module = await applicationModule(settings);
	const scripts = settings.app.length === 0 || module ? undefined : await startScripts(settings, flags, version, log);
	const applications = module ? [module] : (scripts?.applications ?? []);
	const server: Server = createServer({
		...(pick(settings, serverKeys) as ServerOptions),
		// A page's connection and its target's take two file descriptors.
		...(gateway
			? {
					maxConnections:
						settings.maxConnections ?? Math.floor(defaultMaxConnections(settings.policyPort !== undefined) / 2),
				}
			: {}),
		application: module?.application ?? scripts ?? (await makeApplication(settings, log)),
		log,
		pageFolder: settings.relay === undefined && applications.length === 0 ? pageFolder() : undefined,
		pagePath: settings.web === undefined ? "/" : PAGE_PATH,
		flashPages: FLASH_PAGES,
		routes: [...(gateway ? [gateway] : []), site.routes, logOutput.routes],
	});
	await listenOr(server, scripts);
	if (flags.json) {
		process.stdout.write(
			`${JSON.stringify({ event: "listening", version, port: server.port, addresses: server.addresses, tls: server.secure, policy: server.policyText ?? null, policyPort: server.policyPort ?? null, data: keepsFolder(settings) ? resolve(settings.data) : null, nats: brokers(settings).length > 0, targets: gateway?.targets.map(({ name, host, port, path }) => ({ name, host, port, path })) ?? [], applications: applications.map(({ name, entry }) => ({ name, entry })) })}\n`,
		);
	} else
		process.stdout.write(banner(server, gateway, applications, site, settings, version, performance.now() - begun));
	await runUntilSignal(server, log);
}

function checkApp(settings: ServeSettings): void {
	if (settings.app.length === 0) return;
	if (settings.relay !== undefined)
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--app and --relay exclude each other: use one of them.");
	if (settings.nats.length > 0) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--app and --nats exclude each other: an application keeps its clients in one process.",
		);
	}
}

function startScripts(
	settings: ServeSettings,
	flags: Record<string, unknown>,
	version: string,
	log: Logger,
): Promise<ScriptHost> {
	const trace = traceWriter(flags.json === true);
	return openScriptHost(settings.app, pick(settings, ascKeys) as AscOptions, {
		log,
		trace,
		server: `xmlsocket/${version}`,
	});
}

async function makeApplication(
	settings: ServeSettings,
	log: Logger,
): Promise<ReturnType<typeof createChat> | ReturnType<typeof createRelay>> {
	if (settings.relay !== undefined && settings.nats.length > 0) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--relay and --nats exclude each other: a relay cannot report messages that are lost between daemons.",
		);
	}
	if (settings.relay !== undefined) return createRelay({ room: settings.relay === "" ? "lobby" : settings.relay });
	const tokens = settings.tokenFile === undefined ? "" : readTokens(settings.tokenFile);
	const options = { ...(pick(settings, chatKeys) as ChatOptions), tokens };
	const report = (error: unknown): void => {
		// Another program's messages, which the chat counts: no failure of its own.
		if (error instanceof XMLSocketError && error.code === "XMLSOCKET_BUS_MESSAGES_DROPPED") {
			log.warn({ code: error.code, ...error.details }, error.message);
		} else log.error({ err: error }, "the chat failed to do something");
	};
	return createChat(options, { ...(await openRoomStorage(settings, log)), report });
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
