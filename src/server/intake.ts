// From an accepted socket to what it turned out to be: who may connect, how many, what protocol they speak, and who takes
// them from there. It counts and logs whom it refuses. What is handed on as documents or HTTP is no longer its affair.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { wireCode } from "../errors/index.ts";
import type { Transport } from "../link/index.ts";
import { answerPolicy, endWithin, POLICY_TIMEOUT_MS, type ServedPolicyFile } from "../policy/network/index.ts";
import { accept, nodeClock, SocketTransport } from "../transport/index.ts";
import { Admission, defaultMaxConnections, isListed } from "./admission.ts";
import type { Certificate } from "./certificate.ts";
import { type Logger, loggable } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { ServerSettings } from "./options.ts";

/** What the intake needs of its server. */
export interface IntakeHost {
	readonly settings: ServerSettings;
	readonly log: Logger;
	readonly metrics: Metrics;
	/** Whether documents are spoken here, and not HTTP and WebSocket alone. */
	readonly speaksDocuments: boolean;
	/** What the application takes: bytes may be of any encoding. */
	readonly output: "text" | "bytes";
	/** Undefined: no TLS. */
	readonly certificate: Certificate | undefined;
	/** Undefined: none is served. */
	readonly policy: ServedPolicyFile | undefined;
	/** False once the server stops. */
	isListening(): boolean;
	/** Takes a connection that speaks HTTP. */
	http(socket: Socket, address: string): void;
	/** Takes a connection that speaks documents. */
	speak(transport: Transport): void;
}

/** Admits and recognises the connections of a server. */
export class Intake {
	readonly #host: IntakeHost;
	readonly #admission: Admission;
	/** Not an application's peers (yet): recognition, HTTP, policy. */
	readonly #sockets = new Set<Socket>();

	constructor(host: IntakeHost) {
		this.#host = host;
		this.#admission = new Admission({
			...host.settings,
			maxConnections: host.settings.maxConnections ?? defaultMaxConnections(),
		});
	}

	/** Connections admitted and not closed yet, whoever has them. */
	get open(): number {
		return this.#admission.open;
	}

	/** Connections that have not become peers of the application. */
	get unclaimed(): number {
		return this.#sockets.size;
	}

	/** Takes what was accepted on the server's port. */
	take(socket: Socket): void {
		const proxy = this.#isProxy(socket);
		if (!this.#admit(socket, proxy)) return;
		const host = this.#host;
		const { settings, certificate } = host;
		let address = socket.remoteAddress ?? "";
		accept(socket, {
			// Where the server never speaks first there is no haste.
			firstBytesTimeoutMs: host.speaksDocuments ? settings.firstBytesTimeoutMs : settings.tlsTimeoutMs,
			begunTimeoutMs: host.speaksDocuments ? settings.firstDocumentTimeoutMs : settings.tlsTimeoutMs,
			proxyHeader: proxy,
			proxied: (client) => {
				address = client;
				return this.visit(client, socket);
			},
			tlsTimeoutMs: settings.tlsTimeoutMs,
			secureContext: certificate && settings.sniff ? () => certificate.context : undefined,
			accepted: (accepted, kind, secure) => {
				const protocol = settings.sniff || kind === "policy" || kind === "silent" ? kind : "document";
				host.metrics.count(host.metrics.accepted, `${secure ? "tls+" : ""}${protocol}`);
				if (protocol === "policy" && host.policy) answerPolicy(accepted, host.policy);
				else if (protocol === "http") host.http(accepted, address);
				else if (protocol === "tls")
					this.#refuseSocket(accepted, "tls-unavailable", "TLS, but no certificate was given (--tls-cert, --tls-key)");
				else if (protocol === "utf16" && host.output === "text") {
					this.#refuseSocket(accepted, wireCode("XMLSOCKET_UTF16"), "the stream looks like UTF-16");
				} else if (!host.isListening()) {
					// It came before the end and was silent: greeted now, it would keep the server from stopping.
					accepted.destroy();
				} else if (!host.speaksDocuments) {
					this.#refuseSocket(accepted, "not-http", "this port speaks HTTP and WebSocket only");
				} else {
					this.#sockets.delete(socket);
					host.speak(new SocketTransport(accepted, secure ? "tls" : "tcp", address));
				}
			},
			failed: (error) => {
				if (error)
					host.log.debug({ remote: address, cause: error.message }, "a connection failed before it said anything");
				socket.destroy();
			},
		});
	}

	/** Takes what was accepted on the port for policy requests alone. */
	takePolicyOnly(socket: Socket): void {
		const proxy = this.#isProxy(socket);
		if (!this.#admit(socket, proxy)) return;
		const host = this.#host;
		endWithin(socket, POLICY_TIMEOUT_MS);
		accept(socket, {
			firstBytesTimeoutMs: host.settings.firstBytesTimeoutMs,
			begunTimeoutMs: host.settings.firstBytesTimeoutMs,
			tlsTimeoutMs: POLICY_TIMEOUT_MS,
			proxyHeader: proxy,
			proxied: (client) => this.visit(client, socket),
			accepted: (accepted, kind) => {
				// Nothing else is spoken here, so that a client which only waits can be told at once.
				if (host.policy && (kind === "policy" || kind === "silent")) {
					host.metrics.count(host.metrics.accepted, "policy");
					answerPolicy(accepted, host.policy);
				} else this.#refuseSocket(accepted, "not-a-policy-request", "the policy port answers policy requests alone");
			},
			failed: () => socket.destroy(),
		});
	}

	/** Counts a client behind a proxy until its socket closes; false where it is refused. */
	visit(address: string, socket: Duplex): boolean {
		const refusal = this.#admission.visit(address, nodeClock.now());
		if (refusal) this.#countRefusal(loggable(address), refusal);
		else socket.once("close", () => this.#admission.depart(address));
		return refusal === undefined;
	}

	/** Looks at who is gone: once a second. */
	sweep(nowMs: number): void {
		this.#admission.sweep(nowMs);
	}

	/** Drops every connection that was not handed on. */
	destroy(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	#isProxy(socket: Socket): boolean {
		const { trustProxy } = this.#host.settings;
		return trustProxy.length > 0 && isListed(socket.remoteAddress ?? "", trustProxy);
	}

	// A proxy is as many clients as are behind it, and each of them is counted once it is known.
	#admit(socket: Socket, isProxy: boolean): boolean {
		const address = isProxy ? undefined : (socket.remoteAddress ?? "");
		const refusal = this.#host.isListening() ? this.#admission.admit(address, nodeClock.now()) : "too-many-connections";
		if (refusal) {
			this.#countRefusal(socket.remoteAddress ?? "", refusal);
			socket.on("error", () => {});
			socket.destroy();
			return false;
		}
		this.#sockets.add(socket);
		socket.on("close", () => {
			this.#sockets.delete(socket);
			this.#admission.leave(address);
		});
		return true;
	}

	#countRefusal(remote: string, reason: string): void {
		const { metrics } = this.#host;
		metrics.count(metrics.refused, reason);
		this.#host.log.debug({ remote, reason }, "refused a connection");
	}

	#refuseSocket(socket: Socket, reason: string, words: string): void {
		const { metrics } = this.#host;
		metrics.count(metrics.refused, reason);
		this.#host.log.warn({ remote: socket.remoteAddress, reason }, `refused a connection: ${words}`);
		socket.on("error", () => {});
		socket.destroy();
	}
}
