// Who is banned from a room, or muted in it, and until when. Bounded: an operator can forget to lift what ends by itself.

import { XMLSocketError } from "../errors/index.ts";

const MAX_SANCTIONS = 100_000;

/** Bans, or mutes, by room and person. Times are monotonic milliseconds. */
export class Sanctions {
	readonly #untilMs = new Map<string, number>();

	/** How many are kept. */
	get size(): number {
		return this.#untilMs.size;
	}

	/**
	 * Begins or prolongs one.
	 *
	 * @param who a name's key, or a session's.
	 * @throws XMLSOCKET_TOO_MANY_SANCTIONS
	 */
	set(room: string, who: string, untilMs: number): void {
		const key = keyOf(room, who);
		if (!this.#untilMs.has(key) && this.#untilMs.size >= MAX_SANCTIONS) {
			throw new XMLSocketError("XMLSOCKET_TOO_MANY_SANCTIONS", `${MAX_SANCTIONS} bans or mutes are the limit.`);
		}
		this.#untilMs.set(key, untilMs);
	}

	/** The whole seconds that are left of one; 0 where there is none. */
	secondsLeft(room: string, who: string, nowMs: number): number {
		if (this.#untilMs.size === 0) return 0;
		const untilMs = this.#untilMs.get(keyOf(room, who));
		return untilMs === undefined ? 0 : Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
	}

	/** Those that hold, with the whole seconds that are left of each. */
	*entries(nowMs: number): Generator<[room: string, who: string, seconds: number]> {
		for (const [key, untilMs] of this.#untilMs) {
			if (untilMs <= nowMs) continue;
			const end = key.indexOf("\n");
			yield [key.slice(0, end), key.slice(end + 1), Math.ceil((untilMs - nowMs) / 1000)];
		}
	}

	/** Forgets those that have ended. */
	sweep(nowMs: number): void {
		for (const [key, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(key);
	}
}

// Neither a room's nor a person's name holds a control character.
function keyOf(room: string, who: string): string {
	return `${room}\n${who}`;
}
