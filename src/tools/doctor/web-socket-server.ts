// Diagnosis of a WebSocket address: ws:// or wss://, of a daemon or of a gateway in front of a game server.

import { isBlockedByBrowsers } from "./blocked-ports.ts";
import { type Checks, hostPort } from "./diagnosis.ts";
import { checkExchange } from "./exchange.ts";
import { type Endpoint, reach } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { checkTls } from "./tls.ts";
import { bareHost, tryUpgrade } from "./upgrade.ts";
import { checkWebSocket } from "./web-socket.ts";
import type { Wire } from "./wire.ts";

const AFTER_UPGRADE = ["frames", "answer", "terminator", "encoding", "split"];

/**
 * Checks all hops to a WebSocket.
 *
 * @param origin that of the page which opens it; undefined: not known.
 * @param known where it is, if the hops to it have been checked.
 */
export async function diagnoseWebSocket(
	url: URL,
	origin: string | undefined,
	settings: Settings,
	checks: Checks,
	known?: Endpoint,
): Promise<void> {
	const host = bareHost(url);
	const secure = url.protocol === "wss:";
	const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
	const rest = ["websocket", "origin", "stays-open", ...AFTER_UPGRADE];
	if (isBlockedByBrowsers(port))
		checks.fail(
			"port",
			`Browsers open no WebSocket to port ${port}: it is on their list of ports that belong to other services.`,
			"Let the gateway listen on another port, such as 9001. The game server behind it keeps its own.",
		);
	else checks.pass("port", `Browsers open WebSockets to port ${port}.`);
	const endpoint = known ?? (await reach(host, port, settings, checks));
	if (!endpoint) {
		if (secure) checks.skipAll(["tls", "certificate"], "Nothing accepts a connection.");
		return checks.skipAll(rest, "Nothing accepts a connection.");
	}
	if (secure && !known && !(await checkTls(endpoint, "ws://", settings, checks)))
		return checks.skipAll(rest, "There is no TLS connection.");
	const opened = await checkWebSocket({ url, endpoint, origin }, settings, checks);
	if (!opened)
		return checks.skipAll(AFTER_UPGRADE, `There is no WebSocket to ${hostPort(host, port)} that stays open.`);
	const open = async (): Promise<Wire | undefined> => {
		const again = await tryUpgrade(url, endpoint, opened.origin, settings);
		return again.kind === "open" ? again.wire : undefined;
	};
	await checkExchange(opened.wire, open, settings, checks);
}
