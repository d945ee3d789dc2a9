// The records of a worker: a copy of the primary's, which sends each change to all workers. The records are read in pieces when the
// worker starts; a piece has the values of the moment, so that changes that come between two pieces are not undone.

import { type StateChange, type StateStore, StateTable } from "../../state-store/index.ts";
import type { ChannelPeer } from "./channel-peer.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { OPERATION } from "./kinds.ts";
import { checkWaiting } from "./worker-bus.ts";

/** Records that are the primary's. */
export class WorkerRecords implements StateStore {
	readonly #peer: ChannelPeer;
	readonly #table = new StateTable();

	constructor(peer: ChannelPeer) {
		this.#peer = peer;
	}

	/** Reads all records. Rejects with XMLSOCKET_UNAVAILABLE where the primary has ended. */
	async load(): Promise<void> {
		let isWhole = false;
		while (!isWhole) {
			isWhole = await this.#peer.call(
				OPERATION.readRecords,
				() => {},
				(cursor) => {
					const isLast = cursor.byte() === 1;
					const count = cursor.whole();
					for (let at = 0; at < count; at++) this.#table.set(cursor.text(), cursor.text(), false);
					return isLast;
				},
			);
		}
	}

	watch(changed: (change: StateChange) => void): () => void {
		return this.#table.watch(changed);
	}

	async put(key: string, value: string): Promise<void> {
		this.#table.check(key, value);
		await this.#write(key, value);
	}

	async delete(key: string): Promise<void> {
		await this.#write(key, undefined);
	}

	/** The primary reports a change. */
	changed(cursor: FrameCursor): void {
		const isFresh = cursor.byte() === 1;
		this.#table.set(cursor.text(), cursor.optionalText(), isFresh);
	}

	async #write(key: string, value: string | undefined): Promise<void> {
		checkWaiting(this.#peer, key.length + (value?.length ?? 0));
		await this.#peer.call(
			OPERATION.writeRecord,
			(frame) => frame.text(key).optionalText(value),
			() => undefined,
		);
	}
}
