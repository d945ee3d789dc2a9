// Accepts the connections of a server: it admits each socket within the limits, recognises its protocol, and hands it to the
// application, the HTTP side or the policy file. It counts and logs those that it refuses, and ends what was not handed to the
// application when the server closes.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Handshake } from "../application/index.ts";
import { wireCode } from "../errors/index.ts";
import type { Transport } from "../link/index.ts";
import { answerPolicy, POLICY_TIMEOUT_MS, type ServedPolicyFile } from "../policy/network/index.ts";
import {
	type AcceptedKind,
	type AcceptStage,
	accept,
	closeWithin,
	nodeClock,
	remoteAddressOf,
	SocketTransport,
} from "../transport/index.ts";
import {
	Admission,
	addressKey,
	defaultMaxConnections,
	isListed,
	POLICY_PORT_CONNECTIONS,
	type Refusal,
} from "./admission.ts";
import type { Certificate } from "./certificate.ts";
import { SocketHandshake } from "./handshakes.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerSettings } from "./options.ts";
import type { RefusalReason } from "./refusal-reasons.ts";
import { type Refusals, remoteFact } from "./refusals.ts";
import type { SharedAdmission } from "./shared-admission.ts";

/** What accepting connections needs of the server. */
export interface AcceptorHost {
	readonly settings: ServerSettings;
	readonly log: Logger;
	readonly metrics: Metrics;
	readonly refusals: Refusals;
	/** Whether the application handles documents; without one the port is for HTTP and WebSocket alone. */
	readonly acceptsDocuments: boolean;
	/** What the application handles: bytes may be in any encoding. */
	readonly output: "text" | "bytes";
	/** Undefined: no TLS. */
	readonly certificate: Certificate | undefined;
	/** Undefined: none is served. */
	readonly policy: ServedPolicyFile | undefined;
	/** Counts what other processes of the daemon have accepted too; undefined: there is no other. */
	readonly sharedAdmission: SharedAdmission | undefined;
	/** False once the server closes. */
	isListening(): boolean;
	/** Whether so many bytes are held for clients that there is no place for another one. */
	isOutOfMemory(): boolean;
	/** Takes an HTTP connection; `isReserved`: one for the operator's own requests alone. */
	http(socket: Socket, address: string, isReserved: boolean): void;
	/** Takes a connection whose documents go to the application. */
	connect(transport: Transport, handshake?: Handshake): void;
	/** A connection that was not handed to the application has closed. */
	closed(): void;
}

type Place = "regular" | "reserved";

/** Admits and recognises the connections of a server. */
export class ConnectionAcceptor {
	readonly #host: AcceptorHost;
	readonly #admission: Admission;
	/** For the policy port, so that a flood there takes no places of the main port. */
	readonly #policyAdmission: Admission;
	/** Connections that are not the application's, or not yet: recognition, HTTP, WebSocket, policy. */
	readonly #sockets = new Set<Socket>();

