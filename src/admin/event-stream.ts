// One answer that does not end: server-sent events. A reader that is slow misses events, and gets their number; nothing waits for it.

import type { ServerResponse } from "node:http";
import { countAsAnswered } from "../server/index.ts";

/** What may wait for a reader before it misses events. */
const MAX_WAITING_BYTES = 256 * 1024;

/** A stream of events to one reader. */
export class EventStream {
	readonly #response: ServerResponse;
	#missed = 0;

	/** Begins the answer. @param ended is called once, when the reader has gone or the stream was ended. */
	constructor(response: ServerResponse, ended: () => void) {
		this.#response = response;
		countAsAnswered(response);
		response.writeHead(200, {
			"content-type": "text/event-stream; charset=utf-8",
			"cache-control": "no-store",
			// Some proxies collect an answer before they pass it on.
			"x-accel-buffering": "no",
			"x-content-type-options": "nosniff",
			connection: "close",
		});
		response.flushHeaders();
		response.once("close", ended);
	}

	/** Events that the reader has missed and does not know of yet. */
	get missed(): number {
		return this.#missed;
	}

	/** Sends an event, unless too much waits for the reader. */
	send(event: string, data: unknown): void {
		const response = this.#response;
		if (response.writableEnded || response.destroyed) return;
		if (response.writableLength > MAX_WAITING_BYTES) {
			this.#missed++;
			return;
		}
		if (this.#missed > 0) {
			response.write(lines("missed", { events: this.#missed }));
			this.#missed = 0;
		}
		response.write(lines(event, data));
	}

	/** Ends the answer. */
	end(): void {
		if (!this.#response.writableEnded) this.#response.end();
	}
}

function lines(event: string, data: unknown): string {
	return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
