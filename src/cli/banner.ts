// The text that the daemon prints after its start: its addresses, then one line for each warning.

import { resolve } from "node:path";
import type { Gateway } from "../gateway/index.ts";
import { RUFFLE_INSTALL } from "../gateway/ruffle-package.ts";
import type { Server } from "../server/index.ts";
import { commandName, framed, isPublic, styles, urlHost } from "./banner-parts.ts";
import { gatewayRows, targetWarnings } from "./gateway-rows.ts";
import { brokerNames, hasFolder } from "./room-storage.ts";
import type { ServeSettings } from "./serve-schema.ts";
import type { Site } from "./site.ts";

/** What a banner says of a server. */
export type BannerServer = Pick<
	Server,
	| "port"
	| "addresses"
	| "secure"
	| "policyText"
	| "policyPort"
	| "policyDomains"
	| "pageFolder"
	| "pagePath"
	| "settings"
>;

/** The banner's text, coloured if standard output is a terminal. */
export function banner(
	server: BannerServer,
	gateway: Gateway | undefined,
	applications: readonly NamedApplication[],
	site: Site,
	settings: ServeSettings,
	version: string,
	tookMs: number,
	workers = 1,
): string {
	const { cyan, dim } = styles();
	const at = `${urlHost(settings.host)}:${server.port}`;
	const isChat = settings.relay === undefined && applications.length === 0;
	const rows: [string, string][] = [];
	const web = webAddress(server);
	if (settings.web !== undefined && settings.sniff)
		rows.push(["Site", `${cyan(`${web}/`)}  ${dim(`from ${settings.web}`)}`]);
	if (hasPage(server)) {
		rows.push(["Chat page", cyan(`${web}${server.pagePath}`)]);
		const missing = site.hasRuffle() ? "" : `  ${dim(`in Flash; needs ${RUFFLE_INSTALL}`)}`;
		rows.push(["Flash chat", `${cyan(`${web}${server.pagePath}flash`)}${missing}`]);
	}
	if (settings.adminTokenFile !== undefined && settings.sniff)
		rows.push(["Admin page", cyan(`${web}/xmlsocket/admin/`)]);
	rows.push(...portRows(server));
	if (applications.length > 0) rows.push(...applicationRows(applications));
	else
		rows.push(
			settings.relay === undefined
				? ["Rooms", `${(["lobby", ...settings.rooms]).join(", ")}; others open as people join them`]
				: ["Relay", `every document goes to all others, unchanged`],
		);
	if (hasFolder(settings)) rows.push(["Data", resolve(settings.data)]);
	if (settings.nats.length > 0)
		rows.push(["NATS", `${brokerNames(settings)}  ${dim("rooms, names and history are shared")}`]);
	rows.push(...workerRows(workers, isChat ? "one port, the same rooms and names" : WORKERS_SHARE));
	if (gateway) rows.push(...gatewayRows(server, gateway));
	rows.push(["Connect", `${commandName()} connect ${at}`]);
	const warnings = [
		...site.warnings(),
		...warningsFor(server, settings, isChat),
		...(gateway ? targetWarnings(gateway) : []),
	];
	return framed(version, tookMs, { rows, warnings, keys: true });
}

/** The page that the daemon serves first; undefined where it serves none. */
export function firstPage(
	server: BannerServer,
	{ web, sniff }: Pick<ServeSettings, "sniff" | "web">,
): string | undefined {
	if (web !== undefined && sniff) return `${webAddress(server)}/`;
	return hasPage(server) ? `${webAddress(server)}${server.pagePath}` : undefined;
}

function hasPage({ pageFolder, settings }: BannerServer): boolean {
	return pageFolder !== undefined && settings.sniff;
}

/** The address of a server's pages. */
export function webAddress({ secure, port, settings }: Pick<BannerServer, "port" | "secure" | "settings">): string {
	return `${secure ? "https" : "http"}://${urlHost(settings.host)}:${port}`;
}

/** The address of a server for each protocol of its port. */
export function portRows(server: BannerServer): [string, string][] {
	const { cyan, dim } = styles();
	const { host, sniff, policy } = server.settings;
	const at = `${urlHost(host)}:${server.port}`;
	const rows: [string, string][] = [["XMLSocket", `${cyan(at)}  ${dim(`on ${server.addresses.join(" and ")}`)}`]];
	if (sniff) rows.push(["WebSocket", cyan(`${server.secure ? "wss" : "ws"}://${at}/socket`)]);
	if (server.secure)
		rows.push(["TLS", `${cyan(`xmlsockets://${at}`)}  ${dim("the same port also answers without TLS")}`]);
	rows.push([
		"Policy",
		server.policyText === undefined
			? "off"
			: policy === "auto"
				? `port ${server.port} for ${server.policyDomains.join(", ")}`
				: `from ${policy}`,
	]);
	if (server.policyPort !== undefined)
		rows.push(["Policy port", `${server.policyPort}  ${dim("answers policy requests only")}`]);
	return rows;
}

/** An application, as in a banner. */
export interface NamedApplication {
	readonly name: string;
	/** Its script or module, absolute. */
	readonly entry: string;
}

/** A row for each application. */
export function applicationRows(applications: readonly NamedApplication[]): [string, string][] {
	const { dim } = styles();
	const several = applications.length > 1;
	return applications.map(({ name, entry }, at) => [
		at === 0 ? "Application" : "",
		`${name}  ${dim(`from ${entry}${several && at === 0 ? ", also for clients that do not name one" : ""}`)}`,
	]);
}

const WORKERS_SHARE = "one port";

/** A row about the workers; none where there is one process. */
export function workerRows(workers: number, words: string = WORKERS_SHARE): [string, string][] {
	const { dim } = styles();
	return workers > 1 ? [["Workers", `${workers} processes  ${dim(words)}`]] : [];
}

/** Warnings about a port that other machines can reach. */
export function portWarnings(server: BannerServer): string[] {
	const { host, origin } = server.settings;
	if (!isPublic(host)) return [];
	const warnings: string[] = [];
	if (!server.secure)
		warnings.push("Passwords and messages are not encrypted: use --tls-cert and --tls-key, or a TLS proxy.");
	if (origin.length === 0)
		warnings.push("Pages of other sites cannot connect: allow them with --origin https://example.com.");
	if (server.policyText !== undefined && server.policyPort === undefined)
		warnings.push("Old Flash players first request the policy from port 843 and wait 3 s: use --policy-port 843.");
	return warnings;
}

function warningsFor(server: BannerServer, settings: ServeSettings, isChat: boolean): string[] {
	const warnings: string[] = [];
	if (isChat && settings.memory)
		warnings.push("Stored rooms are in memory and end with this process: without --memory they are in a folder.");
	warnings.push(...portWarnings(server));
	if (settings.adminTokenFile !== undefined && !settings.sniff)
		warnings.push("The admin API cannot be reached: with --no-sniff the port serves no HTTP.");
	if (isChat && isPublic(settings.host) && settings.tokenFile === undefined)
		warnings.push("Any client can take any name: use --token-file FILE to require tokens.");
	return warnings;
}
