// The text of a socket policy file, made from what the server really listens on and which pages it trusts. It never
// grants more ports than it is given. Adobe, "Policy file changes in Flash Player 9 and 10"; docs/guide/policy.md.

import { XMLSocketError } from "../errors/index.ts";

/** What a policy file grants. */
export interface PolicyOptions {
	/** Ports that content may connect to, for example `[9000]`. At least one. */
	readonly ports: readonly number[];
	/** Domains of the pages whose content may connect: a host, an IP address, `*.example.com`, or `*`. */
	readonly domains: readonly string[];
	/** Written as `<site-control>`; meaningful in the file of port 843 alone. Default: none. */
	readonly siteControl?: "all" | "master-only" | "none";
}

/**
 * A socket policy file, without the zero byte that ends it on the wire.
 *
 * @throws XMLSOCKET_OPTION_INVALID for a port outside 1 to 65535, no port at all, or a domain with characters that no
 * host name has.
 *
 * @example
 * ```ts
 * policyFile({ ports: [9000], domains: ["localhost"] });
 * // <cross-domain-policy><allow-access-from domain="localhost" to-ports="9000" /></cross-domain-policy>
 * ```
 */
export function policyFile(options: PolicyOptions): string {
	const ports = options.ports.map((port) => {
		if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`A policy file cannot name port ${port}: ports are 1 to 65535.`,
		);
	});
	if (ports.length === 0)
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "A policy file needs at least one port.");
	const control = options.siteControl
		? `<site-control permitted-cross-domain-policies="${options.siteControl}" />`
		: "";
	const grants = options.domains.map((domain) => {
		if (/^(?:\*|(?:\*\.)?[\p{L}\p{N}._:-]+)$/u.test(domain)) {
			return `<allow-access-from domain="${domain}" to-ports="${[...new Set(ports)].join(",")}" />`;
		}
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `"${domain}" is not a domain a policy file can name.`);
	});
	return `<cross-domain-policy>${control}${grants.join("")}</cross-domain-policy>`;
}
