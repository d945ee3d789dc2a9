// A proxy that shows each document in both directions and changes no byte unless asked: it listens, connects each client with the target,
// and reports events. It prints nothing and keeps no traffic.

import { XMLSocketError } from "../../errors/index.ts";
import { Certificate } from "../../server/certificate.ts";
import { type Listener, listen } from "../../transport/index.ts";
import type { Direction } from "../traffic/index.ts";
import { type HeldDocument, HeldDocuments } from "./held-documents.ts";
import { InspectedClients } from "./inspected-clients.ts";
import type { ConnectionHost, InspectedPair, InspectedState, LaneCount } from "./inspected-pair.ts";
import {
	type BreakPredicate,
	type InspectOptions,
	type InspectSettings,
	inspectSettings,
	type ListenAddress,
} from "./options.ts";
import { selfTarget, TargetDialler } from "./target-dialler.ts";

/** What an inspector knows of one connection. */
export interface InspectedConnection {
	readonly number: number;
	/** The client's address: `127.0.0.1:51234`. */
	readonly from: string;
	/** The target, as the user wrote it. */
	readonly to: string;
	readonly state: InspectedState;
	/** What the client sent. */
	readonly client: LaneCount;
	/** What the server sent. */
	readonly server: LaneCount;
}

/** A proxy that shows traffic. */
export interface Inspector {
	/**
	 * Begins to listen. Once.
	 *
	 * Rejects with XMLSOCKET_PORT_IN_USE, XMLSOCKET_PORT_FORBIDDEN, XMLSOCKET_HOST_UNAVAILABLE, and XMLSOCKET_TARGET_IS_SELF where the
	 * target would be the inspector itself.
	 */
	listen(): Promise<void>;
	/** Where it listens: `{ host, port }` as asked for, with the port that the system chose for 0. */
	readonly address: ListenAddress;
	/** When it began to listen, milliseconds since 1970: `time` 0 of its events. */
	readonly startedMs: number;
	/** The open connections, and the last 100 that were closed, by their numbers. */
	connections(): readonly InspectedConnection[];
	/**
	 * Holds each document for which the predicate returns true: it and everything behind it in its direction of its connection waits, and the
	 * source is not read meanwhile. Held documents stay held when the predicate changes. What has been sent on in part passes.
	 */
	setBreak(predicate: BreakPredicate | undefined): void;
	/** The documents that wait for a decision. Those of a closed connection are not among them any more. */
	held(): readonly HeldDocument[];
	/**
	 * Sends a held document on.
	 *
	 * @param bytes other bytes, without the terminator. Default: as it came.
	 * @throws XMLSOCKET_CLOSED where no document with this id is held any more.
	 */
	release(id: number, bytes?: Uint8Array): void;
	/** Does not send a held document on. @throws XMLSOCKET_CLOSED as `release`. */
	drop(id: number): void;
	/**
	 * Sends a document that nobody sent: between two documents, never inside one that is half sent.
	 *
	 * @param direction as whose document: that of the `client` goes to the server.
	 * @param bytes without the terminator.
	 * @throws XMLSOCKET_CLOSED where the connection or this direction has ended, XMLSOCKET_OUTBOX_FULL
	 */
	inject(connection: number, direction: Direction, bytes: Uint8Array): void;
	/** Stops listening and closes all connections. Calling it again returns the same promise. */
	close(): Promise<void>;
}

const MAX_CLOSED = 100;

/**
 * Creates an inspector. Call its `listen()` to start it.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID, XMLSOCKET_CERTIFICATE_UNREADABLE
 *
 * @example
 * ```ts
 * const inspector = createInspector({
 *   listen: { host: "localhost", port: 9001 },
 *   target: "game.example:9000",
 *   onEvent: (event) => console.log(event),
 * });
 * await inspector.listen();
 * ```
 */
export function createInspector(options: InspectOptions): Inspector {
	return new InspectorServer(options, inspectSettings(options));
}

class InspectorServer implements Inspector {
	readonly #options: InspectOptions;
	readonly #settings: InspectSettings;
	readonly #dialler: TargetDialler;
	readonly #certificate: Certificate | undefined;
	readonly #clients: InspectedClients;
	readonly #pairs = new Map<number, InspectedPair>();
	readonly #closedPairs: InspectedConnection[] = [];
	readonly #held = new HeldDocuments();
	#breakOn: BreakPredicate | undefined = undefined;
	#listener: Listener | undefined = undefined;
	#closing: Promise<void> | undefined = undefined;
	#startedMs = 0;
	#begun = 0;
	#lastNumber = 0;
	#lastTime = 0;

