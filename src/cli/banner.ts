// What the daemon says when it is up: where it is, and one line for each thing to know, with its mend.

import { resolve } from "node:path";
import type { Gateway } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { framed, isPublic, styles, urlHost } from "./banner-parts.ts";
import { gatewayRows, targetWarnings } from "./gateway-rows.ts";
import { brokerNames, keepsFolder } from "./rooms-home.ts";
import type { ServeSettings } from "./serve-schema.ts";
import type { Site } from "./site.ts";

/** The banner's text, coloured where standard output is a terminal. */
export function banner(
	server: Server,
	gateway: Gateway | undefined,
	site: Site,
	settings: ServeSettings,
	version: string,
	tookMs: number,
): string {
	const { cyan, dim } = styles();
	const host = urlHost(settings.host);
	const at = `${host}:${server.port}`;
	const rows: [string, string][] = [];
	const web = `${server.secure ? "https" : "http"}://${at}`;
	if (settings.web !== undefined && settings.sniff)
		rows.push(["Site", `${cyan(`${web}/`)}  ${dim(`from ${settings.web}`)}`]);
	if (server.pageFolder !== undefined && settings.sniff) rows.push(["Chat page", cyan(`${web}${server.pagePath}`)]);
	rows.push(["XMLSocket", `${cyan(at)}  ${dim(`on ${server.addresses.join(" and ")}`)}`]);
	if (settings.sniff) rows.push(["WebSocket", cyan(`${server.secure ? "wss" : "ws"}://${at}/socket`)]);
	if (server.secure)
		rows.push(["TLS", `${cyan(`xmlsockets://${at}`)}  ${dim("the same port also answers without TLS")}`]);
	rows.push([
		"Policy",
		server.policyText === undefined
			? "off"
			: settings.policy === "auto"
				? `port ${server.port} for ${server.rules.policyDomains().join(", ")}`
				: `from ${settings.policy}`,
	]);
	if (server.policyPort !== undefined)
		rows.push(["Policy port", `${server.policyPort}  ${dim("answers policy requests alone")}`]);
	rows.push(
		settings.relay === undefined
			? ["Rooms", `${(["lobby", ...settings.rooms]).join(", ")}; others open as people join them`]
			: ["Relay", `every document goes to all others, unchanged`],
	);
	if (keepsFolder(settings)) rows.push(["Data", resolve(settings.data)]);
	if (settings.nats.length > 0)
		rows.push(["NATS", `${brokerNames(settings)}  ${dim("rooms, names and history are shared")}`]);
	if (gateway) rows.push(...gatewayRows(server, gateway));
	const warnings = [...site.warnings(), ...warningsFor(server, settings), ...(gateway ? targetWarnings(gateway) : [])];
	return framed(version, tookMs, rows, warnings);
}

function warningsFor(server: Server, settings: ServeSettings): string[] {
	const warnings: string[] = [];
	const open = isPublic(settings.host);
	if (settings.relay === undefined && settings.memory)
		warnings.push("Stored rooms are in memory and end with this process: without --memory they are kept in a folder.");
	if (open && !server.secure)
		warnings.push(
			"Passwords and messages cross the network in the clear: give --tls-cert and --tls-key, or put a TLS proxy in front.",
		);
	if (open && settings.origin.length === 0)
		warnings.push("Pages of other sites may not connect: name them with --origin https://example.com.");
	if (open && settings.tokenFile === undefined && settings.relay === undefined)
		warnings.push("Anybody may take any name: give --token-file FILE to ask for tokens.");
	if (open && server.policyText !== undefined && settings.policyPort === undefined)
		warnings.push("Old Flash players ask port 843 for the policy first and wait 3 s: --policy-port 843 answers there.");
	return warnings;
}
