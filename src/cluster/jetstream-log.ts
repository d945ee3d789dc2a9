// Stored rooms of many daemons: one stream of a JetStream holds all rooms, and the number of an entry is its number in the stream.
// An entry is acknowledged when JetStream has committed it and the followers here were given it, as the stream tells it again over
// core NATS. A publication without an answer is published again under the same id, which JetStream stores once. What cannot be
// stored within 30 s is refused with a code. docs/reliability.md says which setting of the servers gives which promise.

import { createHash } from "node:crypto";
import { XMLSocketError } from "../errors/index.ts";
import {
	type Appended,
	DEFAULT_DEDUPE_WINDOW_MS,
	type Following,
	type Log,
	type LogEntry,
	type LogOptions,
	type LogPage,
	type NewEntry,
	type ReadLimits,
	type Retention,
	type RoomState,
} from "../hub/index.ts";
import type { Broker } from "./broker.ts";
import { decodeEntry, encodeEntry } from "./entry-format.ts";
import { StreamApi, type StreamSettings, type StreamState } from "./jetstream-api.ts";
import { JetStreamRoom } from "./jetstream-room.ts";
import { Retainer } from "./retainer.ts";
import { entryOf, type RoomPage, RoomPages } from "./room-pages.ts";
import { subjectToken } from "./subject.ts";

/** What a `JetStreamLog` takes. */
export interface JetStreamLogOptions extends LogOptions {
	/** Default: the newest 1 000 000 entries and 1 GiB of a room. */
	readonly retention?: Retention;
	/** The stream: letters, digits, '-' and '_'. Default XMLSOCKET. */
	readonly stream?: string;
	/** On how many servers of a NATS cluster each entry is; 3 outlive the loss of one. Default 1. */
	readonly replicas?: number;
	/** Default file. */
	readonly storage?: "file" | "memory";
	/** How long an append may go without an acknowledgement before it is refused, in milliseconds. Default 30 000. */
	readonly giveUpAfterMs?: number;
	/** Rooms followed or appended to at a time; more are refused with XMLSOCKET_TOO_MANY_ROOMS. Default 10 000. */
	readonly maxRooms?: number;
	/** Wall time in milliseconds. Default `Date.now`. */
	readonly nowMs?: () => number;
}

export const DEFAULT_JETSTREAM_RETENTION: Retention = { maxCount: 1_000_000, maxBytes: 1024 ** 3 };
const PUBLISH_TIMEOUT_MS = 500;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;
/** Committed entries are told before the acknowledgement comes; after this time they are looked for. */
const TOLD_WITHIN_MS = 200;
const READ_WITHIN_MS = 5000;
const OPEN_WITHIN_MS = 10_000;
const CLOSE_WITHIN_MS = 5000;
const SWEEP_MS = 2000;
// A cluster that chooses a new leader misses one.
const FAILED_SWEEPS = 2;
const FAILED_TRIES = 3;
const ROOMS_A_SWEEP = 256;
const CHECKS_AT_ONCE = 32;
const IDLE_ROOM_MS = 60_000;
const MAX_ROOM_NAME_BYTES = 1024;
const MAX_QUEUED = 65_536;
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const HEADER_BYTES = 512;

/** An append that waits for its entry to be delivered. */
interface Waiting {
	settle(appended: Appended): void;
}

/** A room that is followed or appended to. */
class Tracked {
	readonly name: string;
	readonly token: string;
	readonly room: JetStreamRoom;
	readonly unsubscribe: () => void;
	/** By the id of their publication. */
	readonly waiting: Map<string, Waiting>;
	usedMs = 0;
	/** How far apart its entries were when they were read last. */
	spacing = 1;

	constructor(
		name: string,
		token: string,
		room: JetStreamRoom,
		unsubscribe: () => void,
		waiting: Map<string, Waiting>,
	) {
		this.name = name;
		this.token = token;
		this.room = room;
		this.unsubscribe = unsubscribe;
		this.waiting = waiting;
	}

