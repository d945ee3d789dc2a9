// What was seen on connections, one event after the other: the form that `inspect`, the live page, recordings, `replay` and `play` share.
// It describes; who sees the bytes is `tools/inspect/`, and how they are kept is `tools/recording/`. docs/recording.md.

/** Who sent it: the client, or the server that it connected to. */
export type Direction = "client" | "server";

interface EventBase {
	/** The number of the connection in its capture: 1, 2, … in the order in which they opened. */
	readonly connection: number;
	/** Microseconds since the capture began, a whole number that never falls from one event to the next. */
	readonly time: number;
}

/** A client connected. */
export interface OpenEvent extends EventBase {
	readonly kind: "open";
	/** The client's address as text: `127.0.0.1:51234`. */
	readonly from: string;
	/** The address that it reached, as a URL or as HOST:PORT. */
	readonly to: string;
}

/**
 * One document, or a request for a policy file and its answer (`policy`).
 *
 * All of one direction's events in order, each with its `ending`, are exactly the bytes that were sent in that direction.
 */
export interface DocumentEvent extends EventBase {
	readonly kind: "document" | "policy";
	readonly direction: Direction;
	/** The exact bytes, without the terminator. */
	readonly bytes: Uint8Array;
	/**
	 * How it ended: `terminated` by the capture's terminator; `part`, one piece of a document longer than the capture's limit, more of
	 * which follows; `cut`, the bytes that had come when the direction ended without a terminator.
	 */
	readonly ending: "terminated" | "part" | "cut";
	/** Whether a mask changed `bytes`. Absent: they are as sent. */
	readonly masked?: true;
	/** What an inspector did with it, where it did not just pass it on: `injected` was never sent by `direction`'s end, `dropped` never arrived, `edited` arrived changed; `bytes` are what was sent on, for `dropped` what was not. */
	readonly changed?: "injected" | "dropped" | "edited";
}

/** One direction ended, or the whole connection did. */
export interface CloseEvent extends EventBase {
	readonly kind: "close";
	/** Who ended its direction. Absent: both are closed, and nothing follows for this connection. */
	readonly direction?: Direction;
	/** What is known of the reason, in words; a WebSocket's close code is in it. */
	readonly reason?: string;
}

/** Something failed: the target could not be reached, a connection was reset. A `close` follows. */
export interface ErrorEvent extends EventBase {
	readonly kind: "error";
	/** Whose side failed. */
	readonly direction: Direction;
	/** An XMLSOCKET_ code. */
	readonly code: string;
	/** In words. */
	readonly message: string;
}

/** One thing that was seen. */
export type TrafficEvent = OpenEvent | DocumentEvent | CloseEvent | ErrorEvent;

/** What is true of a whole capture. */
export interface CaptureInfo {
	/** The time of `time` 0: milliseconds since 1970, UTC. */
	readonly startedMs: number;
	/** The bytes that end a document, 1 to 8. */
	readonly terminator: Uint8Array;
	/** The encoding's label, as for `--encoding`: `utf-8`, `gbk`. */
	readonly encoding: string;
	/** What was listened on and where it led, as the user wrote them. */
	readonly listen?: string;
	readonly target?: string;
}
