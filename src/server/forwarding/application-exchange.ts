// The applications of a daemon with workers. Each runs in one process. The other processes accept clients for it too, with TLS, WebSockets
// and all limits, and forward their documents. When a process ends, the clients of its applications are disconnected, and those that connect
// wait until it is replaced. Which process runs what is announced on the bus.

import type { Peer, Session } from "../../application/index.ts";
import type { Bus } from "../../cluster/index.ts";
import { type FrameCursor, FrameWriter } from "../../cluster/workers/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Logger } from "../logger.ts";
import { receivedError, type SentError } from "../workers/control.ts";
import { ForwardedPeer, type ForwardedPeerHost } from "./forwarded-peer.ts";
import { ForwardedSession, type ForwardedSessionHost, readClose } from "./forwarded-session.ts";
import { RecordStream } from "./record-stream.ts";
import { type ApplicationFacts, type Opening, RECORD, readRecords } from "./records.ts";

/** How long a client waits for the process of its application, in milliseconds: as long as a worker may take to start. */
const PATIENCE_MS = 60_000;
/** How long documents wait for an application that has paused a client which is gone. */
const LEFTOVER_MS = 5000;
/** Signals reach the processes one after the other: how long one that stops waits for the other's own stop. */
const STOP_TOGETHER_MS = 250;
/** How often those are looked at that have not read what was sent to them. */
const BEHIND_MS = 50;

/** An application that this process runs. */
export interface RunApplication extends ApplicationFacts {
	open(peer: Peer, opening: Opening): Session<"text"> | Session<"bytes">;
	/** Resolves when it has sent its last documents. Called while this process stops. */
	stopped(): Promise<void>;
}

/** What an exchange is made of. */
export interface ExchangeParts {
	readonly bus: Bus;
	readonly log: Logger;
	/** The bytes of one document. @throws XMLSOCKET_NUL_IN_DOCUMENT */
	encode(text: string): Uint8Array;
}

/** This process's part in the applications of the daemon. */
export class ApplicationExchange {
	readonly #parts: ExchangeParts;
	readonly #own = new Map<string, RunApplication>();
	/** The processes that run the others. */
	readonly #elsewhere = new Map<string, { readonly node: string; readonly facts: ApplicationFacts }>();
	readonly #streams = new Map<string, RecordStream>();
	/** Clients of other processes, by process and number. */
	readonly #peers = new Map<string, Map<number, ForwardedPeer>>();
	readonly #leftovers = new Map<ForwardedPeer, number>();
	/** Clients of this process, by number. */
	readonly #sessions = new Map<number, ForwardedSession>();
	/** Those of them whose process of the application is not known. */
	readonly #waiting = new Set<ForwardedSession>();
	readonly #behind = new Set<ForwardedSession>();
	readonly #facts = new Map<string, ((facts: ApplicationFacts) => void)[]>();
	/** Applications whose process has ended. */
	readonly #lost = new Set<string>();
	readonly #released = new Map<string, Set<() => void>>();
	readonly #peerHost: ForwardedPeerHost;
	readonly #sessionHost: ForwardedSessionHost;
	readonly #ends: (() => void)[];
	#isLooking = false;
	#stopped: Promise<void> | undefined = undefined;
	#lastClient = 0;
	#dropped = 0;

