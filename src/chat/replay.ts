// Brings one member of a stored room up to date: `joined`, then what was missed, in order, page by page and no faster than
// the client reads, until nothing is left between the replay and what is live. It keeps one page in memory, never the
// messages that arrive meanwhile: those are in the log.

import { XMLSocketError } from "../errors/index.ts";
import type { Known } from "./chat-room.ts";
import type { ChatSession } from "./chat-session.ts";
import { gapDocument } from "./documents.ts";
import type { StoredRoom } from "./stored-room.ts";

const NEWEST_BYTES = 256 * 1024;
const PAGE = { maxCount: 100, maxBytes: 64 * 1024 };
const FULL_OUTBOX_BYTES = 64 * 1024;
const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 1000;
const BEHIND_CLIENT_MS = 10_000;

/** One member's way from what it knows to what is live. */
export class Replay {
	/** Acknowledgements that must not overtake the messages that they acknowledge. */
	readonly acks: string[] = [];
	readonly #room: StoredRoom;
	readonly #session: ChatSession;
	readonly #known: Known;
	#stopped = false;

	constructor(room: StoredRoom, session: ChatSession, known: Known) {
		this.#room = room;
		this.#session = session;
		this.#known = known;
	}

	/** Ends the replay where it is; the member stays held back. */
	stop(): void {
		if (this.#stopped) return;
		this.#stopped = true;
		this.#session.replays?.delete(this.#room);
		if (this.#session.replays?.size === 0) this.#session.replays = undefined;
		if (!this.#session.gone) for (const ack of this.acks) this.#session.send(ack);
		this.#session.finish();
	}

	/** Never rejects: where the log fails, the member is told so and taken out of the room. */
	async run(): Promise<void> {
		const room = this.#room;
		const session = this.#session;
		try {
			if (room.log === undefined) await room.open();
			const { after, log } = this.#known;
			if (after !== undefined && after > room.lastSeq && log === room.log) await this.#catchUpWith(after);
			if (this.#stopped) return;
			room.sendJoined(session, room.log, room.lastSeq);
			let cursor = await this.#begin();
			while (!this.#stopped && cursor < room.lastSeq) {
				cursor = await this.#page(cursor);
				await this.#outboxHasRoom();
			}
			if (this.#stopped) return;
			// Nothing is awaited between the last look at `lastSeq` and here, so that no message falls between.
			room.release(session);
			this.stop();
		} catch (error) {
			if (this.#stopped) return;
			session.refuse(room.unavailable(error));
			room.exit(session, { reason: "unavailable" });
		}
	}

	// Another daemon may have shown the client more than this one has been told of: that is neither beyond the end nor to come
	// again. Where the log itself has no such number, it says nothing.
	async #catchUpWith(after: number): Promise<void> {
		const room = this.#room;
		if (after > (await room.chat.log.state(room.name)).lastSeq) return;
		let waitedMs = 0;
		for (let waitMs = FIRST_WAIT_MS; !this.#stopped && room.lastSeq < after; waitMs *= 2) {
			if (waitedMs >= BEHIND_CLIENT_MS) {
				throw new XMLSocketError(
					"XMLSOCKET_UNAVAILABLE",
					`This server has been told of messages up to ${room.lastSeq} for ${BEHIND_CLIENT_MS} ms, and you know ${after}.`,
				);
			}
			await sleep(waitMs);
			waitedMs += waitMs;
		}
	}

	// The sequence number up to which the client needs nothing more, once the newest page has been sent where it knows none.
	async #begin(): Promise<number> {
		const room = this.#room;
		const { after, log } = this.#known;
		const upTo = room.lastSeq;
		if (after === -1) return upTo;
		// A number beyond the end, or of another log, says nothing about this one.
		if (after !== undefined && after <= upTo && (log === undefined || log === room.log)) return after;
		const { history } = this.#session.chat.settings;
		if (history === 0) return upTo;
		const { entries } = await room.chat.log.readBefore(room.name, upTo + 1, {
			maxCount: history,
			maxBytes: NEWEST_BYTES,
		});
		for (const entry of entries) {
			if (this.#stopped) break;
			room.sendEntry(entry, this.#session);
			await this.#outboxHasRoom();
		}
		return upTo;
	}

	async #page(cursor: number): Promise<number> {
		const room = this.#room;
		const through = room.lastSeq;
		const { entries } = await room.chat.log.readAfter(room.name, cursor, { ...PAGE, through });
		if (this.#stopped) return cursor;
		for (const entry of entries) {
			if (entry.prev > cursor) this.#session.send(gapDocument(room.name, cursor + 1, entry.prev));
			room.sendEntry(entry, this.#session);
			cursor = entry.seq;
			// Escaped, a page can be six times as long as it is in the log.
			await this.#outboxHasRoom();
			if (this.#stopped) return cursor;
		}
		if (entries.length > 0) return cursor;
		this.#session.send(gapDocument(room.name, cursor + 1, through));
		return through;
	}

	async #outboxHasRoom(): Promise<void> {
		if (this.#session.peer.outboxBytes < FULL_OUTBOX_BYTES) return;
		for (let waitMs = FIRST_WAIT_MS; !this.#stopped; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
			if (this.#session.peer.outboxBytes < FULL_OUTBOX_BYTES) return;
			await sleep(waitMs);
		}
	}
}

function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}
