// The server's options: one schema gives the types, the defaults, the checks and the text of `--help`. Sizes are in
// bytes, times in milliseconds. Every mistake is reported, not only the first.

import * as v from "valibot";
import { XMLSocketError } from "../errors/index.ts";
import {
	checkOptions,
	count,
	described,
	documentLimits,
	milliseconds,
	rateLimits,
	readerLimits,
} from "../options/index.ts";
import { isAddressOrRange } from "./admission.ts";
import { isOriginEntry, ORIGIN_WORDS } from "./origin.ts";
import { listed } from "./origin-pattern.ts";
import { EMBEDDER } from "./page-headers.ts";

const port = () => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));

/** The schema of the options. Each entry describes the option, and names its command-line flag where `--help` lists one. */
export const serverSchema = v.strictObject({
	port: v.optional(
		described(port(), "port for XMLSocket, WebSocket, HTTP and TLS; 0: any free one", "-p, --port <n>"),
		9000,
	),
	host: v.optional(
		described(
			v.pipe(
				v.string(),
				v.nonEmpty(),
				// As in an URL: [::1].
				v.transform((host) => /^\[(.*)\]$/.exec(host)?.[1] ?? host),
			),
			"address to listen on; localhost: both loopback addresses, *: every address",
			"--host <address>",
		),
		"localhost",
	),
	tlsCert: v.optional(
		described(v.string(), "certificate chain (PEM) for TLS on the same port; reloaded on change", "--tls-cert <file>"),
	),
	tlsKey: v.optional(described(v.string(), "private key (PEM) of the certificate", "--tls-key <file>")),
	policy: v.optional(
		described(
			v.pipe(v.string(), v.nonEmpty()),
			"socket policy file for Flash Player: auto, off, or a file",
			"--policy <auto|off|file>",
		),
		"auto",
	),
	policyPort: v.optional(
		described(port(), "also answer policy requests on this port (players ask 843 first)", "--policy-port <n>"),
	),
	origin: v.optional(
		described(
			v.array(v.pipe(v.string(), v.check(isOriginEntry, ORIGIN_WORDS))),
			"origins of other sites whose pages may connect: https://example.com, *.example.com, http://localhost:*, *",
			"--origin <pattern...>",
		),
		[],
	),
	embed: v.optional(
		described(
			v.pipe(
				v.array(
					v.pipe(
						v.string(),
						v.regex(EMBEDDER, "a site: https://example.com, https://*.example.com, http://localhost:8080 or *"),
					),
				),
				v.maxLength(100),
			),
			"sites whose pages may show the chat page in a frame: https://example.com, https://*.example.com, *",
			"--embed <site...>",
		),
		[],
	),
	sniff: v.optional(
		described(
			v.boolean(),
			"do not recognise protocols by the first bytes: XMLSocket and policy requests only",
			"--no-sniff",
		),
		true,
	),
	encoding: v.optional(described(v.string(), "encoding of documents", "--encoding <label>"), "utf-8"),
	strictUtf8: v.optional(described(v.boolean(), "close connections that send invalid UTF-8", "--strict-utf8"), false),
	terminator: v.optional(
		described(v.string(), "bytes that end a document: nul, lf, cr, crlf or hexadecimal", "--terminator <name>"),
		"nul",
	),
	...documentLimits(),
	firstBytesTimeoutMs: v.optional(
		described(
			v.pipe(milliseconds(10), v.maxValue(1000)),
			"how long to wait for the client's first bytes before the server sends",
		),
		500,
	),
	tlsTimeoutMs: v.optional(
		described(milliseconds(100), "time limit of a TLS handshake, and of an HTTP request's head"),
		10_000,
	),
	idleTimeoutMs: v.optional(
		described(milliseconds(), "close a TCP connection that sends nothing for this long; 0: never"),
		300_000,
	),
	pingIntervalMs: v.optional(described(milliseconds(), "ping silent WebSocket clients; 0: never"), 30_000),
	...readerLimits(),
	drainTimeoutMs: v.optional(described(milliseconds(), "how long a stopping server waits for its connections"), 10_000),
	...rateLimits(),
	memoryCeilingBytes: v.optional(
		described(
			v.pipe(v.number(), v.integer(), v.minValue(1 << 20), v.maxValue(Number.MAX_SAFE_INTEGER)),
			"bytes held for all clients together; above it the server disconnects those for which it holds most; default: a quarter of the memory, at most half of the heap limit",
		),
	),
	maxConnections: v.optional(
		described(count(), "connections in all; default: 10000, or the file limit less 128 (192 with a policy port)"),
	),
	maxConnectionsPerAddress: v.optional(
		described(count(), "connections from one address (IPv6: from one /64); loopback is exempt"),
		64,
	),
	connectsPerSecondPerAddress: v.optional(
		described(count(), "new connections a second from one address; twice as many at once"),
		20,
	),
	requestsPerSecondPerAddress: v.optional(
		described(count(), "HTTP requests a second from one address; five times as many at once; loopback is exempt"),
		200,
	),
	trustProxy: v.optional(
		described(
			v.array(v.pipe(v.string(), v.check(isProxyEntry, "an IP address or a range such as 10.0.0.0/8"))),
			"trust X-Forwarded-For and PROXY protocol headers of these proxies: addresses or CIDR ranges",
			"--trust-proxy <address...>",
		),
		[],
	),
	basePath: v.optional(
		described(
			v.pipe(v.string(), v.check(isBasePath, "a path with a slash at both ends, such as /games/")),
			"path at which a proxy serves the daemon, where the proxy passes it on: /games/",
			"--base-path <path>",
		),
		"/",
	),
	metrics: v.optional(
		described(
			v.string(),
			"where /metrics answers: local (this machine only), off, or HOST:PORT",
			"--metrics <address>",
		),
		"local",
	),
});

/** The options of `createServer`, apart from the application; each has a default. */
export type ServerOptions = v.InferInput<typeof serverSchema>;
/** The options with all defaults filled in. */
export type ServerSettings = v.InferOutput<typeof serverSchema>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID (all mistakes in one message), XMLSOCKET_PORT_RESERVED for a
 * port from 1 to 1023.
 */
export function serverSettings(options: ServerOptions): ServerSettings {
	const settings = checkOptions(serverSchema, options);
	if (settings.port > 0 && settings.port < 1024) {
		throw new XMLSocketError(
			"XMLSOCKET_PORT_RESERVED",
			`Port ${settings.port} is below 1024, where no XMLSocket may connect (Server-Side ActionScript Language Reference, p. 218). Choose a port from 1024 to 65535.`,
			{ details: { port: settings.port } },
		);
	}
	if ((settings.tlsCert === undefined) !== (settings.tlsKey === undefined)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"A TLS certificate needs its key, and a key its certificate: give both, or neither.",
		);
	}
	if (settings.policy === "off" && settings.policyPort !== undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`A policy port (${settings.policyPort}) without a policy file answers nothing: give policyPort, or policy "off", not both.`,
		);
	}
	if (settings.policyPort !== undefined && settings.policyPort === settings.port && settings.port !== 0) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The policy port and the port are both ${settings.port}: the port answers policy requests anyway, so leave policyPort out.`,
		);
	}
	return { ...settings, origin: settings.origin.flatMap(listed), trustProxy: settings.trustProxy.flatMap(listed) };
}

function isBasePath(text: string): boolean {
	return /^\/(?:[^/?#\s]+\/)*$/.test(text) && new URL(text, "http://localhost").pathname === text;
}

function isProxyEntry(text: string): boolean {
	const entries = listed(text);
	return entries.length > 0 && entries.every(isAddressOrRange);
}
