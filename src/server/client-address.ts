// The address of a client behind listed proxies, from the headers that proxies write: X-Forwarded-For, Forwarded (RFC 7239), X-Real-IP. The
// chain is read from its end, because a client can write the beginning itself. An entry that is no address ends it: the client then counts
// as the last known proxy.

import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { addressKey, isListed } from "./admission.ts";

type Headers = IncomingMessage["headers"];

/** Headers that proxies add. A request with one of them was forwarded, whatever the address of its connection. */
const ADDED_BY_PROXIES: readonly string[] = [
	"x-forwarded-for",
	"forwarded",
	"x-real-ip",
	"x-forwarded-host",
	"x-forwarded-proto",
	"via",
	"cf-connecting-ip",
	"true-client-ip",
];

/** Whether a proxy has forwarded the request, by its own headers. */
export function isForwarded(request: IncomingMessage): boolean {
	return ADDED_BY_PROXIES.some((name) => name in request.headers);
}

/**
 * The last address that no listed proxy wrote about itself.
 *
 * @param address of the connection, or from a PROXY protocol header.
 * @param trusted the listed proxies: addresses and ranges.
 */
export function clientAddress(headers: Headers, address: string, trusted: readonly string[]): string {
	let client = address;
	if (!isListed(client, trusted)) return client;
	for (const entry of chainOf(headers).reverse()) {
		const before = forwardedAddress(entry);
		if (before === undefined) break;
		client = before;
		if (!isListed(client, trusted)) break;
	}
	return client;
}

const THIS_MACHINE: readonly string[] = ["127.0.0.0/8", "::1"];

/**
 * What the limits for one address count a request under; undefined for a client of this machine, to which they do not apply. A proxy on this
 * machine that is not listed is believed here, and only here: otherwise its clients would all be exempt, or all share one limit. They
 * count apart from direct clients of the same address, because any program of this machine can name one.
 *
 * @param address of the connection, or from a PROXY protocol header.
 */
export function limitedAddress(
	request: IncomingMessage,
	address: string,
	trusted: readonly string[],
): string | undefined {
	const client = clientAddress(request.headers, address, trusted);
	if (addressKey(client) !== undefined) return client;
	if (!isForwarded(request)) return undefined;
	const named = addressKey(clientAddress(request.headers, client, THIS_MACHINE));
	return named === undefined ? undefined : `unlisted proxy, ${named}`;
}

/**
 * The address of one entry, without port, brackets, quotes and zone; undefined where it is none, as `unknown` and `_hidden`.
 */
export function forwardedAddress(entry: string): string | undefined {
	const text = entry.trim().replace(/^"(.*)"$/, "$1");
	const found = /^\[([^\]]*)\](?::\d*)?$/.exec(text)?.[1] ?? /^([\d.]+):\d*$/.exec(text)?.[1] ?? text;
	const bare = found.replace(/%.*$/, "");
	if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
	return ipaddr.process(bare).toString();
}

/** The entries from the client to the last proxy. */
function chainOf(headers: Headers): string[] {
	const list = textOf(headers["x-forwarded-for"]);
	if (list !== undefined) return list.split(",");
	const forwarded = textOf(headers.forwarded);
	if (forwarded !== undefined) return forwardedFor(forwarded);
	const real = textOf(headers["x-real-ip"]);
	return real === undefined ? [] : [real];
}

// One element for each proxy; one that names no client hides what is before it.
function forwardedFor(header: string): string[] {
	const elements = header.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
	return elements.map((element) => /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)/i.exec(element)?.[1] ?? "");
}

function textOf(value: string | string[] | undefined): string | undefined {
	return Array.isArray(value) ? value.join(",") : value;
}
