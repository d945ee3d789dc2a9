// A room's checkpoint: which number retention has dropped last, and what is kept up to where. It is in the stream beside the
// room, as one message that each new one replaces, so that any daemon can go on counting where another one stopped. It is written
// before anything is dropped: whatever is missing from the stream later is written down here, and shows as a gap.

import { XMLSocketError } from "../../errors/index.ts";
import type { StreamApi } from "./jetstream-api.ts";

/** What is known of a room's entries. */
export interface RetentionCheckpoint {
	/** The highest number that retention has dropped; 0 where it has dropped nothing. */
	readonly dropped: number;
	/** Up to here entries were counted. */
	readonly through: number;
	/** Entries kept, after `dropped` up to `through`. */
	readonly count: number;
	/** Of their payloads. */
	readonly bytes: number;
	/** Where in the stream this checkpoint stands; 0 where none was written yet. */
	readonly seq: number;
}

const NONE: RetentionCheckpoint = { dropped: 0, through: 0, count: 0, bytes: 0, seq: 0 };
const WRITE_TIMEOUT_MS = 1000;

/** Reads the checkpoint of a room, at the leader. */
export async function readCheckpoint(api: StreamApi, token: string): Promise<RetentionCheckpoint> {
	const message = await api.last(api.checkpoint(token));
	if (!message) return NONE;
	const { seq, data } = message;
	try {
		const { dropped, through, count, bytes } = JSON.parse(Buffer.from(data).toString("utf8")) as RetentionCheckpoint;
		if ([dropped, through, count, bytes].every(Number.isSafeInteger)) return { dropped, through, count, bytes, seq };
	} catch {
		// Written by someone else.
	}
	return { ...NONE, seq };
}

/**
 * Writes a checkpoint in the place of the one that it was made from. Rejects where another daemon was quicker.
 *
 * On three servers nats-server 2.9 lets two writers through who expect the same last number of a subject (half of all races that
 * were tried); a message id it lets through once. So the id names what is replaced: each checkpoint has one successor.
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
