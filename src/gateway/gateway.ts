// The gateway: connects WebSockets of pages to the TCP targets that the operator lists, as routes on a server's port. The server admits the
// sockets and checks Host and Origin; the gateway selects the target, dials it, and logs one line when the bridge ends.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorCode, XMLSocketError } from "../errors/index.ts";
import { Scheduler } from "../link/index.ts";
import {
	answerUpgradeRequired,
	type Debtor,
	type HttpRoutes,
	type LabelledCount,
	type Logger,
	LogLimit,
	loggable,
	type MemoryHolder,
	refuseUpgrade,
	requestFacts,
	silentLogger,
} from "../server/index.ts";
import {
	nodeClock,
	textCodec,
	WebSocketAcceptor,
	type WebSocketFrames,
	type WebSocketTransport,
} from "../transport/index.ts";
import { Bridge, type BridgeHost, type BridgeTap } from "./bridge.ts";
import { BridgeTurns } from "./bridge-turns.ts";
import { bridgeContent } from "./content.ts";
import { boundedResolver, dialTarget, type Resolver, systemResolver } from "./dial-target.ts";
import { LearnedTargets } from "./learned-targets.ts";
import { type GatewayOptions, type GatewaySettings, gatewaySettings } from "./options.ts";
import { GATEWAY_PATH, parseTarget, type Target, TargetList } from "./target.ts";

/** What a gateway needs in addition to its options. */
export interface GatewayParts {
	/** A logger such as pino's. Default: nothing is logged. */
	readonly log?: Logger | undefined;
	/** Default: the system's resolver. */
	readonly resolve?: Resolver | undefined;
	/** Called for each WebSocket that gets a target, before its first byte. What it returns sees the bytes. Default: nobody does. */
	readonly observe?: BridgeObserver | undefined;
}

/** Begins to observe a bridge. @param from the client's address @param label the page's own label for it */
export type BridgeObserver = (target: Target, from: string, label: string | undefined) => BridgeTap;

/** The data about a bridge for its log line. */
interface BridgeRecord {
	readonly id: string;
	readonly target: Target;
	readonly page: WebSocketTransport;
	/** The client's address and its page's origin. */
	readonly facts: object;
	readonly begunMs: number;
	/** The address that was reached. */
	resolved: string | undefined;
}

/** What a request asks for, and the target that it gets. */
interface Selection {
	readonly target: Target | undefined;
	readonly name?: string;
	readonly pair?: { readonly host: string; readonly port: number };
}

/** Paths where a gateway with one target answers too: those of clients that were made for other bridges, also below a proxy's path. */
const BRIDGE_PATH = /^\/$|\/websockify$/;

