// Attempts to connect with growing waits between them, until one succeeds, their number is used up, or they are stopped. It opens
// connections and hands them over; it sends and reads nothing. docs/guide/connections.md, "Reconnecting".

import { XMLSocketError } from "../errors/index.ts";
import type { Transport } from "../link/index.ts";
import { type Target, targetUrl } from "./address.ts";
import { Backoff } from "./backoff.ts";
import type { ClientHost } from "./dial.ts";
import type { ReconnectOptions, ResolvedOptions } from "./options.ts";

/** The owner of the attempts. */
export interface RedialerOwner {
	/** An attempt will be made in `delayMs`; `error` is the reason. */
	waiting(attempt: number, delayMs: number, error: XMLSocketError): void;
	opened(transport: Transport): void;
	/** `maxAttempts` have failed. */
	gaveUp(error: XMLSocketError): void;
}

/** One attempt, with the options of a connection. Rejects with a coded error. */
export async function dialOnce(
	host: ClientHost,
	target: Target,
	options: ResolvedOptions,
	signal: AbortSignal | undefined,
): Promise<Transport> {
	const { connectTimeoutMs, tls, origin, headers } = options;
	const webSocket = target.protocol === "ws" || target.protocol === "wss";
	const streams = options.stream && webSocket ? host.streams : undefined;
	try {
		const transport = await host.dial(target, {
			timeoutMs: connectTimeoutMs,
			signal,
			...tls,
			origin,
			headers,
			...(streams ? { webSocketProtocol: streams.webSocketProtocol } : {}),
		});
		return streams ? streams.overWebSocket(transport) : transport;
	} catch (cause) {
		if (cause instanceof XMLSocketError) throw cause;
		throw new XMLSocketError("XMLSOCKET_CONNECT_FAILED", `No connection to ${targetUrl(target)}.`, { cause });
	}
}

/** Makes the connections after the first. */
export class Redialer {
	readonly #host: ClientHost;
	readonly #target: Target;
	readonly #options: ResolvedOptions;
	readonly #owner: RedialerOwner;
	readonly #backoff: Backoff;
	readonly #stableMs: number;
	#stop: (() => void) | undefined = undefined;
	/** Whether it waits before an attempt, and not for one. */
	#waiting = false;

	constructor(
		host: ClientHost,
		target: Target,
		options: ResolvedOptions,
		limits: Required<ReconnectOptions>,
		owner: RedialerOwner,
	) {
		this.#host = host;
		this.#target = target;
		this.#options = options;
		this.#owner = owner;
		this.#backoff = new Backoff(limits, host.random);
		this.#stableMs = limits.maxDelayMs;
	}

	/**
	 * Begins the attempts for the next connection.
	 *
	 * @param error why the last one ended, or could not be made.
	 * @param heldMs how long it held. Only one that held as long as the longest wait ends the series, so that a server which
	 * accepts and drops every client is not called without a wait.
	 * @param leastMs how long the other side asked to wait. The wait of the series is added, so that the clients of one server do
	 * not all reconnect at the same moment.
	 */
	begin(error: XMLSocketError, heldMs: number, leastMs = 0): void {
		if (heldMs >= this.#stableMs) this.#backoff.reset();
		this.#next(error, leastMs);
	}

	/** While it waits before an attempt: makes it now. */
	now(): void {
		if (!this.#waiting) return;
		this.#stop?.();
		this.#attempt();
	}

	/** Stops; the owner is not called again. */
	stop(): void {
		this.#stop?.();
		this.#stop = undefined;
		this.#waiting = false;
	}

	#next(error: XMLSocketError, leastMs = 0): void {
		const ownMs = this.#backoff.next();
		if (ownMs === undefined) {
			this.#owner.gaveUp(error);
			return;
		}
		const delayMs = leastMs + ownMs;
		this.#waiting = true;
		this.#stop = this.#host.wait(delayMs, () => this.#attempt());
		this.#owner.waiting(this.#backoff.attempts, delayMs, error);
	}

	#attempt(): void {
		this.#waiting = false;
		const controller = new AbortController();
		this.#stop = () => controller.abort();
		const { signal } = controller;
		dialOnce(this.#host, this.#target, this.#options, signal).then(
			(transport) => {
				this.#stop = undefined;
				if (signal.aborted) transport.destroy();
				else this.#owner.opened(transport);
			},
			(error: XMLSocketError) => {
				if (!signal.aborted) this.#next(error);
			},
		);
	}
}
