// What a client of the campaign knows for sure, one fact a line (NDJSON), in the order in which it happened to that client. The
// checker reads nothing else. Times are milliseconds of one monotonic clock, which all logs of a campaign share.
//
//   connected  conn, port                      a connection, counted from 1
//   closed     conn, why                       "end": by the campaign, when all was over
//   joined     conn, room, kind, log, seq, after
//   sent       conn, room, id, n, text         before the first write; n counts the client's messages in that room
//   resent     conn, room, id                  the same again
//   acknowledged conn, room, id, seq, duplicate
//   seen       conn, room, log, seq, prev, from, id, text
//   gap        conn, room, from, to
//   paused     conn, ms                        it reads nothing for so long, on purpose
//   notice, bye, error, silent, stuck, unreadable
//
// In the campaign's own log:
//   begin, end fault, round                    of a fault's cause; recovery counts from the end
//   ready      ms                              how long each daemon's last start took
//   settling                                   nobody speaks of their own accord any more
//   finding    what                            seen by the campaign itself: an exit code, a time past its limit

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";

const BUFFERED_CHARACTERS = 64 * 1024;
const READ_BYTES = 256 * 1024;
const LONG_TEXT = 120;

/** Milliseconds, monotonic, to a hundredth. */
export const now = () => Math.round(performance.now() * 100) / 100;

/**
 * A text as logs carry it: a long one by its beginning, its length and its digest.
 *
 * @param {string} text
 */
export function brief(text) {
	if (text.length <= LONG_TEXT) return text;
	return `${text.slice(0, 40)}… ${text.length} ${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** A log that is being written. */
export class FactLog {
	#file;
	#waiting = "";

	/** @param {string} path */
	constructor(path) {
		this.path = path;
		this.#file = openSync(path, "w");
	}

	/**
	 * @param {string} fact
	 * @param {Record<string, unknown>} [more]
	 */
	write(fact, more) {
		this.#waiting += `${JSON.stringify({ t: now(), fact, ...more })}\n`;
		if (this.#waiting.length > BUFFERED_CHARACTERS) this.flush();
	}

	flush() {
		writeFileSync(this.#file, this.#waiting);
		this.#waiting = "";
	}

	close() {
		this.flush();
		closeSync(this.#file);
	}
}

/**
 * The facts of a log, first to last, read a piece at a time.
 *
 * @param {string} path
 * @returns {Generator<any>}
 */
export function* readFacts(path) {
	const file = openSync(path, "r");
	try {
		const piece = Buffer.allocUnsafe(READ_BYTES);
		let rest = Buffer.alloc(0);
		for (;;) {
			const length = readSync(file, piece);
			if (length === 0) return;
			const bytes = Buffer.concat([rest, piece.subarray(0, length)]);
			let begin = 0;
			for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, begin)) {
				yield JSON.parse(bytes.toString("utf8", begin, end));
				begin = end + 1;
			}
			rest = Buffer.from(bytes.subarray(begin));
		}
	} finally {
		closeSync(file);
	}
}
