// One port for XMLSocket, WebSocket, HTTP, TLS and policy requests: composes the parts of a server, opens its listeners, and
// closes them in order. Connections come in through `connection-acceptor.ts`; the application gives documents their meaning.

import { captureRejectionSymbol, EventEmitter, once } from "node:events";
import { hostname } from "node:os";
import { type Application, type ConnectedClient, type Health, linkLimits, type Peer } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { LinkOptions, Transport } from "../link/index.ts";
import { ServedPolicyFile } from "../policy/network/index.ts";
import { type Listener, listen, nodeClock, textCodec } from "../transport/index.ts";
import { terminatorBytes } from "../wire/index.ts";
import { addressKey, isListed } from "./admission.ts";
import { Certificate } from "./certificate.ts";
import { ConnectionAcceptor } from "./connection-acceptor.ts";
import { applicationObserver } from "./diagnostics.ts";
import { HttpSide } from "./http.ts";
import type { HttpRoutes } from "./http-routes.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { defaultMemoryCeiling, MemoryCeiling } from "./memory-ceiling.ts";
import { Metrics } from "./metrics.ts";
import { type MetricsPort, openMetricsPort } from "./metrics-port.ts";
import { noDocuments } from "./no-documents.ts";
import { type ServerOptions, type ServerSettings, serverSettings } from "./options.ts";
import { OriginRules } from "./origin.ts";
import { PeerSet } from "./peer-set.ts";
import { Refusals } from "./refusals.ts";
import type { SharedAdmission } from "./shared-admission.ts";
import { Shutdown } from "./shutdown.ts";
import type { TicketKeys } from "./ticket-keys.ts";

type Output = "text" | "bytes";

/** What the parts of a server are made of, beside its options. */
export interface ServerParts {
	readonly application: Application<"text"> | Application<"bytes">;
	/** Default: nothing is logged. */
	readonly log?: Logger | undefined;
	/** The folder whose files answer HTTP; default: none. */
	readonly pageFolder?: string | undefined;
	/** The path of its page, with a slash at both ends; default: `/`. */
	readonly pagePath?: string | undefined;
	/** The folder's pages that play Flash content with this server's Ruffle, for example `/flash`; default: none. */
	readonly flashPages?: readonly string[] | undefined;
	/** What else answers on the HTTP side, in the order of asking; default: nothing. */
	readonly routes?: readonly HttpRoutes[] | undefined;
	/** Opens the ports; default: `listen`. */
	readonly listen?: typeof listen | undefined;
	/** What the server shares with other processes of the same daemon; default: it is the only one. */
	readonly shared?: SharedParts | undefined;
}

/** What the processes of one daemon share. */
export interface SharedParts {
	/** Opens a port of the daemon. */
	readonly listen: typeof listen;
	/** Counts the connections of an address in all processes. */
	readonly admission: SharedAdmission;
	/** The keys of TLS session tickets. */
	readonly ticketKeys: TicketKeys;
	/** What `Metrics.json` gives in each process. */
	collectMetrics(): Promise<readonly string[]>;
}

/** `idle` until `listen()`; `closing` while clients get their last documents; `closed` once everything is released. */
export type ServerState = "idle" | "listening" | "closing" | "closed";

const SWEEP_MS = 1000;

/** The daemon. */
export class Server extends EventEmitter<{ closed: [] }> {
	readonly settings: ServerSettings;
	readonly metrics: Metrics;
	/** The folder whose files answer HTTP. */
	readonly pageFolder: string | undefined;
	/** The path of its page. */
	readonly pagePath: string;
	readonly #application: Application<Output>;
	readonly #rules: OriginRules;
	readonly #refusals: Refusals;
	readonly #peers: PeerSet;
	readonly #acceptor: ConnectionAcceptor;
	readonly #http: HttpSide;
	readonly #certificate: Certificate | undefined;
	readonly #policy: ServedPolicyFile | undefined;
	readonly #shutdown: Shutdown;
	readonly #memory: MemoryCeiling;
	readonly #routes: readonly HttpRoutes[];
	readonly #listen: typeof listen;
	#listener: Listener | undefined = undefined;
	#policyListener: Listener | undefined = undefined;
	#metricsPort: MetricsPort | undefined = undefined;
	#state: ServerState = "idle";
	#opening: Promise<void> | undefined = undefined;
	#stopSweep: (() => void) | undefined = undefined;

