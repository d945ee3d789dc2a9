// WebSocket connections as Transports, and the only user of the `ws` package. Data frames to clients are the same for all of
// them (a server does not mask), so a frame is built once and written to every socket that waits for the same bytes.
// RFC 6455; a server never asks for a sub-protocol, as Flash content in Ruffle offers none.

import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { onAbort, type Transport, type TransportEvents } from "../link/index.ts";
import { lookupWithLoopback } from "./loopback.ts";

/** How a WebSocket carries documents to the other side: a byte stream in binary messages, or a text message for each. */
export type WebSocketFrames = "binary" | "text";

/** Changes bytes on their way out. */
export type Conversion = (bytes: Uint8Array) => Uint8Array;

const HIGH_WATER_BYTES = 256 * 1024;
const CLOSE_WAIT_MS = 5000;
// A server sends at most 64 KiB or one document in a message, and no client expects documents of this size.
const MAX_RECEIVED_MESSAGE_BYTES = 64 * 1024 * 1024;
const EMPTY: Uint8Array = new Uint8Array(0);
const ZERO: Uint8Array = Uint8Array.of(0);

/** A WebSocket as a Transport. A text message from the other side is one document, a binary one a piece of the stream. */
export class WebSocketTransport implements Transport {
	readonly kind = "websocket";
	readonly remoteAddress: string;
	readonly #webSocket: WebSocket;
	readonly #raw: Duplex | undefined;
	readonly #frames: WebSocketFrames;
	readonly #convert: Conversion | undefined;
	#events: TransportEvents | undefined = undefined;
	#error: Error | undefined = undefined;
	#ended = false;
	#destroyed = false;
	#needDrain = false;
	#closeCode: number | undefined = undefined;

	/**
	 * @param raw the socket underneath, on the server's side: prebuilt frames are written to it.
	 * @param convert changes each piece that is written, which is whole documents. Default: not at all.
	 */
	constructor(
		webSocket: WebSocket,
		remoteAddress: string,
		frames: WebSocketFrames,
		raw?: Duplex,
		convert?: Conversion,
	) {
		this.#convert = convert;
		this.#webSocket = webSocket;
		this.#raw = raw;
		this.#frames = frames;
		this.remoteAddress = remoteAddress;
		webSocket.binaryType = "nodebuffer";
		webSocket.on("error", (error) => {
			this.#error ??= error;
		});
		// Documents may come with the handshake's own segment: nothing is read until there is a listener for them.
		webSocket.pause();
	}

	get bufferedBytes(): number {
		return this.#raw ? this.#raw.writableLength : this.#webSocket.bufferedAmount;
	}

	/** The other side's close code, once closed: 1005 where it gave none, 1006 where the connection was cut. */
	get closeCode(): number | undefined {
		return this.#closeCode;
	}

