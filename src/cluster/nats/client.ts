// The NATS client package: loads it, connects with it, and turns its failures into errors with a code and a hint. It is the only
// importer of the package. Once a connection exists, `broker.ts` uses it. No exported class may show these types: users without the
// package compile against its declarations.

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { MsgHdrs, NatsConnection, TlsOptions } from "@nats-io/transport-node";
import { XMLSocketError } from "../../errors/index.ts";
import { type BrokerAddress, readBrokerAddress } from "./broker-address.ts";
import type { Headers } from "./message-head.ts";

/** A connected client. */
export interface Client {
	readonly connection: NatsConnection;
	/** The headers as the client takes them. */
	headersOf(headers: Headers): MsgHdrs;
}

const PING_INTERVAL_MS = 1000;
const MAX_UNANSWERED_PINGS = 2;
const DIAL_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_WAIT_MS = 200;
const RECONNECT_JITTER_MS = 200;

/** The packages of the cluster, with the command that installs them. */
const INSTALL = "npm install @nats-io/transport-node@3.3.1";

type Nats = typeof import("@nats-io/transport-node");

/**
 * Connects to the first server that answers. The client reconnects by itself whenever the connection is lost.
 *
 * Rejects with XMLSOCKET_PACKAGE_MISSING, XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_BROKER_UNREACHABLE: at once if all servers refuse,
 * after 10 s if they are silent.
 *
 * @param name what the servers' monitoring shows
 */
export async function connectClient(servers: readonly string[], name: string): Promise<Client> {
	const address = readBrokerAddress(servers);
	const nats = await load();
	const dial = (): Promise<NatsConnection> =>
		nats.connect({
			servers: address.servers,
			name,
			...(address.tls ? { tls: tlsOptions(address) } : {}),
			...(address.token === undefined ? {} : { token: address.token }),
			...(address.user === undefined ? {} : { user: address.user, pass: address.pass! }),
			timeout: DIAL_TIMEOUT_MS,
			pingInterval: PING_INTERVAL_MS,
			maxPingOut: MAX_UNANSWERED_PINGS,
			maxReconnectAttempts: -1,
			reconnectDelayHandler: () => RECONNECT_WAIT_MS + Math.random() * RECONNECT_JITTER_MS,
			// A server whose users were changed can be fixed; giving up for good would need a restart of the daemon.
			ignoreAuthErrorAbort: true,
			noAsyncTraces: true,
		});
	const untilMs = performance.now() + CONNECT_TIMEOUT_MS;
	// A server that answers too late, as on a busy machine, is worth another attempt; a server that refuses is not.
	const dialAgain = (error: unknown): Promise<NatsConnection> => {
		const { name, message } = error as Error;
		if ((name !== "TimeoutError" && message !== "timeout") || performance.now() >= untilMs) throw error;
		return dial().catch(dialAgain);
	};
	const connecting = dial().catch(dialAgain);
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS);
	});
	try {
		const connection = await Promise.race([connecting, late]);
		return { connection, headersOf: (headers) => headersOf(nats, headers) };
	} catch (error) {
		connecting.then(
			(connection) => connection.close(),
			() => {},
		);
		throw unreachable(address, error as Error);
	} finally {
		clearTimeout(timer);
	}
}

function headersOf(nats: Nats, headers: Headers): MsgHdrs {
	const made = nats.headers();
	for (const [name, value] of Object.entries(headers)) made.set(name, value);
	return made;
}

async function load(): Promise<Nats> {
	try {
		return await import("@nats-io/transport-node");
	} catch (cause) {
		if ((cause as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
		throw new XMLSocketError(
			"XMLSOCKET_PACKAGE_MISSING",
			`Daemons that share a NATS server need its client, which is not installed: ${INSTALL}`,
			{ cause },
		);
	}
}

// The client omits the name if an address is an IP address, and Node then expects a certificate for "localhost". In that case
// a certificate for any of the servers is valid.
function tlsOptions({ servers }: BrokerAddress): TlsOptions {
	const hosts = servers.map((server) => server.slice(0, server.lastIndexOf(":")).replace(/^\[|\]$/g, ""));
	const identity = {
		checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
			const wrong = (host === "localhost" ? hosts : [host]).map((name) => checkServerIdentity(name, certificate));
			return wrong.includes(undefined) ? undefined : wrong[0];
		},
	};
	return identity as TlsOptions;
}

function unreachable({ servers, tls }: BrokerAddress, error: Error): XMLSocketError {
	const where = servers.join(", ");
	const said = error.message || error.name;
	let hint = "Start one with nats-server -js, or check the address and the user.";
	if (/certificate|altnames|issuer/i.test(said)) {
		hint = `${tls ? "" : "They want TLS: write tls://. "}Give the authority of their certificate with NODE_EXTRA_CA_CERTS=FILE, and the name or address that it is for.`;
	} else if (/\btls\b/i.test(said)) {
		hint = "Write nats:// for servers without TLS.";
	} else if (/authorization|authentication/i.test(said)) {
		hint = "Check the user and the password before the @ of the address.";
	}
	return new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", `No NATS server let us in at ${where}: ${said}. ${hint}`, {
		cause: error,
		details: { servers: where },
	});
}
