// The gateway's part of a banner.

import { addressClass, type Gateway, type Target } from "../gateway/index.ts";
import type { Server } from "../server/index.ts";
import { styles, urlHost } from "./banner-parts.ts";

/** A row for each target: its WebSocket URL, and its host and port. */
export function gatewayRows(
	server: Pick<Server, "secure" | "port" | "settings">,
	gateway: Gateway,
): [string, string][] {
	const { cyan, dim } = styles();
	return gateway.targets.map((target, at) => [
		at === 0 ? "Gateway" : "",
		`${cyan(webSocketUrl(server, target))}  ${dim(`to ${where(target)}${target.encoding === undefined ? "" : ` in ${target.encoding}`}`)}`,
	]);
}

/** Warnings about the targets. */
export function targetWarnings(gateway: Gateway): string[] {
	const lines: string[] = [];
	for (const target of gateway.targets) {
		const isAsked = (target.alias?.port ?? target.port) === target.port;
		if (target.port < 1024 && isAsked)
			lines.push(`${where(target)}: Flash content cannot connect to ports below 1024; check that the port is right.`);
		if (target.isAddress && addressClass(target.host) === "never")
			lines.push(`${where(target)} is a link-local or reserved address; check that it is right.`);
	}
	const { learn } = gateway.settings;
	if (learn !== undefined)
		lines.push(
			`Refused targets are recorded in ${learn}. Check the file, then run: xmlsocket gateway --config ${learn}`,
		);
	return lines;
}

/** The URL of a target's WebSocket. */
export function webSocketUrl(server: Pick<Server, "secure" | "port" | "settings">, target: Target): string {
	return `${server.secure ? "wss" : "ws"}://${urlHost(server.settings.host)}:${server.port}${target.path}`;
}

function where({ host, port }: Target): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
