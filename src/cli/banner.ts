// What the daemon says when it is up: where it is, and one line for each thing to know, with its hint.

import { resolve } from "node:path";
import type { Gateway } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { framed, isPublic, styles, urlHost } from "./banner-parts.ts";
import { gatewayRows, targetWarnings } from "./gateway-rows.ts";
import { brokerNames, keepsFolder } from "./room-storage.ts";
import type { ServeSettings } from "./serve-schema.ts";
import type { Site } from "./site.ts";

/** The banner's text, coloured where standard output is a terminal. */
export function banner(
	server: Server,
	gateway: Gateway | undefined,
	applications: readonly NamedApplication[],
	site: Site,
	settings: ServeSettings,
	version: string,
	tookMs: number,
): string {
	const { cyan, dim } = styles();
	const at = `${urlHost(settings.host)}:${server.port}`;
	const isChat = settings.relay === undefined && applications.length === 0;
	const rows: [string, string][] = [];
	const web = `${server.secure ? "https" : "http"}://${at}`;
	if (settings.web !== undefined && settings.sniff)
		rows.push(["Site", `${cyan(`${web}/`)}  ${dim(`from ${settings.web}`)}`]);
	if (server.pageFolder !== undefined && settings.sniff) rows.push(["Chat page", cyan(`${web}${server.pagePath}`)]);
	rows.push(...portRows(server));
	if (applications.length > 0) rows.push(...applicationRows(applications));
	else
		rows.push(
			settings.relay === undefined
				? ["Rooms", `${(["lobby", ...settings.rooms]).join(", ")}; others open as people join them`]
				: ["Relay", `every document goes to all others, unchanged`],
		);
	if (keepsFolder(settings)) rows.push(["Data", resolve(settings.data)]);
	if (settings.nats.length > 0)
		rows.push(["NATS", `${brokerNames(settings)}  ${dim("rooms, names and history are shared")}`]);
	if (gateway) rows.push(...gatewayRows(server, gateway));
	const warnings = [
		...site.warnings(),
		...warningsFor(server, settings, isChat),
		...(gateway ? targetWarnings(gateway) : []),
	];
	return framed(version, tookMs, rows, warnings);
}

/** Where a server that speaks documents is, for each protocol of its port. */
export function portRows(server: Server): [string, string][] {
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
		rows.push(["Policy port", `${server.policyPort}  ${dim("answers policy requests alone")}`]);
	return rows;
}

/** An application as a banner names it. */
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
		`${name}  ${dim(`from ${entry}${several && at === 0 ? ", also for clients that name none" : ""}`)}`,
	]);
}

/** What the operator of a port that others reach should know. */
export function portWarnings(server: Server): string[] {
	const { host, origin } = server.settings;
	if (!isPublic(host)) return [];
	const warnings: string[] = [];
	if (!server.secure)
		warnings.push(
			"Passwords and messages cross the network in the clear: give --tls-cert and --tls-key, or put a TLS proxy in front.",
		);
	if (origin.length === 0)
		warnings.push("Pages of other sites may not connect: name them with --origin https://example.com.");
	if (server.policyText !== undefined && server.policyPort === undefined)
		warnings.push("Old Flash players ask port 843 for the policy first and wait 3 s: --policy-port 843 answers there.");
	return warnings;
}

function warningsFor(server: Server, settings: ServeSettings, isChat: boolean): string[] {
	const warnings: string[] = [];
	if (isChat && settings.memory)
		warnings.push("Stored rooms are in memory and end with this process: without --memory they are kept in a folder.");
	warnings.push(...portWarnings(server));
	if (isChat && isPublic(settings.host) && settings.tokenFile === undefined)
		warnings.push("Anybody may take any name: give --token-file FILE to ask for tokens.");
	return warnings;
}
