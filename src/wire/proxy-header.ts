// The header with which a proxy that passes a TCP connection on says whose it is: HAProxy's PROXY protocol, versions 1 (a line of
// text) and 2 (binary). It reads bytes only; whether their sender is believed is the caller's affair.

/** What the first bytes of a connection are. */
export type ProxyHeader =
	/** The bytes could still become a header. */
	| { readonly kind: "more" }
	/** They are none. */
	| { readonly kind: "none" }
	/** They begin as a header and are no proper one. */
	| { readonly kind: "invalid" }
	/** A header of `length` bytes; without an address where the proxy speaks for itself (health checks) or does not know. */
	| { readonly kind: "header"; readonly length: number; readonly address: string | undefined };

/** The longest header that is read. */
export const MAX_PROXY_HEADER_BYTES = 2048;

const TEXT_SIGN: readonly number[] = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]; // "PROXY "
const BINARY_SIGN: readonly number[] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const LONGEST_LINE_BYTES = 107;
const MORE: ProxyHeader = { kind: "more" };
const NONE: ProxyHeader = { kind: "none" };
const INVALID: ProxyHeader = { kind: "invalid" };

/** Reads the header at the beginning of a connection. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader {
	const text = begins(bytes, TEXT_SIGN);
	if (text === "whole") return readLine(bytes);
	const binary = begins(bytes, BINARY_SIGN);
	if (binary === "whole") return readBinary(bytes);
	return text === "part" || binary === "part" ? MORE : NONE;
}

// PROXY TCP4 192.0.2.1 198.51.100.7 51234 9000 CR LF
function readLine(bytes: Uint8Array): ProxyHeader {
	const end = bytes.indexOf(10);
	if (end < 0) return bytes.length < LONGEST_LINE_BYTES ? MORE : INVALID;
	if (end >= LONGEST_LINE_BYTES || bytes[end - 1] !== 13) return INVALID;
	const words = String.fromCharCode(...bytes.subarray(0, end - 1)).split(" ");
	const length = end + 1;
	if (words[1] === "UNKNOWN") return { kind: "header", length, address: undefined };
	const address = words[2] ?? "";
	const isAddress = words[1] === "TCP4" ? IPV4.test(address) : words[1] === "TCP6" && isIpv6(address);
	return words.length === 6 && isAddress ? { kind: "header", length, address } : INVALID;
}

// sign (12) | version 2, command (1) | family, protocol (1) | length of the rest (2) | source, destination, ports, extras
function readBinary(bytes: Uint8Array): ProxyHeader {
	if (bytes.length < 16) return MORE;
	const command = bytes[12]!;
	const family = bytes[13]! >> 4;
	const rest = (bytes[14]! << 8) | bytes[15]!;
	const length = 16 + rest;
	if ((command !== 0x20 && command !== 0x21) || length > MAX_PROXY_HEADER_BYTES) return INVALID;
	if (command === 0x21 && ((family === 1 && rest < 12) || (family === 2 && rest < 36))) return INVALID;
	if (bytes.length < length) return MORE;
	if (command === 0x20) return { kind: "header", length, address: undefined };
	if (family === 1) return { kind: "header", length, address: bytes.subarray(16, 20).join(".") };
	if (family === 2) return { kind: "header", length, address: ipv6(bytes.subarray(16, 32)) };
	return { kind: "header", length, address: undefined };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_GROUPS = 8;

/** Whether a text is an IPv6 address: groups of hexadecimal digits, `::` at most once for those that are 0, IPv4 at the end. */
function isIpv6(text: string): boolean {
	const halves = text.split("::");
	if (halves.length > 2) return false;
	let groups = 0;
	for (const [at, half] of halves.entries()) {
		const parts = half === "" ? [] : half.split(":");
		const last = parts.at(-1);
		if (at === halves.length - 1 && last?.includes(".")) {
			if (!IPV4.test(last)) return false;
			parts.pop();
			groups += 2;
		}
		if (!parts.every((part) => /^[\da-f]{1,4}$/i.test(part))) return false;
		groups += parts.length;
	}
	return halves.length === 2 ? groups < IPV6_GROUPS : groups === IPV6_GROUPS;
}

function ipv6(bytes: Uint8Array): string {
	const parts: string[] = [];
	for (let at = 0; at < 16; at += 2) parts.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
	return parts.join(":");
}

function begins(bytes: Uint8Array, sign: readonly number[]): "whole" | "part" | undefined {
	for (let at = 0; at < sign.length; at++) {
		if (at === bytes.length) return "part";
		if (bytes[at] !== sign[at]) return undefined;
	}
	return "whole";
}
