// Serves the log of the primary process to its workers. A room is followed once, whatever the number of workers that follow it. A worker
// gets the entries of a room before the result of its append, because both are sent in order.

import { XMLSocketError } from "../../errors/index.ts";
import type { LogEntry, LogPage, MessageLog, RoomState } from "../../message-log/index.ts";
import type { ChannelPeer } from "./channel-peer.ts";
import { writeEntry, writePage, writeState } from "./entry-fields.ts";
import { MAX_FRAME_BYTES } from "./frame-channel.ts";
import type { FrameCursor } from "./frame-cursor.ts";
import { KIND, NOTE, OPERATION } from "./kinds.ts";

/** One room that workers follow. */
interface FollowedRoom {
	readonly name: string;
	/** How many followers each worker has. */
	readonly workers: Map<ChannelPeer, number>;
	/** Follows that wait for the state of the room. */
	opening: number;
	log: string;
	lastSeq: number;
	/** Settles once the room is followed. */
	followed: Promise<void>;
	stop: () => void;
}

/** The log, as workers call it. */
export class LogService {
	readonly #log: MessageLog;
	readonly #report: (error: unknown) => void;
	readonly #rooms = new Map<string, FollowedRoom>();
	/** Whose append a payload is, and the number of the call. */
	readonly #appends = new Map<Uint8Array, { readonly peer: ChannelPeer; readonly number: number }>();
	/** Whether the log can be reached, as far as it has reported. */
	isReachable = true;

	/** @param report receives failures of the log that have no code. */
	constructor(log: MessageLog, report: (error: unknown) => void) {
		this.#log = log;
		this.#report = report;
		log.watch?.((isReachable) => {
			this.isReachable = isReachable;
		});
	}

	/** A worker calls an operation. @throws RangeError for one that does not exist */
	called(peer: ChannelPeer, operation: number, cursor: FrameCursor, number: number): void {
		switch (operation) {
			case OPERATION.append:
				this.#append(peer, cursor, number);
				break;
			case OPERATION.readAfter: {
				const [room, after, through] = [cursor.text(), cursor.number(), cursor.number()];
				const limits = { maxCount: cursor.number(), maxBytes: cursor.number() };
				const isOpen = Number.isNaN(through);
				this.#page(peer, number, this.#log.readAfter(room, after, isOpen ? limits : { ...limits, through }));
				break;
			}
			case OPERATION.readBefore: {
				const [room, before] = [cursor.text(), cursor.number()];
				const limits = { maxCount: cursor.number(), maxBytes: cursor.number() };
				this.#page(peer, number, this.#log.readBefore(room, before, limits));
				break;
			}
			case OPERATION.state:
				this.#log.state(cursor.text()).then(
					(state) => writeState(peer.result(number), state).end(),
					(error) => this.#fail(peer, number, error),
				);
				break;
			case OPERATION.follow:
				this.#follow(peer, cursor.text()).then(
					(state) => writeState(peer.result(number), state).end(),
					(error) => this.#fail(peer, number, error),
				);
				break;
			default:
				throw new RangeError(`A worker called the unknown operation ${operation}.`);
		}
	}

	/** A worker has one follower less in a room. */
	unfollow(peer: ChannelPeer, name: string): void {
		const room = this.#rooms.get(name);
		const count = room?.workers.get(peer);
		if (!room || count === undefined) return;
		if (count > 1) room.workers.set(peer, count - 1);
		else room.workers.delete(peer);
		this.#closeUnused(room);
	}

	/** A worker has ended. What it has appended stays; nobody waits for the results. */
	remove(peer: ChannelPeer): void {
		for (const room of [...this.#rooms.values()]) {
			if (room.workers.delete(peer)) this.#closeUnused(room);
		}
	}

	#append(peer: ChannelPeer, cursor: FrameCursor, number: number): void {
		const [room, session, id] = [cursor.text(), cursor.optionalText(), cursor.optionalText()];
		// The channel's buffer is used for other frames too, and a log may keep the payload.
		const payload = cursor.rest().slice();
		this.#appends.set(payload, { peer, number });
		this.#log.append(room, { payload, session, id }).then(
			({ seq, prev, duplicate }) => {
				this.#appends.delete(payload);
				peer
					.result(number)
					.number(seq)
					.number(prev)
					.byte(duplicate ? 1 : 0)
					.end();
			},
			(error) => {
				this.#appends.delete(payload);
				this.#fail(peer, number, error);
			},
		);
	}

	#page(peer: ChannelPeer, number: number, reading: Promise<LogPage>): void {
		reading.then(
			(page) => {
				let bytes = 0;
				for (const { payload } of page.entries) bytes += payload.length;
				if (bytes < MAX_FRAME_BYTES / 2) writePage(peer.result(number), page).end();
				else
					this.#fail(
						peer,
						number,
						new XMLSocketError("XMLSOCKET_UNAVAILABLE", `A page of ${bytes} bytes is too large.`),
					);
			},
			(error) => this.#fail(peer, number, error),
		);
	}

	/** Adds a follower. @returns a state after which the worker gets every entry. */
	async #follow(peer: ChannelPeer, name: string): Promise<RoomState> {
		let room = this.#rooms.get(name);
		if (!room) {
			room = { name, workers: new Map(), opening: 0, log: "", lastSeq: 0, followed: Promise.resolve(), stop: () => {} };
			room.followed = this.#open(room);
			this.#rooms.set(name, room);
		}
		room.opening++;
		try {
			await room.followed;
			const { firstSeq } = await this.#log.state(name);
			if (this.#rooms.get(name) !== room) throw new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The room was replaced.");
			if (!peer.channel.isClosed) room.workers.set(peer, (room.workers.get(peer) ?? 0) + 1);
			return { log: room.log, lastSeq: room.lastSeq, firstSeq };
		} finally {
			room.opening--;
			this.#closeUnused(room);
		}
	}

	async #open(room: FollowedRoom): Promise<void> {
		const { name } = room;
		let isReset = false;
		const subscription = await this.#log.follow(
			name,
			(entry) => this.#committed(room, entry),
			() => {
				isReset = true;
				this.#reset(room);
			},
		);
		room.log = subscription.log;
		room.lastSeq = Math.max(room.lastSeq, subscription.lastSeq);
		room.stop = () => subscription.stop();
		if (isReset) room.stop();
	}

	#committed(room: FollowedRoom, entry: LogEntry): void {
		room.lastSeq = entry.seq;
		const own = this.#appends.get(entry.payload);
		for (const peer of room.workers.keys()) {
			if (own?.peer === peer) {
				const frame = peer.channel.begin(KIND.ownEntry).whole(own.number);
				frame.number(entry.seq).number(entry.prev).number(entry.atMs).end();
			} else writeEntry(peer.channel.begin(KIND.entry).text(room.name), entry).end();
		}
	}

	#reset(room: FollowedRoom): void {
		if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
		for (const peer of room.workers.keys()) peer.note(NOTE.reset).text(room.name).end();
		room.workers.clear();
	}

	#closeUnused(room: FollowedRoom): void {
		if (room.workers.size > 0 || room.opening > 0) return;
		if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
		room.stop();
		room.stop = () => {};
	}

	#fail(peer: ChannelPeer, number: number, error: unknown): void {
		if (!(error instanceof XMLSocketError)) this.#report(error);
		peer.fail(number, error);
	}
}
