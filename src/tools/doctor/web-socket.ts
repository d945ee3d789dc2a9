// The hops WebSocket and Origin, and whether the connection stays open: a gateway accepts the WebSocket before it reaches the game server, so
// a player sees "connected", then "closed".

import { type Checks, hostPort, inMs, quoted } from "./diagnosis.ts";
import type { Endpoint } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { bareHost, tryUpgrade, type Upgrade } from "./upgrade.ts";
import type { Wire } from "./wire.ts";

/** Where the WebSocket is, and whose page opens it. */
export interface WebSocketPlace {
	readonly url: URL;
	readonly endpoint: Endpoint;
	/** The origin of the page; undefined: not known, so that of the WebSocket's own address is tried. */
	readonly origin: string | undefined;
}

const FOREIGN_ORIGIN = "https://another-site.invalid";

/**
 * Checks `websocket`, `origin` and `stays-open`.
 *
 * @returns the open connection, and the origin with which more can be opened; undefined if a hop failed.
 */
export async function checkWebSocket(
	place: WebSocketPlace,
	settings: Settings,
	checks: Checks,
): Promise<{ readonly wire: Wire; readonly origin: string | undefined } | undefined> {
	const { url, endpoint } = place;
	const ownOrigin = `${url.protocol === "wss:" ? "https:" : "http:"}//${url.host}`;
	const origin = place.origin ?? ownOrigin;
	const first = await tryUpgrade(url, endpoint, origin, settings);
	const accepted = await acceptedOrigin(first);
	if (accepted === undefined) {
		const { text, hint } = failureWords(first, place, settings);
		checks.fail("websocket", text, hint);
		checks.skipAll(["origin", "stays-open"], "No WebSocket opens.");
		return undefined;
	}
	const { opened, used } = accepted;
	checks.pass("websocket", `${url.href} accepts WebSockets (${inMs(opened.tookMs)}).`);
	if (first.kind === "open") await checkForeign();
	else {
		const status = first.kind === "refused" ? first.answer.status : 0;
		if (place.origin === undefined)
			checks.skip(
				"origin",
				`Pages of ${ownOrigin} are refused (${status}), others may be allowed. --origin https://SITE checks one.`,
			);
		else {
			checks.fail(
				"origin",
				`The server refuses pages of ${place.origin} (${status}); without that origin it accepts the same request.`,
				`Allow it at the server: with --origin ${place.origin}, if it is an xmlsocket daemon or gateway.`,
			);
			opened.wire.destroy();
			checks.skip("stays-open", "The page's WebSocket does not open.");
			return undefined;
		}
	}
	if (!(await staysOpen(opened.wire))) {
		opened.wire.destroy();
		return undefined;
	}
	return { wire: opened.wire, origin: used };

	async function acceptedOrigin(
		attempt: Upgrade,
	): Promise<{ opened: Extract<Upgrade, { kind: "open" }>; used: string | undefined } | undefined> {
		if (attempt.kind === "open") return { opened: attempt, used: origin };
		if (attempt.kind !== "refused" && attempt.kind !== "closed") return undefined;
		for (const other of [undefined, ownOrigin]) {
			if (other === origin) continue;
			const again = await tryUpgrade(url, endpoint, other, settings);
			if (again.kind === "open") return { opened: again, used: other };
		}
		return undefined;
	}

	async function checkForeign(): Promise<void> {
		const foreign = await tryUpgrade(url, endpoint, FOREIGN_ORIGIN, settings);
		const who = place.origin === undefined ? "Pages of the same address" : `Pages of ${place.origin}`;
		if (foreign.kind === "open") {
			foreign.wire.destroy();
			checks.pass(
				"origin",
				`${who} may connect, and so may the pages of every other site.`,
				"If that is not intended, let the server or its proxy allow only your sites.",
			);
		} else checks.pass("origin", `${who} may connect; those of an unknown site are refused.`);
	}

	async function staysOpen(wire: Wire): Promise<boolean> {
		const begunMs = performance.now();
		await wire.until(() => false, settings.greetingMs, settings.signal);
		if (!wire.ended) {
			checks.pass("stays-open", "The WebSocket stays open.");
			return true;
		}
		checks.fail(
			"stays-open",
			`The WebSocket opens, then ${wire.ending} after ${inMs(performance.now() - begunMs)}. A player sees "connected", then "closed".`,
			"If this is a gateway, it cannot reach the game server behind it: start that server, check the gateway's target, and write 127.0.0.1 instead of localhost if the server has only IPv4. The gateway's log has the cause.",
		);
		return false;
	}
}

