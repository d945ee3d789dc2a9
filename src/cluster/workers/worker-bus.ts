// The bus between the workers of one daemon, at a worker. Messages go to the primary process, which passes them to the other workers
// unread. Names and numbers are the primary's. Nothing leaves the machine, so a secret is its own digest.

import type { Bus, Channel, NameLeases } from "../index.ts";
import { type ChannelPeer, unavailable } from "./channel-peer.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { KIND, NOTE, OPERATION } from "./kinds.ts";

/** Bytes that the primary has not read; with more, nothing is published. */
export const MAX_WAITING_BYTES: number = 16 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const FIRST_BLOCK = 100;
const MAX_BLOCK = 10_000;

type Receive = (data: Uint8Array) => void;

/** One worker's way to the others. */
export class WorkerBus implements Bus {
	readonly node: string;
	readonly isTrusted = true;
	readonly maxBytes: number = MAX_MESSAGE_BYTES;
	readonly leases: NameLeases;
	readonly #peer: ChannelPeer;
	readonly #report: (error: unknown) => void;
	/** `all`, `node`, and the rooms by their key. */
	readonly #all = new Set<Receive>();
	readonly #own = new Set<Receive>();
	readonly #rooms = new Map<string, Set<Receive>>();
	readonly #watchers = new Set<(connected: boolean) => void>();
	readonly #nodeWatchers = new Set<(node: string) => void>();
	#next: number;
	#end: number;
	#block = FIRST_BLOCK;
	#isFetching = false;

	/**
	 * @param numbers the first number, and the one after the last, that this worker may give.
	 * @param report receives what a receiver throws.
	 */
	constructor(
		peer: ChannelPeer,
		node: string,
		numbers: { readonly next: number; readonly end: number },
		report: (error: unknown) => void,
	) {
		this.#peer = peer;
		this.node = node;
		this.#next = numbers.next;
		this.#end = numbers.end;
		this.#report = report;
		this.leases = {
			acquire: (key, holder, mayReplace) => this.#acquire(key, holder, mayReplace),
			release: (key, holder) =>
				peer.call(
					OPERATION.release,
					(frame) => frame.text(key).text(holder),
					() => undefined,
				),
		};
	}

	get connected(): boolean {
		return !this.#peer.channel.isClosed;
	}

	publish(channel: Channel, data: Uint8Array): boolean {
		const { channel: frames } = this.#peer;
		if (frames.isClosed || data.length > MAX_MESSAGE_BYTES || frames.waitingBytes > MAX_WAITING_BYTES) return false;
		if (channel.to === "all") frames.begin(KIND.all).rest(data).end();
		else if (channel.to === "node") frames.begin(KIND.node).text(channel.node).rest(data).end();
		else frames.begin(KIND.room).text(channel.room).rest(data).end();
		return true;
	}

	subscribe(channel: Channel, receive: Receive): () => void {
		// The same function may be subscribed twice.
		const own: Receive = (data) => receive(data);
		if (channel.to === "room") return this.#subscribeRoom(channel.room, own);
		if (channel.to === "node" && channel.node !== this.node) return () => {};
		const receivers = channel.to === "all" ? this.#all : this.#own;
		receivers.add(own);
		return () => receivers.delete(own);
	}

	watch(changed: (connected: boolean) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	watchNodes(gone: (node: string) => void): () => void {
		this.#nodeWatchers.add(gone);
		return () => this.#nodeWatchers.delete(gone);
	}

	nextNumber(): number | undefined {
		if (this.#end - this.#next < this.#block / 2) void this.#fetch();
		return this.#next < this.#end ? this.#next++ : undefined;
	}

	digest(secret: string): string {
		return secret;
	}

	/** Ends all subscriptions. The channel is its owner's. */
	async close(): Promise<void> {
		this.#all.clear();
		this.#own.clear();
		this.#rooms.clear();
		this.#watchers.clear();
		this.#nodeWatchers.clear();
	}

	/** A message of another worker. */
	received(kind: number, cursor: FrameCursor): void {
		let receivers: ReadonlySet<Receive> | undefined;
		if (kind === KIND.all) receivers = this.#all;
		else {
			const key = cursor.key();
			receivers = kind === KIND.node ? this.#own : this.#rooms.get(key);
		}
		if (!receivers || receivers.size === 0) return;
		const data = cursor.rest();
		for (const receive of receivers) {
			try {
				receive(data);
			} catch (error) {
				this.#report(error);
			}
		}
	}

	/** Another worker has ended. */
	nodeGone(node: string): void {
		for (const gone of [...this.#nodeWatchers]) gone(node);
	}

	/** The channel has ended. */
	disconnected(): void {
		for (const changed of [...this.#watchers]) changed(false);
	}

	#subscribeRoom(room: string, receive: Receive): () => void {
		const key = Buffer.from(room).toString("latin1");
		let receivers = this.#rooms.get(key);
		if (!receivers) {
			receivers = new Set();
			this.#rooms.set(key, receivers);
			this.#peer.note(NOTE.subscribe).text(room).end();
		}
		receivers.add(receive);
		return () => {
			if (!receivers.delete(receive) || receivers.size > 0 || this.#rooms.get(key) !== receivers) return;
			this.#rooms.delete(key);
			this.#peer.note(NOTE.unsubscribe).text(room).end();
		};
	}

	// The primary replaces a holder only if it is still the one that may be replaced.
	async #acquire(key: string, holder: string, mayReplace: (present: string) => boolean): Promise<string> {
		let replaced: string | undefined;
		for (;;) {
			const expected = replaced;
			const present = await this.#peer.call(
				OPERATION.acquire,
				(frame) => frame.text(key).text(holder).optionalText(expected),
				(cursor) => cursor.text(),
			);
			if (present === holder || !mayReplace(present)) return present;
			replaced = present;
		}
	}

	async #fetch(): Promise<void> {
		if (this.#isFetching) return;
		this.#isFetching = true;
		try {
			const count = this.#block;
			this.#block = Math.min(count * 2, MAX_BLOCK);
			const first = await this.#peer.call(
				OPERATION.numbers,
				(frame) => frame.whole(count),
				(cursor) => cursor.number(),
			);
			// What is left of the block before is skipped: numbers are many.
			this.#next = first;
			this.#end = first + count;
		} catch (error) {
			if (this.connected) this.#report(error);
		} finally {
			this.#isFetching = false;
		}
	}
}

/** Refuses a call where too much waits for the primary. @throws XMLSOCKET_UNAVAILABLE */
export function checkWaiting({ channel }: ChannelPeer, bytes = 0): void {
	if (bytes > MAX_MESSAGE_BYTES) throw unavailable(`${bytes} bytes are more than a worker can send at once.`);
	if (channel.waitingBytes > MAX_WAITING_BYTES) {
		throw unavailable(`${channel.waitingBytes} bytes wait for the primary process.`);
	}
}
