// The addresses that a SWF contains as text: hints about the host that it asks for, because Ruffle compares hosts letter by letter. A text in a
// SWF is not proof that it connects there, so nothing fails by it. LZMA-compressed SWFs are not read.

import { inflateSync } from "node:zlib";

const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
const MAX_HOSTS = 20;
const HEAD_BYTES = 8;
const ADDRESS = /(?<![\w.])(?:localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\w.])/gi;

/**
 * The hosts in a SWF, each once: `localhost` in any spelling, IPv4 addresses, and those of `known` names that occur in it.
 *
 * @returns undefined if the SWF cannot be read
 */
export function hostsInSwf(swf: Buffer, known: readonly string[]): readonly string[] | undefined {
	const body = unpacked(swf);
	return body && hostsInText(body.toString("latin1"), known);
}

/** The same for a text, such as FlashVars. */
export function hostsInText(text: string, known: readonly string[]): readonly string[] {
	const found = new Set<string>();
	for (const [address] of text.matchAll(ADDRESS)) {
		if (isAddressOrName(address)) found.add(address);
		if (found.size >= MAX_HOSTS) break;
	}
	const lower = text.toLowerCase();
	for (const name of known) {
		const at = lower.indexOf(name.toLowerCase());
		if (at >= 0 && found.size < MAX_HOSTS) found.add(text.slice(at, at + name.length));
	}
	return [...found];
}

// Version numbers of players look like addresses: 10.0.0.0 is none that a server has.
function isAddressOrName(text: string): boolean {
	const parts = text.split(".").map(Number);
	return parts.length !== 4 || (parts.every((part) => part <= 255) && parts[0] !== 0 && parts[3] !== 0);
}

function unpacked(swf: Buffer): Buffer | undefined {
	const sign = swf.toString("latin1", 0, 3);
	if (sign === "FWS") return swf.subarray(HEAD_BYTES);
	if (sign !== "CWS") return undefined;
	try {
		return inflateSync(swf.subarray(HEAD_BYTES), { maxOutputLength: MAX_UNPACKED_BYTES });
	} catch {
		return undefined;
	}
}
