// A bus in memory: several applications in one process, or one page, as one cluster. It can be cut, as a
// network can: a node that is cut off neither sends nor receives.

import type { Bus, Channel, NameLeases } from "./bus.ts";

/** What connects the buses of one process. */
export class MemoryExchange {
	readonly #buses = new Set<MemoryBus>();
	readonly #leases = new Map<string, string>();
	#lastNumber = 0;
	#lastNode = 0;

	/** A new node. */
	join(): MemoryBus {
		const bus = new MemoryBus(this, `n${++this.#lastNode}`);
		this.#buses.add(bus);
		return bus;
	}

	/** @internal */
	publish(channel: string, data: Uint8Array): void {
		for (const bus of this.#buses) if (bus.connected) bus.deliver(channel, data);
	}

	/** @internal */
	leave(bus: MemoryBus): void {
		this.#buses.delete(bus);
	}

	/** @internal */
	nextNumber(): number {
		return ++this.#lastNumber;
	}

	/** @internal */
	get leases(): Map<string, string> {
		return this.#leases;
	}
}

/** One node's bus. */
export class MemoryBus implements Bus {
	readonly node: string;
	readonly maxBytes: number = Number.POSITIVE_INFINITY;
	readonly leases: NameLeases = {
		acquire: async (key, holder, mayReplace) => {
			const present = this.#exchange.leases.get(key);
			if (present !== undefined && present !== holder && !mayReplace(present)) return present;
			this.#exchange.leases.set(key, holder);
			return holder;
		},
		release: async (key, holder) => {
			if (this.#exchange.leases.get(key) === holder) this.#exchange.leases.delete(key);
		},
	};
	readonly #exchange: MemoryExchange;
	readonly #receivers = new Map<string, Set<(data: Uint8Array) => void>>();
	readonly #watchers = new Set<(connected: boolean) => void>();
	#connected = true;

	/** @internal use `MemoryExchange.join`. */
	constructor(exchange: MemoryExchange, node: string) {
		this.#exchange = exchange;
		this.node = node;
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** Cuts the node off, or brings it back. */
	set connected(connected: boolean) {
		if (connected === this.#connected) return;
		this.#connected = connected;
		for (const changed of this.#watchers) changed(connected);
	}

	publish(channel: Channel, data: Uint8Array): boolean {
		if (!this.#connected) return false;
		const name = channelName(channel);
		queueMicrotask(() => this.#exchange.publish(name, data));
		return true;
	}

	subscribe(channel: Channel, receive: (data: Uint8Array) => void): () => void {
		const name = channelName(channel);
		const receivers = this.#receivers.get(name) ?? new Set();
		this.#receivers.set(name, receivers);
		receivers.add(receive);
		return () => {
			receivers.delete(receive);
			if (receivers.size === 0) this.#receivers.delete(name);
		};
	}

	watch(changed: (connected: boolean) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	nextNumber(): number | undefined {
		return this.#connected ? this.#exchange.nextNumber() : undefined;
	}

	// Nothing leaves the process, so that the secret may be its own digest.
	digest(secret: string): string {
		return secret;
	}

	async close(): Promise<void> {
		this.#exchange.leave(this);
		this.#receivers.clear();
	}

	/** @internal */
	deliver(channel: string, data: Uint8Array): void {
		for (const receive of [...(this.#receivers.get(channel) ?? [])]) receive(data);
	}
}

function channelName(channel: Channel): string {
	if (channel.to === "all") return "all";
	return channel.to === "node" ? `node ${channel.node}` : `room ${channel.room}`;
}
