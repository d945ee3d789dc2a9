// Addresses as people write them, read into a target: HOST:PORT, :PORT, PORT, [::1]:PORT, or a URL that begins with
// xmlsocket://, xmlsockets:// (TLS), ws:// or wss://. It resolves no name and opens nothing.
// The port rule is that of XMLSocket.connect, Server-Side ActionScript Language Reference p. 218.

import { XMLSocketError } from "../errors/index.ts";

/** Where to connect, and how. */
export interface Target {
	readonly protocol: "xmlsocket" | "xmlsockets" | "ws" | "wss";
	/** A name or an address; IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	/** Path and query of a WebSocket, with the leading slash; empty for the other protocols. */
	readonly path: string;
	/** Whether TLS protects it. */
	readonly secure: boolean;
}

/** The path of a WebSocket whose URL names none: the one at which the daemon answers. */
export const DEFAULT_WEBSOCKET_PATH = "/socket";
/** XMLSocket connects to no port below this one. */
export const LOWEST_PORT = 1024;
/** The highest port there is. */
export const HIGHEST_PORT = 65535;

//                   scheme           [IPv6]          host                port      path, query, fragment
const ADDRESS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:\[([^\]\s]+)\]|([^\s:/?#@[\]\\]*))(?::(\d*))?([/?#].*)?$/is;

/**
 * Reads an address. Without a host it is `localhost`; without a scheme, `xmlsocket://`. A port must be given, but for
 * `ws://` (80) and `wss://` (443). A WebSocket URL without a path gets `/socket`; a path and a query that are given stay.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID where the text is no address.
 * @throws XMLSOCKET_PORT_RESERVED for `xmlsocket://` and `xmlsockets://` with a port below 1024.
 *
 * @example
 * ```ts
 * parseAddress("9000").host; // "localhost"
 * parseAddress("wss://play.example").path; // "/socket"
 * ```
 */
export function parseAddress(address: string): Target {
	return parseAddressFrom(address, LOWEST_PORT);
}

/** As `parseAddress`, with another lowest port: tools also reach servers that players ask for policy files. */
export function parseAddressFrom(address: string, lowestPort: number): Target {
	if (typeof address !== "string") {
		const { href, host, port } = Object(address) as Record<string, unknown>;
		const meant =
			href ?? (host === undefined || port === undefined ? "localhost:9000" : `${String(host)}:${String(port)}`);
		throw invalid(String(address), `it is not a string, for example "${String(meant)}"`);
	}
	// Variables of shells often end with the line end of a file.
	const trimmed = address.trim();
	const text = /^\d+$/.test(trimmed) ? `:${trimmed}` : trimmed;
	const parts = ADDRESS.exec(text);
	if (!parts || trimmed === "") throw invalid(address, "it has none of the known forms");
	const [, scheme = "xmlsocket", literal, name = "", digits, rest = ""] = parts;
	const protocol = scheme.toLowerCase();
	if (protocol !== "xmlsocket" && protocol !== "xmlsockets" && protocol !== "ws" && protocol !== "wss") {
		throw invalid(address, `the protocol must be xmlsocket://, xmlsockets://, ws:// or wss://, not ${protocol}://`);
	}
	if (literal !== undefined && !/^[\da-f:.]*:[\da-f:.]*(?:%\w+)?$/i.test(literal)) {
		throw invalid(address, `[${literal}] is not an IPv6 address`);
	}
	const webSocket = protocol === "ws" || protocol === "wss";
	const secure = protocol === "xmlsockets" || protocol === "wss";
	return {
		protocol,
		host: literal ?? (name === "" ? "localhost" : name),
		port: portOf(address, digits, webSocket ? (secure ? 443 : 80) : undefined, lowestPort),
		path: webSocket ? webSocketPath(address, rest) : noPath(address, rest),
		secure,
	};
}

/**
 * The URL of a target, for messages and for a page's WebSocket.
 *
 * @example
 * ```ts
 * targetUrl(parseAddress("[::1]:9000")); // "xmlsocket://[::1]:9000"
 * ```
 */
export function targetUrl(target: Target): string {
	const host = target.host.includes(":") ? `[${target.host}]` : target.host;
	return `${target.protocol}://${host}:${target.port}${target.path}`;
}

function portOf(address: string, digits: string | undefined, standard: number | undefined, lowestPort: number): number {
	if (digits === undefined || digits === "") {
		if (standard !== undefined) return standard;
		throw invalid(address, "the port is missing, for example localhost:9000");
	}
	const port = Number(digits);
	if (port < 1 || port > HIGHEST_PORT) throw invalid(address, `ports are 1 to ${HIGHEST_PORT}, not ${digits}`);
	if (standard === undefined && port < lowestPort) {
		throw new XMLSocketError(
			"XMLSOCKET_PORT_RESERVED",
			`XMLSocket connects to ports ${LOWEST_PORT} to ${HIGHEST_PORT} only, not to ${port} (in "${address}").`,
			{ details: { port, lowest: LOWEST_PORT } },
		);
	}
	return port;
}

function webSocketPath(address: string, rest: string): string {
	if (rest.includes("#")) throw invalid(address, "a WebSocket URL has no fragment");
	return rest.startsWith("/") ? rest : `${DEFAULT_WEBSOCKET_PATH}${rest}`;
}

function noPath(address: string, rest: string): "" {
	if (rest !== "" && rest !== "/") throw invalid(address, `${rest} means nothing here: only WebSockets have a path`);
	return "";
}

function invalid(address: string, why: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", `"${address}" is not an address: ${why}.`);
}
