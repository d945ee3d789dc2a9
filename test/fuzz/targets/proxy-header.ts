// PROXY headers, versions 1 and 2: prefixes ask for more, and what is read is an address and within the bytes.

import { isIP } from "node:net";
import { clientAddress } from "../../../src/server/client-address.ts";
import { MAX_PROXY_HEADER_BYTES, type ProxyHeader, readProxyHeader } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, holds, same, type Target } from "../target.ts";

const MOST_PREFIXES = 140;

function run(input: Uint8Array, random: Random): void {
	const whole = readProxyHeader(input);
	let told: ProxyHeader | undefined;
	const step = 1 + random.below(8);
	for (let length = random.below(step + 1); length <= Math.min(input.length, MOST_PREFIXES); length += step) {
		const answer = readProxyHeader(input.subarray(0, length));
		if (told) same(`answer after ${length} bytes`, answer, told);
		else if (answer.kind !== "more") told = answer;
	}
	if (told) same("answer for all bytes", whole, told);
	if (whole.kind === "more") holds("too many bytes without an answer", input.length < MAX_PROXY_HEADER_BYTES);
	if (whole.kind !== "header") return;
	holds("a header longer than its bytes", whole.length > 0 && whole.length <= input.length);
	if (whole.address === undefined) return;
	holds(`an address that is none: ${whole.address}`, isIP(whole.address) > 0);
	holds("a client without an address", isIP(clientAddress({}, whole.address, ["10.0.0.0/8"])) > 0);
}

function generate(random: Random): Uint8Array {
	const address = random.pick([
		"192.0.2.1",
		"255.255.255.255",
		"256.1.1.1",
		"01.2.3.4",
		"::1",
		"2001:db8::1",
		"::ffff:1.2.3.4",
		":::",
		"1::2::3",
		"",
		"a",
	]);
	if (random.once(2)) {
		const family = random.pick(["TCP4", "TCP6", "UNKNOWN", "UDP4"]);
		return bytesOf(
			`PROXY ${family} ${address} ${random.pick(["198.51.100.7", "::2"])} 51234 9000${random.pick(["\r\n", "\n", "\r", ""])}<a/>`,
		);
	}
	const length = random.pick([0, 12, 36, 216, 40, 3000, random.below(65_536)]);
	const head = [
		0x20 | random.below(3),
		random.pick([0x11, 0x21, 0x31, 0, random.below(256)]),
		length >> 8,
		length & 255,
	];
	const rest = Array.from({ length: Math.min(random.once(4) ? random.below(60) : length, 3000) }, () =>
		random.below(256),
	);
	return Uint8Array.from([...bytesOf(SIGN), ...head, ...rest]);
}

const SIGN = "\r\n\r\n\0\r\nQUIT\n";

/** The target. */
export const open = (): Target => ({
	run,
	generate,
	tokens: [
		"PROXY ",
		"TCP4 ",
		"TCP6 ",
		"UNKNOWN",
		"\r\n",
		SIGN,
		"\x21\x11\0\x0c",
		"\x21\x21\0\x24",
		"\x20\0\0\0",
		"::",
		"1.2.3.4",
		":",
		"ffff",
	],
});
