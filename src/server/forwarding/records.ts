// What the processes of a daemon send each other about the clients of applications: the kinds of records, their fields, and how a batch
// is read. `client` is a number that the process of the connection has given. All processes are of one installation.

import type { Handshake, Peer } from "../../application/index.ts";
import { FrameCursor } from "../../cluster/workers/index.ts";

/** The kinds of records. The fields are in brackets. */
export const RECORD = {
	/** The first of each batch: [node]. */
	from: 1,

	// To all processes.
	/** This process runs an application: [name, facts as JSON]. */
	runs: 2,
	/** It stops: [name]. New clients wait for the next process. */
	stops: 3,
	/** Who runs applications? []. */
	asks: 4,

	// From the process of a connection to that of the application.
	/** [client, opening as JSON] */
	open: 10,
	/** A document: [client, text] or [client, bytes]. */
	text: 11,
	bytes: 12,
	/** The connection is over: [client, how, as JSON]. */
	closed: 13,
	/** How many bytes of what was sent to the client have left: [client, count]. */
	read: 14,
	/** As the functions of `Session`: [client]. `ended` is answered with `answered`. */
	ended: 15,
	idle: 16,
	drained: 17,
	/** The process of these connections stops: [name]. It is answered with `released`. */
	draining: 18,

	// From the process of the application to that of a connection.
	/** One or several whole documents: [count, that many clients, bytes]. */
	send: 20,
	/** As the functions of `Peer`: [client, error as JSON, if any]. */
	end: 21,
	destroy: 22,
	refused: 23,
	/** How much of what the client sent has been handled: [client, length]. */
	handled: 24,
	answered: 25,
	/** The application sends nothing more to clients of a process that stops: [name]. */
	released: 26,

	/** Records were dropped on the way: the clients that these two processes have in common are lost. [] */
	reset: 30,
} as const;

/** What the process of an application reports about it. */
export interface ApplicationFacts {
	readonly output: "text" | "bytes";
	/** See `Application`. */
	readonly idleTimeoutMs?: number | undefined;
}

/** A client as its application gets it. */
export interface Opening
	extends Pick<Peer, "remoteAddress" | "transport" | "addressKey" | "softOutboxBytes" | "maxOutboxBytes"> {
	readonly application: string;
	/** The document that has selected the application. */
	readonly first?: string | undefined;
	readonly handshake: Handshake;
}

/** What a client may have on its way to its application, in characters or bytes, before it is not read. */
export const WINDOW = 32 * 1024;
/** Half of it, or of what was sent to a client, is reported in one piece. */
export const STEP: number = WINDOW / 2;

const LENGTH_BYTES = 4;

/** Reads each record of a batch. The cursor is valid until `read` returns. */
export function readRecords(batch: Uint8Array, read: (kind: number, cursor: FrameCursor) => void): void {
	const buffer = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
	const cursor = new FrameCursor();
	for (let at = 0; at < buffer.length; ) {
		const end = at + LENGTH_BYTES + buffer.readUInt32LE(at);
		read(cursor.open(buffer, at, end), cursor);
		at = end;
	}
}
