// Stored rooms of many daemons: one stream of a JetStream holds all rooms, and the number of an entry is its number in the stream.
// An entry is acknowledged when JetStream has committed it and the followers here were given it, as the stream tells it again over
// core NATS. A publication without an answer is published again under the same id, which JetStream stores once. What cannot be
// stored within 30 s is refused with a code. docs/reliability.md says which setting of the servers gives which promise.

import { XMLSocketError } from "../../errors/index.ts";
import {
	type Appended,
	DEFAULT_DEDUPE_WINDOW_MS,
	type LogEntry,
	type LogOptions,
	type LogPage,
	type MessageLog,
	type NewEntry,
	type ReadLimits,
	type Retention,
	type RoomState,
	type Subscription,
} from "../../message-log/index.ts";
import { Appender } from "./appender.ts";
import type { Broker } from "./broker.ts";
import { encodeEntry } from "./entry-format.ts";
import { StreamApi, type StreamSettings, type StreamState } from "./jetstream-api.ts";
import { JetStreamRecords } from "./jetstream-records.ts";
import { RetentionEnforcer } from "./retention-enforcer.ts";
import { isUnreachable, unavailable, within } from "./retry.ts";
import { entryOf, type RoomPage, RoomPages } from "./room-pages.ts";
import { SharedReads } from "./shared-reads.ts";
import { TrackedRooms, tokenOf } from "./tracked-rooms.ts";

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
	/** How long an append may go without an acknowledgement, and the opening without an answer, in milliseconds. Default 30 000. */
	readonly giveUpAfterMs?: number;
	/** Rooms followed or appended to at a time; more are refused with XMLSOCKET_TOO_MANY_ROOMS. Default 10 000. */
	readonly maxRooms?: number;
	/** Wall time in milliseconds. Default `Date.now`. */
	readonly nowMs?: () => number;
}

export const DEFAULT_JETSTREAM_RETENTION: Retention = { maxCount: 1_000_000, maxBytes: 1024 ** 3 };
const READ_WITHIN_MS = 5000;
const GIVE_UP_AFTER_MS = 30_000;
const CLOSE_WITHIN_MS = 5000;
const PROBE_TIMEOUT_MS = 500;
const SWEEP_MS = 2000;
// A cluster that chooses a new leader misses one.
const FAILED_SWEEPS = 2;
// A server that is cut off from the majority answers, and has no JetStream: another one may be on the right side.
const MOVE_AFTER_MS = 3000;
const MAX_MOVES = 2;
const ROOMS_A_SWEEP = 256;
const MAX_READS = 65_536;
// Of a publication, beside the entry.
const HEADER_BYTES = 512;

/** A log in JetStream, shared by all that name the same stream. Its sequence numbers are not consecutive within a room. */
export class JetStreamLog implements MessageLog {
	readonly records: JetStreamRecords;
	readonly #broker: Broker;
	readonly #api: StreamApi;
	readonly #settings: StreamSettings;
	readonly #retention: Retention;
	readonly #nowMs: () => number;
	readonly #enforcer: RetentionEnforcer;
	readonly #rooms: TrackedRooms;
	readonly #appender: Appender;
	readonly #reads = new SharedReads<LogPage>();
	/** Calls that read and have not settled, those that share a page included. */
	#reading = 0;
	readonly #watchers = new Set<(reachable: boolean, cause?: Error) => void>();
	readonly #unwatch: () => void;
	#created: string;
	/** Of the history in the stream. */
	#name: string;
	#reachable = true;
	#sweepTimer: ReturnType<typeof setTimeout> | undefined = undefined;
	#sweeping: Promise<void> | undefined = undefined;
	#sweptSeq = 0;
	/** Whether the stream has numbers twice: it lost its end, and goes on from there. */
	#rewound = false;
	/** Of the servers, the one that led when the stream was looked at last. */
	#leader = "";
	#failedSweeps = 0;
	/** Since when it is out of reach at this server, and how often it has been tried at another one. */
	#lostAtMs = 0;
	#moves = 0;
	#closing: Promise<void> | undefined = undefined;

