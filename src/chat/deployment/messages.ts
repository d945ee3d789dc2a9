// What the daemons of a deployment tell each other: JSON, one message at a time. Every message names its sender. A message
// that cannot be read is nobody's fault here and is ignored by whoever gets it. docs/scale.md, "Between daemons".

import type { ExitReason } from "../documents.ts";

/**
 * A client as other nodes know it: the public part of its session, its name, the digest of its secret, and which of the session's
 * connections it is: of two nodes that have the same session, the one with the higher `arrival` has it.
 */
export type PersonRow = readonly [session: string, name: string, digest: string, arrival: number];

/** What changed at a node. */
export type Change =
	| readonly ["person", ...PersonRow]
	| readonly ["gone", session: string]
	| readonly ["enter", session: string, room: string]
	| readonly ["exit", session: string, room: string, why: ExitReason | null]
	| readonly ["topic", room: string, by: string, text: string]
	| readonly ["ban" | "mute", room: string, who: readonly string[], seconds: number, by: string];

/** A node as it is: a piece of it, for large ones. */
export interface Snapshot {
	readonly people: readonly (readonly [...PersonRow, rooms: readonly string[]])[];
	readonly topics: readonly (readonly [room: string, by: string, text: string])[];
	readonly sanctions: readonly (readonly ["ban" | "mute", room: string, who: string, seconds: number])[];
	/** Messages sent to each live room so far. */
	readonly sent: readonly (readonly [room: string, opening: number, count: number])[];
}

/** What one node asks another to do. */
export type Demand =
	| readonly ["kick", room: string, session: string, by: string]
	| readonly ["tell", session: string, speaker: string, from: string, at: string, text: string, id: string | null];

/** Any message but those of live rooms. */
export type Message =
	/** "I live, and my last change was this one." `sentMs` as in messages of live rooms. */
	| readonly ["beat", node: string, change: number, sentMs: number]
	/** Changes, numbered without a hole. */
	| readonly ["changes", node: string, number: number, changes: readonly Change[]]
	/** "Tell me how you are." */
	| readonly ["ask", node: string]
	/** The answer, valid after that change, in pieces. */
	| readonly ["snapshot", node: string, change: number, piece: number, pieces: number, snapshot: Snapshot]
	/** A node ends. */
	| readonly ["leave", node: string]
	| readonly ["demand", node: string, id: number, demand: Demand]
	/** The outcome; with a wire code where it was refused. */
	| readonly ["outcome", node: string, id: number, ok: boolean]
	/** How many messages a node has sent to a live room since it opened it. */
	| readonly ["sent", node: string, room: string, opening: number, count: number];

/**
 * A message of a live room. `opening` counts the node's rooms, `number` its messages in this one; `late`: it had to wait until
 * the other nodes could be reached; `sentMs`: when it was said, by the node's monotonic clock.
 */
export type LiveMessage =
	| readonly [
			node: string,
			opening: number,
			number: number,
			kind: "said" | "sent",
			session: string,
			from: string,
			at: string,
			body: string,
			late: boolean,
			sentMs: number,
	  ]
	/** "I have sent so many. And you?" */
	| readonly [node: string, opening: number, number: number];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a message. */
export function encodeMessage(message: Message | LiveMessage): Uint8Array {
	return encoder.encode(JSON.stringify(message));
}

/** The message of some bytes; undefined where they are none. */
export function decodeMessage<M extends Message | LiveMessage>(data: Uint8Array): M | undefined {
	try {
		const message: unknown = JSON.parse(decoder.decode(data));
		return Array.isArray(message) && typeof message[0] === "string" ? (message as unknown as M) : undefined;
	} catch {
		return undefined;
	}
}
