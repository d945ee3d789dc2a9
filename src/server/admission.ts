// The limits on connecting: connections in total, and for one address connections and connects per second. An IPv6 /64 counts as
// one address. Loopback is exempt, because a proxy on this machine would reach the limits for all of its clients. Beyond the total a few
// places are reserved for the operator's own requests.

import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";

/** Why a connection was refused. */
export type Refusal = "too-many-connections" | "too-many-from-address" | "connecting-too-fast";

interface AddressUse {
	open: number;
	tokens: number;
	atMs: number;
}

/** Places beyond the total for requests of this machine and of listed proxies: health, readiness and metrics. */
export const RESERVED_PLACES = 8;
/** Connections of a policy port, which are counted apart: a flood there takes no places of the main port. */
export const POLICY_PORT_CONNECTIONS = 64;
/** Descriptors for everything that is not a connection of the port: files, the broker, the reserved places, the metrics port. */
const RESERVED_FILES = 128;
/** Addresses that are kept at once without a connection. */
const MAX_IDLE_ADDRESSES = 100_000;
/** Connections in total, where neither the operator nor the file limit sets fewer. */
const DEFAULT_CONNECTIONS = 10_000;

/** Counts connections and refuses those beyond the limits. */
export class Admission {
	/** Connections admitted and not yet left. */
	open = 0;
	#reserved = 0;
	readonly #maxOpen: number;
	readonly #perAddress: number;
	readonly #perSecond: number;
	readonly #addresses = new Map<string, AddressUse>();

	constructor(limits: {
		maxConnections: number;
		maxConnectionsPerAddress: number;
		connectsPerSecondPerAddress: number;
	}) {
		this.#maxOpen = limits.maxConnections;
		this.#perAddress = limits.maxConnectionsPerAddress;
		this.#perSecond = limits.connectsPerSecondPerAddress;
	}

	/**
	 * Admits a connection, or returns why it is refused. Call `leave` when an admitted connection ends.
	 *
	 * @param address undefined for a proxy, whose clients are counted with `acquire`.
	 */
	admit(address: string | undefined, nowMs: number): Refusal | undefined {
		if (this.open >= this.#maxOpen) return "too-many-connections";
		const refusal = address === undefined ? undefined : this.acquire(address, nowMs);
		if (!refusal) this.open++;
		return refusal;
	}

	/** Admits a connection beyond the total, or returns false. Call `leaveReserved` when it ends. */
	admitReserved(): boolean {
		if (this.#reserved >= RESERVED_PLACES) return false;
		this.#reserved++;
		return true;
	}

	/** The end of a connection on a reserved place. */
	leaveReserved(): void {
		this.#reserved--;
	}

	/** The end of an admitted connection. */
	leave(address: string | undefined): void {
		this.open--;
		if (address !== undefined) this.release(address);
	}

	/** Counts a client of an admitted connection, or returns why it is refused. Call `release` when a counted client leaves. */
	acquire(address: string, nowMs: number): Refusal | undefined {
		const key = addressKey(address);
		if (key === undefined) return undefined;
		const burst = this.#perSecond * 2;
		const known = this.#addresses.get(key);
		if (!known && this.#addresses.size >= this.#maxOpen + MAX_IDLE_ADDRESSES) return "connecting-too-fast";
		const use = known ?? { open: 0, tokens: burst, atMs: nowMs };
		use.tokens = Math.min(burst, use.tokens + ((nowMs - use.atMs) * this.#perSecond) / 1000);
		use.atMs = nowMs;
		this.#addresses.set(key, use);
		if (use.open >= this.#perAddress) return "too-many-from-address";
		if (use.tokens < 1) return "connecting-too-fast";
		use.tokens--;
		use.open++;
		return undefined;
	}

	/** The end of a client that was counted with `acquire`. */
	release(address: string): void {
		const key = addressKey(address);
		const use = key === undefined ? undefined : this.#addresses.get(key);
		if (use) use.open--;
	}

	/** Forgets addresses without connections whose buckets are full again. */
	sweep(nowMs: number): void {
		for (const [key, use] of this.#addresses) {
			if (use.open === 0 && nowMs - use.atMs > 2000) this.#addresses.delete(key);
		}
	}
}

/** What counts as one address; undefined for loopback. */
export function addressKey(address: string): string | undefined {
	if (!ipaddr.isValid(address)) return address;
	const parsed = ipaddr.process(address);
	if (parsed.range() === "loopback") return undefined;
	return parsed.kind() === "ipv6" ? (parsed as ipaddr.IPv6).parts.slice(0, 4).join(":") : parsed.toString();
}

/** Whether a text is an IP address or a range of them in CIDR notation. */
export function isAddressOrRange(text: string): boolean {
	return text.includes("/") ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
}

/** Whether `address` is one of the listed addresses or in one of the listed ranges. */
export function isListed(address: string, list: readonly string[]): boolean {
	if (!ipaddr.isValid(address)) return false;
	const parsed = ipaddr.process(address);
	return list.some((entry) => {
		const [network, bits] = entry.includes("/") ? ipaddr.parseCIDR(entry) : [ipaddr.process(entry), undefined];
		if (network.kind() !== parsed.kind()) return false;
		return bits === undefined ? network.toString() === parsed.toString() : parsed.match(network, bits);
	});
}

/**
 * The connections that this process can hold. At the file limit the system would close new connections without an event, so
 * some descriptors are reserved, and the server refuses connections itself.
 *
 * @param hasPolicyPort whether a policy port needs descriptors too. Default false.
 */
export function defaultMaxConnections(hasPolicyPort = false): number {
	const reserved = RESERVED_FILES + (hasPolicyPort ? POLICY_PORT_CONNECTIONS : 0);
	try {
		const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
		if (line) return Math.max(16, Math.min(DEFAULT_CONNECTIONS, Number(line[1]) - reserved));
	} catch {
		// No such file on this system: its limit cannot be read.
	}
	return DEFAULT_CONNECTIONS;
}
