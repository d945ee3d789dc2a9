// The same attack from other addresses, or with packets of another size.

import { packetBytes } from "./sources.js";

const SUFFIXES = { loopback: "", one: "-one-address", many: "-many-addresses", proxy: "-by-proxy" };

/**
 * @param {readonly import("./toolkit.js").From[]} sources
 * @param {import("./attacks.js").Written} attack
 */
export function across(sources, attack) {
	return sources.map((from) => ({ ...attack, from, name: `${attack.name}${SUFFIXES[from]}` }));
}

/** With the long packets of loopback, and with those of Ethernet. @param {import("./attacks.js").Written} attack */
export function withShortPackets(attack) {
	return [attack, { ...attack, name: `${attack.name}-short-packets`, packetBytes: packetBytes.ethernet }];
}