	start(events: TransportEvents): void {
		this.#events = events;
		const webSocket = this.#webSocket;
		webSocket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
		webSocket.on("pong", () => this.#events?.pong());
		webSocket.on("ping", () => this.#events?.pong());
		webSocket.on("close", (code) => this.#closed(code));
		this.#raw?.on("drain", () => this.#events?.drain());
		if (webSocket.readyState === WebSocket.CLOSED) queueMicrotask(() => this.#closed(1006));
		else webSocket.resume();
	}

	write(piece: Uint8Array): boolean {
		if (this.#webSocket.readyState !== WebSocket.OPEN) return true;
		const bytes = this.#convert ? this.#convert(piece) : piece;
		if (this.#raw) {
			const raw = this.#raw;
			return raw.write(this.#frames === "binary" ? binaryFrame(bytes) : textFrames(bytes));
		}
		const sent = (): void => {
			if (!this.#needDrain || this.#webSocket.bufferedAmount > 0) return;
			this.#needDrain = false;
			this.#events?.drain();
		};
		if (this.#frames === "binary") this.#webSocket.send(bytes, { binary: true }, sent);
		else for (const document of documentsIn(bytes)) this.#webSocket.send(document, { binary: false }, sent);
		if (this.#webSocket.bufferedAmount < HIGH_WATER_BYTES) return true;
		this.#needDrain = true;
		return false;
	}

	/** @param code 1000, or for example 1011 where this side broke; `reason` has at most 123 bytes. */
	end(code = 1000, reason = ""): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#webSocket.close(code, reason);
		const giveUp = setInterval(() => {
			// While something waits for a slow reader, its owner decides how long; the other side's answer can only come after it.
			if (this.bufferedBytes === 0) this.#webSocket.terminate();
		}, CLOSE_WAIT_MS);
		giveUp.unref();
		this.#webSocket.once("close", () => clearInterval(giveUp));
	}

	destroy(error?: Error): void {
		if (this.#destroyed) return;
		this.#error ??= error;
		this.#destroyed = true;
		this.#webSocket.terminate();
	}

	pause(): void {
		this.#webSocket.pause();
	}

	resume(): void {
		this.#webSocket.resume();
	}

	ping(): void {
		if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping();
	}

	#message(data: Buffer, isBinary: boolean): void {
		const events = this.#events;
		if (!events || this.#error) return;
		if (isBinary) {
			events.bytes(data);
		} else if (data.at(-1) === 0) {
			// The other side writes the terminators itself, as programs do that used to write to a TCP socket.
			events.bytes(data);
		} else if (data.includes(0)) {
			// One text message is one document: a zero byte in it would make two of it.
			this.#error = new Error("a text message holds U+0000");
			this.#webSocket.close(1007, "a text message holds U+0000");
		} else {
			events.bytes(data);
			events.bytes(ZERO);
		}
	}

	// WebSocket has no half-close: the other side's close is the end of its stream and of ours.
	#closed(code: number): void {
		this.#closeCode = code;
		const events = this.#events;
		if (!events) return;
		const orderly = code === 1000 || code === 1001 || code === 1005;
		if (orderly && !this.#ended && !this.#destroyed && !this.#error) events.end();
		this.#events = undefined;
		const expected = orderly || this.#ended || this.#destroyed;
		events.close(expected ? this.#error : (this.#error ?? new Error(`the WebSocket closed with code ${code}`)));
	}
}

/** What a server accepts on its WebSocket path. */
export interface WebSocketAcceptOptions {
	/** The longest message, in bytes. A message may hold many documents, or a part of one. */
	readonly maxMessageBytes: number;
	/** The most frames of one message. Default 64. */
	readonly maxFragments?: number;
	/** The most received chunks that wait for the rest of a frame. Default 1024. */
	readonly maxBufferedChunks?: number;
	/** Changes each piece that is written, which is whole documents. Default: not at all. */
	readonly convert?: Conversion | undefined;
}

/** Answers WebSocket upgrade requests. */
export class WebSocketAcceptor {
	readonly #server: WebSocketServer;
	readonly #convert: Conversion | undefined;
	/** Why `ws` refused the request that it is looking at. */
	#refusal: string | undefined = undefined;

	constructor(options: WebSocketAcceptOptions) {
		this.#convert = options.convert;
		this.#server = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: false,
			maxPayload: options.maxMessageBytes,
			// Tiny fragments cost far more memory than the bytes they carry; these two bound the overhead.
			...{ maxFragments: options.maxFragments ?? 64, maxBufferedChunks: options.maxBufferedChunks ?? 1024 },
			skipUTF8Validation: false,
			// Sub-protocols name what the bytes mean (`base64`, `xmpp`). This side sends and reads plain bytes: it confirms `binary` or none.
			handleProtocols: (offered) => (offered.has("binary") ? "binary" : false),
		});
		// With a listener `ws` leaves the answer, and with it the end of the connection, to us.
		this.#server.on("wsClientError", (error) => {
			this.#refusal = error.message;
		});
	}

	/**
	 * Completes the handshake and hands over the connection as a Transport.
	 *
	 * @param refused called instead of `accepted` where the request is not a valid WebSocket handshake; the caller answers it and
	 * closes the socket.
	 */
	accept(
		request: IncomingMessage,
		socket: Duplex,
		head: Buffer,
		remoteAddress: string,
		frames: WebSocketFrames,
		accepted: (transport: WebSocketTransport) => void,
		refused: (reason: string) => void,
	): void {
		this.#refusal = undefined;
		// `ws` calls back before `handleUpgrade` returns.
		this.#server.handleUpgrade(request, socket, head, (webSocket) => {
			accepted(new WebSocketTransport(webSocket, remoteAddress, frames, socket, this.#convert));
		});
		if (this.#refusal !== undefined) refused(this.#refusal);
	}
}

// --- frames from a server: FIN + opcode, the length in 7, 16 or 64 bits, no mask (RFC 6455, 5.2)

let lastPayload: Uint8Array = EMPTY;
let lastFrame: Uint8Array = EMPTY;

function binaryFrame(payload: Uint8Array): Uint8Array {
	if (payload === lastPayload) return lastFrame;
	const frame = new Uint8Array(headerBytes(payload.length) + payload.length);
	putFrame(frame, 0, 0x82, payload);
	// Broadcasts write the same array to many sockets in a row; large ones are rare and would only be kept alive here.
	if (frame.length <= HIGH_WATER_BYTES) {
		lastPayload = payload;
		lastFrame = frame;
	}
	return frame;
}

function textFrames(bytes: Uint8Array): Uint8Array {
	const documents = documentsIn(bytes);
	let length = 0;
	for (const document of documents) length += headerBytes(document.length) + document.length;
	const frames = new Uint8Array(length);
	let at = 0;
	for (const document of documents) at = putFrame(frames, at, 0x81, document);
	return frames;
}

// Text messages must be UTF-8, or the page's WebSocket breaks off: what others sent on as bytes may not be.
function documentsIn(piece: Uint8Array): Uint8Array[] {
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

/** Options of an outgoing WebSocket. */
export interface WebSocketDialOptions {
	readonly timeoutMs: number;
	readonly origin?: string | undefined;
	readonly rejectUnauthorized?: boolean | undefined;
	readonly ca?: string | undefined;
	readonly signal?: AbortSignal | undefined;
	/** The sub-protocol to ask for; the attempt fails where the server does not take it. Documents then go as text messages. */
	readonly protocol?: string | undefined;
}

/** Opens a WebSocket to a `ws:` or `wss:` URL. Rejects with the error of the attempt, ETIMEDOUT where it took too long. */
export function dialWebSocket(url: string, options: WebSocketDialOptions): Promise<Transport> {
	return new Promise((resolve, reject) => {
		const webSocket = new WebSocket(url, options.protocol === undefined ? [] : [options.protocol], {
			perMessageDeflate: false,
			lookup: lookupWithLoopback,
			maxPayload: MAX_RECEIVED_MESSAGE_BYTES,
			...(options.origin === undefined ? {} : { origin: options.origin }),
			...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
			...(options.ca === undefined ? {} : { ca: options.ca }),
		});
		// `handshakeTimeout` of ws counts silence only: a server that dribbles its answer would never run into it.
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			webSocket.terminate();
		}, options.timeoutMs);
		const abort = (): void => {
			webSocket.terminate();
		};
		let offAbort = (): void => {};
		const settle = (): void => {
			clearTimeout(timer);
			offAbort();
			webSocket.removeAllListeners();
		};
		offAbort = onAbort(options.signal, abort);
		webSocket.once("open", () => {
			settle();
			resolve(new WebSocketTransport(webSocket, url, options.protocol === undefined ? "binary" : "text"));
		});
		webSocket.once("error", (error) => {
			settle();
			webSocket.on("error", () => {});
			reject(late ? new Error("ETIMEDOUT", { cause: error }) : error);
		});
	});
}
