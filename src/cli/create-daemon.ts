// Creates the daemon of `serve` from its settings: the server, the chat or another application, the gateway and the site. It opens no port.
// A worker of `serve --workers` creates the same daemon with a log and a bus that all workers share.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Admin } from "../admin/index.ts";
import type { AscOptions, ScriptHost } from "../asc/index.ts";
import type { AddressBans } from "../chat/index.ts";
import type { Bus } from "../cluster/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Gateway, GatewayOptions } from "../gateway/index.ts";
import { gatewaySchema, sharedKeys } from "../gateway/options.ts";
import { ownPort } from "../gateway/site/socket-proxy.ts";
import { MemoryLog, type MessageLog } from "../message-log/index.ts";
import {
	type Application,
	type ChatApplication,
	type ChatOptions,
	createChat,
	createRelay,
	defaultMaxConnections,
	type Logger,
	type Peer,
	Server,
	type ServerOptions,
	type ServerParts,
} from "../server/index.ts";
import { findModule, openModule } from "./application-module.ts";
import type { NamedApplication } from "./banner.ts";
import { type ChatIdentity, openIdentity, readIdentityFiles } from "./chat-identity.ts";
import { isChat, openRoomStorage } from "./room-storage.ts";
import { traceWriter } from "./script-output.ts";
import { ascKeys, chatKeys, type ServeSettings, serverKeys } from "./serve-schema.ts";
import { logOutput, pick } from "./server-process.ts";
import { makeSite, type Site } from "./site.ts";
import type { SharedApplications, WorkerPlace } from "./workers/shared-applications.ts";

const gatewayKeys: readonly string[] = [...Object.keys(gatewaySchema.entries), ...sharedKeys];
// The path of the chat page when a site has the root.
const PAGE_PATH = "/xmlsocket/";
// The pages of the chat page's folder that play a SWF.
const FLASH_PAGES = ["/flash", "/flash.html"];

const DROPPED: ReadonlySet<string> = new Set(["XMLSOCKET_BUS_MESSAGES_DROPPED", "XMLSOCKET_RELAY_DROPPED"]);

/** How a daemon is created. */
export interface DaemonContext {
	readonly log: Logger;
	readonly version: string;
	/** Whether output is JSON. */
	readonly json: boolean;
	/** What a worker shares with the others; undefined: the daemon is one process. */
	readonly shared?: ServerParts["shared"];
	/** Opens the ports; default: as a server does. */
	readonly listen?: ServerParts["listen"];
	/** Where a worker's stored rooms are, and how it reaches the other workers; undefined: where the settings say. */
	readonly storage?: { readonly log: MessageLog; readonly bus: Bus } | undefined;
	/** The worker among the others; undefined: the daemon is one process. */
	readonly place?: WorkerPlace | undefined;
}

/** A daemon that does not listen yet. */
export interface Daemon {
	readonly server: Server;
	readonly gateway: Gateway | undefined;
	readonly site: Site;
	readonly scripts: ScriptHost | undefined;
	readonly applications: readonly NamedApplication[];
	/** Reads the files of the daemon again that are not the server's own. */
	readonly reload: () => void;
}

/** Creates the daemon. Rejects with the codes of the options and of what it opens. */
export async function createDaemon(settings: ServeSettings, context: DaemonContext): Promise<Daemon> {
	const { log } = context;
	const gateway = await makeGateway(settings, log);
	const site = makeSite(settings, gateway, () => [ownPort(server.port, settings.host)], log);
	checkTogether(settings);
	const opened = await openApplications(settings, context);
	const { applications, scripts } = opened;
	const options = {
		...(pick(settings, serverKeys) as ServerOptions),
		// A page's connection and its target's take two file descriptors.
		...(gateway
			? {
					maxConnections:
						settings.maxConnections ?? Math.floor(defaultMaxConnections(settings.policyPort !== undefined) / 2),
				}
			: {}),
	};
	let running: Server | undefined;
	const isStopping = (): boolean => running?.state === "closing" || running?.state === "closed";
	const own = opened.application ? undefined : await makeApplication(settings, context, isStopping);
	const plain = (opened.application ?? own!.application) as Application<"text" | "bytes">;
	const bans = await openBans(settings, context, () => running?.clients() ?? []);
	const application = (bans?.guard(plain) ?? plain) as Application<"text"> | Application<"bytes">;
	const admin = await makeAdmin(settings, { application: plain, bans }, context, () => server);
	const server: Server = new Server(options, {
		application,
		log,
		pageFolder: settings.relay === undefined && applications.length === 0 ? builtFolder("console") : undefined,
		pagePath: settings.web === undefined ? "/" : PAGE_PATH,
		flashPages: FLASH_PAGES,
		routes: [
			...(admin ? [admin.routes] : []),
			...(admin?.page ? [admin.page] : []),
			...(gateway ? [gateway] : []),
			site.routes,
			logOutput.routes,
		],
		listen: context.listen,
		shared: context.shared,
	});
	running = server;
	server.once("closed", () => void own?.identity?.close());
	return { server, gateway, site, scripts, applications, reload: () => own?.identity?.reload() };
}

