// Brings entries into the stream: one publication of a session and room on its way at a time, so that repetitions keep the order;
// each with an id under which JetStream stores it once; repeated until it is answered, or refused with a code when the time is over.
// What waits is bounded in count and bytes.

import { hash } from "node:crypto";
import type { XMLSocketError } from "../../errors/index.ts";
import type { Appended, NewEntry } from "../../message-log/index.ts";
import { acknowledgementOf, type StreamApi } from "./jetstream-api.ts";
import type { ResponseHandler } from "./requests.ts";
import { isUnreachable, pause, unavailable } from "./retry.ts";
import { type RoomEntry, RoomPages } from "./room-pages.ts";
import type { TrackedRoom, TrackedRooms, Waiting } from "./tracked-rooms.ts";

const FIRST_TIMEOUT_MS = 500;
// What is repeated to a server that is frozen is all there when it goes on: ever slower.
const LONGEST_TIMEOUT_MS = 2000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;
const FAILED_TRIES = 2;
/** Committed entries are told before the acknowledgement comes; after this time they are looked for. */
const TOLD_WITHIN_MS = 200;
const MAX_QUEUED = 65_536;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

interface Promised {
	readonly resolve: (appended: Appended) => void;
	readonly reject: (error: unknown) => void;
}

/** Appends that are on their way. */
export class Appender {
	readonly #api: StreamApi;
	readonly #rooms: TrackedRooms;
	readonly #giveUpAfterMs: number;
	/** Called when JetStream leaves publications without an answer. */
	readonly #unanswered: (cause: unknown) => void;
	/** Called when an entry got a number that had been another's. */
	readonly #contradicted: () => void;
	// By room and session: the last append of each.
	readonly #sessions = new Map<string, Append>();
	readonly #idPrefix: string = crypto.randomUUID();
	#nextId = 1;
	#queued = 0;
	#queuedBytes = 0;
	#latestMs = Number.POSITIVE_INFINITY;

	constructor(
		api: StreamApi,
		rooms: TrackedRooms,
		giveUpAfterMs: number,
		unanswered: (cause: unknown) => void,
		contradicted: () => void,
	) {
		this.#api = api;
		this.#rooms = rooms;
		this.#giveUpAfterMs = giveUpAfterMs;
		this.#unanswered = unanswered;
		this.#contradicted = contradicted;
	}

	/** Appends an entry whose bytes are `data`. Rejects with XMLSOCKET_UNAVAILABLE, XMLSOCKET_TOO_MANY_ROOMS. */
	append(name: string, entry: NewEntry, data: Uint8Array): Promise<Appended> {
		return new Promise((resolve, reject) => {
			if (this.#queued >= MAX_QUEUED || this.#queuedBytes + data.length > MAX_QUEUED_BYTES) {
				throw unavailable(
					`JetStream is slower than the speakers: ${this.#queued} messages, ${this.#queuedBytes} bytes wait to be stored`,
				);
			}
			this.#queued++;
			this.#queuedBytes += data.length;
			const untilMs = performance.now() + this.#giveUpAfterMs;
			const append = new Append(this, name, data, this.#messageId(name, entry), untilMs, { resolve, reject });
			if (entry.session !== undefined) {
				append.key = `${name.length}:${name}${entry.session}`;
				const before = this.#sessions.get(append.key);
				this.#sessions.set(append.key, append);
				if (before) {
					before.next = append;
					return;
				}
			}
			this.#begin(append);
		});
	}

	/** Lets what is on its way come to an end, for so long at most. */
	async finish(withinMs: number): Promise<void> {
		this.#latestMs = performance.now() + withinMs;
		while (this.#queued > 0 && performance.now() < this.#latestMs) await pause(10);
	}

	/** An append has succeeded or failed. */
	settled({ key, next, data }: Append): void {
		this.#queued--;
		this.#queuedBytes -= data.length;
		if (key === undefined) return;
		// Not at once: where nothing can leave any more, each would refuse the next from within.
		if (next) queueMicrotask(() => this.#begin(next));
		else this.#sessions.delete(key);
	}

	isLate(untilMs: number): boolean {
		return performance.now() >= Math.min(untilMs, this.#latestMs);
	}

	/** Publishes it; who waits for it is told when it is delivered or refused. */
	publish(append: Append, { token }: TrackedRoom, timeoutMs: number): void {
		this.#api.publishFor(this.#api.entries(token), append.data, timeoutMs, append, { "Nats-Msg-Id": append.messageId });
	}

	/** A publication was left without an answer so many times. */
	unanswered(tries: number, cause: unknown): void {
		if (tries >= FAILED_TRIES) this.#unanswered(cause);
	}

	/** An entry got a number that had been another's. */
	contradicted(): void {
		this.#contradicted();
	}

	/** What a refusal of JetStream becomes when the time is over. */
	late(cause: unknown): XMLSocketError {
		return unavailable(`JetStream acknowledged nothing for ${this.#giveUpAfterMs} ms`, cause);
	}

	// Of what was stored before; 0 where retention has dropped it.
	async prevOf(token: string, seq: number): Promise<number> {
		const { entries } = await new RoomPages(this.#api, token).before(seq, { maxCount: 1, maxBytes: 0 });
		const [entry] = entries;
		return entry?.seq === seq ? entry.prev : 0;
	}

	#begin(append: Append): void {
		const tracked = this.#rooms.use(append.name);
		if (tracked) append.begin(tracked);
		else {
			this.#tracked(append).then(
				(opened) => append.begin(opened),
				(error: unknown) => append.refuse(error),
			);
		}
	}

	// The stream remembers ids in memory: they are short, whatever the names are. A message without an id gets one of its own.
	#messageId(name: string, { session, id }: NewEntry): string {
		if (session === undefined || id === undefined) return `${this.#idPrefix}.${this.#nextId++}`;
		return hash("sha256", JSON.stringify([name, session, id]), "base64url").slice(0, 24);
	}

	async #tracked({ name, untilMs }: Append): Promise<TrackedRoom> {
		for (;;) {
			try {
				return await this.#rooms.track(name);
			} catch (error) {
				if (!isUnreachable(error)) throw error;
				if (this.isLate(untilMs)) throw unavailable(`JetStream gave no answer for ${this.#giveUpAfterMs} ms`, error);
				await pause(LONGEST_RETRY_MS);
			}
		}
	}
}

/**
 * One append, from its turn until it is delivered or refused. It is what the answer and the delivery are handed to: with a
 * promise for each step, a thousand of them on their way gave the collector more to do than they gave the network.
 */
class Append implements ResponseHandler, Waiting {
	readonly name: string;
	readonly data: Uint8Array;
	readonly messageId: string;
	readonly untilMs: number;
	/** Of its room and session; undefined where it keeps no order. */
	key: string | undefined = undefined;
	/** Its turn comes after this one. */
	next: Append | undefined = undefined;
	readonly #appender: Appender;
	readonly #promised: Promised;
	#tracked: TrackedRoom | undefined = undefined;
	#settled = false;
	/** How far the room was when it was published first. */
	#begun = 0;
	/** And which generation of it that was. */
	#generation = 0;
	#tries = 0;
	#timeoutMs = FIRST_TIMEOUT_MS;
	#waitMs = FIRST_RETRY_MS;

