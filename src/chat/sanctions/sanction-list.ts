// The bans, or the mutes, that a daemon knows, found by person and address. When one ends is kept in monotonic time, so that a wall clock
// that is set does not lift it; the wall clock counts when records are read after a restart, and where it was set later.

import { RangeIndex } from "./address-range.ts";
import type { Sanction } from "./sanction.ts";
import { peopleOf } from "./sanction.ts";

/** One, with its end. */
export interface ListedSanction {
	readonly sanction: Sanction;
	/** Monotonic milliseconds; infinite where it has no end. */
	endsMs: number;
}

/** Who is looked for. */
export interface SanctionSubject {
	/** `personKey` and `sessionKey`. */
	readonly keys: readonly string[];
	/** Undefined: no sanction of an address holds for it. */
	readonly address: Uint8Array | undefined;
}

/** All of one kind. */
export class SanctionList {
	/** Oldest first, as far as their records came in order. */
	readonly #byId = new Map<string, ListedSanction>();
	readonly #people = new Map<string, Set<ListedSanction>>();
	readonly #ranges = new RangeIndex<ListedSanction>();

	get size(): number {
		return this.#byId.size;
	}

	/** Whether any is for addresses. */
	get hasRanges(): boolean {
		return !this.#ranges.isEmpty;
	}

	get(id: string): ListedSanction | undefined {
		return this.#byId.get(id);
	}

	/** All of them. */
	all(): IterableIterator<ListedSanction> {
		return this.#byId.values();
	}

	/** Adds one, or replaces the one with its id. */
	put(sanction: Sanction, endsMs: number): void {
		const before = this.#byId.get(sanction.id);
		if (before) this.#unlink(before);
		const listed = { sanction, endsMs };
		this.#byId.set(sanction.id, listed);
		for (const key of peopleOf(sanction)) {
			const others = this.#people.get(key);
			if (others) others.add(listed);
			else this.#people.set(key, new Set([listed]));
		}
		for (const range of sanction.ranges) this.#ranges.add(range, listed);
	}

	/** @returns whether it was there. */
	delete(id: string): boolean {
		const listed = this.#byId.get(id);
		if (!listed) return false;
		this.#byId.delete(id);
		this.#unlink(listed);
		return true;
	}

	/** Those that are for a person. */
	*of({ keys, address }: SanctionSubject): Generator<ListedSanction> {
		for (const key of keys) yield* this.#people.get(key) ?? [];
		if (address) yield* this.#ranges.at(address);
	}

	/**
	 * The one that holds for a person and ends last.
	 *
	 * @param room undefined: in any room. Those without a room hold in every room.
	 */
	find(subject: SanctionSubject, room: string | undefined, nowMs: number): ListedSanction | undefined {
		let found: ListedSanction | undefined;
		for (const listed of this.of(subject)) {
			const where = listed.sanction.room;
			if (room !== undefined && where !== undefined && where !== room) continue;
			if (listed.endsMs > nowMs && listed.endsMs > (found?.endsMs ?? nowMs)) found = listed;
		}
		return found;
	}

	#unlink(listed: ListedSanction): void {
		for (const key of peopleOf(listed.sanction)) {
			const others = this.#people.get(key);
			others?.delete(listed);
			if (others?.size === 0) this.#people.delete(key);
		}
		for (const range of listed.sanction.ranges) this.#ranges.delete(range, listed);
	}
}