/** Routes for a server: `/gateway/NAME` and `/gateway?host=…&port=…`. */
export class Gateway implements HttpRoutes {
	readonly settings: GatewaySettings;
	readonly counts: readonly LabelledCount[];
	readonly memory: MemoryHolder = {
		heldBytes: () => this.#heldBytes(),
		debtors: () => [...this.#bridges.keys()].map(debtorOf),
	};
	readonly #observe: BridgeObserver | undefined;
	#targets: TargetList;
	#texts: readonly string[];
	readonly #log: Logger;
	readonly #resolve: Resolver;
	readonly #acceptor: WebSocketAcceptor;
	readonly #host: BridgeHost;
	readonly #learned: LearnedTargets | undefined;
	readonly #bridges = new Map<Bridge, BridgeRecord>();
	readonly #ended = new Map<string, number>();
	readonly #refused = new Map<string, number>();
	readonly #bytes = new Map<string, number>();
	readonly #limit: LogLimit;
	#nextId = 1;
	#stopping = false;
	/** Called once the last bridge has closed, one for each call of `drain`. */
	readonly #whenEmpty = new Set<() => void>();

	/** @internal use `createGateway`. */
	constructor(options: GatewayOptions, parts: GatewayParts) {
		this.settings = gatewaySettings(options);
		this.#texts = this.settings.targets;
		this.#targets = new TargetList(this.#texts);
		this.#observe = parts.observe;
		for (const target of this.targets) textCodec(target.encoding ?? this.settings.encoding);
		this.#log = parts.log ?? silentLogger;
		this.#limit = new LogLimit(this.#log, () => nodeClock.now());
		this.#resolve = boundedResolver(parts.resolve ?? systemResolver);
		const { maxMessageBytes } = this.settings;
		this.#acceptor = new WebSocketAcceptor({
			maxMessageBytes,
			// Browsers send a long message in many frames, and a slow network delivers it in many small segments.
			maxFragments: Math.ceil(maxMessageBytes / 4096),
			maxBufferedChunks: Math.ceil(maxMessageBytes / 512),
		});
		const report = (error: unknown): void => this.#log.error({ err: error }, "a bridge failed");
		this.#host = {
			limits: this.settings,
			scheduler: new Scheduler(nodeClock, report),
			turns: new BridgeTurns(report),
			carried: (to, bytes) => count(this.#bytes, to, bytes),
			closed: (bridge) => this.#over(bridge),
		};
		this.#learned =
			this.settings.learn === undefined ? undefined : new LearnedTargets(this.settings.learn, this.settings.targets);
		this.counts = [
			{ name: "xmlsocket_gateway_ended_total", help: "Bridges ended", label: "cause", values: this.#ended },
			{ name: "xmlsocket_gateway_refused_total", help: "WebSockets refused", label: "reason", values: this.#refused },
			{ name: "xmlsocket_gateway_bytes_total", help: "Bytes carried", label: "to", values: this.#bytes },
		];
	}

	/** The targets that pages may reach, with the WebSocket path of each. */
	get targets(): readonly Target[] {
		return this.#targets.all;
	}

	/** The same as they were written. */
	get targetTexts(): readonly string[] {
		return this.#texts;
	}

	/**
	 * Adds a target while the gateway runs. It replaces one with the same name and port.
	 *
	 * @throws XMLSOCKET_TARGET_INVALID, XMLSOCKET_OPTION_INVALID for its encoding
	 */
	allow(text: string): Target {
		const added = parseTarget(text);
		textCodec(added.encoding ?? this.settings.encoding);
		const kept = this.#texts.filter((known) => !isSameName(parseTarget(known), added));
		this.#targets = new TargetList([...kept, text]);
		this.#texts = [...kept, text];
		return this.targets.at(-1)!;
	}

	/** Open bridges. */
	get open(): number {
		return this.#bridges.size;
	}

	// --- HttpRoutes

	request(_request: IncomingMessage, response: ServerResponse, url: URL): boolean {
		if (!isOurs(url)) return false;
		answerUpgradeRequired(response);
		return true;
	}

	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL, clientAddress: string): boolean {
		const selection = this.#selection(url);
		if (!selection) return false;
		const facts = {
			client: loggable(clientAddress),
			origin: loggable(request.headers.origin ?? ""),
			...watchOf(url),
		};
		const { target } = selection;
		if (!target) {
			this.#refuse(socket, selection, { ...facts, ...requestFacts(request) });
			return true;
		}
		const frames: WebSocketFrames = url.searchParams.get("frames") === "text" ? "text" : "binary";
		socket.on("error", () => {});
		this.#acceptor.accept(
			request,
			socket,
			head,
			clientAddress,
			frames,
			(page) => this.#bridge(target, frames, page, facts, clientAddress),
			(reason) => {
				count(this.#refused, "bad-request", 1);
				this.#limit.warn(
					"bad-request",
					{ ...facts, ...requestFacts(request), reason },
					"refused a WebSocket: the handshake is invalid",
				);
				refuseUpgrade(socket, "400 Bad Request", `The WebSocket handshake is invalid: ${reason}.`);
			},
		);
		return true;
	}

	webSocketPaths(): readonly string[] {
		return this.targets.map((target) => target.path);
	}

