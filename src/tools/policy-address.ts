// Parses the address and the --from of `xmlsocket policy`: a host with or without a port, and the origin of a SWF. Ports below 1024 are
// allowed here, because players request policy files from them.

import { XMLSocketError } from "../errors/index.ts";

/** A host, and a port if the text names one. */
export interface PolicyAddress {
	/** IPv6 without brackets. */
	readonly host: string;
	readonly port: number | undefined;
}

//                  scheme                   [IPv6]               host           port
const ADDRESS = /^(?:xmlsockets?:\/\/)?(?:\[([\da-f:.]+(?:%\w+)?)\]|([^\s:/?#@[\]]*))(?::(\d{1,5}))?\/?$/i;

/**
 * Parses HOST, HOST:PORT, :PORT, PORT or [::1]:PORT, also after `xmlsocket://`.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function parsePolicyAddress(text: string): PolicyAddress {
	const found = ADDRESS.exec(/^\d{1,5}$/.test(text) ? `:${text}` : text);
	const port = found?.[3] === undefined ? undefined : Number(found[3]);
	if (!found || text === "" || (port !== undefined && (port < 1 || port > 65535))) {
		throw new XMLSocketError(
			"XMLSOCKET_ADDRESS_INVALID",
			`"${text}" is not an address for a policy file: write HOST, HOST:PORT or [::1]:PORT, with a port from 1 to 65535.`,
		);
	}
	return { host: found[1] ?? (found[2] || "localhost"), port };
}

/**
 * Parses the origin of a SWF: a domain or an address, or the URL of its page, whose scheme tells whether it was loaded over HTTPS.
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
			`"${text}" is not an origin of content: write example.com, an address, or https://example.com.`,
		);
	}
	return { from, secure: found?.[1]?.toLowerCase() === "https" };
}
