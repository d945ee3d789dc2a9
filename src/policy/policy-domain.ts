// The attribute domain of a policy file: everything, one host, or a domain with all below it. Nothing is resolved: an
// address matches only content that was loaded from that very address. docs/guide/policy.md.

// Pages and Node have it; this project sees no types of either.
declare const URL: new (text: string) => { readonly hostname: string };

/** A domain as it is written, understood. */
export interface PolicyDomain {
	/** Why it matches no content at all; undefined where it can match. */
	readonly never: string | undefined;
	/** Whether content from `host`, a name or an address, is meant. */
	matches(host: string): boolean;
}

/** Reads the domain of an entry. */
export function readDomain(written: string): PolicyDomain {
	const domain = plainHost(written);
	const never = whyNever(domain);
	if (never !== undefined) return { never, matches: () => false };
	if (domain === "*") return { never, matches: () => true };
	if (!domain.startsWith("*.")) return { never, matches: (host) => plainHost(host) === domain };
	const suffix = domain.slice(2);
	return {
		never,
		matches: (host) => {
			const name = plainHost(host);
			return !isAddress(name) && (name === suffix || name.endsWith(`.${suffix}`));
		},
	};
}

function whyNever(domain: string): string | undefined {
	if (domain === "*") return undefined;
	if (domain === "") return "it is empty";
	if (/\s/.test(domain)) return "there is white space in it";
	if (/^[\d.]+\/\d+$/.test(domain)) return "a range of addresses is not possible; name each address";
	if (domain.includes("/")) return "it is a URL; write the host alone";
	if (/[,;]/.test(domain)) return "an entry names one domain; write an entry for each";
	const name = domain.startsWith("*.") ? domain.slice(2) : domain;
	if (isAddress(name)) return name === domain ? undefined : "an address takes no wildcard";
	if (/^[\d.*]+$/.test(domain) && domain.includes("*")) return "an address takes no wildcard";
	if (name.includes("*")) return "a wildcard stands alone, or first and before a dot";
	if (/:\d*$/.test(name)) return "it names a port; ports belong in to-ports";
	if (!/^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*$/u.test(name)) return "it is no host name";
	return undefined;
}

// Lower case, in ASCII, without the brackets of an IPv6 address and the dot at the end of a full name.
function plainHost(host: string): string {
	const plain = host
		.trim()
		.toLowerCase()
		.replace(/^\[(.*)\]$/, "$1")
		.replace(/(?<=[^*.])\.$/, "");
	return /[^\0-\x7f]/.test(plain) ? inAscii(plain) : plain;
}

// Browsers and players know an internationalized name in ASCII only: `xn--…`.
function inAscii(host: string): string {
	const prefix = host.startsWith("*.") ? "*." : "";
	try {
		return prefix + new URL(`http://${host.slice(prefix.length)}`).hostname;
	} catch {
		return host;
	}
}

function isAddress(host: string): boolean {
	return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || /^[\da-f.]*:[\da-f.]*:[\da-f:.]*$/.test(host);
}
