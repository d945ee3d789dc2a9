// What the daemons of a cluster send to each other: JSON arrays, one message at a time. Every message names its sender.
// `read-message.ts` reads them. docs/scale.md, "Between daemons".

import type { ExitReason } from "../documents.ts";

/**
 * A client as other nodes know it: the public part of its session, its name, and the digest of its secret. Of two nodes that
 * have the same session, the one with the higher connection epoch has it.
 */
export type PersonRow = readonly [session: string, name: string, digest: string, connectionEpoch: number];

/** A change at a node. */
export type Change =
	| readonly ["person", ...PersonRow]
	| readonly ["gone", session: string]
	| readonly ["enter", session: string, room: string]
	| readonly ["exit", session: string, room: string, reason: ExitReason | null];

/** The state of a node, or a part of it where it is large. */
export interface Snapshot {
	readonly people: readonly (readonly [...PersonRow, rooms: readonly string[]])[];
	/** Messages sent to each live room since it was opened. */
	readonly sent: readonly (readonly [room: string, epoch: number, count: number])[];
}

/** What a node asks of another one, most often of that which a client is connected to. */
export type NodeRequest =
	| readonly ["kick", room: string, session: string, by: string]
	| readonly ["tell", session: string, sender: string, from: string, at: string, text: string, id: string | null]
	/** What its operator wants to know or do; `src/admin/` writes and reads it. */
	| readonly ["ask", question: string];

/** A message to all nodes or to one; the messages of live rooms are `RelayedMessage`. */
export type NodeMessage =
	/** The node runs, and this is the number of its last changes. `sentMs` is a time of its monotonic clock. */
	| readonly ["heartbeat", node: string, changes: number, sentMs: number]
	/** Changes, numbered without a gap. */
	| readonly ["changes", node: string, number: number, changes: readonly Change[]]
	/** Asks for a snapshot. */
	| readonly ["snapshot-request", node: string]
	/** A part of the node's state after the changes of that number. */
	| readonly ["snapshot", node: string, changes: number, part: number, parts: number, snapshot: Snapshot]
	/** The node ends. */
	| readonly ["leave", node: string]
	| readonly ["request", node: string, id: number, request: NodeRequest]
	/** Whether the client was there; the answer to a question. */
	| readonly ["response", node: string, id: number, answer: boolean | string]
	/** How many messages the node has sent to a live room since it opened the room. */
	| readonly ["sent", node: string, room: string, epoch: number, count: number];

/**
 * A message of a live room. `epoch` counts the rooms that the node has opened, `number` its messages in this one. `sentMs`: when
 * the client sent it, by the node's monotonic clock.
 */
export type RelayedMessage =
	| readonly [
			node: string,
			epoch: number,
			number: number,
			kind: "said" | "sent",
			session: string,
			from: string,
			at: string,
			body: string,
			sentMs: number,
	  ]
	/** How many messages the node has sent to the room; asks the others for theirs. */
	| readonly [node: string, epoch: number, number: number];

const encoder = new TextEncoder();

/** A time in milliseconds as messages have it: as exact as the fastest client needs to come to another node. */
export function toHundredths(ms: number): number {
	return Math.round(ms * 100) / 100;
}

/** The bytes of a message. */
export function encodeMessage(message: NodeMessage | RelayedMessage): Uint8Array {
	return encoder.encode(JSON.stringify(message));
}