	constructor(options: InspectOptions, settings: InspectSettings) {
		this.#options = options;
		this.#settings = settings;
		this.#dialler = new TargetDialler(settings.target, { ...settings, origin: options.origin });
		const { tls } = options;
		this.#certificate = tls && new Certificate(tls.cert, tls.key, { reloaded: () => {}, dates: () => {} });
		this.#clients = new InspectedClients({
			settings,
			dialler: this.#dialler,
			certificate: this.#certificate,
			connections: this.#connectionHost(),
			port: () => this.address.port,
			addresses: () => this.#listener?.addresses ?? [],
		});
	}

	get address(): ListenAddress {
		const { host, port } = this.#options.listen;
		return { host, port: this.#listener?.port ?? port };
	}

	get startedMs(): number {
		return this.#startedMs;
	}

	async listen(): Promise<void> {
		if (this.#listener || this.#closing)
			throw new XMLSocketError("XMLSOCKET_SERVER_STATE", "listen() was called before.");
		this.#begun = performance.now();
		this.#startedMs = Date.now();
		const listener = await listen({ ...this.#options.listen, portOption: "LISTEN" }, (socket) => {
			const number = ++this.#lastNumber;
			const pair = this.#clients.accept(socket, number, this.#pairs.size >= this.#settings.maxConnections);
			if (pair.state !== "closed") this.#pairs.set(number, pair);
		});
		this.#listener = listener;
		if (await this.#dialler.leadsTo(listener.port, listener.addresses)) {
			await this.close();
			throw selfTarget(this.#settings.target, listener.port);
		}
		const { signal } = this.#options;
		if (signal?.aborted) await this.close();
		else signal?.addEventListener("abort", () => void this.close(), { once: true });
	}

	connections(): readonly InspectedConnection[] {
		return [...this.#closedPairs, ...[...this.#pairs.values()].map(factsOf)].sort((a, b) => a.number - b.number);
	}

	setBreak(predicate: BreakPredicate | undefined): void {
		this.#breakOn = predicate && ((event) => this.#guard(() => predicate(event)) === true);
		for (const pair of this.#pairs.values()) pair.breakChanged();
	}

	held(): readonly HeldDocument[] {
		return this.#held.list();
	}

	release(id: number, bytes?: Uint8Array): void {
		this.#decide(id, "release", bytes);
	}

	drop(id: number): void {
		this.#decide(id, "drop");
	}

	inject(connection: number, direction: Direction, bytes: Uint8Array): void {
		const pair = this.#pairs.get(connection);
		if (!pair) throw new XMLSocketError("XMLSOCKET_CLOSED", `There is no open connection ${connection}.`);
		pair.inject(direction, bytes);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		const closed = this.#listener?.close();
		this.#clients.close();
		for (const pair of this.#pairs.values()) pair.destroy("the inspector was stopped");
		this.#certificate?.close();
		await closed;
	}

	#connectionHost(): ConnectionHost {
		const { terminator, maxDocumentBytes, lingerMs } = this.#settings;
		const breakOn = (): BreakPredicate | undefined => this.#breakOn;
		return {
			terminator,
			maxDocumentBytes,
			lingerMs,
			get breakOn() {
				return breakOn();
			},
			now: () => {
				this.#lastTime = Math.max(this.#lastTime, Math.floor((performance.now() - this.#begun) * 1000));
				return this.#lastTime;
			},
			event: (event) => this.#guard(() => this.#options.onEvent(event)),
			hold: (pair, direction, event) => {
				const held = this.#held.add(pair, direction, event);
				// Later, when the connection has noted it too, so that the listener can decide at once.
				queueMicrotask(() => this.#guard(() => this.#options.onHeld?.(held)));
			},
			unhold: (pair, direction) => this.#held.remove(pair, direction),
			closed: (pair) => {
				this.#pairs.delete(pair.number);
				this.#closedPairs.push(factsOf(pair));
				if (this.#closedPairs.length > MAX_CLOSED) this.#closedPairs.shift();
			},
		};
	}

	#decide(id: number, decision: "release" | "drop", bytes?: Uint8Array): void {
		const held = this.#held.take(id);
		if (!held) throw new XMLSocketError("XMLSOCKET_CLOSED", `No document ${id} is held any more.`);
		held.pair.decide(held.direction, decision, bytes?.slice());
	}

	// A listener that throws has a fault of its own, which must not end the connection.
	#guard<Result>(run: () => Result): Result | undefined {
		try {
			return run();
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
			return undefined;
		}
	}
}

function factsOf(pair: InspectedPair): InspectedConnection {
	const { number, from, to, state } = pair;
	return { number, from, to, state, client: pair.count("client"), server: pair.count("server") };
}
