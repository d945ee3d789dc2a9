// Who is banned from a room, or muted in it, and until when. Bounded: an operator can forget to lift what ends by itself.

import { XMLSocketError } from "../errors/index.ts";

const MAX_SANCTIONS = 100_000;

/** Bans, or mutes, by person and room. Times are monotonic milliseconds. */
export class Sanctions {
	readonly #people = new Map<string, Map<string, number>>();
	#size = 0;

	/** How many are kept. */
	get size(): number {
		return this.#size;
	}

	/**
	 * Begins or prolongs one.
	 *
	 * @param who a name's key, or a session's.
	 * @throws XMLSOCKET_TOO_MANY_SANCTIONS
	 */
	set(room: string, who: string, untilMs: number): void {
		let rooms = this.#people.get(who);
		if (!rooms?.has(room)) {
			if (this.#size >= MAX_SANCTIONS) {
				throw new XMLSocketError("XMLSOCKET_TOO_MANY_SANCTIONS", `${MAX_SANCTIONS} bans or mutes are the limit.`);
			}
			this.#size++;
		}
		if (!rooms) {
			rooms = new Map();
			this.#people.set(who, rooms);
		}
		rooms.set(room, untilMs);
	}

	/** The whole seconds that are left of one; 0 where there is none. @param room undefined: of the one that ends last, in any room. */
	secondsLeft(room: string | undefined, who: string, nowMs: number): number {
		const rooms = this.#people.get(who);
		if (!rooms) return 0;
		let untilMs = nowMs;
		if (room !== undefined) untilMs = rooms.get(room) ?? nowMs;
		else for (const endMs of rooms.values()) untilMs = Math.max(untilMs, endMs);
		return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
	}

	/** Those that hold, with the whole seconds that are left of each. */
	*entries(nowMs: number): Generator<[room: string, who: string, seconds: number]> {
		for (const [who, rooms] of this.#people) {
			for (const [room, untilMs] of rooms) {
				if (untilMs > nowMs) yield [room, who, Math.ceil((untilMs - nowMs) / 1000)];
			}
		}
	}

	/** Forgets those that have ended. */
	sweep(nowMs: number): void {
		for (const [who, rooms] of this.#people) {
			for (const [room, untilMs] of rooms) {
				if (untilMs > nowMs) continue;
				rooms.delete(room);
				this.#size--;
			}
			if (rooms.size === 0) this.#people.delete(who);
		}
	}
}
