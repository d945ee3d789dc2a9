// The reasons for which the server refuses or closes something, beside the error codes: what happened, and what the operator can do.
// docs/operating.md lists them; a test compares the two.

import type { WireCode } from "../errors/index.ts";

/** Each reason that is not an error code: `reason` of `xmlsocket_refused_total` and of the log line. */
export const REFUSAL_REASONS = {
	"bad-request":
		"An HTTP request or a WebSocket handshake cannot be read; `code` or the text names what is wrong with it.",
	busy: "An HTTP request got 503, because the process has no file descriptor left: raise the file limit.",
	"connecting-too-fast": "One address opens connections too fast: raise `connectsPerSecondPerAddress` if it is honest.",
	"connection-broken":
		"A connection broke before its protocol was known, most often a port scan or a check by TCP alone.",
	"expectation-failed": "An HTTP request has an `Expect` header other than `100-continue`.",
	"foreign-host": "The Host header is not one of the server's names: add it with `--origin`.",
	"foreign-origin": "A page of another site wants a WebSocket: allow the site with `--origin`.",
	forbidden: "An HTTP request got 403, most often `/metrics` from another machine: use `--metrics HOST:PORT`.",
	"headers-too-large": "The head of an HTTP request is larger than 16 KiB, or has more than 100 headers.",
	"http-version": "A client uses another version of HTTP than 1.0 and 1.1: let the proxy in front use HTTP/1.1.",
	"method-not-allowed": "An HTTP request has a method other than GET, HEAD and OPTIONS.",
	"not-a-policy-request": "A client of the policy port sends something else: the other protocols are on the main port.",
	"not-found": "No page or WebSocket has this path.",
	"not-documents":
		"A client sends an HTTP request to a port with `--no-sniff`, which serves only XMLSocket and policy requests.",
	"not-http": "A client sends documents to a port that serves only HTTP and WebSocket.",
	pipelining: "More than 32 HTTP requests of one connection wait for an answer. The connection is closed.",
	"proxy-header": "The PROXY protocol header of a listed proxy is broken or does not end: check the proxy's settings.",
	"range-not-satisfiable": "An HTTP request asks for a part that the file does not have.",
	"rate-limited":
		"A client sends documents too fast and is read more slowly: raise `documentsPerSecond` if it is honest.",
	"request-too-slow": "An HTTP request did not arrive within `tlsTimeoutMs`.",
	"requesting-too-fast":
		"One address sends HTTP requests too fast and gets 429: raise `requestsPerSecondPerAddress` if it is honest.",
	reset: "A connection was reset before the server could accept it, so its address is not known.",
	rtmp: "A client speaks RTMP, or RTMP in HTTP: its content uses `NetConnection`, where it must use `XMLSocket`.",
	"sent-and-left":
		"A client sent documents faster than `documentsPerSecond` and left; what waited `lingerMs` after the server had seen that was dropped.",
	stopping: "The server is stopping.",
	"tls-unavailable": "A client uses TLS, and the server has no certificate: set `--tls-cert` and `--tls-key`.",
	"too-many-connections":
		"The port has all the connections that it may have: raise `maxConnections` and the file limit.",
	"too-many-from-address": "One address has too many connections: raise `maxConnectionsPerAddress` if it is honest.",
	"too-many-requests": "A route of the program that embeds the server answered 429.",
	"token-guessing":
		"An address has sent more than 10 wrong tokens in a minute to the admin API and gets 429, also with a right one.",
	"unfinished-document":
		"A client ended within its first document: check that it sends the terminator of `--terminator`.",
	"upgrade-required":
		"A plain HTTP request came to a WebSocket's path: a proxy in front must pass `Upgrade` and `Connection`.",
	"wrong-admin-token": "A request to the admin API has no token, or one that is not in `--admin-token-file`.",
} as const satisfies Record<string, string>;

/** Why something was refused: a key of the table, or an error code as documents contain it. */
export type RefusalReason = keyof typeof REFUSAL_REASONS | WireCode;
