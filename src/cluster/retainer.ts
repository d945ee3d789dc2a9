// Keeps rooms of the stream within their retention. JetStream could drop by count and age itself, but then nobody would know what
// was there: a client that comes back must be told of a gap. So each daemon counts the rooms that it follows, writes into the room's
// account what goes, and purges it then. Several may try; the account lets one through. The newest entry of a room stays in the
// stream whatever the rules say, because it carries the room's last number.

import type { Retention } from "../hub/index.ts";
import { type Account, readAccount, writeAccount } from "./account.ts";
import type { StreamApi } from "./jetstream-api.ts";
import { RoomPages } from "./room-pages.ts";

const PIECE = { maxCount: 256, maxBytes: 4 * 1024 * 1024 };
const PIECES_AT_ONCE = 32;
// An account that lags further behind costs its next reader more than writing it does.
const MAX_UNWRITTEN = 1024;
const SOON_MS = 250;
const JITTER_MS = 250;
const RETRY_MS = 2000;
const SHORTEST_AGE_STEP_MS = 1000;
const LONGEST_AGE_STEP_MS = 60_000;

interface Kept {
	/** As far as is known here; undefined before the account was read once. */
	totals: { count: number; bytes: number } | undefined;
	/** Entries that came since the account was looked at. */
	unwritten: number;
	timer: ReturnType<typeof setTimeout> | undefined;
	atMs: number;
	running: boolean;
	purged: boolean;
}

/** What keeps one stream's rooms within bounds. */
export class Retainer {
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

	/** An entry of a room came. */
	came(token: string, bytes: number): void {
		const { maxCount, maxBytes, maxAgeMs } = this.#retention;
		if ((maxCount ?? maxBytes ?? maxAgeMs) === undefined) return;
		let kept = this.#rooms.get(token);
		if (!kept) {
			kept = { totals: undefined, unwritten: 0, timer: undefined, atMs: 0, running: false, purged: false };
			this.#rooms.set(token, kept);
		}
		kept.unwritten++;
		if (kept.totals) {
			kept.totals.count++;
			kept.totals.bytes += bytes;
		}
		if (!kept.totals || kept.unwritten >= MAX_UNWRITTEN || this.#isOver(kept.totals)) this.#later(token, kept, SOON_MS);
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
				// JetStream gives no answer, or another daemon has just written the account.
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
		kept.unwritten = 0;
		const before = await readAccount(this.#api, token);
		const last = (await this.#api.last(this.#api.entries(token)))?.seq ?? 0;
		if (last === 0) return false;
		const pages = new RoomPages(this.#api, token, last);
		const counted = await this.#counted(pages, before, last);
		const account = counted.through < last ? counted : await this.#dropped(pages, counted);
		const drops = account.dropped > before.dropped;
		if (drops || account.through < last || account.count - before.count >= MAX_UNWRITTEN) {
			await writeAccount(this.#api, token, account);
		}
		if (drops || (!kept.purged && account.dropped > 0)) {
			await this.#api.purge(this.#api.entries(token), account.dropped + 1);
			kept.purged = true;
		}
		kept.totals = { count: account.count, bytes: account.bytes };
		return account.through < last || this.#isOver(account);
	}

	async #counted(pages: RoomPages, account: Account, last: number): Promise<Account> {
		let { through, count, bytes } = account;
		for (let piece = 0; piece < PIECES_AT_ONCE && through < last; piece++) {
			const { entries, more } = await pages.after(through, last, PIECE);
			count += entries.length;
			for (const { payload } of entries) bytes += payload.length;
			through = more ? entries.at(-1)!.seq : last;
		}
		return { ...account, through, count, bytes };
	}

	async #dropped(pages: RoomPages, account: Account): Promise<Account> {
		let { dropped, count, bytes } = account;
		const oldestMs = this.#nowMs() - (this.#retention.maxAgeMs ?? Number.POSITIVE_INFINITY);
		for (let piece = 0; piece < PIECES_AT_ONCE; piece++) {
			const { entries } = await pages.after(dropped, account.through, PIECE);
			const before = dropped;
			for (const { seq, atMs, payload } of entries) {
				if (count <= 1 || !(atMs <= oldestMs || this.#isOver({ count, bytes }))) break;
				dropped = seq;
				count--;
				bytes -= payload.length;
			}
			if (dropped === before || dropped < entries.at(-1)!.seq) break;
		}
		return { ...account, dropped, count, bytes };
	}

	#isOver({ count, bytes }: { readonly count: number; readonly bytes: number }): boolean {
		const { maxCount = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#retention;
		return count > 1 && (count > maxCount || bytes > maxBytes);
	}
}
