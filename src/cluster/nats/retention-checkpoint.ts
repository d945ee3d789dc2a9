// A room's checkpoint: the number that retention has dropped last, and what is kept up to where. It is in the stream next to the room, as one
// message that each new checkpoint replaces, so that any daemon can resume the count of another. It is written before anything is
// dropped, so that clients see a gap where entries are missing. Other programs can write to the stream, so it is checked when it is read.

import { XMLSocketError } from "../../errors/index.ts";
import type { StreamApi } from "./jetstream-api.ts";

/** What is known of a room's entries. */
export interface RetentionCheckpoint {
	/** The highest number that retention has dropped; 0 if it has dropped nothing. */
	readonly dropped: number;
	/** Entries were counted up to this number. */
	readonly through: number;
	/** Entries kept, after `dropped` up to `through`. */
	readonly count: number;
	/** Of their payloads. */
	readonly bytes: number;
	/** The number of this checkpoint in the stream; 0 if none was written yet. */
	readonly seq: number;
}

const NONE: RetentionCheckpoint = { dropped: 0, through: 0, count: 0, bytes: 0, seq: 0 };
const WRITE_TIMEOUT_MS = 1000;

/**
 * Reads the checkpoint of a room, at the leader. If what is there cannot be a checkpoint, everything before the oldest entry
 * counts as dropped: clients may then see a gap that is none, but miss no gap, and the count begins again.
 */
export async function readCheckpoint(api: StreamApi, token: string): Promise<RetentionCheckpoint> {
	const message = await api.last(api.checkpoint(token));
	if (!message) return NONE;
	const { seq } = message;
	const read = decode(message.data, seq);
	if (read) return read;
	const oldest = await api.next(api.entries(token), 1);
	const dropped = oldest ? oldest.seq - 1 : 0;
	return { ...NONE, dropped, through: dropped, seq };
}

// A checkpoint has a higher number than the entries that it counts.
function decode(data: Uint8Array, seq: number): RetentionCheckpoint | undefined {
	let value: Partial<RetentionCheckpoint> | null;
	try {
		value = JSON.parse(Buffer.from(data).toString("utf8")) as Partial<RetentionCheckpoint> | null;
	} catch {
		return undefined;
	}
	const { dropped = -1, through = -1, count = -1, bytes = -1 } = value ?? {};
	const areNumbers = [dropped, through, count, bytes].every((number) => Number.isSafeInteger(number) && number >= 0);
	const fits = dropped <= through && through < seq && count <= through - dropped;
	return areNumbers && fits ? { dropped, through, count, bytes, seq } : undefined;
}

/**
 * Replaces the checkpoint that this checkpoint was made from. Rejects if another daemon has replaced it already.
 *
 * With three servers, nats-server 2.9 stores the messages of two writers who expect the same last number of a subject (in half of all
 * races that were tried), but only one message of each id. So the id names the checkpoint that is replaced: each has one successor.
 */
export async function writeCheckpoint(
	api: StreamApi,
	token: string,
	{ seq, ...checkpoint }: RetentionCheckpoint,
): Promise<void> {
	const { duplicate } = await api.publish(
		api.checkpoint(token),
		Buffer.from(JSON.stringify(checkpoint)),
		WRITE_TIMEOUT_MS,
		{
			"Nats-Rollup": "sub",
			"Nats-Msg-Id": `${api.checkpoint(token)}.${seq}`,
		},
	);
	if (duplicate) throw new XMLSocketError("XMLSOCKET_BROKER_UNREACHABLE", "Another daemon was quicker.");
}
