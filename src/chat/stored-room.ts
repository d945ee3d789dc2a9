// A stored room: a log decides the order, and nobody hears a message before it is committed. Members who are being brought
// up to date are held back until the replay has caught up, so that nothing comes twice and nothing is left out.
// docs/reliability.md, "The promise".

import { XMLSocketError } from "../errors/index.ts";
import type { Appended, Following, LogEntry } from "../hub/index.ts";
import type { Chat } from "./chat.ts";
import { ChatRoom, type Known, type Spoken } from "./chat-room.ts";
import type { ChatSession } from "./chat-session.ts";
import { ackDocument, gapDocument, messageDocument } from "./documents.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { Replay } from "./replay.ts";

/** A room that remembers. */
export class StoredRoom extends ChatRoom {
	readonly kind = "stored";
	/** The sequence number that the members have been given last. */
	lastSeq = 0;
	#following: Following | undefined = undefined;
	#opening: Promise<Following> | undefined = undefined;
	#dropped = false;

	constructor(name: string, chat: Chat) {
		super(name, chat);
		// The first join would wait for it; where it fails, that join tries again and tells its client.
		this.open().catch(() => {});
	}

	/** The log's name once the room is open. */
	get log(): string | undefined {
		return this.#following?.log;
	}

	greet(session: ChatSession, known: Known): void {
		session.begin();
		const replay = new Replay(this, session, known);
		const before = session.replays?.get(this);
		if (before) {
			replay.acks.push(...before.acks.splice(0));
			before.stop();
		}
		this.hold(session);
		session.replays ??= new Map();
		session.replays.set(this, replay);
		void replay.run();
	}

	post(session: ChatSession, { kind, body, id }: Spoken): void {
		const { log } = this.chat;
		// What could not be sent must not be stored either: a terminator of one's own may stand in decoded text.
		session.peer.encode(body);
		session.begin();
		const payload = encodeRecord({ kind, from: session.name, body });
		log.append(this.name, { payload, session: session.key.id, id }).then(
			(appended) => {
				this.chat.messages++;
				if (id !== undefined) this.#acknowledge(session, id, appended);
				session.finish();
			},
			(error: unknown) => {
				session.refuse(this.unavailable(error), id);
				session.finish();
			},
		);
	}

	/** Follows the log, so that `lastSeq` and `log` are known. Rejects where the log cannot be reached; asking again tries again. */
	open(): Promise<Following> {
		this.#opening ??= this.chat.log
			.follow(
				this.name,
				(entry) => this.#committed(entry),
				() => this.#replaced(),
			)
			.then(
				(following) => {
					if (this.#dropped) following.stop();
					this.#following = following;
					this.lastSeq = Math.max(this.lastSeq, following.lastSeq);
					return following;
				},
				(error: unknown) => {
					this.#opening = undefined;
					throw error;
				},
			);
		return this.#opening;
	}

	override dropped(): void {
		this.#dropped = true;
		this.#following?.stop();
	}

	/**
	 * The document of an entry as `reader` gets it; undefined where the entry holds no message.
	 * Whoever counts gets a `gap` in its place, or would wait for it for ever.
	 */
	document(entry: LogEntry, reader: ChatSession | undefined): string | undefined {
		const record = decodeRecord(entry.payload);
		if (!record) return undefined;
		const id = reader !== undefined && entry.session === reader.key.id ? entry.id : undefined;
		const { seq, prev } = entry;
		return messageDocument({ ...record, room: this.name, seq, prev, at: this.chat.timestamp(entry.atMs), id });
	}

	/** What a client is told where the log fails. */
	unavailable(error: unknown): unknown {
		if (error instanceof XMLSocketError && error.code !== "XMLSOCKET_UNAVAILABLE") return error;
		if (!(error instanceof XMLSocketError)) this.chat.report(error);
		return new XMLSocketError(
			"XMLSOCKET_UNAVAILABLE",
			`The log of room "${this.name}" cannot be reached; nothing was acknowledged.`,
			{ cause: error },
		);
	}

	#acknowledge(session: ChatSession, id: string, { seq, duplicate }: Appended): void {
		const ack = ackDocument(id, seq, duplicate);
		const replay = session.replays?.get(this);
		if (replay) replay.acks.push(ack);
		else session.send(ack);
	}

	// The log's call: the history is another one. Members begin with it as whoever joins with a number of the old one does.
	#replaced(): void {
		const known: Known = { after: this.lastSeq, log: this.log };
		this.#following = undefined;
		this.#opening = undefined;
		this.lastSeq = 0;
		for (const member of [...this.members()]) this.greet(member, known);
	}

	// The log's call: it must not fail whatever an entry holds.
	#committed(entry: LogEntry): void {
		const before = this.lastSeq;
		this.lastSeq = Math.max(before, entry.seq);
		try {
			if (this.#following && entry.prev > before) {
				const gap = this.encode(gapDocument(this.name, before + 1, entry.prev));
				if (gap) this.sendLive(gap);
			}
			const text = this.document(entry, undefined);
			if (text === undefined)
				this.chat.report(new Error(`Entry ${entry.seq} of room "${this.name}" holds no message.`));
			const bytes = this.encode(text ?? gapDocument(this.name, entry.prev + 1, entry.seq));
			if (!bytes) return;
			const speaker = entry.id === undefined ? undefined : this.chat.sessions.get(entry.session ?? "");
			if (speaker && this.isLive(speaker)) {
				this.sendLive(bytes, speaker);
				speaker.send(this.document(entry, speaker) ?? "");
			} else this.sendLive(bytes);
		} catch (error) {
			this.chat.report(error);
		}
	}
}
