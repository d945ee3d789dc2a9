// Counts the documents of one client that cannot be read, and decides when there are too many of them.

import { type ErrorCode, wireCode, XMLSocketError } from "../errors/index.ts";

const MINUTE_MS = 60_000;

/** The unreadable documents of one client in the current minute. */
export class BadDocuments {
	#count = 0;
	#sinceMs = 0;

	/**
	 * Counts one.
	 *
	 * @param limit how many are allowed in a minute.
	 * @returns why the connection must end, where it must: for one that looks like UTF-16 at once.
	 */
	add(code: ErrorCode, limit: number, nowMs: number): XMLSocketError | undefined {
		if (this.#count === 0 || nowMs - this.#sinceMs >= MINUTE_MS) {
			this.#count = 0;
			this.#sinceMs = nowMs;
		}
		this.#count++;
		if (code === "XMLSOCKET_UTF16") return new XMLSocketError(code, "The stream looks like UTF-16.");
		if (this.#count <= limit) return undefined;
		return new XMLSocketError(
			"XMLSOCKET_TOO_MANY_BAD_DOCUMENTS",
			`${this.#count} documents in a minute could not be read (the last: ${wireCode(code)}); the limit is ${limit}.`,
			{ details: { limit } },
		);
	}
}
