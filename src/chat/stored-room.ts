// A stored room: a log decides the order, and nobody hears a message before it is committed. Members who are being brought
// up to date are held back until the replay has caught up, so that nothing comes twice and nothing is left out.
// docs/reliability.md, "The promise".

import type { Peer } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { Appended, LogEntry, Subscription } from "../message-log/index.ts";
import type { Chat } from "./chat.ts";
import { ChatRoom, type Known, type Spoken } from "./chat-room.ts";
import type { ChatSession } from "./chat-session.ts";
import { ackDocument, gapDocument, messageDocument } from "./documents.ts";
import { checkOutgoing, maxShownBytes } from "./outgoing-size.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { Replay } from "./replay.ts";

/** A room that remembers. */
export class StoredRoom extends ChatRoom {
	readonly kind = "stored";
	/** The sequence number that the members have been given last. */
	lastSeq = 0;
	#subscription: Subscription | undefined = undefined;
	#opening: Promise<Subscription> | undefined = undefined;
	#dropped = false;
	/** The highest number of an entry that could not be shown. */
	#unreadableSeq = 0;

	constructor(name: string, chat: Chat) {
		super(name, chat);
		// The first join would wait for it; where it fails, that join tries again and tells its client.
		this.open().catch(() => {});
	}

	/** The log's name once the room is open. */
	get log(): string | undefined {
		return this.#subscription?.log;
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
		checkOutgoing(session, body, () =>
			messageDocument({ kind, room: this.name, from: session.name, at: this.chat.timestamp(), body, id }),
		);
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
	open(): Promise<Subscription> {
		if (this.#opening) return this.#opening;
		const opening = this.chat.log
			.follow(
				this.name,
				(entry) => this.#committed(entry),
				() => this.#beginAnew(),
			)
			.then(
				(following) => {
					if (this.#opening !== opening) return this.open();
					if (this.#dropped) following.stop();
					this.#subscription = following;
					this.lastSeq = Math.max(this.lastSeq, following.lastSeq);
					return following;
				},
				(error: unknown) => {
					if (this.#opening === opening) this.#opening = undefined;
					throw error;
				},
			);
		this.#opening = opening;
		return opening;
	}

	override dropped(): void {
		this.#dropped = true;
		this.#subscription?.stop();
	}

	/**
	 * The document of an entry and its bytes, as a client of `peer` gets it; undefined where the entry holds no message that can
	 * be sent: somebody else wrote it, it was damaged, or it was said under another terminator.
	 *
	 * @param reader whose own messages carry their ids.
	 */
	shown(
		entry: LogEntry,
		peer: Peer,
		reader?: ChatSession,
	): { readonly text: string; readonly bytes: Uint8Array } | undefined {
		const { seq, prev } = entry;
		const id = reader !== undefined && entry.session === reader.key.id ? entry.id : undefined;
		try {
			const record = decodeRecord(entry.payload);
			if (record) {
				const at = this.chat.timestamp(entry.atMs);
				const text = messageDocument({ ...record, room: this.name, seq, prev, at, id });
				const bytes = peer.encode(text);
				const limit = maxShownBytes(this.chat.settings.maxDocumentBytes);
				if (bytes.length <= limit) return { text, bytes };
				throw new XMLSocketError("XMLSOCKET_DOCUMENT_TOO_LARGE", `It takes ${bytes.length} bytes, more than ${limit}.`);
			}
			this.#unreadable(entry);
		} catch (error) {
			this.#unreadable(entry, error);
		}
		return undefined;
	}

	/** Sends an entry to one member; in the place of one that cannot be shown, a gap. */
	sendEntry(entry: LogEntry, session: ChatSession): void {
		const shown = this.shown(entry, session.peer, session);
		if (shown) session.sendEncoded(shown.bytes);
		else session.send(gapDocument(this.name, entry.seq, entry.seq));
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

	// Each is counted and reported when it is met first, not for every reader.
	#unreadable({ seq }: LogEntry, cause?: unknown): void {
		if (seq <= this.#unreadableSeq) return;
		this.#unreadableSeq = seq;
		this.chat.unreadable++;
		const words = `Entry ${seq} of room "${this.name}" holds no message that can be sent; readers are told of a gap.`;
		this.chat.report(new XMLSocketError("XMLSOCKET_RECORD_UNREADABLE", words, { cause }));
	}

	#acknowledge(session: ChatSession, id: string, { seq, duplicate }: Appended): void {
		const ack = ackDocument(id, seq, duplicate);
		const replay = session.replays?.get(this);
		if (replay) replay.acks.push(ack);
		else session.send(ack);
	}

	// The room has another history: whoever is here is told its name, and gets its newest page, as if they came in.
	#beginAnew(): void {
		this.#opening = undefined;
		this.#subscription = undefined;
		this.lastSeq = 0;
		this.#unreadableSeq = 0;
		for (const session of [...this.members()]) {
			try {
				this.greet(session, { after: undefined, log: undefined });
			} catch (error) {
				session.refuse(error);
				this.exit(session, { reason: "unavailable" });
			}
		}
	}

	// The log's call: it must not fail whatever an entry holds.
	#committed(entry: LogEntry): void {
		const before = this.lastSeq;
		this.lastSeq = Math.max(before, entry.seq);
		try {
			if (this.#subscription && entry.prev > before) {
				const gap = this.encode(gapDocument(this.name, before + 1, entry.prev));
				if (gap) this.sendLive(gap);
			}
			const [anyone] = this.members();
			if (!anyone) return;
			const bytes =
				this.shown(entry, anyone.peer)?.bytes ?? anyone.peer.encode(gapDocument(this.name, entry.seq, entry.seq));
			const speaker = entry.id === undefined ? undefined : this.chat.sessions.get(entry.session ?? "");
			if (speaker && this.isLive(speaker)) {
				this.sendLive(bytes, speaker);
				this.sendEntry(entry, speaker);
			} else this.sendLive(bytes);
		} catch (error) {
			this.chat.report(error);
		}
	}
}