	isIdle(nowMs: number): boolean {
		return this.room.followers.size === 0 && this.waiting.size === 0 && nowMs - this.usedMs > IDLE_ROOM_MS;
	}
}

/** A log in JetStream, shared by all that name the same stream. Its sequence numbers are not consecutive within a room. */
export class JetStreamLog implements Log {
	readonly #broker: Broker;
	readonly #api: StreamApi;
	readonly #settings: StreamSettings;
	readonly #retention: Retention;
	readonly #giveUpAfterMs: number;
	readonly #maxRooms: number;
	readonly #nowMs: () => number;
	readonly #retainer: Retainer;
	readonly #rooms = new Map<string, Tracked>();
	readonly #opening = new Map<string, Promise<Tracked>>();
	// By room and session: settles with the last append of each.
	readonly #sessions = new Map<string, Promise<void>>();
	readonly #watchers = new Set<(reachable: boolean) => void>();
	readonly #unwatch: () => void;
	readonly #idPrefix: string = crypto.randomUUID();
	#nextId = 1;
	#queued = 0;
	#queuedBytes = 0;
	#created: string;
	#reachable = true;
	#sweepTimer: ReturnType<typeof setTimeout> | undefined = undefined;
	#sweeping: Promise<void> | undefined = undefined;
	#sweptSeq = 0;
	#failedSweeps = 0;
	#sweepFrom = 0;
	#closing: Promise<void> | undefined = undefined;
	#closed = false;
	#latestMs = Number.POSITIVE_INFINITY;

	private constructor(
		broker: Broker,
		api: StreamApi,
		settings: StreamSettings,
		state: StreamState,
		options: JetStreamLogOptions,
	) {
		this.#broker = broker;
		this.#api = api;
		this.#settings = settings;
		this.#created = state.created;
		this.#retention = options.retention ?? DEFAULT_JETSTREAM_RETENTION;
		this.#giveUpAfterMs = options.giveUpAfterMs ?? 30_000;
		this.#maxRooms = options.maxRooms ?? 10_000;
		this.#nowMs = options.nowMs ?? Date.now;
		this.#retainer = new Retainer(api, this.#retention, this.#nowMs);
		this.#unwatch = broker.watch((connected) => this.#connectionChanged(connected));
		this.#sweepLater(SWEEP_MS);
	}

