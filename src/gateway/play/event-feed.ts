// Sends the gateway's log lines to pages, as server-sent events, from the moment of a page's request. A page that reads too slowly is
// disconnected; browsers reconnect automatically.

import type { ServerResponse } from "node:http";
import { type Logger, loggable } from "../../server/logger.ts";

const MAX_READERS = 16;
const MAX_WAITING_BYTES = 262_144;

/** A logger that also sends each line to pages. */
export class EventFeed implements Logger {
	readonly #log: Logger;
	readonly #readers = new Set<ServerResponse>();

	/** @param log receives every line too. */
	constructor(log: Logger) {
		this.#log = log;
	}

	debug(facts: object, words: string): void {
		this.#log.debug(facts, words);
		this.#sendEvent("debug", facts, words);
	}

	info(facts: object, words: string): void {
		this.#log.info(facts, words);
		this.#sendEvent("info", facts, words);
	}

	warn(facts: object, words: string): void {
		this.#log.warn(facts, words);
		this.#sendEvent("warn", facts, words);
	}

	error(facts: object, words: string): void {
		this.#log.error(facts, words);
		this.#sendEvent("error", facts, words);
	}

	/** Answers a page with all further lines. */
	open(response: ServerResponse): void {
		if (this.#readers.size >= MAX_READERS) {
			response
				.writeHead(503, { "content-type": "text/plain", "retry-after": "5" })
				.end("Too many pages are connected.\n");
			return;
		}
		// With keep-alive, a stopping server would wait for the next request on the connection.
		response.writeHead(200, {
			"content-type": "text/event-stream",
			"cache-control": "no-store",
			connection: "close",
			// nginx would keep events until it has a full buffer.
			"x-accel-buffering": "no",
		});
		response.flushHeaders();
		this.#readers.add(response);
		response.on("close", () => this.#readers.delete(response));
		// The response has no end, so it ends when the page ends the connection.
		response.socket?.once("end", () => response.end());
	}

	/** Ends all responses. */
	close(): void {
		for (const reader of this.#readers) reader.end();
	}

	#sendEvent(level: string, facts: object, words: string): void {
		const line = JSON.stringify({ level, ...facts, words }, (_key, value: unknown) =>
			typeof value === "string" ? loggable(value) : value instanceof Error ? value.message : value,
		);
		const event = `data: ${line}\n\n`;
		for (const reader of this.#readers) {
			if (reader.writableLength > MAX_WAITING_BYTES) reader.destroy();
			else reader.write(event);
		}
	}
}
