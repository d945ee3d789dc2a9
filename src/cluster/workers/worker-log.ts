// The message log of a worker: every call goes to the log of the primary process. The primary sends the entries of a room once to each
// worker that follows it, in the order in which they were committed, and before the result of the append that made them.

import {
	type Appended,
	Followers,
	type LogEntry,
	type LogPage,
	type MessageLog,
	type NewEntry,
	type ReadLimits,
	type RoomState,
	type Subscription,
} from "../../message-log/index.ts";
import { type ChannelPeer, unavailable } from "./channel-peer.ts";
import { readEntry, readPage, readState } from "./entry-fields.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { NOTE, OPERATION } from "./kinds.ts";
import { checkWaiting } from "./worker-bus.ts";
import { WorkerRecords } from "./worker-records.ts";

interface FollowedRoom {
	readonly name: string;
	readonly followers: Followers;
	readonly resets: Set<() => void>;
}

/** What an append that waits is known by, when its entry comes back. */
interface OwnAppend {
	readonly key: string;
	readonly entry: NewEntry;
}

/** A log whose entries are the primary's. */
export class WorkerLog implements MessageLog {
	readonly records: WorkerRecords;
	readonly #peer: ChannelPeer;
	/** By the bytes of their names. */
	readonly #rooms = new Map<string, FollowedRoom>();
	readonly #watchers = new Set<(reachable: boolean, cause?: Error) => void>();
	readonly #appends = new Set<Promise<Appended>>();
	#isReachable: boolean;
	#closed = false;

	constructor(peer: ChannelPeer, isReachable: boolean) {
		this.#peer = peer;
		this.records = new WorkerRecords(peer);
		this.#isReachable = isReachable;
	}

	async append(room: string, entry: NewEntry): Promise<Appended> {
		this.#check(entry.payload.length);
		const key = keyOf(room);
		const appended = this.#peer.call(
			OPERATION.append,
			(frame) => frame.text(room).optionalText(entry.session).optionalText(entry.id).rest(entry.payload),
			(cursor) => ({ seq: cursor.number(), prev: cursor.number(), duplicate: cursor.byte() === 1 }),
			{ key, entry } satisfies OwnAppend,
		);
		this.#appends.add(appended);
		try {
			return await appended;
		} finally {
			this.#appends.delete(appended);
		}
	}

	async readAfter(room: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		this.#check();
		return this.#peer.call(
			OPERATION.readAfter,
			(frame) =>
				frame
					.text(room)
					.number(after)
					.number(limits.through ?? Number.NaN)
					.number(limits.maxCount)
					.number(limits.maxBytes),
			readPage,
		);
	}

	async readBefore(room: string, before: number, limits: ReadLimits): Promise<LogPage> {
		this.#check();
		return this.#peer.call(
			OPERATION.readBefore,
			(frame) => frame.text(room).number(before).number(limits.maxCount).number(limits.maxBytes),
			readPage,
		);
	}

	async state(room: string): Promise<RoomState> {
		this.#check();
		return this.#peer.call(OPERATION.state, (frame) => frame.text(room), readState);
	}

	async follow(name: string, follower: (entry: LogEntry) => void, onReset?: () => void): Promise<Subscription> {
		this.#check();
		const key = keyOf(name);
		let stop = (): void => {};
		const state = await this.#peer.call(
			OPERATION.follow,
			(frame) => frame.text(name),
			(cursor) => {
				const result = readState(cursor);
				stop = this.#follow(key, name, follower, onReset);
				// The caller gets the state before the first entry.
				this.#peer.channel.hold();
				return result;
			},
		);
		return { ...state, stop };
	}

	watch(changed: (reachable: boolean, cause?: Error) => void): () => void {
		this.#watchers.add(changed);
		if (!this.#isReachable) queueMicrotask(() => this.#watchers.has(changed) && !this.#isReachable && changed(false));
		return () => this.#watchers.delete(changed);
	}

	/** Waits for the appends on their way. The primary's log stays open. */
	async close(): Promise<void> {
		this.#closed = true;
		await Promise.allSettled([...this.#appends]);
		for (const room of this.#rooms.values()) this.#unfollow(room, room.followers.size);
		this.#rooms.clear();
		this.#watchers.clear();
	}

	/** An entry of a room that is followed here. */
	entry(cursor: FrameCursor): void {
		const room = this.#rooms.get(cursor.key());
		room?.followers.deliver(readEntry(cursor));
	}

	/** An entry that this worker has appended: its followers get the payload that they may know. */
	ownEntry(cursor: FrameCursor): void {
		const own = this.#peer.tagOf(cursor.whole()) as OwnAppend | undefined;
		if (!own) return;
		const { payload, session, id } = own.entry;
		const [seq, prev, atMs] = [cursor.number(), cursor.number(), cursor.number()];
		this.#rooms.get(own.key)?.followers.deliver({ seq, prev, atMs, session, id, payload });
	}

	/** The history of a room was replaced. */
	reset(cursor: FrameCursor): void {
		const key = cursor.key();
		const room = this.#rooms.get(key);
		this.#rooms.delete(key);
		for (const onReset of room?.resets ?? []) onReset();
	}

	/** The primary's log was lost, or can be reached again. */
	reachable(isReachable: boolean, cause: string): void {
		if (this.#isReachable === isReachable) return;
		this.#isReachable = isReachable;
		const error = isReachable ? undefined : new Error(cause);
		for (const changed of [...this.#watchers]) changed(isReachable, error);
	}

	#follow(key: string, name: string, follower: (entry: LogEntry) => void, onReset: (() => void) | undefined) {
		let room = this.#rooms.get(key);
		if (!room) {
			room = { name, followers: new Followers(), resets: new Set() };
			this.#rooms.set(key, room);
		}
		const followed = room;
		let remove: () => void;
		try {
			remove = followed.followers.add(follower);
		} catch (error) {
			this.#unfollow(followed, 1);
			throw error;
		}
		const reset = onReset && (() => onReset());
		if (reset) followed.resets.add(reset);
		let isStopped = false;
		return (): void => {
			if (isStopped) return;
			isStopped = true;
			remove();
			if (reset) followed.resets.delete(reset);
			if (this.#rooms.get(key) !== followed) return;
			this.#unfollow(followed, 1);
			if (followed.followers.size === 0) this.#rooms.delete(key);
		};
	}

	#unfollow({ name }: FollowedRoom, count: number): void {
		if (this.#peer.channel.isClosed) return;
		for (let at = 0; at < count; at++) this.#peer.note(NOTE.unfollow).text(name).end();
	}

	/** @throws XMLSOCKET_UNAVAILABLE */
	#check(bytes = 0): void {
		if (this.#closed) throw unavailable("The log is closed.");
		checkWaiting(this.#peer, bytes);
	}
}

// As the primary sends it: one character for each byte.
function keyOf(room: string): string {
	return Buffer.from(room).toString("latin1");
}
