// The gateway's part of a banner, beside the chat or alone.

import { addressClass, type Gateway, type Target } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { styles, urlHost } from "./banner-parts.ts";

/** A row for each target: where its WebSocket is, and where that leads. */
export function gatewayRows(server: Server, gateway: Gateway): [string, string][] {
	const { cyan, dim } = styles();
	return gateway.targets.map((target, at) => [
		at === 0 ? "Gateway" : "",
		`${cyan(webSocketUrl(server, target))}  ${dim(`to ${where(target)}${target.encoding === undefined ? "" : ` in ${target.encoding}`}`)}`,
	]);
}

/** What an operator should know about these targets. */
export function targetWarnings(gateway: Gateway): string[] {
	const lines: string[] = [];
	for (const target of gateway.targets) {
		if (target.port < 1024)
			lines.push(`${where(target)}: Flash content never reached ports below 1024; check that this one is meant.`);
		if (target.isAddress && addressClass(target.host) === "never")
			lines.push(`${where(target)} is a link-local or reserved address; check that this one is meant.`);
	}
	const { learn } = gateway.settings;
	if (learn !== undefined)
		lines.push(
			`What is asked for and refused is written to ${learn}. Look it over, then: xmlsocket gateway --config ${learn}`,
		);
	return lines;
}

/** Where a target's WebSocket is. */
export function webSocketUrl(server: Server, target: Target): string {
	return `${server.secure ? "wss" : "ws"}://${urlHost(server.settings.host)}:${server.port}${target.path}`;
}

function where({ host, port }: Target): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
