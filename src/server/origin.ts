// Which pages may use the server: checks the Origin of a WebSocket (cross-site hijacking) and the Host of each request (DNS
// rebinding). Pages that this server serves are allowed; the operator lists others.

import ipaddr from "ipaddr.js";

// Names that no content comes from: hosts that mean every address, and the name of an opaque origin.
const NOT_A_DOMAIN: ReadonlySet<string> = new Set(["*", "::", "0.0.0.0", "null"]);

/** The operator's list, parsed. */
export class OriginRules {
	readonly #patterns: readonly string[];
	readonly #hosts: ReadonlySet<string>;

	/**
	 * @param patterns origins: `https://example.com`, `https://*.example.com`, `*`.
	 * @param ownNames further names of this machine.
	 */
	constructor(patterns: readonly string[], ownNames: readonly string[]) {
		this.#patterns = patterns.map((pattern) => pattern.toLowerCase().replace(/\/$/, ""));
		this.#hosts = new Set(["localhost", ...ownNames.map((name) => name.toLowerCase())]);
	}

	/** Whether a page of this origin may open a WebSocket. A client without an Origin is not a browser, and may. */
	allowsOrigin(origin: string | undefined, host: string | undefined): boolean {
		if (origin === undefined) return true;
		const asked = origin.toLowerCase();
		if (host !== undefined && (asked === `http://${host.toLowerCase()}` || asked === `https://${host.toLowerCase()}`))
			return true;
		return this.#patterns.some((pattern) => matches(pattern, asked));
	}

	/** Whether a Host header names this server: a name that is ours, an address, or a host of the list. */
	allowsHost(host: string | undefined): boolean {
		if (host === undefined) return true;
		const name = host
			.toLowerCase()
			.replace(/:\d+$/, "")
			.replace(/^\[(.*)\]$/, "$1")
			.replace(/\.$/, "");
		if (this.#hosts.has(name) || name.endsWith(".localhost") || ipaddr.isValid(name)) return true;
		return this.#patterns.some(
			(pattern) => pattern === "*" || matches(pattern.replace(/:\d+$/, ""), pattern.replace(/\/\/.*/, `//${name}`)),
		);
	}

	/** The domains that a policy file names for these rules; `*` only where the operator listed it. */
	policyDomains(): string[] {
		if (this.#patterns.includes("*")) return ["*"];
		const listed = this.#patterns.map((pattern) =>
			pattern
				.replace(/^[a-z]+:\/\//, "")
				.replace(/:\d+$/, "")
				.replace(/^\[(.*)\]$/, "$1"),
		);
		return [...new Set([...this.#hosts, "127.0.0.1", ...listed])].filter((name) => !NOT_A_DOMAIN.has(name));
	}
}

function matches(pattern: string, origin: string): boolean {
	if (pattern === "*" || pattern === origin) return true;
	const star = pattern.indexOf("://*.");
	if (star < 0) return false;
	const scheme = pattern.slice(0, star + 3);
	const suffix = pattern.slice(star + 4);
	return origin.startsWith(scheme) && origin.endsWith(suffix) && origin.length > scheme.length + suffix.length;
}
