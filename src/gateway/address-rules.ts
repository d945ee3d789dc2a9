// What an address is, however it is spelled, and whether a name of the operator's may lead there. A literal that the operator
// wrote is his word; a name is only what some resolver says at that moment. docs/guide/gateway.md has the rule in words.

import ipaddr from "ipaddr.js";

/**
 * `public`: an address of the open network. `private`: of this machine or its own network (loopback, RFC 1918, carrier
 * NAT, unique local). `never`: no target of a name (link-local, metadata services, multicast, addresses that carry another
 * one inside, reserved ranges).
 */
export type AddressClass = "public" | "private" | "never";

const PRIVATE: ReadonlySet<string> = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);
/** Metadata services that stand outside the link-local range. */
const METADATA: ReadonlySet<string> = new Set(["100.100.100.200", "168.63.129.16", "fd00:ec2::254"]);
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/** The class of an address; what is no address in its full form is `never`. */
export function addressClass(address: string): AddressClass {
	const parsed = parse(address);
	if (!parsed) return "never";
	if (METADATA.has(parsed.toString())) return "never";
	const range = parsed.range();
	if (PRIVATE.has(range)) return "private";
	if (range !== "unicast") return "never";
	// Whatever has no use yet (::/96 with an IPv4 address inside, for one) lies outside this block.
	return parsed.kind() === "ipv4" || (parsed as ipaddr.IPv6).match(GLOBAL_UNICAST) ? "public" : "never";
}

/** Whether a connection to this address can mean anything at all: not to "any address", multicast or broadcast. */
export function isDialable(address: string): boolean {
	const parsed = parse(address);
	return parsed !== undefined && !["unspecified", "multicast", "broadcast"].includes(parsed.range());
}

/**
 * The one spelling of an address, IPv4 in IPv6 as IPv4; undefined for names, and for spellings with less or more than four
 * decimal parts, leading zeros, hexadecimal or a zone: systems disagree about those.
 */
export function canonicalAddress(text: string): string | undefined {
	return parse(text)?.toString();
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
	if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
		// The parser reads a leading zero as octal; there is one spelling for us.
		const parsed = ipaddr.IPv4.parse(text);
		return parsed.toString() === text ? parsed : undefined;
	}
	if (!text.includes(":") || /[%[\]]/.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
	const parsed = ipaddr.IPv6.parse(withoutDots(text));
	return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

// The parser takes `::127.0.0.1` for `::ffff:127.0.0.1`, which is another address.
function withoutDots(text: string): string {
	return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) => {
		const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
		return `${group(a, b)}:${group(c, d)}`;
	});
}