	constructor(
		appender: Appender,
		name: string,
		data: Uint8Array,
		messageId: string,
		untilMs: number,
		promised: Promised,
	) {
		this.#appender = appender;
		this.name = name;
		this.data = data;
		this.messageId = messageId;
		this.untilMs = untilMs;
		this.#promised = promised;
	}

	begin(tracked: TrackedRoom): void {
		this.#tracked = tracked;
		this.#begun = tracked.room.cursor;
		this.#generation = tracked.room.generation;
		tracked.waiting.set(this.messageId, this);
		this.#appender.publish(this, tracked, this.#timeoutMs);
	}

	/** What is told again is committed, whether or not the acknowledgement comes. */
	delivered({ seq, prev }: RoomEntry): void {
		this.#succeed({ seq, prev, duplicate: false });
	}

	/** JetStream has answered, mostly after it has told what it stored. */
	answered(data: Uint8Array): void {
		if (this.#settled) return;
		this.#acknowledged(data).catch((error: unknown) => this.failed(error));
	}

	failed(error: unknown): void {
		if (this.#settled) return;
		if (!isUnreachable(error)) {
			this.refuse(error);
			return;
		}
		this.#tries++;
		this.#appender.unanswered(this.#tries, error);
		if (this.#appender.isLate(this.untilMs)) {
			this.refuse(this.#appender.late(error));
			return;
		}
		setTimeout(() => {
			if (!this.#settled) this.#appender.publish(this, this.#tracked!, this.#timeoutMs);
		}, this.#waitMs);
		this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_RETRY_MS);
		this.#timeoutMs = Math.min(this.#timeoutMs * 2, LONGEST_TIMEOUT_MS);
	}

	refuse(error: unknown): void {
		if (this.#settled) return;
		this.#settle();
		this.#promised.reject(error);
	}

	async #acknowledged(data: Uint8Array): Promise<void> {
		const { room, token } = this.#tracked!;
		const { seq, duplicate } = acknowledgementOf(data);
		if (!duplicate && seq <= this.#begun && room.generation === this.#generation) this.#appender.contradicted();
		for (let waitedMs = 0; room.cursor < seq && !this.#settled; waitedMs += 10) {
			if (waitedMs >= TOLD_WITHIN_MS) room.committedUpTo(seq);
			if (this.#appender.isLate(this.untilMs))
				throw unavailable("The room's followers could not be brought up to date");
			await pause(10);
		}
		if (this.#settled) return;
		// It is an earlier message, unless a publication of our own had been stored without an answer.
		const earlier = duplicate && (this.#tries === 0 || seq <= this.#begun);
		this.#succeed({ seq, prev: await this.#appender.prevOf(token, seq), duplicate: earlier });
	}

	#succeed(appended: Appended): void {
		if (this.#settled) return;
		this.#settle();
		this.#promised.resolve(appended);
	}

	#settle(): void {
		this.#settled = true;
		this.#tracked?.waiting.delete(this.messageId);
		this.#appender.settled(this);
	}
}
