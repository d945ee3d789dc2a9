// Commits one batch of appends: numbers the entries, recognizes duplicates, writes everything in one synced write, and only then
// notifies the followers and settles the appends. If the write fails, no room has changed and no append has settled.

import type { Appended, LogEntry } from "../index.ts";
import type { PendingAppend } from "./append-queue.ts";
import { type DedupeWindow, EntryId } from "./dedupe-window.ts";
import type { LevelRoom } from "./level-rooms.ts";
import { Batch, type LevelStore } from "./level-store.ts";

/**
 * Commits appends in their order.
 *
 * @returns the rooms that have new entries.
 */
export async function commitBatch(
	store: LevelStore,
	dedupe: DedupeWindow,
	appends: readonly PendingAppend[],
	atMs: number,
): Promise<Iterable<LevelRoom>> {
	const ids = appends.map(idOf);
	const known = await dedupe.lookUp(
		store,
		ids.filter((id) => id !== undefined),
	);
	const batch = new Batch();
	const changed = new Map<LevelRoom, { lastSeq: number; count: number; bytes: number }>();
	const settled: { append: PendingAppend; appended: Appended; entry: LogEntry | undefined }[] = [];
	let at = 0;
	for (const append of appends) {
		const { room, entry } = append;
		const id = ids[at++];
		const first = id && known.first(id);
		if (first) {
			settled.push({ append, appended: { seq: first.seq, prev: first.prev, duplicate: true }, entry: undefined });
			continue;
		}
		const state = changed.get(room) ?? { lastSeq: room.lastSeq, count: room.count, bytes: room.bytes };
		changed.set(room, state);
		const prev = state.lastSeq;
		const seq = ++state.lastSeq;
		state.count++;
		state.bytes += entry.payload.length;
		const made: LogEntry = { seq, prev, atMs, session: entry.session, id: entry.id, payload: entry.payload };
		batch.putEntry(room.number, made);
		if (id) known.remember(batch, id, seq, prev);
		settled.push({ append, appended: { seq, prev, duplicate: false }, entry: made });
	}
	for (const [room, state] of changed) {
		batch.putRoom(room.name, { ...state, number: room.number, firstSeq: room.firstSeq });
	}
	if (changed.size > 0) await store.write(batch, true);
	for (const [room, state] of changed) Object.assign(room, state);
	for (const { append, appended, entry } of settled) {
		if (entry) append.room.followers.deliver(entry);
		append.resolve(appended);
	}
	return changed.keys();
}

function idOf({ room, entry: { session, id } }: PendingAppend): EntryId | undefined {
	return session === undefined || id === undefined ? undefined : new EntryId(room.number, session, id);
}
