// The page's WebSocket as a Transport. Outgoing bytes go as binary messages; an incoming text message is one document, a
// binary one a piece of the stream. A page can neither ping nor stop reading: what comes while paused waits here, bounded.

import type { Transport, TransportEvents } from "../link/index.ts";

const HIGH_WATER_BYTES = 64 * 1024;
const DRAIN_POLL_MS = 20;
/** What may wait while reading is paused; past it the connection breaks. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** An open WebSocket of the page. It takes the socket over: nobody else may listen to it or send on it. */
export class PageTransport implements Transport {
	readonly kind = "websocket";
	readonly remoteAddress: string;
	readonly #webSocket: WebSocket;
	readonly #frames: "binary" | "text";
	#events: TransportEvents | undefined = undefined;
	#held: Uint8Array[] = [];
	#heldBytes = 0;
	#paused = false;
	#ended = false;
	#error: Error | undefined = undefined;
	#closeCode: number | undefined = undefined;
	#polling = false;

	/** @param frames how documents go out: as a byte stream in binary messages, or as a text message each. */
	constructor(webSocket: WebSocket, frames: "binary" | "text" = "binary") {
		this.#webSocket = webSocket;
		this.#frames = frames;
		this.remoteAddress = webSocket.url;
		webSocket.binaryType = "arraybuffer";
		webSocket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#message(event.data);
		webSocket.onclose = (event) => {
			this.#closeCode = event.code;
			this.#settle();
		};
	}

	get bufferedBytes(): number {
		return this.#webSocket.bufferedAmount;
	}

	start(events: TransportEvents): void {
		// The owner is still being made: it is called after this turn at the earliest.
		queueMicrotask(() => {
			this.#events = events;
			this.#release();
		});
	}

	write(bytes: Uint8Array): boolean {
		if (this.#webSocket.readyState !== WebSocket.OPEN) return true;
		if (this.#frames === "binary") this.#webSocket.send(bytes as Uint8Array<ArrayBuffer>);
		else {
			for (const document of new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\0"))
				if (document !== "") this.#webSocket.send(document);
		}
		if (this.#webSocket.bufferedAmount < HIGH_WATER_BYTES) return true;
		this.#pollForDrain();
		return false;
	}

	end(): void {
		this.#ended = true;
		// What was sent before still goes out.
		this.#webSocket.close(1000);
	}

	destroy(error?: Error): void {
		this.#error ??= error;
		this.#ended = true;
		this.#held = [];
		this.#heldBytes = 0;
		this.#paused = false;
		this.#webSocket.onmessage = null;
		this.#webSocket.onclose = null;
		this.#webSocket.close();
		this.#closeCode ??= 1000;
		queueMicrotask(() => this.#settle());
	}

	pause(): void {
		this.#paused = true;
	}

	resume(): void {
		this.#paused = false;
		this.#release();
	}

	#release(): void {
		while (this.#events && !this.#paused) {
			const bytes = this.#held.shift();
			if (!bytes) break;
			this.#heldBytes -= bytes.length;
			this.#events.bytes(bytes);
		}
		this.#settle();
	}

	#message(data: string | ArrayBuffer): void {
		if (typeof data !== "string") this.#deliver(new Uint8Array(data));
		else if (data.endsWith("\0")) {
			// The other side writes the terminators itself.
			this.#deliver(new TextEncoder().encode(data));
		} else if (data.includes("\0")) {
			// One text message is one document: a zero character in it would make two of it.
			this.destroy(new Error("a text message holds U+0000"));
		} else {
			const bytes = new TextEncoder().encode(`${data}\0`);
			this.#deliver(bytes);
		}
	}

	#deliver(bytes: Uint8Array): void {
		if (this.#events && !this.#paused && this.#held.length === 0) {
			this.#events.bytes(bytes);
			return;
		}
		this.#held.push(bytes);
		this.#heldBytes += bytes.length;
		if (this.#heldBytes > MAX_HELD_BYTES) {
			this.destroy(new Error(`more than ${MAX_HELD_BYTES} bytes came while nothing was read`));
		}
	}

	// WebSocket has no half-close: the other side's close is the end of its stream and of ours.
	#settle(): void {
		const code = this.#closeCode;
		const events = this.#events;
		if (code === undefined || !events || this.#paused || this.#held.length > 0) return;
		const orderly = code === 1000 || code === 1001 || code === 1005;
		if (orderly && !this.#ended && !this.#error) events.end();
		this.#events = undefined;
		events.close(
			orderly || this.#ended ? this.#error : (this.#error ?? new Error(`the WebSocket closed with code ${code}`)),
		);
	}

	// A WebSocket has no event for room in its buffer; the page can only look.
	#pollForDrain(): void {
		if (this.#polling) return;
		this.#polling = true;
		const look = (): void => {
			if (!this.#events) return;
			if (this.#webSocket.bufferedAmount > HIGH_WATER_BYTES / 2) {
				setTimeout(look, DRAIN_POLL_MS);
				return;
			}
			this.#polling = false;
			this.#events.drain();
		};
		setTimeout(look, DRAIN_POLL_MS);
	}
}
