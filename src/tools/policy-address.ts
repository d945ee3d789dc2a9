// What `xmlsocket policy` takes as its address and its --from: a host with or without a port, and the place that a SWF
// came from. Ports below 1024 are fine here: policy files are asked for there.

import { XMLSocketError } from "../errors/index.ts";

/** A host, and a port where one is named. */
export interface PolicyAddress {
	/** IPv6 without brackets. */
	readonly host: string;
	readonly port: number | undefined;
}

//                  scheme                   [IPv6]               host           port
const ADDRESS = /^(?:xmlsockets?:\/\/)?(?:\[([\da-f:.]+(?:%\w+)?)\]|([^\s:/?#@[\]]*))(?::(\d{1,5}))?\/?$/i;

/**
 * Reads HOST, HOST:PORT, :PORT, PORT or [::1]:PORT, also behind `xmlsocket://`.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function parsePolicyAddress(text: string): PolicyAddress {
	const found = ADDRESS.exec(/^\d{1,5}$/.test(text) ? `:${text}` : text);
	const port = found?.[3] === undefined ? undefined : Number(found[3]);
	if (!found || text === "" || (port !== undefined && (port < 1 || port > 65535))) {
		throw new XMLSocketError(
			"XMLSOCKET_ADDRESS_INVALID",
			`"${text}" is no address for a policy file: write HOST, HOST:PORT or [::1]:PORT, with a port from 1 to 65535.`,
		);
	}
	return { host: found[1] ?? (found[2] || "localhost"), port };
}

/**
 * Reads where a SWF came from: a domain or an address, or the URL of its page, which says whether it came by HTTPS.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function parsePolicySource(text: string): { readonly from: string; readonly secure: boolean } {
	const found = /^(?:(https?):\/\/)?(?:\[([\da-f:.]+)\]|([\p{L}\p{N}._-]+))(?::\d{1,5})?(?:\/.*)?$/iu.exec(text);
	const bare = /^[\da-f]*:[\da-f:.]*$/i.test(text) ? text : undefined;
	const from = bare ?? found?.[2] ?? found?.[3];
	if (from === undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_ADDRESS_INVALID",
			`"${text}" is no domain that content can come from: write example.com, an address, or https://example.com.`,
		);
	}
	return { from, secure: found?.[1]?.toLowerCase() === "https" };
}
