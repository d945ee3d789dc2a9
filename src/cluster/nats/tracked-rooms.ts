// The rooms that one daemon follows or appends to: each has a subscription to what is committed in it. Opened when they are asked
// for, let go when nobody has used them for a minute, looked after when something may have been missed.

import { XMLSocketError } from "../../errors/index.ts";
import type { Broker } from "./broker.ts";
import type { StreamApi } from "./jetstream-api.ts";
import { JetStreamRoom } from "./jetstream-room.ts";
import type { RetentionEnforcer } from "./retention-enforcer.ts";
import { unavailable } from "./retry.ts";
import { messageOf, type RoomEntry, RoomPages } from "./room-pages.ts";
import { subjectToken } from "./subject.ts";

const IDLE_MS = 60_000;
const SETTLED_MS = 250;
const CHECKS_AT_ONCE = 32;
const VERIFIED = 32;
const REFILL = { maxCount: 256, maxBytes: 1024 * 1024 };
const MAX_NAME_BYTES = 1024;

/** Who waits for an entry to be delivered. */
export interface Waiting {
	delivered(entry: RoomEntry): void;
}

/** A room that is followed or appended to. */
export class TrackedRoom {
	readonly name: string;
	readonly token: string;
	readonly room: JetStreamRoom;
	/** Who waits for an entry to be delivered, by the id of its publication. */
	readonly waiting: Map<string, Waiting> = new Map();
	/** Who follows it, and has to follow again if it begins again in another stream. */
	readonly renewals: Set<() => void> = new Set();
	/** How far apart its entries were when they were read last. */
	spacing = 1;
	usedMs: number = performance.now();
	readonly #unsubscribe: () => void;

	constructor(name: string, token: string, room: JetStreamRoom, unsubscribe: () => void) {
		this.name = name;
		this.token = token;
		this.room = room;
		this.#unsubscribe = unsubscribe;
	}

	isIdle(beforeMs: number): boolean {
		return this.room.followers.size === 0 && this.waiting.size === 0 && this.usedMs < beforeMs;
	}

	close(): void {
		this.#unsubscribe();
	}
}

/** All of them. */
export class TrackedRooms {
	readonly #broker: Broker;
	readonly #api: StreamApi;
	readonly #enforcer: RetentionEnforcer;
	readonly #max: number;
	readonly #contradicted: () => void;
	readonly #rooms = new Map<string, TrackedRoom>();
	readonly #opening = new Map<string, Promise<TrackedRoom>>();
	#checkedUpTo = 0;
	#closed = false;

	/** @param contradicted is called when a number of the stream stands for another entry than before */
	constructor(broker: Broker, api: StreamApi, enforcer: RetentionEnforcer, max: number, contradicted: () => void) {
		this.#contradicted = contradicted;
		this.#broker = broker;
		this.#api = api;
		this.#enforcer = enforcer;
		this.#max = max;
	}

	/** A room that is open. */
	get(name: string): TrackedRoom | undefined {
		return this.#rooms.get(name);
	}

	/** As `get`, and keeps it open. */
	use(name: string): TrackedRoom | undefined {
		const tracked = this.#rooms.get(name);
		if (tracked) tracked.usedMs = performance.now();
		return tracked;
	}

	/**
	 * Opens a room where it is not. Rejects with XMLSOCKET_TOO_MANY_ROOMS, XMLSOCKET_BROKER_UNREACHABLE, and XMLSOCKET_UNAVAILABLE
	 * once these rooms are closed.
	 */
	track(name: string): Promise<TrackedRoom> {
		const tracked = this.use(name);
		if (tracked) return Promise.resolve(tracked);
		let opening = this.#opening.get(name);
		if (!opening) {
			opening = this.#open(name).finally(() => this.#opening.delete(name));
			this.#opening.set(name, opening);
		}
		return opening;
	}

	/** Lets go of those that nobody has used for a minute. */
	forgetIdle(): void {
		this.#forgetUnused(performance.now() - IDLE_MS);
	}

