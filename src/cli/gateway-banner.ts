// What the gateway says when it is up: a WebSocket URL for each target, the entry for Ruffle's configuration to paste, and one line
// for each thing to know, with its mend.

import type { Gateway, Target } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { framed, isPublic, styles } from "./banner-parts.ts";
import { gatewayRows, targetWarnings, webSocketUrl } from "./gateway-rows.ts";

/** The banner's text, coloured where standard output is a terminal. */
export function gatewayBanner(server: Server, gateway: Gateway, version: string, tookMs: number): string {
	const { dim } = styles();
	const rows: [string, string][] = [
		...gatewayRows(server, gateway),
		["Listens", dim(`on ${server.addresses.join(" and ")}, port ${server.port}`)],
	];
	return framed(version, tookMs, rows, warnings(server, gateway), socketProxy(server, gateway.targets));
}

function warnings(server: Server, gateway: Gateway): string[] {
	const lines = targetWarnings(gateway);
	const { host, origin } = server.settings;
	if (origin.length === 0)
		lines.push(
			"Pages served from elsewhere, another port of this machine included, may not connect: name them with --origin http://localhost:8080.",
		);
	if (isPublic(host) && !server.secure)
		lines.push("Pages on https:// reach wss:// only: give --tls-cert and --tls-key, or put a TLS proxy in front.");
	return lines;
}

function socketProxy(server: Server, targets: readonly Target[]): string {
	if (targets.length === 0) return "";
	const entries = targets.map(
		(target) =>
			`    { host: ${JSON.stringify(target.host)}, port: ${target.port}, proxyUrl: ${JSON.stringify(webSocketUrl(server, target))} },`,
	);
	const { dim } = styles();
	return `  ${dim("For Ruffle, with each host spelled as the content spells it:")}\n\n  window.RufflePlayer.config = { socketProxy: [\n${entries.join("\n")}\n  ] };\n`;
}