	async drain(graceMs: number): Promise<void> {
		this.#stopping = true;
		this.#limit.sweep(Number.POSITIVE_INFINITY);
		for (const bridge of this.#bridges.keys()) {
			if (graceMs === 0) bridge.destroy();
			else bridge.stop();
		}
		if (this.#bridges.size === 0) return;
		await new Promise<void>((resolve) => {
			const done = (): void => {
				clearTimeout(timer);
				this.#whenEmpty.delete(done);
				resolve();
			};
			const timer = setTimeout(() => {
				for (const bridge of this.#bridges.keys()) bridge.destroy();
				done();
			}, graceMs);
			this.#whenEmpty.add(done);
		});
	}

	stats(): Record<string, number> {
		return { gateway_connections: this.#bridges.size };
	}

	#heldBytes(): number {
		let bytes = 0;
		for (const bridge of this.#bridges.keys()) bytes += bridge.heldBytes;
		return bytes;
	}

	// --- one connection

	/** What a request asks for; undefined where its path is not the gateway's. */
	#selection(url: URL): Selection | undefined {
		const { pathname, searchParams } = url;
		if (pathname === GATEWAY_PATH || (BRIDGE_PATH.test(pathname) && searchParams.has("host"))) {
			const pair = pairIn(url);
			return { pair, target: this.#targets.at(pair.host, pair.port) };
		}
		if (isOurs(url)) return byName(this.#targets, nameIn(url));
		if (!BRIDGE_PATH.test(pathname)) return undefined;
		// Clients of other bridges are often configured without a path: the port is for one target, or a token names it.
		const token = searchParams.get("token");
		if (token !== null) return byName(this.#targets, token);
		const [first, ...others] = this.targets;
		return first && others.length === 0 ? { name: first.name, target: first } : undefined;
	}

	#refuse(socket: Duplex, { pair, name = "" }: Selection, facts: object): void {
		count(this.#refused, "target-not-allowed", 1);
		const code: ErrorCode = "XMLSOCKET_TARGET_NOT_ALLOWED";
		this.#limit.sweep(nodeClock.now());
		if (!pair) {
			const hint = `the names are ${this.targets.map((target) => target.name).join(", ")}`;
			const line = { ...facts, code, target: loggable(name), hint };
			this.#limit.warn(code, line, "refused a WebSocket: no target has this name");
			refuseUpgrade(
				socket,
				"404 Not Found",
				"The gateway has no target of this name; its operator can add it with --target.",
			);
			return;
		}
		const { host, port } = pair;
		const hint = `add it with --target ${loggable(host.includes(":") ? `[${host}]` : host)}:${port}`;
		const line = { ...facts, code, host: loggable(host), port, hint };
		this.#limit.warn(code, line, "refused a WebSocket: this host and port is not a target");
		refuseUpgrade(
			socket,
			"403 Forbidden",
			"This host and port is not a target of the gateway; its operator can add it with --target.",
		);
		this.#learn(host, port);
	}

	#learn(host: string, port: number): void {
		try {
			const target = this.#learned?.note(host, port, this.#targets);
			if (target) this.#log.info({ target, file: this.settings.learn }, "recorded a refused target");
		} catch (error) {
			this.#log.error({ err: error, file: this.settings.learn }, "the file of --learn cannot be written");
		}
	}

	#bridge(
		target: Target,
		frames: WebSocketFrames,
		page: WebSocketTransport,
		facts: { readonly watch?: string },
		clientAddress: string,
	): void {
		const { settings } = this;
		const content = bridgeContent(target.encoding ?? settings.encoding, frames, settings.maxDocumentBytes);
		const bridge = new Bridge(page, content, this.#host, this.#observe?.(target, clientAddress, facts.watch));
		const record: BridgeRecord = {
			id: `g${this.#nextId++}`,
			target,
			page,
			facts,
			begunMs: nodeClock.now(),
			resolved: undefined,
		};
		this.#bridges.set(bridge, record);
		if (this.#stopping) bridge.destroy();
		// An exception during the set-up of the connection ends only this bridge, as a failed dial does.
		dialTarget(target, { timeoutMs: settings.dialTimeoutMs, resolve: this.#resolve, signal: bridge.abandoned })
			.then(({ transport, address }) => {
				record.resolved = address;
				this.#log.debug({ id: record.id, target: target.name, resolved: address, ...facts }, "connected");
				bridge.connect(transport);
			})
			.catch((error) =>
				bridge.fail(
					error instanceof XMLSocketError
						? error
						: new XMLSocketError("XMLSOCKET_INTERNAL", `The dial failed: ${String(error)}.`, { cause: error }),
				),
			);
	}

	#over(bridge: Bridge): void {
		const { id, target, page, facts, begunMs, resolved } = this.#bridges.get(bridge)!;
		this.#bridges.delete(bridge);
		const { end, bytes, replaced } = bridge;
		count(this.#ended, end.cause, 1);
		const line = {
			id,
			target: target.name,
			...(resolved === undefined
				? {}
				: { resolved: `${resolved.includes(":") ? `[${resolved}]` : resolved}:${target.port}` }),
			...facts,
			...(page.closeCode === undefined ? {} : { pageCode: page.closeCode }),
			durationMs: Math.round(nodeClock.now() - begunMs),
			cause: end.cause,
			...(end.code === undefined ? {} : { code: end.code }),
			toTargetBytes: bytes.toTarget,
			toPageBytes: bytes.toPage,
			...(replaced > 0 ? { replacedCharacters: replaced } : {}),
		};
		this.#limit.sweep(nodeClock.now());
		if (end.isOrderly && replaced === 0) this.#log.info(line, end.words);
		else
			this.#limit.warn(
				end.cause,
				line,
				replaced > 0 ? `${end.words}; some characters do not exist in the other encoding` : end.words,
			);
		if (this.#bridges.size === 0) for (const done of this.#whenEmpty) done();
	}
}

/**
 * Creates a gateway. Pass it to a server in `routes`.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID, XMLSOCKET_TARGET_INVALID for a target,
 * XMLSOCKET_CONFIG_UNREADABLE for the file of `learn`.
 *
 * @example
 * ```ts
 * import { createServer } from "xmlsocket/server";
 * import { createGateway } from "xmlsocket/gateway";
 * const gateway = createGateway({ targets: ["chat=localhost:9339"] });
 * await createServer({ port: 9001, routes: [gateway] }).listen(); // ws://localhost:9001/gateway/chat
 * ```
 */
export function createGateway(options: GatewayOptions, parts: GatewayParts = {}): Gateway {
	return new Gateway(options, parts);
}

function debtorOf(bridge: Bridge): Debtor {
	return { heldBytes: bridge.heldBytes, cut: () => bridge.destroy("memory-ceiling") };
}

function isOurs(url: URL): boolean {
	return url.pathname === GATEWAY_PATH || url.pathname.startsWith(`${GATEWAY_PATH}/`);
}

function isSameName(one: Target, other: Target): boolean {
	if (one.alias === undefined || other.alias === undefined) return one.name === other.name;
	return one.alias.host === other.alias.host && one.alias.port === other.alias.port;
}

function byName(targets: TargetList, name: string): Selection {
	return { name, target: targets.named(name) };
}

function nameIn(url: URL): string {
	const name = url.pathname.slice(GATEWAY_PATH.length + 1);
	try {
		return decodeURIComponent(name);
	} catch {
		return name; // no target has a percent sign in its name
	}
}

// A page may label its connection; the log lines about the connection contain the label.
function watchOf(url: URL): { watch?: string } {
	const watch = url.searchParams.get("watch") ?? "";
	return /^[\w-]{1,40}$/.test(watch) ? { watch } : {};
}

function pairIn(url: URL): { host: string; port: number } {
	const port = url.searchParams.get("port") ?? "";
	// In a URL, brackets surround an IPv6 address; they are not part of the address.
	const host = (url.searchParams.get("host") ?? "").replace(/^\[(.*)\]$/, "$1");
	return { host, port: /^[1-9]\d{0,4}$/.test(port) ? Number(port) : Number.NaN };
}

function count(counts: Map<string, number>, key: string, by: number): void {
	counts.set(key, (counts.get(key) ?? 0) + by);
}