	/** Asks the stream for the last numbers of so many rooms, the next ones at the next call, and has read what was missed. */
	async check(count: number = this.#rooms.size): Promise<void> {
		const rooms = [...this.#rooms.values()];
		const from = this.#checkedUpTo < rooms.length ? this.#checkedUpTo : 0;
		const chosen = rooms.slice(from, from + count);
		this.#checkedUpTo = from + count;
		for (let at = 0; at < chosen.length; at += CHECKS_AT_ONCE) {
			await this.#checkRooms(chosen.slice(at, at + CHECKS_AT_ONCE));
		}
	}

	/**
	 * Whether the stream has what was delivered last, in some rooms: what it lost, or has otherwise, it has so for all of them.
	 * A room tells where it has not.
	 */
	async verify(): Promise<void> {
		const some = [...this.#rooms.values()].filter(({ room }) => room.cursor > 0).slice(-VERIFIED);
		await Promise.all(
			some.map(async ({ token, room }) => {
				const found = await this.#api.next(this.#api.entries(token), room.cursor);
				if (found) room.verify(found);
			}),
		);
	}

	/** Begins again in another stream, at the end of what is in it. @param begun is called before any follower is notified. */
	async restart(begun: () => void): Promise<void> {
		const before = [...this.#rooms.values()];
		const lasts = new Map<TrackedRoom, number>();
		for (let at = 0; at < before.length; at += CHECKS_AT_ONCE) {
			const chosen = before.slice(at, at + CHECKS_AT_ONCE);
			const found = await Promise.all(chosen.map(({ token }) => this.#api.last(this.#api.entries(token))));
			for (const [index, tracked] of chosen.entries()) lasts.set(tracked, found[index]?.seq ?? 0);
		}
		begun();
		for (const tracked of [...this.#rooms.values()]) {
			// What was opened meanwhile was opened in the new one.
			const last = lasts.get(tracked);
			if (last !== undefined) {
				tracked.room.restart(last);
				this.#enforcer.forget(tracked.token);
			}
			for (const renewed of [...tracked.renewals]) renewed();
		}
	}

	close(): void {
		this.#closed = true;
		for (const tracked of [...this.#rooms.values()]) this.#forget(tracked);
	}

	async #open(name: string): Promise<TrackedRoom> {
		if (this.#rooms.size + this.#opening.size >= this.#max) {
			this.#forgetUnused(Number.POSITIVE_INFINITY);
			if (this.#rooms.size + this.#opening.size >= this.#max) {
				throw new XMLSocketError(
					"XMLSOCKET_TOO_MANY_ROOMS",
					`The log serves ${this.#max} rooms at a time, which is its limit.`,
				);
			}
		}
		const token = tokenOf(name);
		let tracked: TrackedRoom | undefined;
		let heard = 0;
		const unsubscribe = this.#broker.subscribeWithHeaders(this.#api.committed(token), (data, head, subject) => {
			const seq = Number(head.get("Nats-Sequence"));
			if (!Number.isSafeInteger(seq) || seq < 1) return;
			if (tracked) {
				const message = messageOf({ seq, subject, data, messageId: head.get("Nats-Msg-Id") });
				tracked.room.heard(message, Number(head.get("Nats-Last-Sequence")) || 0);
			} else heard = Math.max(heard, seq);
		});
		try {
			await this.#broker.flush();
			const cursor = (await this.#api.last(this.#api.entries(token)))?.seq ?? 0;
			if (this.#closed) throw unavailable("The log is closed");
			const room = new JetStreamRoom(cursor, (after, through) => this.#refill(token, after, through), {
				delivered: (entry) => {
					this.#rooms.get(name)?.waiting.get(entry.messageId)?.delivered(entry);
					this.#enforcer.came(token, entry);
				},
				goesOn: () => this.#rooms.get(name)?.room === room,
				contradicted: this.#contradicted,
			});
			const opened = new TrackedRoom(name, token, room, unsubscribe);
			tracked = opened;
			this.#rooms.set(name, opened);
			room.committedUpTo(heard);
			// The other servers of a cluster hear of the subscription a little later.
			setTimeout(() => this.#checkRooms([opened]).catch(() => {}), SETTLED_MS).unref();
			return opened;
		} catch (error) {
			unsubscribe();
			throw error;
		}
	}

	async #refill(token: string, after: number, through: number) {
		const pages = new RoomPages(this.#api, token);
		const { entries } = await pages.after(after, through, REFILL);
		return { entries, dropped: entries.length > 0 ? 0 : await pages.dropped() };
	}

	async #checkRooms(rooms: readonly TrackedRoom[]): Promise<void> {
		await Promise.all(
			rooms.map(async ({ token, room }) => {
				room.committedUpTo((await this.#api.last(this.#api.entries(token)))?.seq ?? 0);
			}),
		);
	}

	#forget(tracked: TrackedRoom): void {
		tracked.close();
		this.#rooms.delete(tracked.name);
		this.#enforcer.forget(tracked.token);
	}

	#forgetUnused(beforeMs: number): void {
		for (const tracked of [...this.#rooms.values()]) if (tracked.isIdle(beforeMs)) this.#forget(tracked);
	}
}

/** A room's name in subjects. Throws XMLSOCKET_NAME_INVALID. */
export function tokenOf(name: string): string {
	if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
		throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `A room's name has more than ${MAX_NAME_BYTES} bytes.`);
	}
	return subjectToken(name);
}
