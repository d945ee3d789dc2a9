// One page that reads a feed: where it is in the history, how much of what was sent it has not confirmed, and its requests. The feed
// decides when it may send.

import type { Transport } from "../link/index.ts";
import { encodeFeedMessage, type FeedMessage, type FeedRequest, type TrafficEvent } from "../tools/traffic/index.ts";
import { DocumentDecoder } from "../wire/index.ts";
import type { EventHistory } from "./event-history.ts";

/** A page that has not confirmed this many bytes gets no more until it does. */
const WINDOW_BYTES = 1024 * 1024;
/** A page that was up to date and falls behind by more events than the first number continues with as many as the second. */
const MAX_BEHIND = 25_000;
const KEPT_BEHIND = 2000;
const BATCH_EVENTS = 2000;
const BATCH_BYTES = 1024 * 1024;
/** A document of the longest kind, as base64 in JSON. */
const MAX_REQUEST_BYTES = 24 * 1024 * 1024;

/** What a page needs of its feed. */
export interface FeedPageHost {
	readonly history: EventHistory;
	readonly capture: string;
	/** A request that is about the traffic. */
	asked(page: FeedPage, request: FeedRequest): void;
	/** It may be possible to send again. */
	ready(): void;
	closed(page: FeedPage): void;
}

/** One connection of a page. */
export class FeedPage {
	readonly #transport: Transport;
	readonly #host: FeedPageHost;
	readonly #requests: DocumentDecoder<"text"> = new DocumentDecoder({
		output: "text",
		maxDocumentBytes: MAX_REQUEST_BYTES,
	});
	/** The number of the next event to send; undefined until the page has said what it has. */
	#next: number | undefined = undefined;
	#unseenBytes = 0;
	#wasUpToDate = false;
	#hasAnswered = true;
	/** The last state of the held documents that was sent. */
	heldVersion = -1;

	/** @param hello the first message. */
	constructor(transport: Transport, hello: FeedMessage, host: FeedPageHost) {
		this.#transport = transport;
		this.#host = host;
		this.send(hello);
		transport.start({
			bytes: (chunk) => this.#received(chunk),
			end: () => transport.end(),
			drain: () => host.ready(),
			pong: () => {
				this.#hasAnswered = true;
			},
			close: () => host.closed(this),
		});
	}

	/** Whether what was sent has left this process, most of it. */
	get isReading(): boolean {
		return this.#transport.bufferedBytes < WINDOW_BYTES;
	}

	/** Sends a message now. */
	send(message: FeedMessage): void {
		this.#transport.write(encodeFeedMessage(message));
	}

	/** Sends one batch of events, if there are some and the page keeps up. @returns whether it did. */
	sendEvents(): boolean {
		const { history } = this.#host;
		if (this.#next === undefined || this.#next >= history.next || this.#unseenBytes >= WINDOW_BYTES) return false;
		if (history.next - this.#next <= KEPT_BEHIND) this.#wasUpToDate = true;
		// What is shown late is of no use to a user who watches.
		const isTooSlow = this.#wasUpToDate && history.next - this.#next > MAX_BEHIND;
		const first = isTooSlow ? history.next - KEPT_BEHIND : Math.max(this.#next, history.first);
		const lost = first - this.#next;
		const events: readonly TrafficEvent[] = history.from(first, BATCH_EVENTS, BATCH_BYTES);
		const bytes = encodeFeedMessage({ kind: "events", first, lost, events });
		this.#next = first + events.length;
		this.#unseenBytes += bytes.length;
		this.#transport.write(bytes);
		return true;
	}

	/** Sends a ping, and ends the connection if the last one was not answered. */
	check(): void {
		if (!this.#hasAnswered) this.#transport.destroy();
		this.#hasAnswered = false;
		this.#transport.ping?.();
	}

	/** Closes the connection. */
	close(): void {
		this.#transport.end();
	}

	#received(chunk: Uint8Array): void {
		const texts: string[] = [];
		const error = this.#requests.push(chunk, 0, texts);
		try {
			for (const text of texts) this.#asked(JSON.parse(text) as FeedRequest);
		} catch {
			this.#transport.destroy();
			return;
		}
		if (error) this.#transport.destroy();
	}

	#asked(request: FeedRequest): void {
		if (request.ask === "seen") {
			this.#unseenBytes = Math.max(0, this.#unseenBytes - Number(request.bytes));
			this.#host.ready();
		} else if (request.ask === "start") {
			const { history, capture } = this.#host;
			const isSame = request.capture === capture && request.next <= history.next && request.next >= 0;
			this.#next = isSame ? request.next : 0;
			this.#wasUpToDate = false;
			this.#host.ready();
		} else this.#host.asked(this, request);
	}
}
