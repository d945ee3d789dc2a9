// Sends the events of a capture to pages, in batches, and passes on what their users ask: to hold, change, inject or drop documents. It
// keeps the last events within a bound. A page that is slow, or that reconnects, continues from there and is told how many it missed.
// Nothing here waits for a page. Who may connect is decided before `open`.

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Transport } from "../link/index.ts";
import { refuseUpgrade } from "../server/index.ts";
import {
	type CaptureInfo,
	type Direction,
	type DocumentEvent,
	decodeDocument,
	type ExactDecode,
	exactDecode,
	type FeedBytes,
	type FeedRequest,
	type HeldDocument,
	parseFilter,
	type TrafficEvent,
} from "../tools/traffic/index.ts";
import { textCodec, WebSocketAcceptor } from "../transport/index.ts";
import type { TextCodec } from "../wire/index.ts";
import { EventHistory, type HistoryLimits } from "./event-history.ts";
import { FeedPage, type FeedPageHost } from "./feed-page.ts";

const BATCH_MS = 50;
const BATCHES_PER_TURN = 4;
const MAX_PAGES = 8;
const MAX_REQUEST_BYTES = 24 * 1024 * 1024;
const PING_MS = 15_000;
const MAX_SHOWN_HELD = 500;
const MAX_SHOWN_HELD_BYTES = 16 * 1024 * 1024;

/** What pages can do with the traffic. */
export interface TrafficControls {
	/** Holds each further document that the predicate accepts; undefined: none. */
	setBreak(predicate: ((event: DocumentEvent) => boolean) | undefined): void;
	/** The documents that wait, the oldest first. */
	held(): readonly HeldDocument[];
	/** Sends a held document on, or other bytes in its place. @throws XMLSocketError if it is not held. */
	release(id: number, bytes?: Uint8Array): void;
	/** Removes a held document. @throws XMLSocketError if it is not held. */
	drop(id: number): void;
	/** Sends a document to the other end of `direction`. @throws XMLSocketError if the connection is not open. */
	inject(connection: number, direction: Direction, bytes: Uint8Array): void;
}

/** The parts of a feed. */
export interface TrafficFeedOptions extends Partial<HistoryLimits> {
	readonly info: CaptureInfo;
	/** Absent: pages only watch. */
	readonly controls?: TrafficControls | undefined;
	/** How long held documents wait after the last page has left, in milliseconds. A page that is reloaded is back before. Default 10,000. */
	readonly abandonedMs?: number | undefined;
	/** Allows a target that content was refused. Absent: pages cannot. @throws XMLSocketError if the target cannot be read. */
	readonly allow?: ((target: string) => void) | undefined;
}

