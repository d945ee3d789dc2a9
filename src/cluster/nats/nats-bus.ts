// The bus between daemons on NATS: plain publications for what is live, leases in JetStream for what only one may have.
//
//   PREFIX.bus.all             every node
//   PREFIX.bus.node.NODE       one node
//   PREFIX.bus.room.TOKEN      the nodes that have the room open
//   PREFIX.claim.TOKEN         who has a name

import { createHash, randomBytes } from "node:crypto";
import type { Bus, Channel } from "../index.ts";
import type { Broker } from "./broker.ts";
import { NatsNameLeases } from "./nats-name-leases.ts";
import { subjectToken } from "./subject.ts";

const BLOCK = 1000;

/** What `NatsBus.open` takes. */
export interface NatsBusOptions {
	/** Servers that keep the leases. Default 1. */
	readonly replicas?: number;
	/** Where all subjects begin. Default `xmlsocket`. */
	readonly prefix?: string;
}

/** One daemon's way to the others. */
export class NatsBus implements Bus {
	readonly node: string = randomBytes(8).toString("hex");
	readonly leases: NatsNameLeases;
	readonly #broker: Broker;
	readonly #prefix: string;
	#next: number;
	#end: number;
	#fetching = false;

	private constructor(broker: Broker, leases: NatsNameLeases, prefix: string, first: number) {
		this.#broker = broker;
		this.leases = leases;
		this.#prefix = `${prefix}.bus`;
		this.#next = first;
		this.#end = first + BLOCK;
	}

	/**
	 * Makes the bus on a connection, which is closed with it.
	 *
	 * Rejects with XMLSOCKET_UNAVAILABLE where JetStream does not answer.
	 */
	static async open(broker: Broker, options: NatsBusOptions = {}): Promise<NatsBus> {
		const { replicas = 1, prefix = "xmlsocket" } = options;
		const stream = `${prefix.toUpperCase()}_NAMES`;
		const { leases, first } = await NatsNameLeases.open(broker, stream, `${prefix}.claim`, replicas, BLOCK);
		return new NatsBus(broker, leases, prefix, first);
	}

	get connected(): boolean {
		return this.#broker.connected;
	}

	get maxBytes(): number {
		return this.#broker.maxPayloadBytes;
	}

	publish(channel: Channel, data: Uint8Array): boolean {
		return this.#broker.publish(this.#subject(channel), data);
	}

	subscribe(channel: Channel, receive: (data: Uint8Array) => void): () => void {
		return this.#broker.subscribe(this.#subject(channel), receive);
	}

	watch(changed: (connected: boolean) => void): () => void {
		return this.#broker.watch(changed);
	}

	nextNumber(): number | undefined {
		if (this.#end - this.#next < BLOCK / 2) void this.#fetch();
		return this.#next < this.#end ? this.#next++ : undefined;
	}

	digest(secret: string): string {
		return createHash("sha256").update(secret).digest("base64url").slice(0, 22);
	}

	close(): Promise<void> {
		this.leases.close();
		return this.#broker.close();
	}

	async #fetch(): Promise<void> {
		if (this.#fetching) return;
		this.#fetching = true;
		try {
			this.#next = await this.leases.numbers(BLOCK);
			this.#end = this.#next + BLOCK;
		} catch {
			// Asked again with the next number.
		} finally {
			this.#fetching = false;
		}
	}

	#subject(channel: Channel): string {
		if (channel.to === "all") return `${this.#prefix}.all`;
		return channel.to === "node"
			? `${this.#prefix}.node.${channel.node}`
			: `${this.#prefix}.room.${subjectToken(channel.room)}`;
	}
}
