// A WebSocket as a Transport, at either end. Data frames to clients are the same for all of them (a server does not mask), so a
// frame is built once and written to every socket that waits for the same bytes. A client's frames are counted, and read a part at
// a time. It opens no connection and accepts none. RFC 6455.

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { type ErrorCode, XMLSocketError } from "../../errors/index.ts";
import type { Transport, TransportEvents } from "../../link/index.ts";
import { closeWithin } from "../deadline.ts";
import { nodeClock } from "../node-clock.ts";
import { FrameMeter } from "./frame-meter.ts";
import { binaryFrame, documentsIn, textFrames } from "./server-frames.ts";

/** How a WebSocket carries documents to the other side: a byte stream in binary messages, or a text message for each. */
export type WebSocketFrames = "binary" | "text";

/** Changes bytes on their way out. */
export type Conversion = (bytes: Uint8Array) => Uint8Array;

const HIGH_WATER_BYTES = 256 * 1024;
const CLOSE_WAIT_MS = 5000;
/** How long a client that broke a rule may take to read why and close. */
const REFUSED_CLOSE_MS = 2000;
/** A client's frames that are read without a break; the others wait until other connections have had their turn. */
const FRAMES_PER_TURN = 64;
const DROPPED_FRAMES_PER_TURN = 4096;
/** Longer messages are passed on by themselves, without a copy. */
const SHORT_BYTES = 4096;
const MAX_WAITING_PONGS = 16;
const POLICY_VIOLATION = 1008;
const INVALID_PAYLOAD = 1007;
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
	/** On the server's side. */
	readonly #meter: FrameMeter | undefined;
	/** Answers to pings that have not left yet. */
	#pongs = 0;
	/** Whether the owner has paused it. */
	#paused = true;
	/** Whether the rest of what was read waits for other connections' turn. */
	#yielding = false;
	/** Whether what still comes is dropped. */
	#deaf = false;
	/** The short messages of the chunk that is being read: the owner gets them in one piece, and answers them in one write. */
	#short: Uint8Array[] | undefined = undefined;

	/**
	 * @param raw the socket underneath, on the server's side: prebuilt frames are written to it, and the client's frames are counted.
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
			this.#deaf = true;
			this.#error ??= protocolError(error);
			if (raw) closeWithin(raw, REFUSED_CLOSE_MS);
		});
		this.#meter = raw && this.#measure(raw);
		// Documents may come with the handshake's own segment: nothing is read until there is a listener for them.
		webSocket.pause();
	}

	get bufferedBytes(): number {
		return this.#raw ? this.#raw.writableLength : this.#webSocket.bufferedAmount;
	}

	/** On the server's side, of the socket underneath. */
	get receivedBytes(): number {
		return (this.#raw as Socket | undefined)?.bytesRead ?? 0;
	}

	/** The other side's close code, once closed: 1005 where it gave none, 1006 where the connection was cut. */
	get closeCode(): number | undefined {
		return this.#closeCode;
	}

	/** On the server's side. */
	get unfinishedBytes(): number {
		return this.#meter?.unfinishedBytes ?? 0;
	}

	/** On the server's side. A ping within a message does not restart it. */
	get unfinishedSinceMs(): number | undefined {
		return this.#meter?.unfinishedSinceMs;
	}

	start(events: TransportEvents): void {
		this.#events = events;
		const webSocket = this.#webSocket;
		webSocket.on("message", (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
		webSocket.on("pong", () => this.#events?.pong());
		webSocket.on("ping", (data: Buffer) => this.#pinged(data));
		webSocket.on("close", (code) => this.#closed(code));
		this.#raw?.on("drain", () => this.#events?.drain());
		if (webSocket.readyState === WebSocket.CLOSED) queueMicrotask(() => this.#closed(1006));
		else this.resume();
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
		// Where the other side closed first, there is nothing to wait for, and no "close" that would end the timer.
		if (this.#webSocket.readyState === WebSocket.CLOSED) return;
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
		this.#paused = true;
		this.#webSocket.pause();
	}

	resume(): void {
		this.#paused = false;
		// The rest of a message could not arrive while it was not read.
		if (this.#meter?.unfinishedSinceMs !== undefined) this.#meter.unfinishedSinceMs = nodeClock.now();
		if (!this.#yielding) this.#webSocket.resume();
	}

	ping(): void {
		if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping();
	}

	// `ws` would cut a client that pings and does not read, without a reason. It gets no answer then, and the limits of all clients apply.
	#pinged(data: Buffer): void {
		this.#events?.pong();
		if (!this.#raw || this.#pongs >= MAX_WAITING_PONGS || this.#webSocket.readyState !== WebSocket.OPEN) return;
		this.#pongs++;
		this.#webSocket.pong(data, false, () => {
			this.#pongs--;
		});
	}

	#message(data: Buffer, isBinary: boolean): void {
		if (!this.#events || this.#error) return;
		if (isBinary) {
			this.#pass(data);
		} else if (data.at(-1) === 0) {
			// The other side writes the terminators itself, as programs do that used to write to a TCP socket.
			this.#pass(data);
		} else if (data.includes(0)) {
			// One text message is one document: a zero byte in it would make two of it. What came before it is answered before the close.
			this.#passShort();
			this.#refuse("XMLSOCKET_WEBSOCKET_INVALID", "a text message holds U+0000", INVALID_PAYLOAD);
		} else {
			this.#pass(data, ZERO);
		}
	}

	#pass(data: Uint8Array, terminator?: Uint8Array): void {
		if (data.length > SHORT_BYTES) {
			this.#passShort();
			this.#events?.bytes(data);
			if (terminator) this.#events?.bytes(terminator);
		} else if (this.#short) {
			this.#short.push(data);
			if (terminator) this.#short.push(terminator);
		} else this.#events?.bytes(terminator ? Buffer.concat([data, terminator]) : data);
	}

	#passShort(): void {
		const short = this.#short;
		if (!short || short.length === 0) return;
		this.#short = [];
		this.#events?.bytes(short.length === 1 ? short[0]! : Buffer.concat(short));
	}

	// `ws` handles all frames of a chunk in one go, thousands of tiny ones in 64 KiB. So it gets a part of the chunk, and the rest goes back
	// into the socket until the other connections have had their turn.
	#measure(raw: Duplex): FrameMeter {
		const meter = new FrameMeter(nodeClock.now());
		const feed = raw.listeners("data").at(-1) as (this: Duplex, chunk: Buffer) => void;
		raw.off("data", feed);
		raw.on("data", (chunk: Buffer) => {
			if (this.#deaf) return;
			const limit = this.#ended ? DROPPED_FRAMES_PER_TURN : FRAMES_PER_TURN;
			const end = meter.follow(chunk, limit, nodeClock.now());
			if (meter.isClosed) this.#deaf = true;
			if (this.#ended) {
				// The owner listens no more, so nothing but the client's close matters.
				if (meter.isClosed) raw.end();
				else if (end < chunk.length) this.#later(chunk.subarray(end));
				return;
			}
			if (meter.isOverdrawn) {
				this.#refuse("XMLSOCKET_TOO_MANY_FRAMES", "too many frames that complete no document", POLICY_VIOLATION);
				return;
			}
			this.#short = [];
			try {
				feed.call(raw, end === chunk.length ? chunk : chunk.subarray(0, end));
				this.#passShort();
			} catch (error) {
				// A fault in the parser costs this connection only.
				raw.destroy(error as Error);
			}
			this.#short = undefined;
			if (end === chunk.length || this.#deaf) return;
			this.#later(chunk.subarray(end));
		});
		raw.prependOnceListener("close", () => {
			this.#deaf = true;
		});
		return meter;
	}

	#later(rest: Uint8Array): void {
		this.#yielding = true;
		// A socket that is not paused would emit the rest at once.
		this.#webSocket.pause();
		this.#raw?.pause();
		this.#raw?.unshift(rest);
		setImmediate(() => {
			this.#yielding = false;
			if (!this.#paused) this.#webSocket.resume();
		});
	}

	/** @param text for the client too: at most 123 bytes */
	#refuse(code: ErrorCode, text: string, closeCode: number): void {
		this.#deaf = true;
		this.#error ??= new XMLSocketError(code, `A WebSocket was closed: ${text}.`);
		this.#webSocket.close(closeCode, text);
		if (!this.#raw) return;
		closeWithin(this.#raw, REFUSED_CLOSE_MS);
		// What still comes is read and dropped: unread bytes would reset the connection before the client has read the reason.
		this.#raw.resume();
		this.#raw.end();
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

/** The error of `ws` as one with a code, where it is the other side's fault; otherwise the error itself. */
function protocolError(error: Error & { readonly code?: string }): Error {
	if (!error.code?.startsWith("WS_ERR_")) return error;
	const isLong = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
	return new XMLSocketError(
		isLong ? "XMLSOCKET_DOCUMENT_TOO_LARGE" : "XMLSOCKET_WEBSOCKET_INVALID",
		`A WebSocket was closed: ${error.message}.`,
		{ cause: error },
	);
}
