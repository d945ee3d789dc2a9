// Brings one member of a stored room up to date: `<joined>`, then what it missed, in order, page by page and no faster than the
// client reads, until the replay has reached what is live. It keeps one page in memory, and never the messages that arrive
// meanwhile: those are in the log. docs/reliability.md.

import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import type { LogEntry, MessageLog } from "../../message-log/index.ts";
import type { ChatClient } from "../chat-client.ts";
import { gapDocument } from "../documents.ts";
import type { LogReads } from "../log-reads.ts";
import { outboxHasSpace } from "../outbox-space.ts";
import type { KnownHistory } from "./chat-room.ts";

const NEWEST_BYTES = 256 * 1024;
const PAGE = { maxCount: 100, maxBytes: 64 * 1024 };
const BEHIND_CLIENT_MS = 10_000;

/** The room whose messages are replayed. */
export interface ReplayedRoom {
	readonly name: string;
	/** The name of the log once the room is open. */
	readonly logName: string | undefined;
	/** The sequence number of the last message that was sent to the members that are up to date. */
	readonly lastSeq: number;
	/** Subscribes to the log, so that `lastSeq` and `logName` are known. Rejects where the log cannot be reached. */
	open(): Promise<unknown>;
	/** Waits until `lastSeq` is that high. @returns false where that takes longer than `timeoutMs`. */
	hasReached(seq: number, timeoutMs: number): Promise<boolean>;
	/** Sends `<joined>`. */
	replayBegins(client: ChatClient): void;
	/** Sends an entry, or a gap where it holds no message that can be sent, in the client's time. */
	sendReplayed(entry: LogEntry, client: ChatClient): void;
	/** The member is up to date: it receives what is live from here on. */
	release(client: ChatClient): void;
	/** The log failed: refuses the join, and removes the member. */
	replayFailed(client: ChatClient, error: unknown): void;
	/** The replay has ended, for whatever reason. Once. */
	replayStopped(client: ChatClient, replay: Replay): void;
}

/** What a replay reads from. */
export interface ReplayParts {
	readonly log: MessageLog;
	readonly reads: LogReads;
	readonly clock: Clock;
	/** How many messages a newcomer receives. */
	readonly history: number;
}

/** The replay for one member. */
export class Replay {
	/** Acknowledgements, each a pending request of the client, that must not overtake the messages that they acknowledge. */
	readonly acks: string[] = [];
	readonly #room: ReplayedRoom;
	readonly #client: ChatClient;
	readonly #known: KnownHistory;
	readonly #parts: ReplayParts;
	#stopped = false;

	constructor(room: ReplayedRoom, client: ChatClient, known: KnownHistory, parts: ReplayParts) {
		this.#room = room;
		this.#client = client;
		this.#known = known;
		this.#parts = parts;
	}

	/** Ends the replay where it is; the member stays held back. */
	stop(): void {
		if (this.#stopped) return;
		this.#stopped = true;
		for (const ack of this.acks) {
			if (!this.#client.gone) this.#client.send(ack);
			this.#client.endPending();
		}
		this.#room.replayStopped(this.#client, this);
	}

	/** Runs the replay. Never rejects: where the log fails, the client is refused and removed from the room. */
	async run(): Promise<void> {
		const room = this.#room;
		try {
			if (room.logName === undefined) await room.open();
			const { after, log } = this.#known;
			if (after !== undefined && after > room.lastSeq && log === room.logName) await this.#waitForSeq(after);
			if (this.#stopped) return;
			room.replayBegins(this.#client);
			let cursor = await this.#firstCursor();
			while (!this.#stopped && cursor < room.lastSeq) {
				cursor = await this.#sendPage(cursor);
				await this.#outboxHasSpace();
			}
			if (this.#stopped) return;
			// Nothing is awaited between the last look at `lastSeq` and here, so that no message falls between.
			room.release(this.#client);
			this.stop();
		} catch (error) {
			if (!this.#stopped) room.replayFailed(this.#client, error);
		}
	}

	// Another daemon may have shown the client more than has arrived here. That is neither beyond the end of the log nor to be sent
	// again. A number that the log itself does not have is not waited for.
	async #waitForSeq(after: number): Promise<void> {
		const room = this.#room;
		if (after > (await this.#parts.log.state(room.name)).lastSeq || this.#stopped) return;
		if (await room.hasReached(after, BEHIND_CLIENT_MS)) return;
		throw new XMLSocketError(
			"XMLSOCKET_UNAVAILABLE",
			`This server has received messages up to ${room.lastSeq} for ${BEHIND_CLIENT_MS} ms, and you know ${after}.`,
		);
	}

	// The sequence number up to which the client needs nothing more. Where it knows none, the newest page is sent first.
	async #firstCursor(): Promise<number> {
		const room = this.#room;
		const { reads, history } = this.#parts;
		const { after } = this.#known;
		const upTo = room.lastSeq;
		if (after === -1) return upTo;
		// A number beyond the end, or of another log, has no meaning in this one.
		const isOfThisLog = this.#known.log === undefined || this.#known.log === room.logName;
		if (after !== undefined && after <= upTo && isOfThisLog) return after;
		if (history === 0) return upTo;
		const { entries } = await reads.before(this.#client, room.name, upTo + 1, {
			maxCount: history,
			maxBytes: NEWEST_BYTES,
		});
		for (const entry of entries) {
			if (this.#stopped) break;
			room.sendReplayed(entry, this.#client);
			await this.#outboxHasSpace();
		}
		return upTo;
	}

	async #sendPage(cursor: number): Promise<number> {
		const room = this.#room;
		const through = room.lastSeq;
		const { entries } = await this.#parts.reads.after(this.#client, room.name, cursor, { ...PAGE, through });
		if (this.#stopped) return cursor;
		for (const entry of entries) {
			if (entry.prev > cursor) this.#client.send(gapDocument(room.name, cursor + 1, entry.prev));
			room.sendReplayed(entry, this.#client);
			cursor = entry.seq;
			// Escaped, a page can be six times as long as it is in the log.
			await this.#outboxHasSpace();
			if (this.#stopped) return cursor;
		}
		if (entries.length > 0) return cursor;
		this.#client.send(gapDocument(room.name, cursor + 1, through));
		return through;
	}

	#outboxHasSpace(): Promise<void> {
		return outboxHasSpace(this.#client, this.#parts.clock, () => this.#stopped);
	}
}
