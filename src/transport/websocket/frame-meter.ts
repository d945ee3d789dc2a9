// Follows the frames of a WebSocket's client through the bytes that it sends (RFC 6455, 5.2), beside `ws`, which reports whole messages
// alone. It charges frames that complete no document, because each costs far more than the few bytes it has, and knows since when a
// message is unfinished. It checks nothing: that is up to `ws`.

const CONTINUATION = 0;
const TEXT = 1;
const CLOSE = 8;
/** Longer frames cost little for each byte. */
const SMALL_BYTES = 125;
/** Frames that may complete no document: at once, and a second. */
const FRAME_BURST = 2000;
const FRAMES_PER_SECOND = 1000;

/** The frames of one client. */
export class FrameMeter {
	/** The time of the first byte of the message or frame that is not complete yet; undefined while there is none. */
	unfinishedSinceMs: number | undefined = undefined;
	/** Its bytes so far. */
	unfinishedBytes = 0;
	/** Whether the client has sent its close frame: it sends nothing after it. */
	isClosed = false;
	/** Whether a frame of a message has come, and not its last one. */
	#isFragmented = false;
	#tokens = FRAME_BURST;
	#tokensAtMs: number;
	/** The bytes of a head that is not complete yet. */
	#head: number[] | undefined = undefined;
	#opcode = 0;
	#isFinal = false;
	#length = 0;
	/** Payload bytes of the current frame that have not come yet; undefined between two frames. */
	#missing: number | undefined = undefined;

	constructor(nowMs: number) {
		this.#tokensAtMs = nowMs;
	}

	/** Whether the client has sent more frames without a document than it may. */
	get isOverdrawn(): boolean {
		return this.#tokens < 0;
	}

	/**
	 * Follows at most `limit` frames from the beginning of `chunk`. A close frame is followed by itself.
	 *
	 * @returns where the next frame begins, or the end of the chunk.
	 */
	follow(chunk: Uint8Array, limit: number, nowMs: number): number {
		this.#refill(nowMs);
		let at = 0;
		for (let frames = 0; frames < limit && at < chunk.length && !this.isClosed; frames++) {
			const isNext = this.#missing === undefined && !this.#head;
			// What came before a close is handled first, and answered: behind it nothing can be sent any more.
			if (frames > 0 && isNext && (chunk[at]! & 0x0f) === CLOSE) break;
			this.unfinishedSinceMs ??= nowMs;
			const start = at;
			if (this.#missing === undefined) at = this.#readHead(chunk, at);
			if (this.#missing !== undefined) {
				const payload = at;
				at = Math.min(chunk.length, at + this.#missing);
				this.#missing -= at - payload;
				if (this.#missing === 0) this.#complete(chunk, payload, at);
			}
			if (this.unfinishedSinceMs !== undefined) this.unfinishedBytes += at - start;
		}
		return at;
	}

	#refill(nowMs: number): void {
		const refill = ((nowMs - this.#tokensAtMs) * FRAMES_PER_SECOND) / 1000;
		this.#tokens = Math.min(FRAME_BURST, this.#tokens + refill);
		this.#tokensAtMs = nowMs;
	}

	// Two bytes; then the length, if it needs more, and the mask. Sets `#missing` once it is complete.
	#readHead(chunk: Uint8Array, from: number): number {
		let at = from;
		let head: ArrayLike<number> = chunk;
		let start = from;
		const whole = from + 1 < chunk.length ? headLength(chunk[from + 1]!) : Number.POSITIVE_INFINITY;
		if (!this.#head && from + whole <= chunk.length) at += whole;
		else {
			// The head is split between two chunks.
			this.#head ??= [];
			const kept = this.#head;
			while (at < chunk.length && (kept.length < 2 || kept.length < headLength(kept[1]!))) kept.push(chunk[at++]!);
			if (kept.length < 2 || kept.length < headLength(kept[1]!)) return at;
			head = kept;
			start = 0;
			this.#head = undefined;
		}
		this.#opcode = head[start]! & 0x0f;
		this.#isFinal = head[start]! >= 0x80;
		this.#length = payloadLength(head, start);
		this.#missing = this.#length;
		return at;
	}

	// The payload may have begun in an earlier chunk.
	#complete(chunk: Uint8Array, payload: number, end: number): void {
		const isControl = this.#opcode >= CLOSE;
		this.#missing = undefined;
		if (!this.#completesDocument(chunk, payload, end)) this.#tokens--;
		if (this.#opcode === CLOSE) this.isClosed = true;
		if (!isControl) this.#isFragmented = !this.#isFinal;
		if (!this.#isFragmented) {
			this.unfinishedSinceMs = undefined;
			this.unfinishedBytes = 0;
		}
	}

	#completesDocument(chunk: Uint8Array, payload: number, end: number): boolean {
		const length = this.#length;
		if (length > SMALL_BYTES) return true;
		if (length === 0 || this.#opcode >= CLOSE || this.#opcode === CONTINUATION || !this.#isFinal) return false;
		// Of a payload that is split between chunks the mask is gone; there is at most one for each chunk.
		if (this.#opcode === TEXT || end - payload < length || payload < 4) return true;
		for (let at = payload; at < end; at++) if (chunk[at] === chunk[payload - 4 + ((at - payload) & 3)]) return true;
		return false;
	}
}

function headLength(second: number): number {
	const length = second & 0x7f;
	return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0);
}

function payloadLength(head: ArrayLike<number>, start: number): number {
	const length = head[start + 1]! & 0x7f;
	if (length < 126) return length;
	let value = 0;
	for (let at = start + 2; at < start + (length === 126 ? 4 : 10); at++) value = value * 256 + head[at]!;
	return value;
}
