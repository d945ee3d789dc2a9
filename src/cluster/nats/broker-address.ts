// The addresses of the broker's servers as a URL writes them: host, port, TLS, and who connects. It opens nothing, and its
// display names never hold a password.

import { XMLSocketError } from "../../errors/index.ts";

/** What a list of server URLs says. */
export interface BrokerAddress {
	/** `host:port`, as the client package takes them. */
	readonly servers: string[];
	/** Whether one of them asks for TLS. */
	readonly tls: boolean;
	readonly user?: string;
	readonly pass?: string;
	readonly token?: string;
}

const DEFAULT_PORT = 4222;

/**
 * Reads `nats://host:port`, `tls://host`, `host:port` or `host`, each with `user:password@` or `token@` before the host. The
 * first user info holds for all: a client of NATS has one.
 *
 * Throws XMLSOCKET_ADDRESS_INVALID.
 */
export function readBrokerAddress(urls: readonly string[]): BrokerAddress {
	if (urls.length === 0) throw invalid("No NATS server is given; write for example nats://127.0.0.1:4222.");
	const read = urls.map(readUrl);
	const named = read.find(({ username }) => username !== "");
	const user = named && decoded(named.username);
	const pass = named && decoded(named.password);
	return {
		servers: read.map((url) => `${url.hostname}:${url.port || DEFAULT_PORT}`),
		tls: read.some(({ protocol }) => protocol === "tls:"),
		...(user === undefined ? {} : pass === "" ? { token: user } : { user, pass: pass! }),
	};
}

function readUrl(text: string): URL {
	let url: URL;
	try {
		url = new URL(text.includes("://") ? text : `nats://${text}`);
	} catch {
		throw invalid(`${withoutUserInfo(text)} is no address of a NATS server; write for example nats://127.0.0.1:4222.`);
	}
	if (url.hostname === "" || !["nats:", "tls:"].includes(url.protocol)) {
		throw invalid(`${withoutUserInfo(text)} is no address of a NATS server: it begins with nats:// or tls://.`);
	}
	return url;
}

// A password with a bare percent sign means itself.
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function withoutUserInfo(text: string): string {
	return text.slice(text.lastIndexOf("@") + 1);
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ADDRESS_INVALID", message);
}
