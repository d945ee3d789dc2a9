// A page without a page: a WebSocket that reads a feed as the live page does, and keeps what it gets.

import { once } from "node:events";
import { WebSocket } from "ws";
import {
	decodeFeedMessage,
	type FeedMessage,
	type FeedRequest,
	type TrafficEvent,
} from "../../src/tools/traffic/index.ts";

type Kind<K extends FeedMessage["kind"]> = Extract<FeedMessage, { readonly kind: K }>;

/** One connection to a feed. */
export class FeedReader {
	readonly socket: WebSocket;
	readonly events: TrafficEvent[] = [];
	/** How many events the feed said that this page does not get. */
	lost = 0;
	next = 0;
	hello: Kind<"hello"> | undefined;
	held: Kind<"held"> | undefined;
	/** Whether batches are confirmed. */
	confirms = true;
	readonly answers = new Map<number, Kind<"answer">>();
	#requests = 0;

	private constructor(socket: WebSocket, capture: string | undefined, next: number) {
		this.socket = socket;
		this.next = next;
		socket.on("message", (data: Buffer) => {
			const message = decodeFeedMessage(new Uint8Array(data));
			if (message.kind === "hello") {
				this.hello = message;
				this.#send({ ask: "start", capture: capture ?? message.capture, next });
			} else if (message.kind === "events") {
				this.events.push(...message.events);
				this.lost += message.lost;
				this.next = message.first + message.events.length;
				if (this.confirms) this.#send({ ask: "seen", bytes: data.length });
			} else if (message.kind === "held") this.held = message;
			else this.answers.set(message.request, message);
		});
	}

	/** Connects with these headers. @param from what the page has already @throws the HTTP status where it is refused */
	static async open(
		url: string,
		headers: Record<string, string>,
		from: { readonly capture?: string; readonly next?: number } = {},
	): Promise<FeedReader> {
		const socket = new WebSocket(url, { headers });
		const reader = new FeedReader(socket, from.capture, from.next ?? 0);
		await new Promise<void>((resolve, reject) => {
			socket.on("open", resolve);
			socket.on("unexpected-response", (request, response) => {
				reject(new Error(String(response.statusCode)));
				request.destroy();
			});
			socket.on("error", reject);
		});
		return reader;
	}

	/** The texts of the documents so far. */
	get texts(): string[] {
		return this.events.flatMap((event) => ("bytes" in event ? [new TextDecoder().decode(event.bytes)] : []));
	}

	/** Asks, without waiting. @returns the number of the answer. */
	ask(request: Record<string, unknown>): number {
		this.#send({ ...request, request: ++this.#requests } as never);
		return this.#requests;
	}

	async close(): Promise<void> {
		this.socket.close();
		if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, "close");
	}

	#send(request: FeedRequest): void {
		this.socket.send(JSON.stringify(request));
	}
}
