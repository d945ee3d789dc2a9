// One end of the channel between the primary process and a worker: frames over a stream, in order. What is sent in one turn of the
// event loop is written once. What waits to be written is bounded, and so is a frame. It knows no kinds of frames.

import type { Duplex } from "node:stream";
import { FrameCursor } from "./frame-cursor.ts";
import { FrameWriter, HEAD_BYTES } from "./frame-writer.ts";

/** The longest frame. */
export const MAX_FRAME_BYTES: number = 64 * 1024 * 1024;
/** A batch of a turn is written early from here on. */
const EARLY_BYTES = 256 * 1024;

/** Errors which say that the other end has ended. */
const ENDS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** What a channel calls. */
export interface FrameListener {
	/** A frame; its cursor is valid until this returns. A throw ends the channel. */
	frame(kind: number, cursor: FrameCursor): void;
	/** The channel has ended, with an error where the other end was not understood or the stream broke. Called once. */
	closed(error: Error | undefined): void;
}

/** Options of a channel. */
export interface ChannelOptions {
	/** With more bytes that the other end has not read, the channel ends. Default: no limit; the owner looks at `waitingBytes`. */
	readonly maxWaitingBytes?: number | undefined;
}

/** One end. */
export class FrameChannel {
	readonly #stream: Duplex;
	readonly #listener: FrameListener;
	readonly #maxWaitingBytes: number;
	readonly #writer = new FrameWriter();
	readonly #cursor = new FrameCursor();
	/** Batches and relayed frames of this turn, before those in `#writer`. */
	#batch: Buffer[] = [];
	#batchBytes = 0;
	/** The last of `#batch` is a view of this buffer, which ends there. */
	#relayed: Buffer | undefined = undefined;
	#relayedStart = 0;
	#relayedEnd = 0;
	#isScheduled = false;
	/** Received bytes that are not a whole frame yet. */
	#rest: Buffer[] = [];
	#restBytes = 0;
	#needed = HEAD_BYTES;
	#isHeld = false;
	#isClosed = false;

	constructor(stream: Duplex, listener: FrameListener, options: ChannelOptions = {}) {
		this.#stream = stream;
		this.#listener = listener;
		this.#maxWaitingBytes = options.maxWaitingBytes ?? Number.POSITIVE_INFINITY;
		stream.on("data", (chunk: Buffer) => this.#received(chunk));
		// A process that ends with unread bytes resets the connection.
		stream.on("error", (error: NodeJS.ErrnoException) => this.#close(ENDS.has(error.code ?? "") ? undefined : error));
		stream.on("end", () => this.#close(undefined));
		stream.on("close", () => this.#close(undefined));
	}

	/** Bytes that are not with the system yet. */
	get waitingBytes(): number {
		return this.#stream.writableLength + this.#batchBytes + this.#writer.length;
	}

	get isClosed(): boolean {
		return this.#isClosed;
	}

	/** Begins a frame; call `end` of the result after its fields, in the same turn. */
	begin(kind: number): FrameWriter {
		if (this.#relayed) this.#endRelayed();
		this.#schedule();
		return this.#writer.begin(kind);
	}

	/** Sends a frame as it was received, without reading it. Frames that follow each other in one buffer leave as one. */
	relay(buffer: Buffer, start: number, end: number): void {
		if (this.#relayed === buffer && this.#relayedEnd === start) {
			this.#relayedEnd = end;
			this.#batchBytes += end - start;
		} else {
			this.#endRelayed();
			if (this.#writer.length > 0) this.#add(this.#writer.take());
			this.#relayed = buffer;
			this.#relayedStart = start;
			this.#relayedEnd = end;
			this.#batchBytes += end - start;
		}
		this.#schedule();
	}

	/** Reads no further frame in this turn of the event loop. */
	hold(): void {
		if (this.#isHeld) return;
		this.#isHeld = true;
		setImmediate(() => {
			this.#isHeld = false;
			if (!this.#isClosed) this.#received(Buffer.alloc(0));
		});
	}

	/** Writes what this turn has sent so far. */
	flush(): void {
		this.#endRelayed();
		if (this.#writer.length > 0) this.#add(this.#writer.take());
		const batch = this.#batch;
		if (batch.length === 0) return;
		this.#batch = [];
		this.#batchBytes = 0;
		const stream = this.#stream;
		if (!stream.writable) return;
		if (batch.length === 1) stream.write(batch[0]);
		else {
			stream.cork();
			for (const part of batch) stream.write(part);
			stream.uncork();
		}
		if (stream.writableLength > this.#maxWaitingBytes) {
			this.destroy(new RangeError(`The other end of the channel has not read ${stream.writableLength} bytes.`));
		}
	}

	/** Writes what waits, and ends the channel. */
	end(): void {
		this.flush();
		this.#stream.end();
	}

	/** Ends the channel at once. */
	destroy(error?: Error): void {
		this.#stream.destroy();
		this.#close(error);
	}

	#add(part: Buffer): void {
		this.#batch.push(part);
		this.#batchBytes += part.length;
	}

	#endRelayed(): void {
		if (!this.#relayed) return;
		// Its bytes were counted as they came.
		this.#batch.push(this.#relayed.subarray(this.#relayedStart, this.#relayedEnd));
		this.#relayed = undefined;
	}

	#schedule(): void {
		if (this.#batchBytes + this.#writer.length > EARLY_BYTES && !this.#isClosed) {
			// The frame that begins now is not part of it.
			this.flush();
		}
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		setImmediate(() => {
			this.#isScheduled = false;
			this.flush();
		});
	}

	#received(chunk: Buffer): void {
		if (this.#isClosed) return;
		if (chunk.length > 0) {
			this.#rest.push(chunk);
			this.#restBytes += chunk.length;
		}
		if (this.#isHeld || this.#restBytes < this.#needed) return;
		const buffer = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest, this.#restBytes);
		try {
			const read = this.#readFrames(buffer);
			if (this.#isClosed) return;
			this.#rest = read === buffer.length ? [] : [buffer.subarray(read)];
			this.#restBytes = buffer.length - read;
		} catch (error) {
			this.destroy(error as Error);
		}
	}

	/** Reads whole frames. @returns where the rest begins. */
	#readFrames(buffer: Buffer): number {
		let at = 0;
		this.#needed = HEAD_BYTES;
		while (buffer.length - at >= HEAD_BYTES && !this.#isHeld && !this.#isClosed) {
			const length = buffer.readUInt32LE(at);
			if (length === 0 || length > MAX_FRAME_BYTES) {
				throw new RangeError(`A frame of the channel has ${length} bytes; allowed are 1 to ${MAX_FRAME_BYTES}.`);
			}
			const end = at + 4 + length;
			if (end > buffer.length) {
				this.#needed = end - at;
				break;
			}
			this.#listener.frame(this.#cursor.open(buffer, at, end), this.#cursor);
			at = end;
		}
		return at;
	}

	#close(error: Error | undefined): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#rest = [];
		this.#batch = [];
		this.#batchBytes = 0;
		this.#stream.destroy();
		this.#listener.closed(error);
	}
}
