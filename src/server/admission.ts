// Who may connect: connections in all, connections and connects a second from one address. An IPv6 /64 counts as one
// address; loopback is exempt, or a proxy on this machine would be cut off.

import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";

/** Why a connection was refused. */
export type Refusal = "too-many-connections" | "too-many-from-address" | "connecting-too-fast";

interface Visitor {
	open: number;
	tokens: number;
	atMs: number;
}

const RESERVED_FILES = 128;
const DEFAULT_CONNECTIONS = 10_000;

/** Counts connections and says no in time. */
export class Admission {
	/** Connections admitted and not yet left. */
	open = 0;
	readonly #maxOpen: number;
	readonly #perAddress: number;
	readonly #perSecond: number;
	readonly #visitors = new Map<string, Visitor>();

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
	 * Admits a connection, or says why not. Every admitted one must `leave`.
	 *
	 * @param address undefined for a proxy, whose clients are counted with `acquire`.
	 */
	admit(address: string | undefined, nowMs: number): Refusal | undefined {
		if (this.open >= this.#maxOpen) return "too-many-connections";
		const refusal = address === undefined ? undefined : this.acquire(address, nowMs);
		if (!refusal) this.open++;
		return refusal;
	}

	/** The end of an admitted connection. */
	leave(address: string | undefined): void {
		this.open--;
		if (address !== undefined) this.release(address);
	}

	/** Counts a client of a connection that is admitted already, or says why not. Every counted one must `release`. */
	acquire(address: string, nowMs: number): Refusal | undefined {
		const key = addressKey(address);
		if (key === undefined) return undefined;
		const burst = this.#perSecond * 2;
		const visitor = this.#visitors.get(key) ?? { open: 0, tokens: burst, atMs: nowMs };
		visitor.tokens = Math.min(burst, visitor.tokens + ((nowMs - visitor.atMs) * this.#perSecond) / 1000);
		visitor.atMs = nowMs;
		this.#visitors.set(key, visitor);
		if (visitor.open >= this.#perAddress) return "too-many-from-address";
		if (visitor.tokens < 1) return "connecting-too-fast";
		visitor.tokens--;
		visitor.open++;
		return undefined;
	}

	/** The end of a client that was counted with `acquire`. */
	release(address: string): void {
		const key = addressKey(address);
		const visitor = key === undefined ? undefined : this.#visitors.get(key);
		if (visitor) visitor.open--;
	}

	/** Forgets visitors that are gone and whose buckets are full again. */
	sweep(nowMs: number): void {
		for (const [key, visitor] of this.#visitors) {
			if (visitor.open === 0 && nowMs - visitor.atMs > 2000) this.#visitors.delete(key);
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
 * The connections that this process can hold: past the file limit they would vanish without any event, so some descriptors
 * are kept back and every refusal is ours.
 */
export function defaultMaxConnections(): number {
	try {
		const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
		if (line) return Math.max(16, Math.min(DEFAULT_CONNECTIONS, Number(line[1]) - RESERVED_FILES));
	} catch {
		// No such file on this system: its limit cannot be read.
	}
	return DEFAULT_CONNECTIONS;
}
