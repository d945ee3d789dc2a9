// A server inside a page: an application, such as the chat, with the daemon's limits and no network at all. What connects
// are WebSockets of this page, those of Flash content in Ruffle among them. docs/guide/browser.md.

import {
	type Application,
	type Handshake,
	linkLimits,
	type Peer,
	type PeerHost,
	ServerPeer,
	type Session,
} from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import { type LinkOptions, memoryPair, Scheduler, type Transport } from "../link/index.ts";
import { pageClock } from "./page-clock.ts";
import { type PageServerOptions, type PageServerSettings, pageServerSettings } from "./page-server-options.ts";
import { webSocketFront } from "./web-socket-front.ts";

type Output = "text" | "bytes";

/** What `createPageServer` takes. */
export interface CreatePageServerOptions extends PageServerOptions {
	/** What the documents mean: `createChat()`, `createRelay()`, or your own. */
	readonly application: Application<"text"> | Application<"bytes">;
}

/** An entry of the option `socketProxy` of Ruffle's configuration. */
export interface SocketProxyEntry {
	readonly host: string;
	readonly port: number;
	readonly proxyUrl: string;
}

/** The result of `install`; `remove`, or the end of a `using` scope, undoes it. */
export interface Installation {
	remove(): void;
	[Symbol.dispose](): void;
}

const RETRY_AFTER_SECONDS = 3;
const SWEEP_MS = 1000;

/** A server in a page. */
export class PageServer {
	/** Its address, for `connect`, for `new WebSocket`, and for Ruffle. Any path and port of its host is as good. */
	readonly url: string;
	readonly settings: PageServerSettings;
	readonly #application: Application<Output>;
	readonly #scheduler = new Scheduler(pageClock, (error) => reportError(error));
	readonly #host: PeerHost;
	readonly #peers = new Set<ServerPeer>();
	#front: typeof WebSocket | undefined = undefined;
	#installation: Installation | undefined = undefined;
	#nextId = 1;
	#stopSweep: (() => void) | undefined = undefined;
	#emptied: (() => void) | undefined = undefined;
	#closing: Promise<void> | undefined = undefined;

	/** @internal use `createPageServer`. */
	constructor({ application, ...options }: CreatePageServerOptions) {
		const settings = pageServerSettings(options);
		if (typeof application?.open !== "function")
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				'Option "application": a server needs one, for example createChat().',
			);
		this.settings = settings;
		this.url = `ws://${settings.host}/socket`;
		this.#application = application as Application<Output>;
		const linkOptions: LinkOptions<Output> = {
			output: this.#application.output,
			...linkLimits(settings),
			idleTimeoutMs: 0,
			pingIntervalMs: 0,
		};
		this.#host = {
			linkOptions,
			scheduler: this.#scheduler,
			policy: undefined,
			open: (peer: Peer, handshake: Handshake): Session<Output> => this.#application.open(peer, handshake),
			left: (peer) => this.#left(peer),
			throttled: () => {},
		};
	}

	/** Connections that are open. */
	get peers(): number {
		return this.#peers.size;
	}

	/** The page's WebSocket class with this server in front of it: its own address is here, all others are the network's. */
	get WebSocket(): typeof WebSocket {
		this.#front ??= webSocketFront(globalThis.WebSocket, this.settings.host, (end) => this.#accept(end));
		return this.#front;
	}

	/**
	 * Makes {@link WebSocket} the page's, so that Ruffle, `connect` and `XMLSocket` find the server at its address.
	 * `remove` puts back what was there before; sockets that are open stay so.
	 *
	 * @example
	 * ```ts
	 * const installed = server.install();
	 * const connection = await connect(server.url);
	 * installed.remove();
	 * ```
	 */
	install(): Installation {
		if (this.#installation) return this.#installation;
		const front = this.WebSocket;
		const before = globalThis.WebSocket;
		globalThis.WebSocket = front;
		const remove = (): void => {
			// Another one may have been put in front meanwhile, and is not ours to take away.
			if (globalThis.WebSocket === front) globalThis.WebSocket = before;
			this.#installation = undefined;
			this.#front = undefined;
		};
		let removed = false;
		const once = (): void => {
			if (!removed) remove();
			removed = true;
		};
		this.#installation = { remove: once, [Symbol.dispose]: once };
		return this.#installation;
	}

	/**
	 * The entries for Ruffle's configuration with which content that connects to `host` and `port` comes here. Ruffle compares
	 * hosts letter by letter, so `localhost` gives an entry for each of its spellings.
	 *
	 * @throws XMLSOCKET_OPTION_INVALID
	 *
	 * @example
	 * ```ts
	 * player.ruffle().load({ url: "chat.swf", socketProxy: server.socketProxy("localhost", 9000) });
	 * ```
	 */
	socketProxy(host: string, port: number): SocketProxyEntry[] {
		if (typeof host !== "string" || host === "" || /[\s/]/.test(host))
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `"${host}" is no host that content can connect to.`);
		if (!(Number.isInteger(port) && port >= 1 && port <= 65535))
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `Port ${port} is not one of 1 to 65535.`);
		const spellings = LOOPBACK.includes(host) ? LOOPBACK : [host];
		return spellings.map((spelling) => ({ host: spelling, port, proxyUrl: this.url }));
	}

	/**
	 * Stops: no new connections, a last document to the others (`<bye>` in the chat), what waits for them delivered.
	 *
	 * @param options.graceMs how long to wait for them; default 5000. 0: not at all.
	 */
	close(options: { graceMs?: number } = {}): Promise<void> {
		this.#closing ??= this.#close(options.graceMs ?? 5000);
		return this.#closing;
	}

	/** Closes when the scope ends. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	async #close(graceMs: number): Promise<void> {
		this.#installation?.remove();
		void this.#application.drain?.(RETRY_AFTER_SECONDS);
		for (const peer of this.#peers) peer.end();
		if (this.#peers.size > 0) {
			await new Promise<void>((resolve) => {
				const stop = pageClock.delay(graceMs, resolve);
				this.#emptied = () => {
					stop();
					resolve();
				};
			});
		}
		for (const peer of this.#peers) peer.destroy();
		await this.#application.close?.();
	}

	// The server's end of a connection; false where it takes none.
	#accept(end: (near: Transport) => void): boolean {
		if (this.#closing || this.#peers.size >= this.settings.maxConnections) return false;
		const [near, far] = memoryPair(pageClock);
		this.#peers.add(new ServerPeer(String(this.#nextId++), far, this.#host));
		if (!this.#stopSweep) this.#sweepLater();
		end(near);
		return true;
	}

	#left(peer: ServerPeer): void {
		this.#peers.delete(peer);
		if (this.#peers.size > 0) return;
		this.#stopSweep?.();
		this.#stopSweep = undefined;
		this.#emptied?.();
	}

	#sweepLater(): void {
		this.#stopSweep = pageClock.delay(SWEEP_MS, () => {
			this.#sweepLater();
			this.#application.sweep?.(pageClock.now());
		});
	}
}

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1"];

/**
 * Makes a server in this page.
 *
 * @throws XMLSOCKET_OPTION_UNKNOWN, XMLSOCKET_OPTION_INVALID
 *
 * @example
 * ```ts
 * const server = createPageServer({ application: createChat() });
 * server.install();
 * const connection = await connect(server.url);
 * ```
 */
export function createPageServer(options: CreatePageServerOptions): PageServer {
	return new PageServer(options);
}
