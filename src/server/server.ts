// One port for everything: the parts of a server put together, its listeners, its peers, its drain. What comes in is told apart
// by the intake; what the documents mean is the application's affair.

import { EventEmitter, once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import {
	type Application,
	closeReason,
	type Health,
	linkLimits,
	type Peer,
	type PeerHost,
	ServerPeer,
	type Session,
} from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { type LinkClose, type LinkOptions, Scheduler, type Transport } from "../link/index.ts";
import { ServedPolicyFile } from "../policy/network/index.ts";
import { type Listener, listen, nodeClock, textCodec } from "../transport/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import { Certificate } from "./certificate.ts";
import type { Connection } from "./connection.ts";
import { type HttpHost, HttpSide, sendMetrics } from "./http.ts";
import type { HttpRoutes } from "./http-routes.ts";
import { Intake } from "./intake.ts";
import { type Logger, loggable, silentLogger } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { noDocuments } from "./no-documents.ts";
import { type ServerOptions, type ServerSettings, serverSettings } from "./options.ts";
import { OriginRules } from "./origin.ts";

type Output = "text" | "bytes";

/** What the parts of a server are made of, beside its options. */
export interface ServerParts {
	readonly application: Application<"text"> | Application<"bytes">;
	/** Default: silence. */
	readonly log?: Logger | undefined;
	/** The folder whose files answer HTTP; default: none. */
	readonly pageFolder?: string | undefined;
	/** The path of its page, with a slash at both ends; default: `/`. */
	readonly pagePath?: string | undefined;
	/** Who else answers on the HTTP side, in the order of asking; default: nobody. */
	readonly routes?: readonly HttpRoutes[] | undefined;
}

const RETRY_AFTER_SECONDS = 3;
const STOP_TICK_MS = 20;

/** The daemon. */
export class Server extends EventEmitter<{ connection: [Connection]; closed: [] }> implements HttpHost, PeerHost {
	readonly settings: ServerSettings;
	readonly rules: OriginRules;
	readonly metrics: Metrics;
	readonly log: Logger;
	readonly scheduler: Scheduler;
	readonly linkOptions: LinkOptions<Output>;
	readonly pageFolder: string | undefined;
	readonly pagePath: string;
	readonly routes: readonly HttpRoutes[];
	readonly speaksDocuments: boolean;
	readonly #application: Application<Output>;
	readonly #intake: Intake;
	readonly #peers = new Set<ServerPeer>();
	readonly #certificate: Certificate | undefined;
	readonly #http: HttpSide;
	readonly #policy: ServedPolicyFile | undefined;
	#listeners: Listener[] = [];
	#policyListener: Listener | undefined = undefined;
	#metricsServer: { close(): void } | undefined = undefined;
	#state: "new" | "listening" | "draining" | "closed" = "new";
	/** Routes that have not finished their drain yet. */
	#draining = 0;
	#drainUntilMs = 0;
	#nextId = 1;
	#stopSweep: (() => void) | undefined = undefined;

	/** @throws the errors of the options, XMLSOCKET_CERTIFICATE_UNREADABLE, XMLSOCKET_CONFIG_UNREADABLE for a policy file. */
	constructor(options: ServerOptions, parts: ServerParts) {
		super();
		const settings = serverSettings(options);
		this.settings = settings;
		this.log = parts.log ?? silentLogger;
		this.pageFolder = parts.pageFolder;
		this.pagePath = parts.pagePath ?? "/";
		this.routes = parts.routes ?? [];
		this.speaksDocuments = parts.application !== noDocuments;
		this.#application = parts.application as Application<Output>;
		this.rules = new OriginRules(settings.origin, [hostname(), settings.host]);
		this.scheduler = new Scheduler(nodeClock, (error) => this.#handlerFailed(error));
		this.metrics = new Metrics(
			() => this.#gauges(),
			this.routes.flatMap((routes) => routes.counts ?? []),
		);
		this.linkOptions = this.#makeLinkOptions();
		this.#policy = settings.policy === "off" ? undefined : new ServedPolicyFile(settings.policy, this.log);
		this.#certificate =
			settings.tlsCert !== undefined && settings.tlsKey !== undefined
				? new Certificate(settings.tlsCert, settings.tlsKey, (error) =>
						error
							? this.log.error({ code: error.code }, error.message)
							: this.log.info({}, "the certificate was read again"),
					)
				: undefined;
		this.#http = new HttpSide(this);
		this.#intake = new Intake({
			settings,
			log: this.log,
			metrics: this.metrics,
			speaksDocuments: this.speaksDocuments,
			output: this.#application.output,
			certificate: this.#certificate,
			policy: this.#policy,
			isListening: () => this.#state === "listening",
			http: (socket, address) => this.#http.take(socket, address),
			speak: (transport) => this.#speak(transport),
		});
	}

	/** Whether new clients are welcome. */
	get ready(): boolean {
		return this.#state === "listening";
	}

	/** How the server and what runs on it are: whether a balancer may send new clients, and what is wrong. */
	health(): Health {
		if (!this.ready) return { ready: false, trouble: "The server is draining." };
		return this.#application.health?.() ?? { ready: true, trouble: undefined };
	}

	/** The port, once listening. */
	get port(): number {
		return this.#listeners[0]?.port ?? 0;
	}

	/** The addresses bound, once listening. */
	get addresses(): readonly string[] {
		return this.#listeners[0]?.addresses ?? [];
	}

	/** Whether TLS is spoken on the port. */
	get secure(): boolean {
		return this.#certificate !== undefined;
	}

	/** The policy file with its zero byte; undefined where none is served. */
	get policy(): Uint8Array | undefined {
		return this.#policy?.bytes;
	}

	/** The policy file as text, without the zero byte; undefined where none is served. */
	get policyText(): string | undefined {
		return this.#policy?.text;
	}

	/** The port that answers policy requests alone, once listening; undefined where there is none. */
	get policyPort(): number | undefined {
		return this.#policyListener?.port;
	}

	/** Connections of any kind. */
	get connections(): number {
		return this.#intake.open;
	}

	/** Connections of the application. */
	get peers(): number {
		return this.#peers.size;
	}

	/**
	 * Opens the port.
	 *
	 * Rejects with XMLSOCKET_PORT_IN_USE, XMLSOCKET_PORT_FORBIDDEN, XMLSOCKET_PORT_RESERVED or XMLSOCKET_ADDRESS_INVALID.
	 */
	async listen(): Promise<this> {
		const { settings } = this;
		try {
			const listener = await listen({ port: settings.port, host: settings.host }, (socket) =>
				this.#intake.take(socket),
			);
			this.#listeners.push(listener);
			this.#policy?.generate([listener.port], this.rules.policyDomains());
			if (settings.policyPort !== undefined) {
				this.#policyListener = await listen(
					{ port: settings.policyPort, host: settings.host, portOption: "--policy-port" },
					(socket) => this.#intake.takePolicyOnly(socket),
				);
				this.#listeners.push(this.#policyListener);
			}
			this.#policy?.judge(this.policyPort ?? listener.port);
			if (settings.metrics !== "local" && settings.metrics !== "off") await this.#listenMetrics(settings.metrics);
		} catch (error) {
			await this.#release();
			throw error;
		}
		this.#state = "listening";
		this.#sweepLater();
		return this;
	}

	/**
	 * Stops: no new clients, a last document to the others (`<bye>` in the chat), what waits for them delivered, then the end.
	 *
	 * @param options.graceMs how long to wait for the clients; default `drainTimeoutMs`. 0: at once.
	 */
	async close(options: { graceMs?: number } = {}): Promise<void> {
		if (this.#state === "closed") return;
		if (this.#state === "draining") {
			if (options.graceMs === 0) {
				this.#drainUntilMs = 0;
				this.#drainRoutes(0);
				this.#destroyAll();
			} else await once(this, "closed");
			return;
		}
		this.#state = "draining";
		const graceMs = options.graceMs ?? this.settings.drainTimeoutMs;
		this.#drainUntilMs = nodeClock.now() + graceMs;
		const closing = Promise.all(this.#listeners.map((listener) => listener.close()));
		this.#application.drain?.(RETRY_AFTER_SECONDS);
		for (const peer of this.#peers) peer.end();
		this.#http.close();
		this.#drainRoutes(graceMs);
		while (
			(this.#peers.size > 0 || this.#intake.unclaimed > 0 || this.#draining > 0) &&
			nodeClock.now() < this.#drainUntilMs
		) {
			await new Promise((resolve) => setTimeout(resolve, STOP_TICK_MS));
		}
		this.#destroyAll();
		await closing;
		await this.#release();
		await this.#application.close?.();
		this.emit("closed");
	}

	/** Closes when the scope ends: `await using server = …`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	/** Reads the certificate again now. */
	reloadCertificate(): void {
		this.#certificate?.reload();
	}

	/** Reads the operator's own policy file again now. */
	reloadPolicy(): void {
		this.#policy?.reload(this.policyPort ?? this.port);
	}

	/** Takes a connection that some other means brought, for example one end of a `memoryPair`. */
	attach(transport: Transport): void {
		this.#speak(transport);
	}

	// --- PeerHost

	open(peer: Peer): Session<Output> {
		return this.#application.open(peer);
	}

	left(peer: ServerPeer, close: LinkClose): void {
		this.#peers.delete(peer);
		this.metrics.closedDocuments += peer.receivedDocuments;
		this.metrics.closedEmptyDocuments += peer.emptyDocuments;
		const reason = closeReason(close);
		const facts = {
			id: peer.id,
			remote: peer.remoteAddress,
			transport: peer.transport,
			by: close.by,
			documents: peer.receivedDocuments,
		};
		if (reason && close.by === "local") {
			this.metrics.count(this.metrics.refused, reason);
			this.log.warn({ ...facts, code: close.error?.code }, close.error?.message ?? reason);
		} else this.log.debug({ ...facts, ...(reason ? { code: close.error?.code } : {}) }, "disconnected");
	}

	throttled(peer: ServerPeer): void {
		this.metrics.count(this.metrics.refused, "rate-limited");
		this.log.debug({ id: peer.id, remote: peer.remoteAddress }, "reading more slowly: too many documents a second");
	}

	/** @internal counts a client behind a proxy. */
	visit(address: string, socket: Duplex): boolean {
		return this.#intake.visit(address, socket);
	}

	/** @internal a WebSocket's handshake is complete. */
	webSocket(transport: Transport): void {
		this.#speak(transport);
	}

	// --- connections

	#speak(transport: Transport): void {
		const peer = new ServerPeer(String(this.#nextId++), transport, this);
		this.#peers.add(peer);
		this.log.debug({ id: peer.id, remote: loggable(peer.remoteAddress), transport: peer.transport }, "connected");
	}

	// --- set-up and end

	#makeLinkOptions(): LinkOptions<Output> {
		const { settings } = this;
		const terminator = terminatorBytes(settings.terminator);
		return {
			output: this.#application.output,
			codec: textCodec(settings.encoding, settings.strictUtf8),
			...(settings.terminator === "nul" ? {} : { terminator }),
			...linkLimits(settings),
			idleTimeoutMs: this.#application.idleTimeoutMs ?? settings.idleTimeoutMs,
			pingIntervalMs: settings.pingIntervalMs,
		};
	}

	async #listenMetrics(address: string): Promise<void> {
		const at = address.lastIndexOf(":");
		const port = Number(address.slice(at + 1));
		if (at < 0 || !Number.isInteger(port) || port < 0 || port > 65535) {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`Option "metrics": "${address}" is none of local, off, HOST:PORT.`,
			);
		}
		const http = createHttpServer((request, response) => {
			if (request.url === "/metrics") void sendMetrics(this.metrics, response);
			else response.writeHead(404).end();
		});
		const host = address.slice(0, at).replace(/^\[(.*)\]$/, "$1") || "localhost";
		this.#listeners.push(
			await listen({ port, host, portOption: "--metrics" }, (socket) => http.emit("connection", socket)),
		);
		http.emit("listening");
		this.#metricsServer = { close: () => http.closeAllConnections() };
	}

	#sweepLater(): void {
		this.#stopSweep = nodeClock.delay(1000, () => {
			const now = nodeClock.now();
			this.#intake.sweep(now);
			try {
				this.#application.sweep?.(now);
			} catch (error) {
				this.#handlerFailed(error);
			}
			if (this.#state !== "closed") this.#sweepLater();
		});
	}

	#handlerFailed(error: unknown): void {
		this.metrics.count(this.metrics.refused, "internal");
		this.log.error({ err: error }, "a handler failed");
	}

	// Routes may hold more than the sockets that came in here, so the end of those alone does not show that they are done.
	#drainRoutes(graceMs: number): void {
		for (const routes of this.routes) {
			if (!routes.drain) continue;
			this.#draining++;
			routes
				.drain(graceMs)
				.catch((error) => this.#handlerFailed(error))
				.finally(() => this.#draining--);
		}
	}

	#destroyAll(): void {
		for (const peer of this.#peers) peer.destroy();
		this.#intake.destroy();
		this.#http.destroy();
	}

	async #release(): Promise<void> {
		this.#state = "closed";
		this.#stopSweep?.();
		this.#certificate?.close();
		this.#metricsServer?.close();
		await Promise.all(this.#listeners.map((listener) => listener.close()));
		this.#listeners = [];
	}

	#gauges(): Record<string, number> {
		let documents = this.metrics.closedDocuments;
		let outbox = 0;
		for (const peer of this.#peers) {
			documents += peer.receivedDocuments;
			outbox += peer.outboxBytes;
		}
		return {
			connections: this.#intake.open,
			peers: this.#peers.size,
			documents_received: documents,
			outbox_bytes: outbox,
			...this.#application.stats?.(),
			...Object.assign({}, ...this.routes.map((routes) => routes.stats?.())),
		};
	}
}