	private constructor(
		broker: Broker,
		api: StreamApi,
		settings: StreamSettings,
		state: StreamState,
		name: string,
		records: JetStreamRecords,
		options: JetStreamLogOptions,
	) {
		this.records = records;
		this.#broker = broker;
		this.#api = api;
		this.#settings = settings;
		this.#created = state.created;
		this.#name = name;
		this.#retention = options.retention ?? DEFAULT_JETSTREAM_RETENTION;
		this.#nowMs = options.nowMs ?? Date.now;
		this.#enforcer = new RetentionEnforcer(api, this.#retention, this.#nowMs);
		const { giveUpAfterMs = GIVE_UP_AFTER_MS } = options;
		const contradicted = (): void => {
			this.#rewound = true;
			this.#sweepLater(0);
		};
		this.#rooms = new TrackedRooms(broker, api, this.#enforcer, options.maxRooms ?? 10_000, contradicted);
		const unanswered = (cause: unknown): void => this.#changed(false, cause);
		this.#appender = new Appender(api, this.#rooms, giveUpAfterMs, unanswered, contradicted);
		this.#unwatch = broker.watch((connected) => {
			if (connected) this.#sweepLater(0);
			else this.#changed(false);
		});
		this.#sweepLater(SWEEP_MS);
	}

	/**
	 * Opens the stream, and makes it where it is not there. The broker stays the caller's: closing the log does not close it.
	 *
	 * Rejects with XMLSOCKET_STREAM_UNSUITABLE where a stream of that name cannot be used, XMLSOCKET_BROKER_UNREACHABLE where
	 * JetStream gives no answer within `giveUpAfterMs`, XMLSOCKET_OPTION_INVALID.
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
		const api = new StreamApi(broker, stream, replicas);
		const settings: StreamSettings = { replicas, storage, dedupeWindowMs };
		const { giveUpAfterMs = GIVE_UP_AFTER_MS } = options;
		const open = async (): Promise<JetStreamLog> => {
			const state = await api.ensure(settings);
			const name = await api.history(state);
			const records = await JetStreamRecords.open(broker, { name: `${stream}_STATE`, replicas, storage });
			return new JetStreamLog(broker, api, settings, state, name, records, options);
		};
		return await within(giveUpAfterMs, open).catch((error: Error) => {
			if (!isUnreachable(error)) throw error;
			throw new XMLSocketError(
				"XMLSOCKET_BROKER_UNREACHABLE",
				`NATS is there, but its JetStream gave no answer within ${giveUpAfterMs} ms: start nats-server with -js, in a cluster a majority of the servers. ${error.message}`,
				{ cause: error },
			);
		});
	}

	async append(name: string, entry: NewEntry): Promise<Appended> {
		this.#checkOpen();
		tokenOf(name);
		const data = encodeEntry(entry, this.#nowMs());
		const limitBytes = this.#broker.maxPayloadBytes - HEADER_BYTES;
		if (this.#broker.connected && data.length > limitBytes) {
			throw new XMLSocketError(
				"XMLSOCKET_DOCUMENT_TOO_LARGE",
				`A message has ${data.length} bytes; NATS takes ${limitBytes} (its max_payload less ${HEADER_BYTES} for headers).`,
				{ details: { limitBytes } },
			);
		}
		return await this.#appender.append(name, entry, data);
	}

	async readAfter(name: string, after: number, limits: ReadLimits & { readonly through?: number }): Promise<LogPage> {
		return await this.#read(async () => {
			const last = await this.#reached(name, limits.through ?? Number.POSITIVE_INFINITY);
			return await this.#page(name, last, ["after", after, limits], (pages) => pages.after(after, last, limits));
		});
	}

	async readBefore(name: string, before: number, limits: ReadLimits): Promise<LogPage> {
		return await this.#read(async () => {
			const last = await this.#reached(name, before - 1);
			return await this.#page(name, last, ["before", limits], (pages) => pages.before(last, limits));
		});
	}

	async state(name: string): Promise<RoomState> {
		return await this.#read(async () => {
			const lastSeq = await this.#reached(name, Number.POSITIVE_INFINITY);
			return { log: this.#name, lastSeq, firstSeq: await this.#pages(name).firstSeq(lastSeq) };
		});
	}

	async follow(
		name: string,
		follower: (entry: LogEntry) => void,
		onReset: () => void = () => {},
	): Promise<Subscription> {
		return await this.#read(async () => {
			const tracked = await this.#rooms.track(name);
			const { room } = tracked;
			const renewed = (): void => {
				stop();
				onReset();
			};
			const stop = (): void => {
				unfollow();
				tracked.renewals.delete(renewed);
				tracked.usedMs = performance.now();
			};
			const firstSeq = await this.#pages(name).firstSeq(room.cursor);
			this.#checkOpen();
			if (this.#rooms.get(name) !== tracked) throw unavailable("The room is being opened again");
			const unfollow = room.followers.add(follower);
			tracked.renewals.add(renewed);
			return { log: this.#name, lastSeq: room.cursor, firstSeq, stop };
		});
	}

	watch(changed: (reachable: boolean, cause?: Error) => void): () => void {
		this.#watchers.add(changed);
		return () => this.#watchers.delete(changed);
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		clearTimeout(this.#sweepTimer);
		this.#unwatch();
		await this.#appender.finish(CLOSE_WITHIN_MS);
		this.#rooms.close();
		this.#enforcer.close();
		this.records.close();
	}

	// --- reading

	#pages(name: string): RoomPages {
		const { maxAgeMs } = this.#retention;
		const oldestMs = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#nowMs() - maxAgeMs;
		const spacing = this.#rooms.get(name)?.spacing ?? 1;
		return new RoomPages(this.#api, tokenOf(name), { spacing, oldestMs });
	}

	/** The last number up to `through` that may be in the room by now. */
	async #reached(name: string, through: number): Promise<number> {
		const cursor = this.#rooms.get(name)?.room.cursor ?? 0;
		if (through <= cursor) return through;
		const last = (await this.#api.last(this.#api.entries(tokenOf(name))))?.seq ?? 0;
		return Math.min(through, Math.max(last, cursor));
	}

	// Nothing is committed any more up to `last`, so that every request for this page gets the same page.
	#page(name: string, last: number, what: unknown[], read: (pages: RoomPages) => Promise<RoomPage>): Promise<LogPage> {
		return this.#reads.read(JSON.stringify([name, last, what]), async () => {
			const pages = this.#pages(name);
			const { entries, more } = await read(pages);
			const tracked = this.#rooms.get(name);
			if (tracked) tracked.spacing = pages.spacing;
			return { entries: entries.map(entryOf), more };
		});
	}

	async #read<T>(read: () => Promise<T>): Promise<T> {
		if (this.#reading >= MAX_READS) {
			throw unavailable(`JetStream is slower than the readers: ${MAX_READS} reads have no answer yet`);
		}
		this.#reading++;
		try {
			return await within(READ_WITHIN_MS, async () => {
				this.#checkOpen();
				return await read();
			});
		} catch (error) {
			throw isUnreachable(error) ? unavailable(`JetStream gave no answer for ${READ_WITHIN_MS} ms`, error) : error;
		} finally {
			this.#reading--;
		}
	}

	// --- the home, lost and found

	#changed(reachable: boolean, cause?: unknown): void {
		if (this.#reachable === reachable || this.#closing) return;
		this.#reachable = reachable;
		this.#lostAtMs = performance.now();
		if (reachable) this.#moves = 0;
		for (const changed of this.#watchers) changed(reachable, cause instanceof Error ? cause : undefined);
		if (!reachable) this.#sweepLater(0);
	}

	#sweepLater(waitMs: number): void {
		if (this.#closing) return;
		clearTimeout(this.#sweepTimer);
		this.#sweepTimer = setTimeout(() => {
			this.#sweeping ??= this.#sweep().finally(() => {
				this.#sweeping = undefined;
				this.#sweepLater(SWEEP_MS);
			});
		}, waitMs);
		this.#sweepTimer.unref();
	}

	// Whether the stream is there, and whether rooms have missed something that nothing newer has shown.
	async #sweep(): Promise<void> {
		this.#rooms.forgetIdle();
		if (!this.#broker.connected) return;
		try {
			const state = (await this.#api.state()) ?? (await this.#api.ensure(this.#settings));
			await this.#checkHistory(state);
			if (!this.#reachable) {
				// A server without a majority answers questions for a while; only a write shows that there is one again.
				await this.#api.probe(PROBE_TIMEOUT_MS);
				this.#sweptSeq = 0;
				this.#changed(true);
			}
			this.#failedSweeps = 0;
			if (state.lastSeq > this.#sweptSeq) await this.#rooms.check(this.#sweptSeq === 0 ? undefined : ROOMS_A_SWEEP);
			this.#sweptSeq = state.lastSeq;
		} catch (error) {
			if (++this.#failedSweeps >= FAILED_SWEEPS) this.#changed(false, error);
			await this.#failOver();
		}
	}

	// Where it is another one, the followers of a room begin again: the stream was deleted and created again, so that numbers begin at 1
	// again, or it has numbers twice. The daemon that notices notifies all by giving the history another name.
	async #checkHistory(state: StreamState): Promise<void> {
		// A server that has just begun to lead may not be up to date; what it numbers now is above all that was committed. Or it may
		// have something else under the same numbers.
		if (state.lastSeq < this.#sweptSeq && (await this.#api.probe(PROBE_TIMEOUT_MS)) <= this.#sweptSeq) {
			this.#rewound = true;
		}
		if (state.leader !== this.#leader || !this.#reachable) await this.#rooms.verify();
		this.#leader = state.leader;
		const purged = state.created === this.#created;
		const name = this.#rewound
			? await this.#api.renamed(this.#name)
			: await this.#api.history(state, purged ? this.#name : undefined);
		if (name !== this.#name) {
			if (this.#rewound) {
				const words = `The stream ${this.#api.name} has numbers twice: history ${this.#name} has ended, and ${name} has begun.`;
				this.#broker.report(new XMLSocketError("XMLSOCKET_STREAM_REWOUND", words));
			}
			await this.#rooms.restart(() => {
				this.#name = name;
				this.#sweptSeq = 0;
			});
		}
		this.#rewound = false;
		this.#created = state.created;
	}

	async #failOver(): Promise<void> {
		if (this.#reachable || !this.#broker.connected || this.#moves >= MAX_MOVES) return;
		if (performance.now() - this.#lostAtMs < MOVE_AFTER_MS) return;
		this.#moves++;
		await this.#broker.failOver();
		this.#lostAtMs = performance.now();
	}

	#checkOpen(): void {
		if (this.#closing) throw unavailable("The log is closed");
	}
}
