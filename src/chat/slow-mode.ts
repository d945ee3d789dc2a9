// Slow mode: a member of a room may send one message in so many seconds. It counts for the session and for the name, so that neither a new
// name nor a new connection is a way round, and where the room is open also for what was sent at other daemons. Operators are exempt.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { ChatClient } from "./chat-client.ts";
import { nameKey } from "./names.ts";
import type { RoomStates } from "./rooms/room-states.ts";

const SWEEP_MS = 60_000;
/** Members that are remembered; with more, the oldest are forgotten. Each has two entries. */
const MAX_ENTRIES = 200_000;

interface LastMessage {
	readonly atMs: number;
	/** The sender's own id of it: a resend is no further message. */
	readonly id: string | undefined;
}

/** The last messages of the members of slow rooms. */
export class SlowMode {
	readonly #clock: Clock;
	readonly #states: RoomStates;
	/** Oldest first, by room and member. */
	readonly #last = new Map<string, LastMessage>();
	#sweptMs: number;

	constructor(clock: Clock, states: RoomStates) {
		this.#clock = clock;
		this.#states = states;
		this.#sweptMs = clock.now();
	}

	/** Members that are remembered, twice. */
	get size(): number {
		return this.#last.size;
	}

	/** Checks whether a member may send a message now. @throws XMLSOCKET_SLOW_MODE, with the seconds to wait */
	check(room: string, client: ChatClient, id: string | undefined): void {
		const { slowSeconds } = this.#states.settingsOf(room);
		if (slowSeconds === 0 || client.operator) return;
		const nowMs = this.#clock.now();
		for (const key of keysOf(room, client.key.id, client.nameKey)) {
			const last = this.#last.get(key);
			if (!last || (id !== undefined && last.id === id)) continue;
			const leftMs = last.atMs + slowSeconds * 1000 - nowMs;
			if (leftMs <= 0) continue;
			const seconds = Math.ceil(leftMs / 1000);
			throw new XMLSocketError(
				"XMLSOCKET_SLOW_MODE",
				`Room "${room}" is in slow mode: one message in ${slowSeconds} seconds. Wait ${seconds} more seconds.`,
				{ details: { retryAfterSeconds: seconds } },
			);
		}
	}

	/** A member has sent a message. */
	sent(room: string, client: ChatClient, id: string | undefined): void {
		const { slowSeconds } = this.#states.settingsOf(room);
		if (slowSeconds > 0 && !client.operator) this.#add(keysOf(room, client.key.id, client.nameKey), id);
	}

	/** A member has sent a message at another daemon. */
	sentElsewhere(room: string, { session, name, id }: { session: string; name: string; id: string | undefined }): void {
		if (this.isOn(room)) this.#add(keysOf(room, session, nameKey(name)), id);
	}

	/** Whether a room is slow. */
	isOn(room: string): boolean {
		return this.#states.settingsOf(room).slowSeconds > 0;
	}

	#add(keys: readonly string[], id: string | undefined): void {
		const atMs = this.#clock.now();
		for (const key of keys) {
			this.#last.delete(key);
			this.#last.set(key, { atMs, id });
		}
		while (this.#last.size > MAX_ENTRIES) {
			const [oldest] = this.#last.keys();
			this.#last.delete(oldest!);
		}
	}

	/** Called once a second: forgets, once a minute, those that may send again. */
	sweep(): void {
		const nowMs = this.#clock.now();
		if (nowMs - this.#sweptMs < SWEEP_MS) return;
		this.#sweptMs = nowMs;
		for (const [key, { atMs }] of this.#last) {
			const { slowSeconds } = this.#states.settingsOf(key.slice(0, key.indexOf("\0")));
			if (atMs + slowSeconds * 1000 <= nowMs) this.#last.delete(key);
		}
	}
}

// Names and rooms hold no zero character.
function keysOf(room: string, session: string, key: string): readonly string[] {
	return [`${room}\0s${session}`, `${room}\0n${key}`];
}
