// Connecting again and again with growing pauses, until a connection stands, there were enough attempts, or it is stopped.
// It opens connections and hands them over; what is said on them is not its affair. README.md, "From a program".

import { XMLSocketError } from "../errors/index.ts";
import type { Transport } from "../link/index.ts";
import { type Target, targetUrl } from "./address.ts";
import { Backoff } from "./backoff.ts";
import type { ClientHost } from "./dial.ts";
import type { ReconnectOptions, ResolvedOptions } from "./options.ts";

/** Who hears how the attempts go. */
export interface RedialerOwner {
	/** An attempt will be made in `delayMs`; `error` says why it is needed. */
	waiting(attempt: number, delayMs: number, error: XMLSocketError): void;
	opened(transport: Transport): void;
	/** There were enough attempts. */
	gaveUp(error: XMLSocketError): void;
}

/** One attempt, with the options of a connection. Rejects with a coded error. */
export async function dialOnce(
	host: ClientHost,
	target: Target,
	options: ResolvedOptions,
	signal: AbortSignal | undefined,
): Promise<Transport> {
	const { connectTimeoutMs, tls, origin } = options;
	const webSocket = target.protocol === "ws" || target.protocol === "wss";
	const streams = options.stream && webSocket ? host.streams : undefined;
	try {
		const transport = await host.dial(target, {
			timeoutMs: connectTimeoutMs,
			signal,
			...tls,
			origin,
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
	 * Starts on the next connection.
	 *
	 * @param error why the last one ended, or could not be made.
	 * @param heldMs how long it held. Only one that held as long as the longest wait ends the series, so that a server
	 * that accepts and drops everyone is not called without a pause.
	 * @param leastMs what the other side asked to wait at least; the pause of the series comes on top, so that those who were
	 * asked the same do not come back at once.
	 */
	begin(error: XMLSocketError, heldMs: number, leastMs = 0): void {
		if (heldMs >= this.#stableMs) this.#backoff.reset();
		this.#next(error, leastMs);
	}

	/** Cuts the wait before the next attempt short, where there is one. */
	now(): void {
		if (!this.#waiting) return;
		this.#stop?.();
		this.#attempt();
	}

	/** Gives up; nothing more is heard. */
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
