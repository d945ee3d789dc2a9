// Classifies addresses in any spelling, and decides whether a target's name may resolve to them. An address that the operator wrote is
// trusted; a name can resolve to anything at any time. docs/guide/gateway.md explains the rule.

import ipaddr from "ipaddr.js";

/**
 * `public`: an address of the open network. `private`: of this machine or its own network (loopback, RFC 1918, carrier
 * NAT, unique local). `never`: a name may not resolve to it (link-local, metadata services, multicast, addresses that contain
 * another address, reserved ranges).
 */
export type AddressClass = "public" | "private" | "never";

const PRIVATE: ReadonlySet<string> = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);
/** Metadata services outside the link-local range. */
const METADATA: ReadonlySet<string> = new Set(["100.100.100.200", "168.63.129.16", "fd00:ec2::254"]);
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/** The class of an address: public, private, or `never` for everything that is not an address in its full form. */
export function addressClass(address: string): AddressClass {
	const parsed = parse(address);
	if (!parsed) return "never";
	if (METADATA.has(parsed.toString())) return "never";
	const range = parsed.range();
	if (PRIVATE.has(range)) return "private";
	if (range !== "unicast") return "never";
	// Unassigned ranges, for example ::/96 with an IPv4 address inside, are outside this block.
	return parsed.kind() === "ipv4" || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST) ? "public" : "never";
}

/** Whether a connection to this address is possible: not to the unspecified address, multicast or broadcast. */
export function isDialable(address: string): boolean {
	const parsed = parse(address);
	return parsed !== undefined && !["unspecified", "multicast", "broadcast"].includes(parsed.range());
}

/**
 * The canonical spelling of an address, with IPv4 in IPv6 as IPv4. Undefined for names, and for spellings that systems read differently:
 * fewer or more than four decimal parts, leading zeros, hexadecimal, a zone.
 */
export function canonicalAddress(text: string): string | undefined {
	return parse(text)?.toString();
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
	if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
		// The parser reads a leading zero as octal; here only one spelling is allowed.
		const parsed = ipaddr.IPv4.parse(text);
		return parsed.toString() === text ? parsed : undefined;
	}
	if (!text.includes(":") || /[%[\]]/.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
	// The same holds for the decimal parts of an IPv6 address.
	if (/[:.]0\d+(?:\.|$)/.test(text) && text.includes(".")) return undefined;
	const parsed = ipaddr.IPv6.parse(withoutDots(text));
	return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

// The parser reads `::127.0.0.1` as `::ffff:127.0.0.1`, which is a different address.
function withoutDots(text: string): string {
	return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) => {
		const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
		return `${group(a, b)}:${group(c, d)}`;
	});
}
