// Serves the records of the primary process to its workers.

import { MemoryStateStore, type StateChange, type StateStore } from "../../state-store/index.ts";
import type { ChannelPeer } from "./channel-peer.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { NOTE, OPERATION } from "./kinds.ts";

/** Of keys and values, in characters. */
const PIECE_CHARACTERS = 256 * 1024;

/** The records, as workers call them. */
export class RecordService {
	readonly #store: StateStore;
	readonly #values = new Map<string, string>();
	/** The workers that have begun to read, with the keys that they have not read yet. */
	readonly #unread = new Map<ChannelPeer, string[]>();

	/** @param store default: one that ends with the primary process. */
	constructor(store: StateStore = new MemoryStateStore()) {
		this.#store = store;
		store.watch((change) => this.#changed(change));
	}

	/** A worker calls an operation. @returns false where it is another one's. */
	called(peer: ChannelPeer, operation: number, cursor: FrameCursor, number: number): boolean {
		if (operation === OPERATION.readRecords) this.#read(peer, number);
		else if (operation === OPERATION.writeRecord) {
			const [key, value] = [cursor.text(), cursor.optionalText()];
			(value === undefined ? this.#store.delete(key) : this.#store.put(key, value)).then(
				() => peer.result(number).end(),
				(error) => peer.fail(number, error),
			);
		} else return false;
		return true;
	}

	/** A worker has ended. */
	remove(peer: ChannelPeer): void {
		this.#unread.delete(peer);
	}

	#read(peer: ChannelPeer, number: number): void {
		let unread = this.#unread.get(peer);
		if (!unread) {
			unread = [...this.#values.keys()].reverse();
			this.#unread.set(peer, unread);
		}
		const piece: (readonly [string, string])[] = [];
		let characters = 0;
		while (unread.length > 0 && characters < PIECE_CHARACTERS) {
			const key = unread.pop()!;
			const value = this.#values.get(key);
			if (value === undefined) continue;
			piece.push([key, value]);
			characters += key.length + value.length;
		}
		const frame = peer
			.result(number)
			.byte(unread.length === 0 ? 1 : 0)
			.whole(piece.length);
		for (const [key, value] of piece) frame.text(key).text(value);
		frame.end();
	}

	#changed({ key, value, isFresh }: StateChange): void {
		if (value === undefined) this.#values.delete(key);
		else this.#values.set(key, value);
		for (const peer of this.#unread.keys()) {
			peer
				.note(NOTE.record)
				.byte(isFresh ? 1 : 0)
				.text(key)
				.optionalText(value)
				.end();
		}
	}
}
