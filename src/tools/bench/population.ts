// The connections of a run: opens them at a rate, waits until the server counts each as a client, and opens them more slowly where it refuses
// some. A server that limits the connections of an address leaves fewer than were wanted, which is part of the results.

import { XMLSocketError } from "../../errors/index.ts";
import { type DialOptions, type DialTarget, dial } from "../../transport/index.ts";
import { Entrance } from "./entrance.ts";
import { LoadClient } from "./load-client.ts";
import { pause } from "./pause.ts";
import type { BenchMode } from "./report.ts";

const AT_ONCE = 100;
/** After so many refused connections, further ones wait. */
const MOST_REFUSED = 5;
const SLOW_CONNECTS = 10;
const RETRY_AFTER_MS = 1000;
const CLOSE_MS = 1000;
const POLL_MS = 20;
const PING_MS = 60_000;
const PING_TURNS = 10;

/** How connections are opened. */
export interface PopulationParts {
	readonly target: DialTarget;
	readonly dial: DialOptions;
	readonly mode: BenchMode;
	/** Whether a relay returns a document to its sender. */
	readonly returns: boolean;
	readonly tag: string;
	readonly roomName: (room: number) => string;
	readonly terminator: Uint8Array;
	readonly connectsPerSecond: number;
	readonly timeoutMs: number;
	readonly onOpen: (open: number, wanted: number) => void;
}

/** The clients of a run. */
export class Population {
	/** Those that are connected. Each room has one of the first, one of the next, and so on. */
	clients: LoadClient[] = [];
	/** Why there are fewer than were wanted. */
	shortfall: string | undefined;
	readonly #parts: PopulationParts;
	readonly #entrance: Entrance;
	readonly #ping: NodeJS.Timeout;
	/** Connections of each room, those that are being opened included. */
	#members: number[] = [];
	#connectsPerSecond: number;
	#nextConnectMs = 0;
	#fatal: string | undefined;

