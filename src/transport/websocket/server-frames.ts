// WebSocket frames from a server: FIN and opcode, the length in 7, 16 or 64 bits, no mask (RFC 6455, 5.2). They are the same for all clients,
// so a frame is built once for all of them.

import { isUtf8 } from "node:buffer";

/** Larger frames are rare, and would only be kept alive here. */
const MAX_KEPT_BYTES = 256 * 1024;
const EMPTY: Uint8Array = new Uint8Array(0);

/** The last payload and its frames: broadcasts write the same array to many sockets, one after the other. */
class FrameCache {
	#payload: Uint8Array = EMPTY;
	#frames: Uint8Array = EMPTY;

	/** The frames of `payload`, made by `make` if they are not those of the last one. */
	get(payload: Uint8Array, make: (payload: Uint8Array) => Uint8Array): Uint8Array {
		if (payload === this.#payload) return this.#frames;
		const frames = make(payload);
		if (frames.length <= MAX_KEPT_BYTES) {
			this.#payload = payload;
			this.#frames = frames;
		}
		return frames;
	}
}

const binary = new FrameCache();
const text = new FrameCache();

/** One binary message. */
export function binaryFrame(payload: Uint8Array): Uint8Array {
	return binary.get(payload, makeBinaryFrame);
}

/** A text message for each document. */
export function textFrames(bytes: Uint8Array): Uint8Array {
	return text.get(bytes, makeTextFrames);
}

function makeBinaryFrame(payload: Uint8Array): Uint8Array {
	const frame = Buffer.allocUnsafe(headerBytes(payload.length) + payload.length);
	putFrame(frame, 0, 0x82, payload);
	return frame;
}

function makeTextFrames(bytes: Uint8Array): Uint8Array {
	const documents = documentsIn(bytes);
	let length = 0;
	for (const document of documents) length += headerBytes(document.length) + document.length;
	const frames = Buffer.allocUnsafe(length);
	let at = 0;
	for (const document of documents) at = putFrame(frames, at, 0x81, document);
	return frames;
}

/**
 * The documents in a piece, without their zero bytes. Text messages must be UTF-8, or the page's WebSocket breaks off: what others sent on as
 * bytes may not be.
 */
export function documentsIn(piece: Uint8Array): Uint8Array[] {
	const bytes = isUtf8(piece) ? piece : Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(piece));
	const documents: Uint8Array[] = [];
	for (let from = 0; from < bytes.length; ) {
		let to = bytes.indexOf(0, from);
		if (to < 0) to = bytes.length;
		documents.push(bytes.subarray(from, to));
		from = to + 1;
	}
	return documents;
}

function headerBytes(length: number): number {
	return length < 126 ? 2 : length < 65536 ? 4 : 10;
}

function putFrame(frame: Uint8Array, at: number, opcode: number, payload: Uint8Array): number {
	const length = payload.length;
	frame[at] = opcode;
	if (length < 126) frame[at + 1] = length;
	else if (length < 65536) {
		frame[at + 1] = 126;
		frame[at + 2] = length >>> 8;
		frame[at + 3] = length & 0xff;
	} else {
		frame[at + 1] = 127;
		new DataView(frame.buffer, frame.byteOffset).setBigUint64(at + 2, BigInt(length));
	}
	const start = at + headerBytes(length);
	frame.set(payload, start);
	return start + length;
}
