// Addresses as people write and read them: `localhost` is both loopback addresses whatever the system's files say (RFC 6761, 6.3),
// and an IPv4 client of a port for both families has its own address, not the IPv6 form of it.

import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

const MAPPED = "::ffff:";

/** The remote address of a socket, IPv4 as such; "" if the socket has none any more. */
export function remoteAddressOf(socket: { readonly remoteAddress?: string | undefined }): string {
	const address = socket.remoteAddress ?? "";
	if (!address.startsWith(MAPPED)) return address;
	const plain = address.slice(MAPPED.length);
	return isIP(plain) === 4 ? plain : address;
}

/** Looks a name up for `net.connect`; for `localhost` it returns what the system knows, then the missing loopback address. */
export const lookupWithLoopback: LookupFunction = (hostname, options, callback) => {
	if (hostname !== "localhost" || !options.all) {
		lookup(hostname, options, callback as never);
		return;
	}
	lookup(hostname, { ...options, all: true }, (_, found) => {
		const known = found ?? [];
		const missing = [
			{ address: "127.0.0.1", family: 4 },
			{ address: "::1", family: 6 },
		].filter(({ family }) => !known.some((each) => each.family === family));
		callback(null, [...known, ...missing]);
	});
};

/** All addresses of a host, as a connection to it finds them. Empty where there is none. */
export function addressesOf(host: string): Promise<readonly string[]> {
	return new Promise((resolve) => {
		lookupWithLoopback(host, { all: true }, (_, found) =>
			resolve(Array.isArray(found) ? found.map(({ address }) => address) : []),
		);
	});
}

/** An address of a name. */
export interface NameAddress {
	readonly address: string;
	readonly family: 4 | 6;
}

/**
 * The addresses of a name, as programs on this machine get them; those of `localhost` are complete.
 *
 * Rejects with Node's error, for example ENOTFOUND.
 */
export function resolveName(name: string): Promise<readonly NameAddress[]> {
	return new Promise((resolve, reject) => {
		lookupWithLoopback(name, { all: true }, (error, found) => {
			if (error) reject(error);
			else resolve(found as unknown as NameAddress[]);
		});
	});
}
