// A network in memory between chat clients and a chat: each connection can be cut after so many bytes in either direction, in
// the middle of a document too, and the server can be changed for another one.

import {
	type ChatClientOptions,
	type ClientHost,
	createConnect,
	createOpenChat,
	type OpenChat,
} from "../../src/client/index.ts";
import { XMLSocketError } from "../../src/errors/index.ts";
import type { Transport, TransportEvents } from "../../src/link/index.ts";
import type { ChatHarness } from "../chat/harness.ts";
import { testHost } from "./support.ts";

/** How many bytes a connection carries before it breaks. */
export interface Endurance {
	readonly out: number;
	readonly in: number;
}

export const SOUND: Endurance = { out: Number.POSITIVE_INFINITY, in: Number.POSITIVE_INFINITY };

/** The network of one client. */
export class Network {
	bench: ChatHarness;
	/** Whether new connections can be made. */
	isUp = true;
	/** What the next connections carry, in turn; those after them are sound. */
	readonly plan: Endurance[] = [];
	/** What the client has sent over all connections, as documents. */
	readonly sent: string[] = [];
	readonly host: ClientHost & { readonly waits: number[]; readonly reported: unknown[] };
	readonly openChat: OpenChat;
	connections = 0;
	/** A whole document that the server sends and this matches is lost on its way. */
	swallows: RegExp | undefined = undefined;
	/** Called for each document that the client sends, before the server receives it. */
	onSent: (document: string) => void = () => {};
	/** Once the client has sent a document that this matches, the connection of the moment loses what the server sends. */
	deafAfter: RegExp | undefined = undefined;
	/** Added to the monotonic time. */
	aheadMs = 0;
	#current: FrayedTransport | undefined = undefined;

	constructor(bench: ChatHarness) {
		this.bench = bench;
		const host = testHost(async () => this.#dial());
		const { clock } = host;
		this.host = { ...host, clock: { ...clock, now: () => clock.now() + this.aheadMs } };
		this.openChat = createOpenChat(createConnect(this.host), this.host);
	}

	/** Opens a chat as `name`. */
	async open(name: string, options: ChatClientOptions = {}): ReturnType<OpenChat> {
		return await this.openChat("localhost:9000", { name, ...options });
	}

	/** Breaks the connection of the moment. */
	cut(): void {
		this.#current?.destroy(new Error("cut"));
	}

	/** From now on the connection of the moment loses everything, and does not know. */
	deafen(direction: "in" | "out" | "both"): void {
		this.#current?.deafen(direction);
	}

	async #dial(): Promise<Transport> {
		await new Promise((resolve) => setImmediate(resolve));
		if (!this.isUp) throw new XMLSocketError("XMLSOCKET_CONNECT_FAILED", "The network is down.");
		this.connections++;
		this.#current = new FrayedTransport(this, this.plan.shift() ?? SOUND);
		return this.#current;
	}
}

class FrayedTransport implements Transport {
	readonly kind = "memory";
	readonly remoteAddress = "memory";
	readonly #inner: Transport;
	readonly #network: Network;
	#unfinished = "";
	#out: number;
	#in: number;
	#deaf = { in: false, out: false };

	constructor(network: Network, endurance: Endurance) {
		this.#network = network;
		this.#inner = network.bench.accept();
		this.#out = endurance.out;
		this.#in = endurance.in;
	}

	get bufferedBytes(): number {
		return this.#inner.bufferedBytes;
	}

	deafen(direction: "in" | "out" | "both"): void {
		this.#deaf = { in: this.#deaf.in || direction !== "out", out: this.#deaf.out || direction !== "in" };
	}

	start(events: TransportEvents): void {
		this.#inner.start({
			bytes: (whatCame) => {
				if (this.#deaf.in) return;
				const chunk = this.#heard(whatCame);
				const whole = chunk.length <= this.#in;
				const carried = chunk.subarray(0, this.#in);
				this.#in -= carried.length;
				if (carried.length > 0) events.bytes(carried);
				if (!whole) this.destroy(new Error("cut"));
			},
			end: () => events.end(),
			drain: () => events.drain(),
			pong: () => events.pong(),
			close: (error) => events.close(error),
		});
	}

	#heard(chunk: Uint8Array): Uint8Array {
		const { swallows } = this.#network;
		if (!swallows) return chunk;
		const documents = new TextDecoder().decode(chunk).split("\0");
		return new TextEncoder().encode(documents.filter((document) => !swallows.test(document)).join("\0"));
	}

	write(bytes: Uint8Array): boolean {
		if (this.#deaf.out) return true;
		const whole = bytes.length <= this.#out;
		const carried = bytes.slice(0, this.#out);
		this.#out -= carried.length;
		const documents = (this.#unfinished + new TextDecoder().decode(carried)).split("\0");
		this.#unfinished = documents.pop()!;
		this.#network.sent.push(...documents);
		for (const document of documents) this.#network.onSent(document);
		const { deafAfter } = this.#network;
		if (deafAfter && documents.some((document) => deafAfter.test(document))) this.deafen("in");
		const more = carried.length === 0 || this.#inner.write(carried);
		if (!whole) {
			this.deafen("both");
			// What was carried arrives; then the line is dead.
			setImmediate(() => setImmediate(() => this.destroy(new Error("cut"))));
		}
		return more;
	}

	end(): void {
		this.#inner.end();
	}
	destroy(error?: Error): void {
		this.#inner.destroy(error);
	}
	pause(): void {
		this.#inner.pause();
	}
	resume(): void {
		this.#inner.resume();
	}
}
