// A stored room: the log decides the order, and no member receives a message before it is committed. A member that a replay is
// bringing up to date is held back until it has caught up, so that nothing is sent twice or left out.
// docs/reliability.md.

import type { Peer } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Appended, LogEntry, Subscription } from "../../message-log/index.ts";
import type { ChatClient } from "../chat-client.ts";
import type { ChatContext } from "../context.ts";
import { ackDocument, type ExitReason, gapDocument, messageDocument } from "../documents.ts";
import { checkOutgoing, maxShownBytes } from "../outgoing-size.ts";
import { BaseRoom } from "./base-room.ts";
import type { KnownHistory, NewMessage } from "./chat-room.ts";
import { decodeRecord, encodeRecord, type MessageRecord } from "./record.ts";
import { Replay, type ReplayedRoom } from "./replay.ts";

/** What one client may have on its way to the log before it waits. */
const MAX_UNSTORED_BYTES = 256 * 1024;
/** What all clients may have on their way to the log before those that send fast wait. */
const MAX_FAST_BYTES = 128 * 1024;
/** Characters that are longer when they are escaped: at most six bytes instead of one. */
const ESCAPED = /[&<>"']/g;
const ESCAPED_GROWTH = 5;

/** A room with a log. */
export class StoredRoom extends BaseRoom implements ReplayedRoom {
	readonly kind = "stored";
	#lastSeq = 0;
	#subscription: Subscription | undefined = undefined;
	#opening: Promise<Subscription> | undefined = undefined;
	#dropped = false;
	/** The highest number of an entry that could not be shown. */
	#unreadableSeq = 0;
	// What clients of this daemon have posted and the log has not acknowledged: a log that hands the same payload to its followers
	// saves decoding it.
	readonly #posted = new Map<Uint8Array, MessageRecord>();
	/** When messages were received whose delivery is timed; by payload. */
	readonly #receivedMs = new Map<Uint8Array, number>();
	/** Whether what may be the room's first message is on its way. */
	#isBeginning = false;
	/** Of payloads that the log has not acknowledged. */
	#unstoredBytes = 0;
	readonly #replays = new Map<ChatClient, Replay>();
	readonly #seqWaiters = new Set<{ readonly seq: number; readonly reached: () => void }>();

	constructor(name: string, chat: ChatContext) {
		super(name, chat);
		// The first join would wait for it. Where it fails, that join tries again and reports the error to its client.
		this.open().catch(() => {});
	}

	dropped(): void {
		this.#dropped = true;
		this.#subscription?.stop();
	}

	greet(client: ChatClient, known: KnownHistory): void {
		client.startPending();
		const { log, reads, clock, settings } = this.chat;
		const replay = new Replay(this, client, known, { log, reads, clock, history: settings.history });
		const earlier = this.#replays.get(client);
		if (earlier) {
			replay.acks.push(...earlier.acks.splice(0));
			earlier.stop();
		}
		this.hold(client);
		this.#replays.set(client, replay);
		void replay.run();
	}

	override exit(client: ChatClient, reason?: ExitReason): void {
		this.#replays.get(client)?.stop();
		super.exit(client, reason);
	}

	post(client: ChatClient, { kind, body, id }: NewMessage): void {
		const { log, counts } = this.chat;
		const report = this.#timeCommit();
		// What cannot be sent must not be stored either: decoded text may contain the server's terminator.
		client.peer.checkText(body);
		checkOutgoing(this.chat, client, body, kind === "said" ? "text" : "markup", () =>
			messageDocument({ kind, room: this.name, from: client.name, at: this.chat.timestamp(), body, id }),
		);
		const record: MessageRecord = { kind, from: client.name, body };
		const payload = encodeRecord(record);
		const isFast = this.chat.pace.check(client, sentBytes(kind, payload, body), this, this.#unstoredBytes);
		const begun = this.#countBegun(client);
		client.startPending();
		const release = this.#countUnstored(client, payload.length, isFast);
		this.#posted.set(payload, record);
		if (report.isTimed) this.#receivedMs.set(payload, report.receivedMs);
		log.append(this.name, { payload, session: client.key.id, id }).then(
			(appended) => {
				release();
				this.#posted.delete(payload);
				this.#receivedMs.delete(payload);
				if (appended.duplicate) counts.duplicates++;
				report.stored(appended, record.from, payload.length);
				this.countPosted();
				begun?.(appended.prev === 0 && !appended.duplicate);
				if (id === undefined) client.endPending();
				else this.#acknowledge(client, id, appended);
			},
			(error: unknown) => {
				release();
				begun?.(false);
				this.#posted.delete(payload);
				this.#receivedMs.delete(payload);
				client.refuse(this.unavailable(error), id);
				client.endPending();
			},
		);
	}

	async announce(text: string): Promise<number> {
		this.checkAnnounced(text);
		const payload = encodeRecord({ kind: "said", from: this.chat.settings.serverName, body: text });
		try {
			const { seq } = await this.chat.log.append(this.name, { payload });
			this.countPosted();
			return seq;
		} catch (error) {
			throw this.unavailable(error);
		}
	}

	// The first message makes a room that stays in the log, whose rooms are limited for all addresses together. It counts before it is
	// stored, and so does one that comes before the log has reported what the room has. The function that is returned is called when
	// that is known.
	#countBegun({ share }: ChatClient): ((hasBegun: boolean) => void) | undefined {
		if (this.#lastSeq > 0 || this.#isBeginning || !share || this.chat.rooms.isPermanent(this.name)) return undefined;
		const { clock } = this.chat;
		const waitMs = share.storedRooms.overMs(clock.now());
		if (waitMs > 0) {
			throw new XMLSocketError(
				"XMLSOCKET_TOO_MANY_ROOMS",
				`Clients of your address have begun too many stored rooms. The next one can begin in ${Math.ceil(waitMs / 1000)} s.`,
			);
		}
		share.storedRooms.add(1, clock.now());
		this.#isBeginning = true;
		return (hasBegun) => {
			this.#isBeginning = false;
			if (!hasBegun) share.storedRooms.add(-1, clock.now());
		};
	}

	/** How long a message takes to its commit, if that is timed or reported. */
	#timeCommit() {
		const { clock, commitTime, observer } = this.chat;
		const isTimed = commitTime.isDue();
		const publish = observer?.messageStored;
		const receivedMs = isTimed || publish ? clock.now() : 0;
		return {
			isTimed,
			receivedMs,
			stored: ({ seq, duplicate }: Appended, from: string, bytes: number): void => {
				if (!isTimed && !publish) return;
				const ms = clock.now() - receivedMs;
				if (isTimed) commitTime.add(ms);
				if (!duplicate) publish?.({ room: this.name, seq, from, bytes, ms });
			},
		};
	}

	// A client with much that is not stored yet waits, so that it cannot fill the log's queue. A fast sender waits for what all have
	// posted: the readers get that at once.
	#countUnstored(client: ChatClient, bytes: number, isFast: boolean): () => void {
		client.unstoredBytes += bytes;
		this.#unstoredBytes += bytes;
		const isMuch = client.unstoredBytes > MAX_UNSTORED_BYTES || (isFast && this.#unstoredBytes > MAX_FAST_BYTES);
		const release = isMuch ? client.hold() : undefined;
		return () => {
			client.unstoredBytes -= bytes;
			this.#unstoredBytes -= bytes;
			release?.();
		};
	}

	/**
	 * The document of an entry and its bytes, as a client of `peer` receives it; undefined where the entry holds no message that
	 * can be sent: another program wrote it, it is damaged, or it holds the terminator that is in use now.
	 *
	 * @param reader the client whose own messages contain their ids.
	 */
	shown(
		entry: LogEntry,
		peer: Peer,
		reader?: ChatClient,
	): { readonly text: string; readonly bytes: Uint8Array } | undefined {
		try {
			const record = this.#posted.get(entry.payload) ?? decodeRecord(entry.payload);
			if (record) {
				const isOwn = reader !== undefined && entry.session === reader.key.id;
				const text = this.#document(entry, record, isOwn ? entry.id : undefined);
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

	#document({ seq, prev, atMs }: LogEntry, { kind, from, body }: MessageRecord, id: string | undefined): string {
		return messageDocument({ kind, room: this.name, seq, prev, from, at: this.chat.timestamp(atMs), id, body });
	}

	/** The error for a client whose request failed with the log. An error of another kind is reported. */
	unavailable(error: unknown): unknown {
		if (error instanceof XMLSocketError && error.code !== "XMLSOCKET_UNAVAILABLE") return error;
		if (!(error instanceof XMLSocketError)) this.chat.report(error);
		return new XMLSocketError(
			"XMLSOCKET_UNAVAILABLE",
			`The log of room "${this.name}" cannot be reached; nothing was acknowledged.`,
			{ cause: error },
		);
	}

	// --- ReplayedRoom

	get lastSeq(): number {
		return this.#lastSeq;
	}

	get logName(): string | undefined {
		return this.#subscription?.log;
	}

	open(): Promise<Subscription> {
		if (this.#opening) return this.#opening;
		const opening = this.chat.log
			.follow(
				this.name,
				(entry) => this.#committed(entry),
				() => this.#reset(),
			)
			.then(
				(subscription) => {
					if (this.#opening !== opening) return this.open();
					if (this.#dropped) subscription.stop();
					this.#subscription = subscription;
					this.#advanceTo(subscription.lastSeq);
					return subscription;
				},
				(error: unknown) => {
					if (this.#opening === opening) this.#opening = undefined;
					throw error;
				},
			);
		this.#opening = opening;
		return opening;
	}

	hasReached(seq: number, timeoutMs: number): Promise<boolean> {
		if (this.#lastSeq >= seq) return Promise.resolve(true);
		return new Promise((resolve) => {
			const end = (reached: boolean): void => {
				cancel();
				this.#seqWaiters.delete(waiter);
				resolve(reached);
			};
			const waiter = { seq, reached: () => end(true) };
			const cancel = this.chat.clock.delay(timeoutMs, () => end(false));
			this.#seqWaiters.add(waiter);
		});
	}

	replayBegins(client: ChatClient): void {
		this.sendJoined(client, this.logName, this.#lastSeq);
	}

	sendReplayed(entry: LogEntry, client: ChatClient): void {
		client.peer.account(() => this.sendEntry(entry, client));
	}

	/** Sends an entry, or a gap where it holds no message that can be sent. */
	sendEntry(entry: LogEntry, client: ChatClient): void {
		const shown = this.shown(entry, client.peer, client);
		if (shown) client.sendEncoded(shown.bytes);
		else client.send(gapDocument(this.name, entry.seq, entry.seq));
	}

	replayFailed(client: ChatClient, error: unknown): void {
		client.refuse(this.unavailable(error));
		this.exit(client, { reason: "unavailable" });
	}

	replayStopped(client: ChatClient, replay: Replay): void {
		if (this.#replays.get(client) === replay) this.#replays.delete(client);
		client.endPending();
	}

	// --- the log

	// An entry is counted and reported when it is met first, not for every reader.
	#unreadable({ seq }: LogEntry, cause?: unknown): void {
		if (seq <= this.#unreadableSeq) return;
		this.#unreadableSeq = seq;
		this.chat.counts.unreadable++;
		const text = `Entry ${seq} of room "${this.name}" holds no message that can be sent; its readers receive a gap.`;
		this.chat.report(new XMLSocketError("XMLSOCKET_RECORD_UNREADABLE", text, { cause }));
	}

	#acknowledge(client: ChatClient, id: string, { seq, duplicate }: Appended): void {
		const ack = ackDocument(id, seq, duplicate);
		const replay = this.#replays.get(client);
		// Held back, it stays one of the client's pending requests, whose number is limited.
		if (replay) replay.acks.push(ack);
		else {
			if (!client.gone) client.send(ack);
			client.endPending();
		}
	}

	#advanceTo(seq: number): void {
		this.#lastSeq = Math.max(this.#lastSeq, seq);
		for (const waiter of this.#seqWaiters) if (this.#lastSeq >= waiter.seq) waiter.reached();
	}

	// The room has another history: every member receives its name and its newest page, as after a join.
	#reset(): void {
		this.#opening = undefined;
		this.#subscription = undefined;
		this.#lastSeq = 0;
		this.#unreadableSeq = 0;
		for (const client of [...this.members()]) {
			try {
				this.greet(client, { after: undefined, log: undefined });
			} catch (error) {
				client.refuse(error);
				this.exit(client, { reason: "unavailable" });
			}
		}
	}

	// Called by the log: it must not throw, whatever an entry holds.
	#committed(entry: LogEntry): void {
		const before = this.#lastSeq;
		this.#advanceTo(entry.seq);
		const sender = this.chat.sessions.get(entry.session ?? "");
		if (!sender) this.#countSlow(entry);
		if (sender) sender.peer.account(() => this.#deliver(entry, before, sender));
		else this.#deliver(entry, before, undefined);
	}

	#countSlow({ session, id, payload }: LogEntry): void {
		const { slowMode } = this.chat;
		if (session === undefined || !slowMode.isOn(this.name)) return;
		const from = decodeRecord(payload)?.from;
		if (from !== undefined) slowMode.sentElsewhere(this.name, { session, name: from, id });
	}

	#deliver(entry: LogEntry, before: number, sender: ChatClient | undefined): void {
		try {
			if (this.#subscription && entry.prev > before) {
				const gap = this.encode(gapDocument(this.name, before + 1, entry.prev));
				if (gap) this.sendLive(gap);
			}
			const [anyone] = this.members();
			if (!anyone) return;
			const bytes =
				this.shown(entry, anyone.peer)?.bytes ?? anyone.peer.encode(gapDocument(this.name, entry.seq, entry.seq));
			if (sender && entry.id !== undefined && this.isLive(sender)) {
				this.sendLive(bytes, sender);
				this.sendEntry(entry, sender);
			} else this.sendLive(bytes);
			this.countDelivery(bytes, entry.seq, this.#receivedMs.get(entry.payload));
		} catch (error) {
			this.chat.report(error);
		}
	}
}

// About the length of the document that the members receive.
function sentBytes(kind: MessageRecord["kind"], payload: Uint8Array, body: string): number {
	return payload.length + (kind === "said" ? (body.match(ESCAPED)?.length ?? 0) * ESCAPED_GROWTH : 0);
}
