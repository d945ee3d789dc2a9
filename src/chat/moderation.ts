// What operators impose on people: bans, which keep a person out of a room, and mutes, which keep a member of it silent.
// docs/chat.md, "From a client".

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import type { ChatClient } from "./chat-client.ts";
import type { SanctionKind } from "./cluster/cluster.ts";
import { noticeDocument } from "./documents.ts";
import type { Names } from "./names.ts";
import type { ChatRooms } from "./rooms/chat-rooms.ts";
import { Sanctions } from "./sanctions.ts";

const SWEEP_MS = 60_000;

/** What moderation needs to find the people that it concerns. */
export interface ModerationParts {
	readonly clock: Clock;
	readonly rooms: ChatRooms;
	readonly names: Names<ChatClient>;
	readonly sessions: ReadonlyMap<string, ChatClient>;
}

/** The bans and mutes of a chat. Each holds for a name, and for the session that had it, so that another name is no way out. */
export class Moderation {
	readonly #parts: ModerationParts;
	readonly #sanctions: Readonly<Record<SanctionKind, Sanctions>> = { ban: new Sanctions(), mute: new Sanctions() };
	#sweptMs: number;

	constructor(parts: ModerationParts) {
		this.#parts = parts;
		this.#sweptMs = parts.clock.now();
	}

	/** @throws XMLSOCKET_BANNED */
	checkMayJoin(room: string, client: ChatClient): void {
		const seconds = this.#secondsLeft("ban", room, client);
		if (seconds === 0) return;
		throw new XMLSocketError("XMLSOCKET_BANNED", `You are banned from room "${room}" for ${seconds} more seconds.`);
	}

	/** @throws XMLSOCKET_MUTED */
	checkMaySpeak(room: string, client: ChatClient): void {
		const seconds = this.#secondsLeft("mute", room, client);
		if (seconds === 0) return;
		throw new XMLSocketError("XMLSOCKET_MUTED", `You are muted in room "${room}" for ${seconds} more seconds.`);
	}

	/** Private messages belong to no room, so a mute in any room covers them. A ban does not. @throws XMLSOCKET_MUTED */
	checkMayTell(client: ChatClient): void {
		const seconds = this.#secondsLeft("mute", undefined, client);
		if (seconds === 0) return;
		throw new XMLSocketError(
			"XMLSOCKET_MUTED",
			`You are muted, so you cannot send private messages for ${seconds} more seconds.`,
		);
	}

	/**
	 * Begins a ban or mute, or changes its end, and notifies the people who are connected here.
	 *
	 * @param who the keys of names, and sessions.
	 * @param by undefined where it has been in force at another node, so that nobody is notified.
	 * @throws XMLSOCKET_TOO_MANY_SANCTIONS
	 */
	impose(kind: SanctionKind, room: string, who: readonly string[], seconds: number, by?: string): void {
		const { clock, names, sessions } = this.#parts;
		const untilMs = clock.now() + seconds * 1000;
		const clients = new Set<ChatClient>();
		for (const person of who) {
			this.#sanctions[kind].set(room, person, untilMs);
			const client = names.holder(person) ?? sessions.get(person);
			if (client) clients.add(client);
		}
		if (by === undefined) return;
		for (const client of clients) this.#notify(client, kind, room, seconds, by);
	}

	/** The bans and mutes in force, with the whole seconds that are left of each. */
	*inForce(): Generator<readonly [kind: SanctionKind, room: string, who: string, seconds: number]> {
		const nowMs = this.#parts.clock.now();
		for (const kind of ["ban", "mute"] as const) {
			for (const [room, who, seconds] of this.#sanctions[kind].entries(nowMs)) yield [kind, room, who, seconds];
		}
	}

	/** Called once a second: forgets, once a minute, what has ended. */
	sweep(): void {
		const nowMs = this.#parts.clock.now();
		if (nowMs - this.#sweptMs < SWEEP_MS) return;
		this.#sweptMs = nowMs;
		for (const sanctions of Object.values(this.#sanctions)) sanctions.sweep(nowMs);
	}

	#secondsLeft(kind: SanctionKind, room: string | undefined, client: ChatClient): number {
		const sanctions = this.#sanctions[kind];
		if (sanctions.size === 0) return 0;
		const nowMs = this.#parts.clock.now();
		return Math.max(
			sanctions.secondsLeft(room, client.nameKey, nowMs),
			sanctions.secondsLeft(room, client.key.id, nowMs),
		);
	}

	#notify(client: ChatClient, kind: SanctionKind, room: string, seconds: number, by: string): void {
		if (kind === "mute") {
			client.send(noticeDocument("muted", `You are muted in room "${room}" for ${seconds} seconds.`, room));
			return;
		}
		const here = this.#parts.rooms.get(room);
		if (here?.has(client)) here.exit(client, { reason: "banned", by });
	}
}

/** @throws XMLSOCKET_NOT_OPERATOR */
export function checkOperator(client: ChatClient, action: string): void {
	if (!client.operator) throw new XMLSocketError("XMLSOCKET_NOT_OPERATOR", `Only an operator may ${action}.`);
}
