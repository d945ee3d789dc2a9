// Addresses as bytes, for what the chat keeps of them. It decides nothing.

import ipaddr from "ipaddr.js";
import type { AddressFormat } from "../chat/index.ts";

/** Reads and writes IPv4 and IPv6 addresses. An IPv4 address in IPv6 counts as IPv4; a zone does not count. */
export const addressFormat: AddressFormat = {
	bytesOf(text) {
		const bare = text.replace(/%.*$/, "");
		if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
		return Uint8Array.from(ipaddr.process(bare).toByteArray());
	},
	textOf: (bytes) => ipaddr.fromByteArray([...bytes]).toString(),
};
