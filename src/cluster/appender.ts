// Brings entries into the stream: one publication of a session and room on its way at a time, so that repetitions keep the order;
// each with an id under which JetStream stores it once; repeated until it is answered, or refused with a code when the time is over.
// What waits is bounded in count and bytes.

import { hash } from "node:crypto";
import type { Appended, NewEntry } from "../hub/index.ts";
import type { StreamApi } from "./jetstream-api.ts";
import { isUnreachable, pause, unavailable } from "./patience.ts";
import { RoomPages } from "./room-pages.ts";
import type { TrackedRoom, TrackedRooms } from "./tracked-rooms.ts";

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

/** Appends that are on their way. */
export class Appender {
	readonly #api: StreamApi;
	readonly #rooms: TrackedRooms;
	readonly #giveUpAfterMs: number;
	/** Called when JetStream leaves publications without an answer. */
	readonly #unanswered: () => void;
	/** Called when an entry got a number that had been another's. */
	readonly #contradicted: () => void;
	// By room and session: settles with the last append of each.
	readonly #sessions = new Map<string, Promise<void>>();
	readonly #idPrefix: string = crypto.randomUUID();
	#nextId = 1;
	#queued = 0;
	#queuedBytes = 0;
	#latestMs = Number.POSITIVE_INFINITY;

	constructor(
		api: StreamApi,
		rooms: TrackedRooms,
		giveUpAfterMs: number,
		unanswered: () => void,
		contradicted: () => void,
	) {
		this.#api = api;
		this.#rooms = rooms;
		this.#giveUpAfterMs = giveUpAfterMs;
		this.#unanswered = unanswered;
		this.#contradicted = contradicted;
	}

	/** Appends an entry whose bytes are `data`. Rejects with XMLSOCKET_UNAVAILABLE, XMLSOCKET_TOO_MANY_ROOMS. */
	async append(name: string, entry: NewEntry, data: Uint8Array): Promise<Appended> {
		if (this.#queued >= MAX_QUEUED || this.#queuedBytes + data.length > MAX_QUEUED_BYTES) {
			throw unavailable(
				`JetStream is slower than the speakers: ${this.#queued} messages, ${this.#queuedBytes} bytes wait to be stored`,
			);
		}
		this.#queued++;
		this.#queuedBytes += data.length;
		const untilMs = performance.now() + this.#giveUpAfterMs;
		const store = (): Promise<Appended> => this.#store(name, data, this.#messageId(name, entry), untilMs);
		try {
			return await (entry.session === undefined ? store() : this.#inOrder(name, entry.session, store));
		} finally {
			this.#queued--;
			this.#queuedBytes -= data.length;
		}
	}

	/** Lets what is on its way come to an end, for so long at most. */
	async finish(withinMs: number): Promise<void> {
		this.#latestMs = performance.now() + withinMs;
		while (this.#queued > 0 && performance.now() < this.#latestMs) await pause(10);
	}

	async #inOrder(name: string, session: string, store: () => Promise<Appended>): Promise<Appended> {
		const key = JSON.stringify([name, session]);
		const before = this.#sessions.get(key);
		const appended = before ? before.then(store) : store();
		const settled = appended.then(
			() => {},
			() => {},
		);
		this.#sessions.set(key, settled);
		try {
			return await appended;
		} finally {
			if (this.#sessions.get(key) === settled) this.#sessions.delete(key);
		}
	}

	// The stream remembers ids in memory: they are short, whatever the names are. A message without an id gets one of its own.
	#messageId(name: string, { session, id }: NewEntry): string {
		if (session === undefined || id === undefined) return `${this.#idPrefix}.${this.#nextId++}`;
		const words = JSON.stringify([name, session, id]);
		return hash("sha256", words, "base64url").slice(0, 24);
	}

	async #store(name: string, data: Uint8Array, messageId: string, untilMs: number): Promise<Appended> {
		const tracked = await this.#tracked(name, untilMs);
		return await new Promise((resolve, reject) => {
			// What is told again is committed, whether or not the acknowledgement comes.
			let settled = false;
			tracked.waiting.set(messageId, ({ seq, prev }) => {
				settled = true;
				tracked.waiting.delete(messageId);
				resolve({ seq, prev, duplicate: false });
			});
			this.#publish(tracked, data, messageId, untilMs, () => settled).then(
				(appended) => {
					tracked.waiting.delete(messageId);
					if (appended) resolve(appended);
				},
				(error: unknown) => {
					tracked.waiting.delete(messageId);
					reject(error);
				},
			);
		});
	}

	/** @returns undefined where the entry was delivered meanwhile. */
	async #publish(
		{ room, token }: TrackedRoom,
		data: Uint8Array,
		messageId: string,
		untilMs: number,
		isSettled: () => boolean,
	): Promise<Appended | undefined> {
		const begun = room.cursor;
		const { life } = room;
		const subject = this.#api.entries(token);
		const headers = { "Nats-Msg-Id": messageId };
		let timeoutMs = FIRST_TIMEOUT_MS;
		for (let tries = 0, waitMs = FIRST_RETRY_MS; !isSettled(); tries++) {
			try {
				const { seq, duplicate } = await this.#api.publish(subject, data, timeoutMs, headers);
				if (!duplicate && seq <= begun && room.life === life) this.#contradicted();
				for (let waitedMs = 0; room.cursor < seq && !isSettled(); waitedMs += 10) {
					if (waitedMs >= TOLD_WITHIN_MS) room.committedUpTo(seq);
					if (this.#isLate(untilMs)) throw unavailable("The room's followers could not be brought up to date");
					await pause(10);
				}
				if (isSettled()) return undefined;
				// It is an earlier message, unless a publication of our own had been stored without an answer.
				const earlier = duplicate && (tries === 0 || seq <= begun);
				return { seq, prev: await this.#prevOf(token, seq), duplicate: earlier };
			} catch (error) {
				if (isSettled()) return undefined;
				if (!isUnreachable(error)) throw error;
				if (tries + 1 >= FAILED_TRIES) this.#unanswered();
				if (this.#isLate(untilMs)) {
					throw unavailable(`JetStream acknowledged nothing for ${this.#giveUpAfterMs} ms`, error);
				}
				await pause(waitMs);
				waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS);
				timeoutMs = Math.min(timeoutMs * 2, LONGEST_TIMEOUT_MS);
			}
		}
		return undefined;
	}

	async #tracked(name: string, untilMs: number): Promise<TrackedRoom> {
		for (;;) {
			try {
				return await this.#rooms.track(name);
			} catch (error) {
				if (!isUnreachable(error)) throw error;
				if (this.#isLate(untilMs)) throw unavailable(`JetStream gave no answer for ${this.#giveUpAfterMs} ms`, error);
				await pause(LONGEST_RETRY_MS);
			}
		}
	}

	// Of what was stored before; 0 where retention has dropped it.
	async #prevOf(token: string, seq: number): Promise<number> {
		const { entries } = await new RoomPages(this.#api, token).before(seq, { maxCount: 1, maxBytes: 0 });
		const [entry] = entries;
		return entry?.seq === seq ? entry.prev : 0;
	}

	#isLate(untilMs: number): boolean {
		return performance.now() >= Math.min(untilMs, this.#latestMs);
	}
}