	constructor(parts: ExchangeParts) {
		this.#parts = parts;
		const { bus, log } = parts;
		this.#peerHost = {
			encode: (text) => parts.encode(text),
			report: (error) => log.error({ err: error }, "a handler failed"),
			left: (peer) => this.#leftPeer(peer),
		};
		this.#sessionHost = {
			streamOf: (application) => {
				const found = this.#elsewhere.get(application);
				return found && this.#stream(found.node);
			},
			behind: (session) => this.#lookAt(session),
			left: (session) => {
				this.#sessions.delete(session.client);
				this.#waiting.delete(session);
				this.#behind.delete(session);
			},
		};
		const receive = (batch: Uint8Array): void => this.#received(batch);
		this.#ends = [
			bus.subscribe({ to: "all" }, receive),
			bus.subscribe({ to: "node", node: bus.node }, receive),
			bus.watchNodes?.((node) => this.#gone(node)) ?? (() => {}),
		];
		this.#announce(RECORD.asks);
	}

	/** Clients here whose application is in another process. */
	get forwarded(): number {
		return this.#sessions.size;
	}

	/** Numbers for `/metrics`. */
	stats(): Record<string, number> {
		return { forwarded_clients: this.#sessions.size, forwarded_clients_dropped: this.#dropped };
	}

	/** This process runs an application: clients of the others come here. */
	run(name: string, application: RunApplication): void {
		this.#own.set(name, application);
		this.#announceOwn(name, application);
	}

	/** What another process reports about its application, once one runs it. */
	facts(name: string): Promise<ApplicationFacts> {
		const known = this.#elsewhere.get(name);
		if (known) return Promise.resolve(known.facts);
		return new Promise((resolve) => {
			this.#facts.set(name, [...(this.#facts.get(name) ?? []), resolve]);
		});
	}

	/**
	 * Gives a client to an application of another process.
	 *
	 * @param lost is called before the client is disconnected because that process has ended.
	 */
	enter(peer: Peer, about: Pick<Opening, "application" | "first" | "handshake">, lost: () => void): ForwardedSession {
		const { remoteAddress, transport, addressKey, softOutboxBytes, maxOutboxBytes } = peer;
		const opening = { ...about, remoteAddress, transport, addressKey, softOutboxBytes, maxOutboxBytes };
		const session = new ForwardedSession(++this.#lastClient, peer, opening, this.#sessionHost, lost);
		this.#sessions.set(session.client, session);
		if (session.node === undefined) this.#waiting.add(session);
		return session;
	}

	/** Once a second. */
	sweep(): void {
		const now = performance.now();
		for (const session of this.#waiting) {
			if (now - session.sinceMs < PATIENCE_MS) continue;
			this.#waiting.delete(session);
			const { application } = session.opening;
			session.lose(
				new XMLSocketError(
					"XMLSOCKET_APPLICATION_AWAY",
					`No process ran the application ${application} for ${PATIENCE_MS / 1000} s.`,
				),
			);
		}
		for (const [peer, sinceMs] of this.#leftovers) if (now - sinceMs >= LEFTOVER_MS) peer.cut({ by: "remote" });
	}

	/**
	 * Stops the applications of this process. New clients of other processes wait for the next process.
	 *
	 * @param stop sends the last documents. The clients of other processes are disconnected after it.
	 */
	stop(stop: () => void | Promise<void>): Promise<void> {
		this.#stopped ??= this.#stop(stop);
		return this.#stopped;
	}

	async #stop(stop: () => void | Promise<void>): Promise<void> {
		for (const name of this.#own.keys()) this.#announce(RECORD.stops, name);
		try {
			await stop();
		} finally {
			for (const peers of this.#peers.values()) for (const peer of peers.values()) peer.end();
			this.flush();
		}
	}

	/** This process stops: resolves when an application of another process sends nothing more to the clients here. */
	async released(name: string): Promise<void> {
		const nodes = new Set<string>();
		for (const { opening, node } of this.#sessions.values()) {
			if (opening.application === name && node !== undefined) nodes.add(node);
		}
		await Promise.all(Array.from(nodes, (node) => this.#releasedBy(node, name)));
	}

	#releasedBy(node: string, name: string): Promise<void> {
		this.#stream(node).begin(RECORD.draining).text(name).end();
		return new Promise((resolve) => {
			const waiting = this.#released.get(node) ?? new Set();
			this.#released.set(node, waiting.add(resolve));
		});
	}

	/** Gives to the bus what waits. */
	flush(): void {
		for (const stream of this.#streams.values()) stream.flush();
	}

	/** Ends what is left. */
	close(): void {
		for (const end of this.#ends) end();
		for (const node of [...this.#peers.keys()]) this.#cutPeers(node);
		this.flush();
		for (const stream of this.#streams.values()) stream.close();
		this.#behind.clear();
	}

	#stream(node: string): RecordStream {
		let stream = this.#streams.get(node);
		if (!stream) {
			stream = new RecordStream(this.#parts.bus, node, {
				dropped: () => this.#drop(node),
				emptied: () => {
					for (const session of this.#sessions.values()) if (session.node === node) session.emptied();
				},
			});
			this.#streams.set(node, stream);
		}
		return stream;
	}

	#announceOwn(name: string, { output, idleTimeoutMs }: RunApplication): void {
		this.#announce(RECORD.runs, name, JSON.stringify({ output, idleTimeoutMs } satisfies ApplicationFacts));
	}

	#announce(kind: number, ...texts: string[]): void {
		const { bus } = this.#parts;
		const writer = new FrameWriter();
		writer.begin(RECORD.from).text(bus.node).end();
		const record = writer.begin(kind);
		for (const text of texts) record.text(text);
		record.end();
		bus.publish({ to: "all" }, writer.take());
	}

	#received(batch: Uint8Array): void {
		let node = "";
		readRecords(batch, (kind, cursor) => {
			if (kind === RECORD.from) node = cursor.text();
			else if (node === this.#parts.bus.node) return;
			else if (kind < RECORD.open) this.#announced(node, kind, cursor);
			else if (kind < RECORD.send) this.#toApplication(node, kind, cursor);
			else if (kind === RECORD.reset) this.#lose(node);
			else this.#toConnection(node, kind, cursor);
		});
	}

	#announced(node: string, kind: number, cursor: FrameCursor): void {
		if (kind === RECORD.asks) {
			if (!this.#stopped) for (const [name, application] of this.#own) this.#announceOwn(name, application);
			return;
		}
		const name = cursor.text();
		if (kind === RECORD.stops) {
			if (this.#elsewhere.get(name)?.node === node) this.#elsewhere.delete(name);
			return;
		}
		const facts = JSON.parse(cursor.text()) as ApplicationFacts;
		this.#elsewhere.set(name, { node, facts });
		for (const resolve of this.#facts.get(name) ?? []) resolve(facts);
		this.#facts.delete(name);
		if (this.#lost.delete(name))
			this.#parts.log.info({ application: name }, `the application ${name} runs again in another process`);
		for (const session of this.#waiting) {
			if (session.opening.application !== name) continue;
			this.#waiting.delete(session);
			session.connect();
		}
	}

	#toApplication(node: string, kind: number, cursor: FrameCursor): void {
		if (kind === RECORD.draining) {
			this.#release(node, cursor.text());
			return;
		}
		const client = cursor.whole();
		if (kind === RECORD.open) {
			this.#open(node, client, JSON.parse(cursor.text()) as Opening);
			return;
		}
		const peer = this.#peers.get(node)?.get(client);
		if (!peer) return;
		if (kind === RECORD.text) peer.document(cursor.text());
		else if (kind === RECORD.bytes) peer.document(cursor.rest().slice());
		else if (kind === RECORD.read) peer.read(cursor.number());
		else if (kind === RECORD.ended) peer.ended();
		else if (kind === RECORD.idle) peer.idle();
		else if (kind === RECORD.drained) peer.drained();
		else if (kind === RECORD.closed) {
			peer.closed(readClose(cursor.text()));
			if (peer.isLeftover) this.#leftovers.set(peer, performance.now());
		}
	}

	#open(node: string, client: number, opening: Opening): void {
		const application = this.#own.get(opening.application);
		const stream = this.#stream(node);
		if (!application || this.#stopped) {
			// It was sent before the other process knew.
			stream.begin(RECORD.end).whole(client).optionalText(undefined).end();
			return;
		}
		const peer = new ForwardedPeer(client, opening, stream, this.#peerHost);
		let peers = this.#peers.get(node);
		if (!peers) {
			peers = new Map();
			this.#peers.set(node, peers);
		}
		peers.set(client, peer);
		peer.open(() => application.open(peer, opening) as Session<"text" | "bytes">);
	}

	#toConnection(node: string, kind: number, cursor: FrameCursor): void {
		if (kind === RECORD.send) {
			const clients: number[] = [];
			for (let count = cursor.whole(); count > 0; count--) clients.push(cursor.whole());
			// One copy for all of them: the bus reads the next message into the same memory.
			const bytes = cursor.rest().slice();
			for (const client of clients) this.#session(node, client)?.send(bytes);
			return;
		}
		if (kind === RECORD.released) {
			for (const resolve of this.#released.get(node) ?? []) resolve();
			this.#released.delete(node);
			return;
		}
		const session = this.#session(node, cursor.whole());
		if (!session) return;
		if (kind === RECORD.handled) session.handled(cursor.whole());
		else if (kind === RECORD.answered) session.answered();
		else {
			const text = cursor.optionalText();
			const error = text === undefined ? undefined : receivedError(JSON.parse(text) as SentError);
			if (kind === RECORD.end) session.peer.end(error);
			else if (kind === RECORD.destroy) session.peer.destroy(error);
			else if (kind === RECORD.refused && error) session.peer.refused(error);
		}
	}

	#session(node: string, client: number): ForwardedSession | undefined {
		const session = this.#sessions.get(client);
		return session?.node === node ? session : undefined;
	}

	/** Another process stops, with its connections. */
	#release(node: string, name: string): void {
		const answer = (): void => {
			this.#stream(node).begin(RECORD.released).text(name).end();
			this.#stream(node).flush();
		};
		const answerStopped = (): void => {
			const application = this.#own.get(name);
			if (this.#stopped && application) application.stopped().then(answer, answer);
			else answer();
		};
		if (this.#stopped) answerStopped();
		else setTimeout(answerStopped, STOP_TOGETHER_MS);
	}

	/** A process has ended. */
	#gone(node: string): void {
		for (const [name, { node: present }] of this.#elsewhere) {
			if (present !== node) continue;
			this.#elsewhere.delete(name);
			this.#lost.add(name);
			const clients = [...this.#sessions.values()].filter(({ opening }) => opening.application === name).length;
			this.#parts.log.error(
				{ application: name, clients },
				`the process of the application ${name} has ended: the application starts again in another one, and its clients can connect again`,
			);
		}
		this.#lose(node);
		this.#streams.get(node)?.close();
		this.#streams.delete(node);
	}

	/** Too much waited for a process. */
	#drop(node: string): void {
		const clients =
			(this.#peers.get(node)?.size ?? 0) + [...this.#sessions.values()].filter((each) => each.node === node).length;
		this.#dropped += clients;
		this.#parts.log.error({ clients }, "another process did not take what was sent to it: clients are disconnected");
		this.#lose(node);
	}

	#lose(node: string): void {
		for (const session of this.#sessions.values()) if (session.node === node) session.lose();
		for (const resolve of this.#released.get(node) ?? []) resolve();
		this.#released.delete(node);
		this.#cutPeers(node);
	}

	#cutPeers(node: string): void {
		for (const peer of [...(this.#peers.get(node)?.values() ?? [])]) peer.cut({ by: "remote" });
		this.#peers.delete(node);
	}

	#leftPeer(peer: ForwardedPeer): void {
		this.#leftovers.delete(peer);
		const peers = this.#peers.get(peer.node);
		if (peers?.delete(peer.client) && peers.size === 0) this.#peers.delete(peer.node);
	}

	// What is written in this turn has left after it, or waits for the client.
	#lookAt(session: ForwardedSession): void {
		this.#behind.add(session);
		if (this.#isLooking) return;
		this.#isLooking = true;
		setImmediate(() => this.#look());
	}

	#look(): void {
		for (const session of this.#behind) if (session.reportRead()) this.#behind.delete(session);
		this.#isLooking = this.#behind.size > 0;
		if (this.#isLooking) setTimeout(() => this.#look(), BEHIND_MS);
	}
}
