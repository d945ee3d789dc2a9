// Which pages may use the server: checks the Origin of a WebSocket (cross-site hijacking) and the Host of each request (DNS
// rebinding). Pages that this server serves are allowed; the operator lists others.

import ipaddr from "ipaddr.js";
import {
	isSameOrigin,
	listed,
	matchesOrigin,
	meansHost,
	OPAQUE,
	type OriginPattern,
	parseHostHeader,
	parseOriginPattern,
	parsePageOrigin,
	plainHost,
	policyDomain,
} from "./origin-pattern.ts";

const ANY = "*";
// Addresses to listen on that mean every address, so no content comes from them.
const NOT_A_DOMAIN: ReadonlySet<string> = new Set(["::", "0.0.0.0"]);

/** What an entry of the option must be, for its error. */
export const ORIGIN_WORDS =
	"the address of pages: https://example.com, example.com, *.example.com, http://localhost:*, null or *";

/** Whether an entry of the option can be used: one address, or several with commas. */
export function isOriginEntry(text: string): boolean {
	const entries = listed(text);
	return entries.length > 0 && entries.every((entry) => isSpecial(entry) || parseOriginPattern(entry) !== undefined);
}

/** The operator's list, parsed. */
export class OriginRules {
	readonly #any: boolean;
	readonly #opaque: boolean;
	readonly #patterns: readonly OriginPattern[];
	readonly #hosts: ReadonlySet<string>;

	/**
	 * @param entries as `isOriginEntry` accepts them.
	 * @param ownNames further names of this machine.
	 */
	constructor(entries: readonly string[], ownNames: readonly string[]) {
		const all = entries.flatMap(listed);
		this.#any = all.includes(ANY);
		this.#opaque = all.some(isOpaque);
		this.#patterns = all.filter((entry) => !isSpecial(entry)).flatMap((entry) => parseOriginPattern(entry) ?? []);
		this.#hosts = new Set(["localhost", ...ownNames.flatMap((name) => plainHost(name) ?? [])]);
	}

	/** Whether a page of this origin may open a WebSocket. A client without an Origin is not a browser, and may. */
	allowsOrigin(origin: string | undefined, host: string | undefined): boolean {
		if (origin === undefined || this.#any) return true;
		if (isOpaque(origin)) return this.#opaque;
		const page = parsePageOrigin(origin);
		if (!page) return false;
		const own = host === undefined ? undefined : parseHostHeader(host);
		if (own && isSameOrigin(page, own)) return true;
		return this.#patterns.some((pattern) => matchesOrigin(pattern, page));
	}

	/** Whether a Host header names this server: a name that is ours, an address, or a host of the list. */
	allowsHost(host: string | undefined): boolean {
		if (host === undefined || this.#any) return true;
		const name = parseHostHeader(host)?.name;
		if (name === undefined) return false;
		if (this.#hosts.has(name) || name.endsWith(".localhost") || ipaddr.isValid(name)) return true;
		return this.#patterns.some((pattern) => policyDomain(pattern) !== undefined && meansHost(pattern, name));
	}

	/** The domains that a policy file names for these rules; `*` only where the operator listed every host. */
	policyDomains(): string[] {
		const domains = this.#patterns.flatMap((pattern) => policyDomain(pattern) ?? []);
		if (this.#any || domains.includes(ANY)) return [ANY];
		return [...new Set([...this.#hosts, "127.0.0.1", ...domains])].filter((name) => !NOT_A_DOMAIN.has(name));
	}
}

function isSpecial(entry: string): boolean {
	return entry === ANY || isOpaque(entry);
}

// Browsers send `null` for pages of files; programs with a built-in browser also send `file://`.
function isOpaque(text: string): boolean {
	return text === OPAQUE || /^file:\/\//i.test(text);
}