/** The gateway of the settings' targets; undefined where there are none. */
export async function makeGateway(settings: ServeSettings, log: Logger): Promise<Gateway | undefined> {
	if (settings.targets.length === 0 && settings.learn === undefined) return undefined;
	const { createGateway } = await import("../gateway/index.ts");
	return createGateway(pick(settings, gatewayKeys) as GatewayOptions, { log });
}

async function makeAdmin(
	{ adminTokenFile }: ServeSettings,
	{ application, bans }: { readonly application: object; readonly bans: AddressBans | undefined },
	{ log, version, storage }: DaemonContext,
	server: () => Server,
): Promise<Admin | undefined> {
	if (adminTokenFile === undefined) return undefined;
	const { createAdmin } = await import("../admin/index.ts");
	const chat = "administration" in application ? (application as ChatApplication).administration : undefined;
	const pageFolder = builtFolder("admin-page");
	const parts = { tokenFile: adminTokenFile, server, chat, bans, bus: storage?.bus, log, version, pageFolder };
	const admin = createAdmin(parts);
	logOutput.copy = (line) => admin.logged(line);
	return admin;
}

// The chat has its own. Without the admin API nobody could ban an address, so nothing is stored.
async function openBans(
	settings: ServeSettings,
	{ log, storage }: DaemonContext,
	peers: () => Iterable<Peer>,
): Promise<AddressBans | undefined> {
	if (settings.adminTokenFile === undefined || isChat(settings)) return undefined;
	const { createAddressBans } = await import("../admin/index.ts");
	const messages = storage?.log ?? (await openRoomStorage(settings, log)).log;
	const report = (error: unknown): void => log.error({ err: error }, "a ban was not stored, or cannot be read");
	return createAddressBans({
		records: messages.records ?? new MemoryLog().records,
		peers,
		report,
		closed: () => messages.close(),
	});
}

function checkTogether(settings: ServeSettings): void {
	const { tokenFile, adminTokenFile } = settings;
	if (tokenFile !== undefined && adminTokenFile !== undefined && resolve(tokenFile) === resolve(adminTokenFile)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--token-file and --admin-token-file name the same file: everybody with a token of the chat could use the admin API.",
		);
	}
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

/** What `--app` names; no application without it. */
async function openApplications(
	settings: ServeSettings,
	{ log, version, json, place }: DaemonContext,
): Promise<Partial<SharedApplications> & Pick<Daemon, "applications" | "scripts">> {
	const none = { scripts: undefined, applications: [] };
	if (settings.app.length === 0) return none;
	const server = pick(settings, serverKeys) as ServerOptions;
	const module = findModule(settings);
	if (module && place) {
		const { shareModule } = await import("./workers/shared-applications.ts");
		return { ...none, ...(await shareModule(module, server, place, log)) };
	}
	if (module) {
		const opened = await openModule(module);
		return { ...none, application: opened.application, applications: [opened] };
	}
	const options = pick(settings, ascKeys) as AscOptions;
	const parts = { log, trace: traceWriter(json), server: `xmlsocket/${version}` };
	if (place) {
		const { shareScripts } = await import("./workers/shared-applications.ts");
		return { ...none, ...(await shareScripts(settings.app, options, parts, server, place, log)) };
	}
	const { openScriptHost } = await import("../asc/index.ts");
	const scripts = await openScriptHost(settings.app, options, parts);
	return { application: scripts, scripts, applications: scripts.applications };
}

async function makeApplication(
	settings: ServeSettings,
	{ log, storage }: DaemonContext,
	isStopping: () => boolean,
): Promise<{ readonly application: Application<"text"> | Application<"bytes">; readonly identity?: ChatIdentity }> {
	if (settings.relay !== undefined && settings.nats.length > 0) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--relay and --nats exclude each other: a relay cannot report messages that are lost between daemons.",
		);
	}
	const report = (error: unknown): void => {
		// What others have sent, or could not take, and the application counts: no failure of its own.
		if (error instanceof XMLSocketError && DROPPED.has(error.code)) {
			log.warn({ code: error.code, ...error.details }, error.message);
		} else log.error({ err: error }, "the chat failed to do something");
	};
	if (settings.relay !== undefined) {
		const room = settings.relay === "" ? "lobby" : settings.relay;
		return { application: createRelay({ room }, { bus: storage?.bus, report }) };
	}
	const files = readIdentityFiles(settings);
	const parts = storage ?? (await openRoomStorage(settings, log, isStopping));
	try {
		const identity = await openIdentity(files, settings, parts, log);
		const options = { ...(pick(settings, chatKeys) as ChatOptions), ...identity.options };
		const application = createChat(options, { ...parts, report });
		identity.follow(application);
		return { application, identity };
	} catch (error) {
		await parts.log.close().catch(() => {});
		throw error;
	}
}

function builtFolder(name: "admin-page" | "console"): string | undefined {
	const folder = fileURLToPath(new URL(`../${name}/`, import.meta.url));
	return existsSync(folder) ? folder : undefined;
}
