// What the daemon says when it is up: where it is, and one line for each thing to know, with its mend.

import { resolve } from "node:path";
import { styleText } from "node:util";
import { RUFFLE_INSTALL } from "../gateway/ruffle-package.ts";
import type { Server } from "../server/index.ts";
import type { ServeSettings } from "./serve-schema.ts";

/** The banner's text, coloured where standard output is a terminal. */
export function banner(
	server: Server,
	settings: ServeSettings,
	hasRuffle: boolean,
	version: string,
	tookMs: number,
): string {
	const colour = process.stdout.isTTY && !process.env.NO_COLOR;
	const bold = (text: string): string => (colour ? styleText("bold", text) : text);
	const dim = (text: string): string => (colour ? styleText("dim", text) : text);
	const cyan = (text: string): string => (colour ? styleText("cyan", text) : text);
	const yellow = (text: string): string => (colour ? styleText("yellow", text) : text);
	const host =
		settings.host === "*" || settings.host === "::" || settings.host === "0.0.0.0"
			? "localhost"
			: settings.host.includes(":")
				? `[${settings.host}]`
				: settings.host;
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
	if (settings.relay === undefined && !settings.memory) rows.push(["Data", resolve(settings.data)]);
	const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
	const warnings = warningsFor(server, settings, hasRuffle).map((warning) => `  ${yellow("!")} ${warning}`);
	return `\n  ${bold("xmlsocket")} ${version}  ${dim(`ready in ${Math.round(tookMs)} ms`)}\n\n${lines.join("\n")}\n${warnings.length > 0 ? `\n${warnings.join("\n")}\n` : ""}\n`;
}

function warningsFor(server: Server, settings: ServeSettings, hasRuffle: boolean): string[] {
	const warnings: string[] = [];
	if (settings.web !== undefined && settings.inject && !hasRuffle)
		warnings.push(`Ruffle is not installed, so Flash content of the site does not run: ${RUFFLE_INSTALL}`);
	const isPublic = settings.host !== "localhost" && settings.host !== "::1" && !settings.host.startsWith("127.");
	if (settings.relay === undefined && settings.memory)
		warnings.push("Stored rooms are in memory and end with this process: without --memory they are kept in a folder.");
	if (isPublic && !server.secure)
		warnings.push(
			"Passwords and messages cross the network in the clear: give --tls-cert and --tls-key, or put a TLS proxy in front.",
		);
	if (isPublic && settings.origin.length === 0)
		warnings.push("Pages of other sites may not connect: name them with --origin https://example.com.");
	if (isPublic && settings.tokenFile === undefined && settings.relay === undefined)
		warnings.push("Anybody may take any name: give --token-file FILE to ask for tokens.");
	if (isPublic && server.policyText !== undefined && settings.policyPort === undefined)
		warnings.push("Old Flash players ask port 843 for the policy first and wait 3 s: --policy-port 843 answers there.");
	return warnings;
}