	/**
	 * Opens the stream, and makes it where it is not there. The broker stays the caller's: closing the log does not close it.
	 *
	 * Rejects with XMLSOCKET_STREAM_UNSUITABLE where a stream of that name cannot be used, XMLSOCKET_BROKER_UNREACHABLE where
	 * JetStream gives no answer within 10 s, XMLSOCKET_OPTION_INVALID.
	 *
	 * @example
	 * ```ts
	 * const broker = await Broker.connect({ servers: ["nats://127.0.0.1:4222"] });
	 * const log = await JetStreamLog.open(broker, { replicas: 3 });
	 * const { seq } = await log.append("lobby", { payload: new TextEncoder().encode("hi") }); // on two of three servers
	 * ```
	 */
	static async open(broker: Broker, options: JetStreamLogOptions = {}): Promise<JetStreamLog> {
		const { stream = "XMLSOCKET", replicas = 1, storage = "file", dedupeWindowMs = DEFAULT_DEDUPE_WINDOW_MS } = options;
		if (!/^[A-Za-z0-9_-]{1,64}$/.test(stream)) {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`The stream ${JSON.stringify(stream)} has no usable name: 1 to 64 letters, digits, '-' and '_'.`,
			);
		}
		const api = new StreamApi(broker, stream);
		const settings: StreamSettings = { replicas, storage, dedupeWindowMs };
		const state = await within(OPEN_WITHIN_MS, () => api.ensure(settings)).catch((error: Error) => {
			if (!isUnreachable(error)) throw error;
			throw new XMLSocketError(
				"XMLSOCKET_BROKER_UNREACHABLE",
				`NATS is there, but its JetStream gave no answer within ${OPEN_WITHIN_MS} ms: start nats-server with -js, in a cluster a majority of the servers. ${error.message}`,
				{ cause: error },
			);
		});
		return new JetStreamLog(broker, api, settings, state, options);
	}

	async append(name: string, entry: NewEntry): Promise<Appended> {
		this.#checkOpen();
		const token = tokenOf(name);
		const data = encodeEntry(entry, this.#nowMs());
		const limitBytes = this.#broker.maxPayloadBytes - HEADER_BYTES;
		if (this.#broker.connected && data.length > limitBytes) {
			throw new XMLSocketError(
				"XMLSOCKET_DOCUMENT_TOO_LARGE",
				`A message has ${data.length} bytes; NATS takes ${limitBytes} (its max_payload less ${HEADER_BYTES} for headers).`,
				{ details: { limitBytes } },
			);
		}
		if (this.#queued >= MAX_QUEUED || this.#queuedBytes + data.length > MAX_QUEUED_BYTES) {
			throw unavailable("JetStream is slower than the speakers: too much waits to be stored");
		}
		this.#queued++;
		this.#queuedBytes += data.length;
		const untilMs = performance.now() + this.#giveUpAfterMs;
		const store = (): Promise<Appended> => this.#store(name, token, data, this.#messageId(name, entry), untilMs);
		try {
			return await (entry.session === undefined ? store() : this.#inOrder(name, entry.session, store));
		} finally {
			this.#queued--;
			this.#queuedBytes -= data.length;
		}
	}

	async readAfter(name: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		const token = tokenOf(name);
		return await this.#reading(async () => {
			const cursor = this.#rooms.get(name)?.room.cursor ?? 0;
			const { through = Number.POSITIVE_INFINITY } = limits;
			const last = through <= cursor ? through : Math.min(through, await this.#lastSeq(name, token));
			const page = await this.#page(name, token, last, (pages) => pages.after(after, last, limits));
			return page;
		});
	}

	async readBefore(name: string, before: number, limits: ReadLimits): Promise<LogPage> {
		const token = tokenOf(name);
		return await this.#reading(async () => {
			const cursor = this.#rooms.get(name)?.room.cursor ?? 0;
			const last = before - 1 <= cursor ? before - 1 : Math.min(before - 1, await this.#lastSeq(name, token));
			const page = await this.#page(name, token, last, (pages) => pages.before(last, limits));
			return page;
		});
	}

	async state(name: string): Promise<RoomState> {
		const token = tokenOf(name);
		return await this.#reading(async () => {
			const lastSeq = await this.#lastSeq(name, token);
			return { log: this.#name, lastSeq, firstSeq: await this.#pages(token, lastSeq).firstSeq(lastSeq) };
		});
	}

	async follow(name: string, follower: (entry: LogEntry) => void): Promise<Following> {
		const token = tokenOf(name);
		return await this.#reading(async () => {
			const tracked = await this.#track(name, token);
			const { room } = tracked;
			const firstSeq = await this.#pages(token, room.cursor).firstSeq(room.cursor);
			// Retention or a closing may have come meanwhile.
			if (this.#rooms.get(name) !== tracked) throw unavailable("The room is being opened anew");
			// A follower may be given twice; each following is one of its own.
			const own = (entry: LogEntry): void => follower(entry);
			room.followers.add(own);
			const stop = (): void => {
				room.followers.delete(own);
				tracked.usedMs = performance.now();
			};
			return { log: this.#name, lastSeq: room.cursor, firstSeq: Math.min(firstSeq, room.cursor + 1), stop };
		});
	}

	watch(changed: (reachable: boolean) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#sweepTimer);
		this.#unwatch();
		this.#latestMs = performance.now() + CLOSE_WITHIN_MS;
		while (this.#queued > 0 && performance.now() < this.#latestMs) await pause(10);
		this.#retainer.close();
		for (const tracked of [...this.#rooms.values()]) this.#forget(tracked);
	}

	// --- appending

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

	// Of what the stream remembers ids are short, whatever the names are; a message without an id gets one that nobody else has.
	#messageId(name: string, { session, id }: NewEntry): string {
		if (session === undefined || id === undefined) return `${this.#idPrefix}.${this.#nextId++}`;
		return createHash("sha256")
			.update(JSON.stringify([name, session, id]))
			.digest("base64url")
			.slice(0, 24);
	}

	#store(name: string, token: string, data: Buffer, messageId: string, untilMs: number): Promise<Appended> {
		return new Promise((resolve, reject) => {
			const attempt = async (): Promise<void> => {
				let tracked: Tracked | undefined;
				let settled = false;
				const settle = (appended: Appended): void => {
					settled = true;
					tracked?.waiting.delete(messageId);
					resolve(appended);
				};
				try {
					tracked = await this.#tracked(name, token, untilMs);
					const begun = tracked.room.cursor;
					tracked.waiting.set(messageId, { settle });
					const subject = this.#api.entries(token);
					for (let tries = 0, waitMs = FIRST_RETRY_MS; !settled; tries++) {
						try {
							const { seq, duplicate } = await this.#api.publish(subject, data, PUBLISH_TIMEOUT_MS, {
								"Nats-Msg-Id": messageId,
							});
							if (settled) return;
							await this.#reaches(tracked, seq, untilMs);
							if (settled) return;
							// It is an earlier message, unless a publication of our own had been stored without an answer.
							const earlier = duplicate && (tries === 0 || seq <= begun);
							settle({ seq, prev: await this.#prevOf(token, seq), duplicate: earlier });
							return;
						} catch (error) {
							if (settled) return;
							if (!isUnreachable(error)) throw error;
							if (this.#isLate(untilMs)) {
								throw unavailable(`JetStream acknowledged nothing for ${this.#giveUpAfterMs} ms`, error);
							}
							if (tries + 1 >= FAILED_TRIES) this.#changed(false);
							await pause(waitMs);
							waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS);
						}
					}
				} catch (error) {
					tracked?.waiting.delete(messageId);
					reject(error);
				} finally {
					if (tracked) tracked.usedMs = performance.now();
				}
			};
			void attempt();
		});
	}

	#isLate(untilMs: number): boolean {
		return performance.now() >= Math.min(untilMs, this.#latestMs);
	}

	// Until the followers have been given what is committed.
	async #reaches(tracked: Tracked, seq: number, untilMs: number): Promise<void> {
		const { room } = tracked;
		for (let waitedMs = 0; room.cursor < seq; ) {
			if (waitedMs >= TOLD_WITHIN_MS) room.committedUpTo(seq);
			if (this.#isLate(untilMs)) throw unavailable("The room's followers could not be brought up to date");
			const waitMs = waitedMs < TOLD_WITHIN_MS ? 5 : 50;
			await pause(waitMs);
			waitedMs += waitMs;
		}
	}

	// For what was stored before; 0 where retention has dropped it.
	async #prevOf(token: string, seq: number): Promise<number> {
		const { entries } = await this.#pages(token, seq).before(seq, { maxCount: 1, maxBytes: 0 });
		const [entry] = entries;
		return entry?.seq === seq ? entry.prev : 0;
	}

	// --- rooms

	async #tracked(name: string, token: string, untilMs: number): Promise<Tracked> {
		for (;;) {
			try {
				return await this.#track(name, token);
			} catch (error) {
				if (!isUnreachable(error)) throw error;
				if (this.#isLate(untilMs)) throw unavailable("JetStream gives no answer", error);
				await pause(LONGEST_RETRY_MS);
			}
		}
	}

	#track(name: string, token: string): Promise<Tracked> {
		const tracked = this.#rooms.get(name);
		if (tracked) return Promise.resolve(tracked);
		let opening = this.#opening.get(name);
		if (!opening) {
			opening = this.#open(name, token).finally(() => this.#opening.delete(name));
			this.#opening.set(name, opening);
		}
		return opening;
	}

	async #open(name: string, token: string): Promise<Tracked> {
		if (this.#rooms.size + this.#opening.size >= this.#maxRooms) {
			this.#forgetIdleRooms(Number.POSITIVE_INFINITY);
			if (this.#rooms.size + this.#opening.size >= this.#maxRooms) {
				throw new XMLSocketError(
					"XMLSOCKET_TOO_MANY_ROOMS",
					`The log serves ${this.#maxRooms} rooms at a time, which is its limit.`,
				);
			}
		}
		let room: JetStreamRoom | undefined;
		let heard = 0;
		const unsubscribe = this.#broker.subscribeWithHeaders(this.#api.committed(token), (data, header) => {
			const seq = Number(header("Nats-Sequence"));
			if (!Number.isSafeInteger(seq) || seq < 1) return;
			if (room) {
				const message = { seq, messageId: header("Nats-Msg-Id"), ...decodeEntry(data) };
				room.heard(message, Number(header("Nats-Last-Sequence")) || 0);
			} else heard = Math.max(heard, seq);
		});
		try {
			await this.#broker.flush();
			const cursor = (await this.#api.last(this.#api.entries(token)))?.seq ?? 0;
			const waiting = new Map<string, Waiting>();
			room = new JetStreamRoom(cursor, (after, through) => this.#refill(token, after, through), {
				delivered: (entry) => {
					waiting.get(entry.messageId)?.settle({ seq: entry.seq, prev: entry.prev, duplicate: false });
					this.#retainer.came(token, entry);
				},
				goesOn: () => this.#rooms.get(name)?.room === room,
			});
			const tracked = new Tracked(name, token, room, unsubscribe, waiting);
			tracked.usedMs = performance.now();
			this.#checkOpenOrClosing();
			this.#rooms.set(name, tracked);
			room.committedUpTo(heard);
			// The other servers of a cluster hear of the subscription a little later.
			this.#sweepLater(TOLD_WITHIN_MS);
			return tracked;
		} catch (error) {
			unsubscribe();
			throw error;
		}
	}

	async #refill(token: string, after: number, through: number) {
		const pages = this.#pages(token, through);
		const { entries } = await pages.after(after, through, { maxCount: 256, maxBytes: 1024 * 1024 });
		return { entries, dropped: entries.length > 0 ? 0 : await pages.dropped() };
	}

	#forget(tracked: Tracked): void {
		tracked.unsubscribe();
		this.#rooms.delete(tracked.name);
		this.#retainer.forget(tracked.token);
	}

	#forgetIdleRooms(nowMs: number): void {
		for (const tracked of [...this.#rooms.values()]) if (tracked.isIdle(nowMs)) this.#forget(tracked);
	}

	// --- reading

	#pages(token: string, last: number, spacing = 1): RoomPages {
		const { maxAgeMs } = this.#retention;
		const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#nowMs() - maxAgeMs;
		return new RoomPages(this.#api, token, last, { spacing, oldestMs });
	}

	async #page(
		name: string,
		token: string,
		last: number,
		read: (pages: RoomPages) => Promise<RoomPage>,
	): Promise<LogPage> {
		const tracked = this.#rooms.get(name);
		const pages = this.#pages(token, last, tracked?.spacing);
		const { entries, more } = await read(pages);
		if (tracked) tracked.spacing = pages.spacing;
		return { entries: entries.map(entryOf), more };
	}

	async #lastSeq(name: string, token: string): Promise<number> {
		const last = (await this.#api.last(this.#api.entries(token)))?.seq ?? 0;
		return Math.max(last, this.#rooms.get(name)?.room.cursor ?? 0);
	}

	async #reading<T>(read: () => Promise<T>): Promise<T> {
		this.#checkOpen();
		try {
			return await within(READ_WITHIN_MS, () => {
				this.#checkOpen();
				return read();
			});
		} catch (error) {
			if (isUnreachable(error)) throw unavailable("JetStream gives no answer", error);
			throw error;
		}
	}

	// --- the home, lost and found

	get #name(): string {
		return nameOf(this.#created);
	}

	#connectionChanged(connected: boolean): void {
		if (connected) this.#sweepLater(0);
		else this.#changed(false);
	}

	#changed(reachable: boolean): void {
		if (this.#reachable === reachable || this.#closed) return;
		this.#reachable = reachable;
		for (const changed of this.#watchers) changed(reachable);
	}

	#sweepLater(waitMs: number): void {
		if (this.#closed) return;
		clearTimeout(this.#sweepTimer);
		this.#sweepTimer = setTimeout(() => {
			this.#sweeping ??= this.#sweep().finally(() => {
				this.#sweeping = undefined;
				this.#sweepLater(SWEEP_MS);
			});
		}, waitMs);
		this.#sweepTimer.unref();
	}

	// Whether the stream is there, and whether rooms have missed something that nothing else has shown.
	async #sweep(): Promise<void> {
		this.#forgetIdleRooms(performance.now());
		if (!this.#broker.connected) return;
		try {
			const state = (await this.#api.state()) ?? (await this.#api.ensure(this.#settings));
			if (state.created !== this.#created) this.#beginAnew(state.created);
			if (!this.#reachable) {
				// A server without a majority answers questions for a while; only a write shows that there is one again.
				await this.#api.probe(PUBLISH_TIMEOUT_MS);
				this.#sweptSeq = 0;
				this.#changed(true);
			}
			this.#failedSweeps = 0;
			if (state.lastSeq > this.#sweptSeq)
				await this.#checkRooms(this.#sweptSeq === 0 ? this.#rooms.size : ROOMS_A_SWEEP);
			this.#sweptSeq = state.lastSeq;
		} catch {
			if (++this.#failedSweeps >= FAILED_SWEEPS) this.#changed(false);
		}
	}

	async #checkRooms(count: number): Promise<void> {
		const rooms = [...this.#rooms.values()];
		const chosen = rooms.slice(this.#sweepFrom, this.#sweepFrom + count);
		this.#sweepFrom = this.#sweepFrom + count >= rooms.length ? 0 : this.#sweepFrom + count;
		for (let at = 0; at < chosen.length; at += CHECKS_AT_ONCE) {
			await Promise.all(
				chosen.slice(at, at + CHECKS_AT_ONCE).map(async ({ token, room }) => {
					room.committedUpTo((await this.#api.last(this.#api.entries(token)))?.seq ?? 0);
				}),
			);
		}
	}

	// The stream was deleted and made anew. Its numbers begin at 1 again; `log` tells clients that theirs mean nothing. Followers
	// go on with all that is in it.
	#beginAnew(created: string): void {
		this.#created = created;
		this.#sweptSeq = 0;
		for (const { room } of this.#rooms.values()) room.restart();
	}

	#checkOpen(): void {
		if (this.#closed) throw unavailable("The log is closed");
	}

	#checkOpenOrClosing(): void {
		if (this.#closed && performance.now() >= this.#latestMs) throw unavailable("The log is closed");
	}
}

function tokenOf(name: string): string {
	if (Buffer.byteLength(name) > MAX_ROOM_NAME_BYTES) {
		throw new XMLSocketError("XMLSOCKET_NAME_INVALID", `A room's name has more than ${MAX_ROOM_NAME_BYTES} bytes.`);
	}
	return subjectToken(name);
}

// A stream's time of birth in few characters.
function nameOf(created: string): string {
	const [, seconds = created, fraction = "0"] = /^(.*?)(?:\.(\d+))?Z$/.exec(created) ?? [];
	return (
		(Date.parse(`${seconds}Z`) / 1000).toString(36) + Number(fraction.padEnd(9, "0")).toString(36).padStart(6, "0")
	);
}

async function within<T>(ms: number, act: () => Promise<T>): Promise<T> {
	const untilMs = performance.now() + ms;
	for (;;) {
		try {
			return await act();
		} catch (error) {
			if (!isUnreachable(error) || performance.now() >= untilMs) throw error;
			await pause(100);
		}
	}
}

function isUnreachable(error: unknown): boolean {
	return error instanceof XMLSocketError && error.code === "XMLSOCKET_BROKER_UNREACHABLE";
}

function unavailable(what: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", `${what}.`, cause === undefined ? {} : { cause });
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