	constructor(parts: PopulationParts) {
		this.#parts = parts;
		this.#entrance = new Entrance(parts);
		this.#connectsPerSecond = parts.connectsPerSecond;
		let turn = 0;
		// A tenth of them at a time, so that pings do not delay messages.
		this.#ping = setInterval(() => {
			turn = (turn + 1) % PING_TURNS;
			for (const client of this.clients) if (client.index % PING_TURNS === turn) this.#entrance.keepAlive(client);
		}, PING_MS / PING_TURNS);
	}

	/** The most documents a second that the chat reads from one client, as it says; undefined: it says nothing. */
	get documentsPerSecond(): number | undefined {
		return this.#entrance.documentsPerSecond;
	}

	/**
	 * Opens or closes connections. Rejects with XMLSOCKET_CONNECT_FAILED if there are fewer than a message needs, and XMLSOCKET_ABORTED.
	 */
	async resize(connections: number, rooms: number): Promise<void> {
		const isUsable = rooms === this.#members.length && this.clients.every(({ isClosed }) => !isClosed);
		if (!isUsable || this.clients.length > connections) await this.#closeAll();
		this.#members = new Array<number>(rooms).fill(0);
		this.#arrange();
		this.shortfall = undefined;
		await this.#grow(connections);
		const least = this.#parts.mode === "relay" ? 2 : 1;
		if (this.clients.length >= least) return;
		throw new XMLSocketError(
			"XMLSOCKET_CONNECT_FAILED",
			`Only ${this.clients.length} of ${connections} connections could be used: ${this.shortfall}`,
		);
	}

	/** Closes all connections. */
	async close(): Promise<void> {
		clearInterval(this.#ping);
		await this.#closeAll();
	}

	async #grow(connections: number): Promise<void> {
		const { onOpen } = this.#parts;
		for (let round = 1; this.clients.length < connections; round++) {
			const before = this.clients.length;
			const reasons = await this.#openSome(connections);
			this.#arrange();
			onOpen(this.clients.length, connections);
			if (this.clients.length >= connections) return;
			if (this.#fatal !== undefined || (round > 1 && this.clients.length <= before)) {
				this.shortfall = this.#fatal ?? mostFrequent(reasons);
				return;
			}
			this.#connectsPerSecond = Math.min(this.#connectsPerSecond, SLOW_CONNECTS);
			await this.#pause(RETRY_AFTER_MS);
		}
	}

	// Opens connections until there are enough, or several were refused. Returns why they were.
	async #openSome(connections: number): Promise<string[]> {
		const reasons: string[] = [];
		let launched = this.clients.length;
		const opened: LoadClient[] = [];
		const lane = async (): Promise<void> => {
			while (launched < connections && reasons.length < MOST_REFUSED && this.#fatal === undefined) {
				launched++;
				await this.#turn();
				const result = await this.#open();
				if (typeof result === "string") reasons.push(result);
				else {
					opened.push(result);
					this.#parts.onOpen(this.clients.length + opened.length, connections);
				}
			}
		};
		const lanes = this.#connectsPerSecond <= SLOW_CONNECTS ? 1 : Math.min(AT_ONCE, connections);
		const results = await Promise.allSettled(Array.from({ length: lanes }, lane));
		this.clients.push(...opened);
		for (const result of results) if (result.status === "rejected") throw result.reason;
		reasons.push(...(await this.#entrance.waitForAll(this.clients, opened)));
		return reasons;
	}

	// Returns why the connection was refused, if it was.
	async #open(): Promise<LoadClient | string> {
		const room = this.#members.indexOf(Math.min(...this.#members));
		this.#members[room]!++;
		let client: LoadClient;
		try {
			client = new LoadClient(await dial(this.#parts.target, this.#parts.dial), room);
		} catch (error) {
			if (!(error instanceof XMLSocketError) || error.code === "XMLSOCKET_ABORTED") throw error;
			this.#fatal ??= localLimit(error);
			return error.message;
		}
		const refusal = await this.#entrance.enter(client, this.#parts.roomName(room));
		if (refusal === undefined) return client;
		client.destroy();
		return refusal;
	}

	// Forgets closed clients, and puts the others in the order that `clients` promises.
	#arrange(): void {
		this.#members.fill(0);
		const ranked = this.clients
			.filter(({ isClosed }) => !isClosed)
			.map((client) => ({ client, rank: this.#members[client.room]!++ }));
		this.clients = ranked.sort((a, b) => a.rank - b.rank || a.client.room - b.client.room).map(({ client }) => client);
		for (const [index, client] of this.clients.entries()) client.index = index;
	}

	async #turn(): Promise<void> {
		const nowMs = performance.now();
		const atMs = Math.max(nowMs, this.#nextConnectMs);
		this.#nextConnectMs = atMs + 1000 / this.#connectsPerSecond;
		if (atMs - nowMs >= 1) await this.#pause(atMs - nowMs);
	}

	async #pause(ms: number): Promise<void> {
		const { signal } = this.#parts.dial;
		await pause(ms, signal);
		if (signal?.aborted)
			throw new XMLSocketError("XMLSOCKET_ABORTED", "The load test was aborted.", { cause: signal.reason });
	}

	async #closeAll(): Promise<void> {
		const clients = this.clients.splice(0);
		for (const client of clients) client.end();
		for (let ms = 0; ms < CLOSE_MS && clients.some(({ isClosed }) => !isClosed); ms += POLL_MS)
			await pause(POLL_MS, undefined);
		for (const client of clients) client.destroy();
	}
}

// A limit of this machine, at which further attempts have no purpose.
function localLimit(error: XMLSocketError): string | undefined {
	const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
	if (code === "EADDRNOTAVAIL" || code === "EADDRINUSE")
		return `This machine has no free port left for another connection to that address (${code}). Linux has about 28,000 for each address of a server, and ports of closed connections are free again after a minute: use further client machines or addresses of the server, or widen net.ipv4.ip_local_port_range.`;
	if (code === "EMFILE" || code === "ENFILE")
		return `Too many files are open (${code}): raise the limit with \`ulimit -n\` before you start this tool.`;
	return undefined;
}

function mostFrequent(reasons: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
	const [first] = [...counts].sort(([, a], [, b]) => b - a);
	return first?.[0] ?? "the server ended them";
}
