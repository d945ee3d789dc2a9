// The text that the gateway prints after its start: a WebSocket URL for each target, a configuration of Ruffle to paste, and one line for
// each warning.

import type { Gateway, Target } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { webAddress } from "./banner.ts";
import { framed, isPublic, styles } from "./banner-parts.ts";
import { gatewayRows, targetWarnings, webSocketUrl } from "./gateway-rows.ts";
import type { Site } from "./site.ts";

/** The banner's text, coloured if standard output is a terminal. */
export function gatewayBanner(
	server: Server,
	gateway: Gateway,
	site: Site,
	web: string | undefined,
	version: string,
	tookMs: number,
): string {
	const { cyan, dim } = styles();
	const base = webAddress(server);
	const rows: [string, string][] = [
		...(web === undefined ? [] : ([["Site", `${cyan(`${base}/`)}  ${dim(`from ${web}`)}`]] as [string, string][])),
		...gatewayRows(server, gateway),
		["Listens", dim(`on ${server.addresses.join(" and ")}, port ${server.port}`)],
	];
	const warnings = [...site.warnings(), ...warningsFor(server, gateway)];
	const further = web === undefined ? socketProxy(server, gateway.targets, base) : "";
	return framed(version, tookMs, { rows, warnings, further, keys: true });
}

function warningsFor(server: Server, gateway: Gateway): string[] {
	const lines = targetWarnings(gateway);
	const { host, origin } = server.settings;
	if (origin.length === 0)
		lines.push(
			"Pages of other servers, also of other ports of this machine, cannot connect: allow them with --origin http://localhost:8080.",
		);
	if (isPublic(host) && !server.secure)
		lines.push("Pages on https:// can connect only to wss://: use --tls-cert and --tls-key, or a TLS proxy.");
	return lines;
}

function socketProxy(server: Server, targets: readonly Target[], base: string): string {
	if (targets.length === 0) return "";
	const entries = targets.map((target) => {
		const { host, port } = target.alias ?? target;
		return `    { host: ${JSON.stringify(host)}, port: ${port}, proxyUrl: ${JSON.stringify(webSocketUrl(server, target))} },`;
	});
	const { dim } = styles();
	return `  ${dim("For Ruffle, with each host spelled as in the content:")}\n\n  window.RufflePlayer.config = { socketProxy: [\n${entries.join("\n")}\n  ] };\n\n  ${dim("or, for every spelling of a host, merged with the page's own configuration:")}\n\n  <script src="${base}/ruffle-config.js"></script>\n`;
}
