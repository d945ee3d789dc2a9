// What the gateway says about its connections, for the page that watches it: each log line as a server-sent event, from the moment
// that the page asks. A page that reads too slowly is disconnected, and reconnects.

import type { ServerResponse } from "node:http";
import { type Logger, loggable } from "../../server/logger.ts";

const MAX_READERS = 16;
const MAX_WAITING_BYTES = 262_144;

/** A log that tells pages as well. */
export class EventFeed implements Logger {
	readonly #log: Logger;
	readonly #readers = new Set<ServerResponse>();

	/** @param log gets every line too. */
	constructor(log: Logger) {
		this.#log = log;
	}

	debug(facts: object, words: string): void {
		this.#log.debug(facts, words);
		this.#tell("debug", facts, words);
	}

	info(facts: object, words: string): void {
		this.#log.info(facts, words);
		this.#tell("info", facts, words);
	}

	warn(facts: object, words: string): void {
		this.#log.warn(facts, words);
		this.#tell("warn", facts, words);
	}

	error(facts: object, words: string): void {
		this.#log.error(facts, words);
		this.#tell("error", facts, words);
	}

	/** Answers a page with all lines that come. */
	open(response: ServerResponse): void {
		if (this.#readers.size >= MAX_READERS) {
			response.writeHead(503, { "content-type": "text/plain", "retry-after": "5" }).end("Too many pages watch.\n");
			return;
		}
		// Nothing comes after it on its connection, which a stopping server would wait for.
		response.writeHead(200, {
			"content-type": "text/event-stream",
			"cache-control": "no-store",
			connection: "close",
		});
		response.flushHeaders();
		this.#readers.add(response);
		response.on("close", () => this.#readers.delete(response));
		// This answer has no end of its own, so the page's end is the end of both.
		response.socket?.once("end", () => response.end());
	}

	/** Ends all answers. */
	close(): void {
		for (const reader of this.#readers) reader.end();
	}

	#tell(level: string, facts: object, words: string): void {
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