	constructor(host: AcceptorHost) {
		this.#host = host;
		this.#admission = new Admission({
			...host.settings,
			maxConnections: host.settings.maxConnections ?? defaultMaxConnections(host.settings.policyPort !== undefined),
		});
		this.#policyAdmission = new Admission({
			...host.settings,
			maxConnections: POLICY_PORT_CONNECTIONS,
			maxConnectionsPerAddress: Math.min(host.settings.maxConnectionsPerAddress, POLICY_PORT_CONNECTIONS / 4),
		});
	}

	/** Connections admitted and not closed yet, of any kind. */
	get open(): number {
		return this.#admission.open + this.#policyAdmission.open;
	}

	/** Connections that were not handed to the application. */
	get unclaimed(): number {
		return this.#sockets.size;
	}

	/** Accepts a connection on the server's port. */
	accept(socket: Socket): void {
		this.#guard(socket, () => this.#accept(socket));
	}

	/** Accepts a connection on the port for policy requests alone. */
	acceptPolicyOnly(socket: Socket): void {
		this.#guard(socket, () => this.#acceptPolicyOnly(socket));
	}

	#accept(socket: Socket): void {
		const isProxy = this.#isProxy(socket);
		const place = this.#admit(socket, isProxy);
		if (!place) return;
		const { settings, certificate, acceptsDocuments } = this.#host;
		let address = remoteAddressOf(socket);
		accept(socket, {
			// Where the server never sends first there is no haste.
			firstBytesTimeoutMs: acceptsDocuments ? settings.firstBytesTimeoutMs : settings.tlsTimeoutMs,
			begunTimeoutMs: acceptsDocuments ? settings.firstDocumentTimeoutMs : settings.tlsTimeoutMs,
			proxyHeader: isProxy,
			proxied: (client) => {
				address = client;
				if (place === "regular") return this.#acquireProxied(client, socket, this.#admission);
				this.#refuse(socket, address, "too-many-connections");
				return false;
			},
			proxyHeaderIgnored: () =>
				this.#host.refusals.warn(
					"unlisted-proxy",
					"a PROXY protocol header came from an address that --trust-proxy does not list: it counts as a document",
					remoteFact(address),
				),
			tlsTimeoutMs: settings.tlsTimeoutMs,
			withoutHttp: !settings.sniff,
			secureContext: certificate && settings.sniff ? () => certificate.context : undefined,
			accepted: (accepted, kind, secure, begunMs) =>
				this.#guard(accepted, () => {
					if (place === "reserved" && kind !== "http") this.#refuse(accepted, address, "too-many-connections");
					else this.#accepted(socket, accepted, kind, secure, address, place === "reserved", begunMs);
				}),
			failed: (error, during) => this.#guard(socket, () => this.#failed(socket, address, error, during)),
		});
	}

	/** @param accepted `socket`, or the TLS connection on it. */
	#accepted(
		socket: Socket,
		accepted: Socket,
		kind: AcceptedKind,
		secure: boolean,
		address: string,
		isReserved: boolean,
		begunMs: number | undefined,
	): void {
		const host = this.#host;
		if (!host.settings.sniff && kind === "http") {
			// A page of any site can send documents in the body of a request.
			this.#refuse(accepted, address, "not-documents", "an HTTP request on a port for documents alone");
			return;
		}
		const protocol = host.settings.sniff || kind === "policy" || kind === "silent" ? kind : "document";
		host.metrics.count(host.metrics.accepted, `${secure ? "tls+" : ""}${protocol}`);
		if (protocol === "policy" && host.policy) answerPolicy(accepted, host.policy);
		else if (protocol === "http") host.http(accepted, address, isReserved);
		else if (protocol === "tls")
			this.#refuse(accepted, address, "tls-unavailable", "TLS without a certificate (--tls-cert, --tls-key)");
		else if (protocol === "rtmp" && (host.output === "text" || !host.acceptsDocuments))
			this.#refuse(accepted, address, "rtmp", RTMP);
		else if (protocol === "utf16" && host.output === "text" && !isCodePage(host.settings.encoding))
			this.#refuse(accepted, address, wireCode("XMLSOCKET_UTF16"), "the stream looks like UTF-16");
		else if (!host.isListening()) {
			// It connected before the server began to close and sent nothing: a greeting now would keep the server open.
			accepted.destroy();
		} else if (!host.acceptsDocuments)
			this.#refuse(accepted, address, "not-http", "this port is for HTTP and WebSocket only");
		else {
			this.#sockets.delete(socket);
			const transport = new SocketTransport(accepted, secure ? "tls" : "tcp", address, begunMs);
			if (secure) host.connect(transport, new SocketHandshake(accepted));
			else host.connect(transport);
		}
	}

	#failed(socket: Socket, address: string, error: Error | undefined, during: AcceptStage): void {
		const { refusals, settings } = this.#host;
		const facts = { ...remoteFact(address), cause: loggable(error?.message ?? "") };
		if (during === "tls" && error) refusals.refuse("tls-failed", "a TLS handshake failed", facts);
		else if (during === "proxy-header") refusals.refuse("proxy-header", "a PROXY protocol header was refused", facts);
		else if (error) {
			// The health checks of a listed proxy may end with a reset.
			const report = isListed(remoteAddressOf(socket), settings.trustProxy) ? "count" : "refuse";
			refusals[report]("connection-broken", "a connection broke before its protocol was known", facts);
		}
		socket.destroy();
	}

	#acceptPolicyOnly(socket: Socket): void {
		const isProxy = this.#isProxy(socket);
		if (!this.#admit(socket, isProxy, this.#policyAdmission)) return;
		const { settings, metrics, policy } = this.#host;
		let address = remoteAddressOf(socket);
		closeWithin(socket, POLICY_TIMEOUT_MS);
		accept(socket, {
			firstBytesTimeoutMs: settings.firstBytesTimeoutMs,
			begunTimeoutMs: settings.firstBytesTimeoutMs,
			tlsTimeoutMs: POLICY_TIMEOUT_MS,
			proxyHeader: isProxy,
			proxied: (client) => {
				address = client;
				return this.#acquireProxied(client, socket, this.#policyAdmission);
			},
			accepted: (accepted, kind) =>
				this.#guard(accepted, () => {
					// This port answers nothing else, so a client that only waits gets the file at once.
					if (policy && (kind === "policy" || kind === "silent")) {
						metrics.count(metrics.accepted, "policy");
						answerPolicy(accepted, policy);
					} else
						this.#refuse(accepted, address, "not-a-policy-request", "the policy port answers policy requests alone");
				}),
			failed: (error, during) => this.#guard(socket, () => this.#failed(socket, address, error, during)),
		});
	}

	/** Counts a client behind a proxy until its socket closes, or returns why it is refused; the caller reports that. */
	acquire(address: string, socket: Duplex, admission: Admission = this.#admission): Refusal | undefined {
		const refusal = admission.acquire(address, nodeClock.now());
		if (refusal === undefined) {
			socket.on("close", () => admission.release(address));
			if (admission === this.#admission) this.#acquireShared(address, socket);
		}
		return refusal;
	}

	// The other processes answer later: a connection that exceeds a limit of all together is closed then.
	#acquireShared(address: string, socket: Duplex): void {
		const release = this.#host.sharedAdmission?.acquire(address, (refusal) => {
			if (socket.destroyed) return;
			this.#host.refusals.refuse(refusal, "refused a connection", remoteFact(address));
			socket.on("error", () => {});
			socket.destroy();
		});
		if (release) socket.on("close", release);
	}

	// A client that a PROXY protocol header names; false where it is refused.
	#acquireProxied(address: string, socket: Socket, admission: Admission): boolean {
		const refusal = this.acquire(address, socket, admission);
		if (refusal) this.#host.refusals.refuse(refusal, "refused a connection", remoteFact(address));
		return refusal === undefined;
	}

	/** Forgets addresses without connections: once a second. */
	sweep(nowMs: number): void {
		this.#admission.sweep(nowMs);
		this.#policyAdmission.sweep(nowMs);
	}

	/** Ends every connection that was not handed to the application. */
	destroy(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	#isProxy(socket: Socket): boolean {
		const { trustProxy } = this.#host.settings;
		return trustProxy.length > 0 && isListed(remoteAddressOf(socket), trustProxy);
	}

	// A proxy carries many clients, and each of them is counted once its address is known. Undefined: refused.
	#admit(socket: Socket, isProxy: boolean, admission: Admission = this.#admission): Place | undefined {
		const host = this.#host;
		const remoteAddress = remoteAddressOf(socket);
		if (remoteAddress === "") {
			host.refusals.refuse("reset", "a connection was reset before it was accepted");
			socket.on("error", () => {});
			socket.destroy();
			return undefined;
		}
		const address = isProxy ? undefined : remoteAddress;
		const refusal: RefusalReason | undefined = !host.isListening()
			? "stopping"
			: host.isOutOfMemory()
				? wireCode("XMLSOCKET_MEMORY_CEILING")
				: admission.admit(address, nodeClock.now());
		let place: Place = "regular";
		if (refusal) {
			const isOperator = isProxy || addressKey(remoteAddress) === undefined;
			const isFull = refusal === "too-many-connections" || refusal === "memory-ceiling";
			if (!(isOperator && isFull && admission === this.#admission && admission.admitReserved())) {
				this.#refuse(socket, remoteAddress, refusal);
				return undefined;
			}
			place = "reserved";
		}
		this.#sockets.add(socket);
		if (place === "regular" && address !== undefined && admission === this.#admission)
			this.#acquireShared(address, socket);
		socket.on("close", () => {
			if (place === "reserved") admission.leaveReserved();
			else admission.leave(address);
			if (this.#sockets.delete(socket)) host.closed();
		});
		return place;
	}

	#refuse(socket: Socket, address: string, reason: RefusalReason, text?: string): void {
		this.#host.refusals.refuse(
			reason,
			text === undefined ? "refused a connection" : `refused a connection: ${text}`,
			remoteFact(address),
		);
		socket.on("error", () => {});
		socket.destroy();
	}

	#guard(socket: Socket, run: () => void): void {
		this.#host.refusals.guard(run, () => {
			socket.on("error", () => {});
			socket.destroy();
		});
	}
}

const RTMP =
	"the client speaks RTMP, as NetConnection does; content connects to this server with XMLSocket (docs/guide/asc.md)";

/** In an older encoding the signs of UTF-16 are ordinary letters: `яю` in windows-1251, `ÿþ` in windows-1252. */
function isCodePage(encoding: string): boolean {
	return !/^utf[-_ ]?8$/i.test(encoding);
}
