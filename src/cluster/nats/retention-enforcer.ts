// Keeps rooms of the stream within their retention. JetStream could drop by count and age itself, but then nobody would know what
// was there: a client that comes back must be told of a gap. So each daemon counts the rooms that it follows, writes into the room's
// checkpoint what goes, and purges it then. Several may try; the checkpoint lets one through. The newest entry of a room stays in the
// stream whatever the rules say, because it carries the room's last number.

import type { LogEntry, Retention } from "../../message-log/index.ts";
import type { StreamApi } from "./jetstream-api.ts";
import { type RetentionCheckpoint, readCheckpoint, writeCheckpoint } from "./retention-checkpoint.ts";
import { RoomPages } from "./room-pages.ts";

const PIECE = { maxCount: 256, maxBytes: 4 * 1024 * 1024 };
const PIECES_AT_ONCE = 32;
// A checkpoint that lags further behind costs its next reader more than writing it does.
const MAX_UNWRITTEN = 1024;
const SOON_MS = 250;
const JITTER_MS = 250;
const RETRY_MS = 2000;
const SHORTEST_AGE_STEP_MS = 1000;
const LONGEST_AGE_STEP_MS = 60_000;

interface Kept {
	/** As far as is known here; undefined before the checkpoint was read once. */
	totals: { count: number; bytes: number } | undefined;
	/** What came since the checkpoint that was seen last, so that nobody has to read it again. */
	fresh: { readonly seq: number; readonly bytes: number }[];
	/** Everything after this number is in `fresh`. */
	freshAfter: number;
	lastSeq: number;
	timer: ReturnType<typeof setTimeout> | undefined;
	atMs: number;
	running: boolean;
	purged: boolean;
}

/** What keeps one stream's rooms within bounds. */
export class RetentionEnforcer {
	readonly #api: StreamApi;
	readonly #retention: Retention;
	readonly #nowMs: () => number;
	readonly #rooms = new Map<string, Kept>();
	#closed = false;

	constructor(api: StreamApi, retention: Retention, nowMs: () => number) {
		this.#api = api;
		this.#retention = retention;
		this.#nowMs = nowMs;
	}