function failureWords(
	upgrade: Upgrade,
	{ url, endpoint }: WebSocketPlace,
	settings: Settings,
): { text: string; hint: string } {
	const where = hostPort(bareHost(url), endpoint.port);
	const notWebSocket =
		"If this is the game server's own port, it has no WebSocket: put a gateway in front (xmlsocket gateway HOST:PORT), and use the gateway's address.";
	switch (upgrade.kind) {
		case "refused":
			return refusalWords(upgrade, url);
		case "invalid":
			return {
				text: `${url.href} accepts the WebSocket, but browsers refuse its answer: ${upgrade.why}.`,
				hint: "Update or configure the server's WebSocket software; a proxy in front may also have changed the headers.",
			};
		case "not-http":
			return {
				text: `${where} answers the WebSocket request with something else: ${quoted(upgrade.received.toString("latin1"), 60)}.`,
				hint: notWebSocket,
			};
		case "silent":
			return {
				text: `${where} accepts the connection, but never answers the WebSocket request (${inMs(upgrade.tookMs)}). Ruffle waits forever and shows nothing.`,
				hint: notWebSocket,
			};
		case "closed":
			return {
				text: `${where} ends the connection instead of answering the WebSocket request${upgrade.error === undefined ? "" : ` (${upgrade.error})`}.`,
				hint: notWebSocket,
			};
		case "unreachable":
			return {
				text: `${where} no longer accepts connections (${upgrade.failure.code}).`,
				hint: `Try again: the server may have ended, or it limits connections. Each try waits ${settings.timeoutMs} ms.`,
			};
		case "open":
			return { text: "", hint: "" };
	}
}

function refusalWords(
	{ answer, body }: Extract<Upgrade, { kind: "refused" }>,
	url: URL,
): { text: string; hint: string } {
	const { status, headers } = answer;
	const server = headers.get("server");
	const isText = /^text\/plain/i.test(headers.get("content-type") ?? "") && body.trim() !== "";
	const facts = [server === undefined ? "" : `server: ${server}`, isText ? quoted(body, 200) : ""].filter(
		(each) => each !== "",
	);
	const details = facts.length === 0 ? "" : ` (${facts.join("; ")})`;
	const said = `The answer to the WebSocket request at ${url.href} is ${status}${details}`;
	const location = headers.get("location");
	if (status >= 300 && status < 400)
		return {
			text: `${said}: it redirects${location === undefined ? "" : ` to ${quoted(location)}`}. Browsers do not follow redirects of WebSockets.`,
			hint: "Use the address that it redirects to, with wss:// for https://.",
		};
	if (status === 426 || status === 400 || status === 405 || (status >= 200 && status < 300))
		return {
			text: `${said}, as for an ordinary request: something on the way removes the header Upgrade, or this path has no WebSocket.`,
			hint: 'In a reverse proxy, pass the upgrade: for nginx, `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";` in the location. Without a proxy, check the path.',
		};
	if (status === 404)
		return {
			text: `${said}: there is nothing at this path.`,
			hint: "Check the path of the address; the gateway prints its addresses when it starts.",
		};
	if (status === 401 || status === 407)
		return {
			text: `${said}: it asks for a login, which a SWF cannot give.`,
			hint: "Remove the login for this path, or let the page log in with a cookie.",
		};
	if (status === 403)
		return {
			text: `${said}: the server forbids it, whatever page asks.`,
			hint: "Check the server's list of allowed targets and addresses; its log has the reason.",
		};
	if (status === 421)
		return {
			text: `${said}: the server is not known under the name ${url.host}.`,
			hint: "Let the proxy pass the Host header, or name this host in the server's configuration (--origin for xmlsocket).",
		};
	if (status === 429)
		return {
			text: `${said}: too many connections from this address.`,
			hint: "Wait a minute, or raise the server's limit.",
		};
	if (status === 502 || status === 503 || status === 504)
		return {
			text: `${said}: the proxy answers, but not the server behind it.`,
			hint: "Start the gateway behind the proxy, and check the address that the proxy passes to.",
		};
	return { text: `${said}.`, hint: "The server's log has the reason." };
}