/** A feed of traffic to pages. */
export class TrafficFeed {
	readonly #options: TrafficFeedOptions;
	readonly #codec: TextCodec;
	readonly #decode: ExactDecode;
	readonly #capture = randomBytes(9).toString("base64url");
	readonly #history: EventHistory;
	readonly #pages = new Set<FeedPage>();
	readonly #host: FeedPageHost;
	readonly #acceptor = new WebSocketAcceptor({
		maxMessageBytes: MAX_REQUEST_BYTES,
		maxFragments: 8192,
		maxBufferedChunks: 65_536,
	});
	#timer: NodeJS.Timeout | undefined = undefined;
	#pings: NodeJS.Timeout | undefined = undefined;
	#abandoned: NodeJS.Timeout | undefined = undefined;
	#filter = "";
	#heldKey = "";
	#heldVersion = 0;

	/** Keeps at most `maxEvents` (100,000) events and `maxBytes` (64 MiB). */
	constructor(options: TrafficFeedOptions) {
		this.#options = options;
		this.#codec = textCodec(options.info.encoding);
		this.#decode = exactDecode(this.#codec);
		const { maxEvents = 100_000, maxBytes = 64 * 1024 * 1024 } = options;
		this.#history = new EventHistory({ maxEvents, maxBytes });
		this.#host = {
			history: this.#history,
			capture: this.#capture,
			asked: (page, request) => this.#asked(page, request),
			ready: () => this.#schedule(),
			closed: (page) => this.#left(page),
		};
	}

	/** Connected pages. */
	get pages(): number {
		return this.#pages.size;
	}

	/** Adds an event. Its bytes are copied if they are part of a larger array. */
	add(event: TrafficEvent): void {
		const isPart = "bytes" in event && event.bytes.buffer.byteLength > event.bytes.length;
		// A part would keep the whole chunk of the socket in memory.
		this.#history.add(isPart ? { ...event, bytes: event.bytes.slice() } : event);
		this.#schedule();
	}

	/** The held documents changed. */
	heldChanged(): void {
		this.#schedule();
	}

	/** Answers the WebSocket upgrade of a page. Host, Origin and token were checked before. */
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, clientAddress: string): void {
		socket.on("error", () => {});
		if (this.#pages.size >= MAX_PAGES) {
			refuseUpgrade(socket, "503 Service Unavailable", `${MAX_PAGES} pages are connected, the most that are allowed.`);
			return;
		}
		this.#acceptor.accept(
			request,
			socket,
			head,
			clientAddress,
			"binary",
			(transport) => this.open(transport),
			(reason) => refuseUpgrade(socket, "400 Bad Request", `The WebSocket handshake is invalid: ${reason}.`),
		);
	}

	/** Starts to send to a page. */
	open(transport: Transport): void {
		const { info, controls, allow } = this.#options;
		const hello = {
			kind: "hello",
			capture: this.#capture,
			info,
			controls: controls !== undefined,
			allows: allow !== undefined,
		} as const;
		clearTimeout(this.#abandoned);
		this.#pages.add(new FeedPage(transport, hello, this.#host));
		this.#pings ??= setInterval(() => {
			for (const page of this.#pages) page.check();
		}, PING_MS).unref();
		this.#schedule();
	}

	/** Ends all connections of pages. */
	close(): void {
		clearTimeout(this.#timer);
		clearTimeout(this.#abandoned);
		clearInterval(this.#pings);
		this.#timer = undefined;
		for (const page of this.#pages) page.close();
	}

	#schedule(): void {
		if (this.#timer !== undefined || this.#pages.size === 0) return;
		this.#timer = setTimeout(() => {
			this.#timer = undefined;
			this.#send();
		}, BATCH_MS);
		this.#timer.unref();
	}

	#send(): void {
		let isMore = false;
		for (const page of this.#pages) {
			let batches = 0;
			while (batches < BATCHES_PER_TURN && page.sendEvents()) batches++;
			isMore ||= batches === BATCHES_PER_TURN;
		}
		this.#sendHeld();
		if (isMore) this.#schedule();
	}

	#sendHeld(): void {
		const { controls } = this.#options;
		if (!controls) return;
		const held = controls.held();
		const key = `${this.#filter}\n${held.length} ${held[0]?.id} ${held.at(-1)?.id}`;
		if (key !== this.#heldKey) {
			this.#heldKey = key;
			this.#heldVersion++;
		}
		const behind = [...this.#pages].filter((page) => page.heldVersion !== this.#heldVersion && page.isReading);
		if (behind.length === 0) return;
		const shown: HeldDocument[] = [];
		let bytes = 0;
		for (const one of held) {
			bytes += one.event.bytes.length;
			if (shown.length >= MAX_SHOWN_HELD || (shown.length > 0 && bytes > MAX_SHOWN_HELD_BYTES)) break;
			shown.push(one);
		}
		for (const page of behind) {
			page.heldVersion = this.#heldVersion;
			page.send({ kind: "held", filter: this.#filter, held: shown, more: held.length - shown.length });
		}
	}

	#left(page: FeedPage): void {
		this.#pages.delete(page);
		if (this.#pages.size > 0) return;
		clearInterval(this.#pings);
		this.#pings = undefined;
		clearTimeout(this.#abandoned);
		// Without a page nobody can let held documents go: the connections would wait forever.
		this.#abandoned = setTimeout(() => this.#releaseAll(), this.#options.abandonedMs ?? 10_000).unref();
	}

	#releaseAll(): void {
		const { controls } = this.#options;
		this.#filter = "";
		controls?.setBreak(undefined);
		for (const { id } of [...(controls?.held() ?? [])]) controls?.release(id);
	}

	#asked(page: FeedPage, asked: FeedRequest): void {
		if (!("request" in asked)) return;
		const { request } = asked;
		try {
			this.#run(asked);
			page.send({ kind: "answer", request });
		} catch (error) {
			const { message, details } = error as Error & { details?: { column?: number } };
			const column = details?.column;
			page.send({ kind: "answer", request, problem: message, ...(column === undefined ? {} : { column }) });
		}
		this.#schedule();
	}

	#run(asked: FeedRequest): void {
		const { controls, allow } = this.#options;
		if (asked.ask === "allow") {
			if (!allow) throw new Error("This server allows nothing at its page's request.");
			allow(String(asked.target));
			return;
		}
		if (!controls) throw new Error("This page can only watch.");
		if (asked.ask === "break") {
			this.#setBreak(controls, String(asked.filter).trim());
		} else if (asked.ask === "release") controls.release(Number(asked.id), this.#bytesOf(asked));
		else if (asked.ask === "drop") controls.drop(Number(asked.id));
		else if (asked.ask === "inject") {
			if (asked.direction !== "client" && asked.direction !== "server") throw new Error("The direction is invalid.");
			controls.inject(Number(asked.connection), asked.direction, this.#bytesOf(asked) ?? new Uint8Array());
		}
	}

	/** Holds what the filter accepts. The empty filter lets everything go. */
	#setBreak(controls: TrafficControls, text: string): void {
		if (text === "") {
			this.#releaseAll();
			return;
		}
		const filter = parseFilter(text);
		this.#filter = text;
		controls.setBreak((event) => filter.matches(event, decodeDocument(event.bytes, this.#decode)));
	}

	#bytesOf({ text, base64 }: FeedBytes): Uint8Array | undefined {
		if (text !== undefined) return this.#codec.encode(String(text));
		return base64 === undefined ? undefined : Buffer.from(String(base64), "base64");
	}
}