	/** A room's next entry came. */
	came(token: string, { seq, prev, payload }: LogEntry): void {
		const { maxCount, maxBytes, maxAgeMs } = this.#retention;
		if ((maxCount ?? maxBytes ?? maxAgeMs) === undefined) return;
		let kept = this.#rooms.get(token);
		if (!kept) {
			kept = {
				totals: undefined,
				fresh: [],
				freshAfter: prev,
				lastSeq: 0,
				timer: undefined,
				atMs: 0,
				running: false,
				purged: false,
			};
			this.#rooms.set(token, kept);
		}
		if (kept.fresh.length >= 4 * MAX_UNWRITTEN) forgetThrough(kept, kept.fresh[2 * MAX_UNWRITTEN]!.seq);
		kept.fresh.push({ seq, bytes: payload.length });
		kept.lastSeq = seq;
		if (kept.totals) {
			kept.totals.count++;
			kept.totals.bytes += payload.length;
		}
		if (this.#needsRun(kept)) this.#later(token, kept, SOON_MS);
		else this.#laterForAge(token, kept);
	}

	/** A room is not followed here any more. */
	forget(token: string): void {
		clearTimeout(this.#rooms.get(token)?.timer);
		this.#rooms.delete(token);
	}

	close(): void {
		this.#closed = true;
		for (const token of [...this.#rooms.keys()]) this.forget(token);
	}

	#laterForAge(token: string, kept: Kept): void {
		const { maxAgeMs } = this.#retention;
		if (maxAgeMs === undefined) return;
		const stepMs = Math.min(Math.max(maxAgeMs / 4, SHORTEST_AGE_STEP_MS), LONGEST_AGE_STEP_MS);
		this.#later(token, kept, stepMs);
	}

	#later(token: string, kept: Kept, waitMs: number): void {
		if (this.#closed || kept.running || !this.#rooms.has(token)) return;
		const delayMs = waitMs + Math.random() * JITTER_MS;
		const atMs = performance.now() + delayMs;
		if (kept.timer !== undefined) {
			if (kept.atMs <= atMs) return;
			clearTimeout(kept.timer);
		}
		kept.atMs = atMs;
		kept.timer = setTimeout(() => {
			kept.timer = undefined;
			kept.running = true;
			this.#run(token, kept).then(
				(more) => {
					kept.running = false;
					if (more) this.#later(token, kept, SOON_MS);
					else this.#laterForAge(token, kept);
				},
				// JetStream gives no answer, or another daemon has just written the checkpoint.
				() => {
					kept.running = false;
					this.#later(token, kept, RETRY_MS);
				},
			);
		}, delayMs);
		kept.timer.unref();
	}

	/** @returns whether there is more to do. */
	async #run(token: string, kept: Kept): Promise<boolean> {
		const before = await readCheckpoint(this.#api, token);
		const last = kept.lastSeq;
		const pages = new RoomPages(this.#api, token);
		const counted = await this.#counted(kept, pages, before, last);
		const checkpoint = counted.through < last ? counted : await this.#dropped(pages, counted);
		const drops = checkpoint.dropped > before.dropped;
		let seen = before.through;
		if (drops || checkpoint.through < last || checkpoint.count - before.count >= MAX_UNWRITTEN / 2) {
			await writeCheckpoint(this.#api, token, checkpoint);
			seen = checkpoint.through;
		}
		if (drops || (!kept.purged && checkpoint.dropped > 0)) {
			await this.#api.purge(this.#api.entries(token), checkpoint.dropped + 1);
			kept.purged = true;
		}
		if (checkpoint.through >= kept.freshAfter) {
			const since = kept.fresh.filter(({ seq }) => seq > checkpoint.through);
			kept.totals = {
				count: checkpoint.count + since.length,
				bytes: since.reduce((sum, { bytes }) => sum + bytes, checkpoint.bytes),
			};
			forgetThrough(kept, seen);
		}
		return checkpoint.through < last || this.#isOver(checkpoint) || this.#needsRun(kept);
	}

	/** Entries that come during a run set no timer of their own, so the end of the run asks again. */
	#needsRun({ totals, fresh }: Kept): boolean {
		return !totals || fresh.length >= MAX_UNWRITTEN || this.#isOver(totals);
	}

	async #counted(
		kept: Kept,
		pages: RoomPages,
		checkpoint: RetentionCheckpoint,
		last: number,
	): Promise<RetentionCheckpoint> {
		let { through, count, bytes } = checkpoint;
		for (let piece = 0; piece < PIECES_AT_ONCE && through < Math.min(last, kept.freshAfter); piece++) {
			const { entries, more } = await pages.after(through, Math.min(last, kept.freshAfter), PIECE);
			count += entries.length;
			for (const { payload } of entries) bytes += payload.length;
			through = more ? entries.at(-1)!.seq : Math.min(last, kept.freshAfter);
		}
		if (through < kept.freshAfter) return { ...checkpoint, through, count, bytes };
		for (const fresh of kept.fresh) {
			if (fresh.seq <= through || fresh.seq > last) continue;
			count++;
			bytes += fresh.bytes;
		}
		return { ...checkpoint, through: Math.max(through, last), count, bytes };
	}

	async #dropped(pages: RoomPages, checkpoint: RetentionCheckpoint): Promise<RetentionCheckpoint> {
		let { dropped, count, bytes } = checkpoint;
		const oldestMs = this.#nowMs() - (this.#retention.maxAgeMs ?? Number.POSITIVE_INFINITY);
		for (let piece = 0; piece < PIECES_AT_ONCE; piece++) {
			const { entries } = await pages.after(dropped, checkpoint.through, PIECE);
			const before = dropped;
			for (const { seq, atMs, payload } of entries) {
				if (count <= 1 || !(atMs <= oldestMs || this.#isOver({ count, bytes }))) break;
				dropped = seq;
				count--;
				bytes -= payload.length;
			}
			if (dropped === before || dropped < entries.at(-1)!.seq) break;
		}
		return { ...checkpoint, dropped, count, bytes };
	}

	#isOver({ count, bytes }: { readonly count: number; readonly bytes: number }): boolean {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#retention;
		return count > 1 && (count > maxCount || bytes > maxBytes);
	}
}

function forgetThrough(kept: Kept, seq: number): void {
	kept.fresh = kept.fresh.filter((entry) => entry.seq > seq);
	kept.freshAfter = Math.max(kept.freshAfter, seq);
}