	/** @throws the errors of the options, XMLSOCKET_CERTIFICATE_UNREADABLE, XMLSOCKET_CONFIG_UNREADABLE for a policy file. */
	constructor(options: ServerOptions, parts: ServerParts) {
		super({ captureRejections: true });
		const settings = serverSettings(options);
		const log = parts.log ?? silentLogger;
		const application = parts.application as Application<Output>;
		const acceptsDocuments = parts.application !== noDocuments;
		const isListening = (): boolean => this.#state === "listening";
		this.settings = settings;
		this.pageFolder = parts.pageFolder;
		this.pagePath = parts.pagePath ?? "/";
		this.#application = application;
		this.#routes = parts.routes ?? [];
		this.#listen = parts.shared?.listen ?? parts.listen ?? listen;
		this.#rules = new OriginRules(settings.origin, [...machineNames(), settings.host]);
		this.metrics = new Metrics({
			numbers: () => this.#gauges(),
			further: this.#routes.flatMap((routes) => routes.counts ?? []),
			latencies: application.latencies ?? [],
			collectAll: parts.shared?.collectMetrics,
		});
		application.observe?.(applicationObserver);
		const refusals = new Refusals(this.metrics, log, () => nodeClock.now());
		this.#refusals = refusals;
		this.#policy = settings.policy === "off" ? undefined : new ServedPolicyFile(settings.policy, log);
		this.#certificate =
			settings.tlsCert !== undefined && settings.tlsKey !== undefined
				? new Certificate(
						settings.tlsCert,
						settings.tlsKey,
						{
							reloaded: (error) =>
								error ? log.error({ code: error.code }, error.message) : log.info({}, "the certificate was read again"),
							dates: (words) => log.warn({}, words),
						},
						parts.shared?.ticketKeys,
					)
				: undefined;
		const forPeers = linkOptions(settings, application);
		this.#peers = new PeerSet({
			application,
			linkOptions: forPeers,
			webSocketLinkOptions: webSocketLinkOptions(settings, forPeers),
			metrics: this.metrics,
			refusals,
			log,
			trustProxy: settings.trustProxy,
			policy: () => this.#policy?.bytes,
			left: () => this.#shutdown.check(),
		});
		this.#http = new HttpSide({
			settings,
			rules: this.#rules,
			metrics: this.metrics,
			refusals,
			log,
			pageFolder: this.pageFolder,
			pagePath: this.pagePath,
			flashPages: parts.flashPages ?? [],
			acceptsDocuments,
			routes: this.#routes,
			isListening,
			health: () => this.health(),
			policyText: () => this.policyText,
			acquire: (address, socket) => this.#acceptor.acquire(address, socket),
			refusalOf: (address) =>
				application.refusalOf?.({
					remoteAddress: address,
					addressKey: addressKey(address),
					isProxy: isListed(address, settings.trustProxy),
				}),
			webSocket: (transport, handshake) => this.#peers.add(transport, handshake),
		});
		this.#acceptor = new ConnectionAcceptor({
			settings,
			log,
			metrics: this.metrics,
			refusals,
			acceptsDocuments,
			output: application.output,
			certificate: this.#certificate,
			policy: this.#policy,
			sharedAdmission: parts.shared?.admission,
			isListening,
			isOutOfMemory: () => this.#memory.isAbove,
			http: (socket, address, isReserved) => this.#http.accept(socket, address, isReserved),
			connect: (transport, handshake) => this.#peers.add(transport, handshake),
			closed: () => this.#shutdown.check(),
		});
		this.#memory = new MemoryCeiling(settings.memoryCeilingBytes ?? defaultMemoryCeiling(), [
			this.#peers,
			this.#http,
			...this.#routes.flatMap((routes) => routes.memory ?? []),
		]);
		this.#shutdown = new Shutdown({
			application,
			routes: this.#routes,
			refusals,
			isEmpty: () => this.#peers.size === 0 && this.#acceptor.unclaimed === 0,
			end: () => {
				this.#peers.end();
				this.#http.close();
			},
			destroy: () => {
				this.#peers.destroy();
				this.#acceptor.destroy();
				this.#http.destroy();
			},
		});
	}

	/** What the server is doing. */
	get state(): ServerState {
		return this.#state;
	}

	/** Whether new clients are accepted. */
	get ready(): boolean {
		return this.#state === "listening";
	}

	/** Whether a load balancer may send new clients, and what is wrong with the server or its application. */
	health(): Health {
		if (!this.ready) return { ready: false, trouble: "The server is draining." };
		return this.#application.health?.() ?? { ready: true, trouble: undefined };
	}

	/** The port, once listening; 0 before. */
	get port(): number {
		return this.#listener?.port ?? 0;
	}

	/** The addresses bound, once listening. */
	get addresses(): readonly string[] {
		return this.#listener?.addresses ?? [];
	}

	/** Whether the port accepts TLS. */
	get secure(): boolean {
		return this.#certificate !== undefined;
	}

	/** The policy file as text, without the zero byte; undefined where none is served. */
	get policyText(): string | undefined {
		return this.#policy?.text;
	}

	/** The domains that a generated policy file names. */
	get policyDomains(): readonly string[] {
		return this.#rules.policyDomains();
	}

	/** The port that answers policy requests alone, once listening; undefined where there is none. */
	get policyPort(): number | undefined {
		return this.#policyListener?.port;
	}

	/** @internal An asynchronous listener of this emitter has rejected. */
	override [captureRejectionSymbol](error: unknown, ..._about: unknown[]): void {
		this.#refusals.failed(error);
	}

	/** Connections of any kind. */
	get connections(): number {
		return this.#acceptor.open;
	}

	/** Connections of the application. */
	get peers(): number {
		return this.#peers.size;
	}

	/** The connections of the application, for the operator's tools. */
	clients(): Iterable<ConnectedClient & Peer> {
		return this.#peers.all();
	}

	/** Bytes that are held for all connections. */
	get heldBytes(): number {
		return this.#memory.heldBytes;
	}

	/**
	 * Opens the port, and the ports for policy requests and metrics where the options name them. After a failure the server is
	 * idle again, and `listen()` can be called once more.
	 *
	 * Rejects with XMLSOCKET_SERVER_STATE where it was called before or after `close()`; with XMLSOCKET_PORT_IN_USE,
	 * XMLSOCKET_PORT_FORBIDDEN, XMLSOCKET_ADDRESS_INVALID; with XMLSOCKET_OPTION_INVALID for the address of metrics.
	 */
	async listen(): Promise<this> {
		if (this.#opening || this.#state !== "idle") {
			const state = this.#opening ? "about to listen" : this.#state;
			throw new XMLSocketError("XMLSOCKET_SERVER_STATE", `listen() was called while the server is ${state}.`, {
				details: { state },
			});
		}
		this.#opening = this.#open();
		try {
			await this.#opening;
		} catch (error) {
			await this.#closeListeners();
			throw error;
		} finally {
			this.#opening = undefined;
		}
		this.#state = "listening";
		this.#sweepLater();
		this.#memory.start(nodeClock, (run) => this.#refusals.guard(run));
		return this;
	}

	/**
	 * Closes: accepts no new clients, sends the others a last document (`<bye>` in the chat), delivers what waits for them, and
	 * closes the application, which gets at most 10 s. Calls after the first wait for the same end.
	 *
	 * Rejects with what the application's `close()` rejected with; everything else is released then.
	 *
	 * @param options.graceMs how long to wait for the clients, in milliseconds; default `drainTimeoutMs`. 0: not at all, also
	 * where an earlier call still waits.
	 */
	async close(options: { graceMs?: number } = {}): Promise<void> {
		if (this.#opening) await this.#opening.catch(() => {});
		if (this.#state === "closed") return;
		const graceMs = options.graceMs ?? this.settings.drainTimeoutMs;
		if (this.#state === "closing") {
			if (graceMs === 0) this.#shutdown.hurry();
			else await once(this, "closed");
			return;
		}
		this.#state = "closing";
		const listeners = this.#closeListeners();
		try {
			await this.#shutdown.drain(graceMs);
			await listeners;
			await this.#shutdown.closeApplication();
		} finally {
			this.#stopSweep?.();
			this.#memory.stop();
			this.#certificate?.close();
			this.#refusals.sweep(Number.POSITIVE_INFINITY);
			this.metrics.close();
			this.#state = "closed";
			this.emit("closed");
		}
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

	/** Accepts a connection that did not come through the port, for example one end of a `memoryPair`. */
	attach(transport: Transport): void {
		this.#peers.add(transport);
	}

	async #open(): Promise<void> {
		const { settings } = this;
		const { port, host } = settings;
		this.#listener = await this.#listen({ port, host }, (socket) => this.#acceptor.accept(socket));
		this.#policy?.generate([this.#listener.port], this.#rules.policyDomains());
		if (settings.policyPort !== undefined) {
			const options = { port: settings.policyPort, host, portOption: "--policy-port" };
			this.#policyListener = await this.#listen(options, (socket) => this.#acceptor.acceptPolicyOnly(socket));
		}
		this.#policy?.judge(this.policyPort ?? this.#listener.port);
		if (settings.metrics !== "local" && settings.metrics !== "off")
			this.#metricsPort = await openMetricsPort(settings.metrics, {
				metrics: this.metrics,
				refusals: this.#refusals,
				rules: this.#rules,
				listen: this.#listen,
			});
	}

	/** Stops listening; resolves when the connections of the listeners have ended. */
	async #closeListeners(): Promise<void> {
		const open = [this.#listener, this.#policyListener, this.#metricsPort];
		this.#listener = undefined;
		this.#policyListener = undefined;
		this.#metricsPort = undefined;
		await Promise.all(open.map((each) => each?.close()));
	}

	#sweepLater(): void {
		this.#stopSweep = nodeClock.delay(SWEEP_MS, () => {
			const now = nodeClock.now();
			this.#refusals.guard(() => {
				this.#acceptor.sweep(now);
				this.#http.sweep(now);
				this.#metricsPort?.sweep(now);
				this.#peers.sweep(now);
				this.#refusals.sweep(now);
			});
			this.#refusals.guard(() => this.#application.sweep?.(now));
			if (this.#state !== "closed") this.#sweepLater();
		});
	}

	// One source that throws costs its own numbers alone.
	#gauges(): Record<string, number> {
		const numbers: Record<string, number> = {
			connections: this.#acceptor.open,
			ready: 0,
			peers: this.#peers.size,
			...this.#peers.gauges(),
			held_bytes: this.#memory.heldBytes,
		};
		this.#refusals.guard(() => {
			numbers.ready = this.health().ready ? 1 : 0;
			Object.assign(numbers, this.#application.stats?.());
		});
		for (const routes of this.#routes) {
			this.#refusals.guard(() => {
				Object.assign(numbers, routes.stats?.());
			});
		}
		return numbers;
	}
}

// The second is the name that other machines of a local network use for this one (mDNS).
function machineNames(): string[] {
	const name = hostname();
	return name.includes(".") ? [name] : [name, `${name}.local`];
}

function linkOptions(settings: ServerSettings, application: Application<Output>): LinkOptions<Output> {
	const terminator = terminatorBytes(settings.terminator);
	return {
		output: application.output,
		codec: textCodec(settings.encoding, settings.strictUtf8),
		...(settings.terminator === "nul" ? {} : { terminator }),
		...linkLimits(settings),
		idleTimeoutMs: application.idleTimeoutMs ?? settings.idleTimeoutMs,
		pingIntervalMs: settings.pingIntervalMs,
	};
}

/** The options for WebSockets, where they differ. */
function webSocketLinkOptions(settings: ServerSettings, options: LinkOptions<Output>): LinkOptions<Output> | undefined {
	const codec = textCodec("utf-8", settings.strictUtf8);
	if (settings.terminator.toLowerCase() === "nul" && options.codec?.label === codec.label) return undefined;
	return { ...options, inbound: { ...options, codec, terminator: terminatorBytes("nul") } };
}
