// A connection that carries documents, over a raw port or in the frames of a WebSocket, for the checks of what the server sends. It reads
// frames itself, because the kind of a frame matters: Ruffle drops text frames (RFC 6455, 5).

import type { RawConnection } from "../../transport/index.ts";

/** An open connection to a server, or to a gateway in front of it. */
export interface Wire {
	/** The bytes of documents that arrived, up to 1 MiB. */
	readonly received: Buffer;
	readonly ended: boolean;
	/** How it ended, for people; "" while it is open. */
	readonly ending: string;
	/** The numbers of data frames of a WebSocket that arrived; undefined for a raw port. */
	readonly frames: { readonly text: number; readonly binary: number } | undefined;
	/** Sends bytes, in a message of their own where there are messages. */
	send(bytes: Uint8Array): Promise<void>;
	/** As `RawConnection.until`. */
	until(isEnough: (received: Buffer) => boolean, ms: number, signal?: AbortSignal): Promise<boolean>;
	destroy(): void;
}

/** A raw port. */
export function rawWire(connection: RawConnection): Wire {
	return {
		get received() {
			return connection.received;
		},
		get ended() {
			return connection.ended;
		},
		get ending() {
			if (!connection.ended) return "";
			return connection.error === undefined
				? "the server ended the connection"
				: `the connection broke (${connection.error})`;
		},
		frames: undefined,
		send: (bytes) => connection.send(bytes),
		until: (isEnough, ms, signal) => connection.until(isEnough, ms, signal),
		destroy: () => connection.destroy(),
	};
}

/** What frames hold. */
interface Frames {
	readonly payload: Buffer;
	readonly text: number;
	readonly binary: number;
	readonly close: { readonly code: number; readonly reason: string } | undefined;
}

/** A WebSocket after its handshake. @param from where the frames begin in what the connection received */
export function webSocketWire(connection: RawConnection, from: number): Wire {
	const read = (received: Buffer): Frames => readFrames(received.subarray(from));
	return {
		get received() {
			return read(connection.received).payload;
		},
		get ended() {
			return connection.ended || read(connection.received).close !== undefined;
		},
		get ending() {
			const { close } = read(connection.received);
			if (close)
				return `the server closed the WebSocket with code ${close.code}${close.reason === "" ? "" : ` ("${close.reason}")`}`;
			if (!connection.ended) return "";
			return `the server ended the connection without closing the WebSocket${connection.error === undefined ? "" : ` (${connection.error})`}`;
		},
		get frames() {
			const { text, binary } = read(connection.received);
			return { text, binary };
		},
		send: (bytes) => connection.send(maskedFrame(bytes)),
		async until(isEnough, ms, signal) {
			await connection.until(
				(received) => {
					const { payload, close } = read(received);
					return isEnough(payload) || close !== undefined;
				},
				ms,
				signal,
			);
			return isEnough(read(connection.received).payload);
		},
		destroy: () => connection.destroy(),
	};
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;

/** Reads the whole frames of a server; the rest waits. */
export function readFrames(bytes: Buffer): Frames {
	const payloads: Buffer[] = [];
	let text = 0;
	let binary = 0;
	let close: Frames["close"];
	let at = 0;
	while (bytes.length - at >= 2 && close === undefined) {
		const opcode = bytes[at]! & 0x0f;
		const isMasked = bytes[at + 1]! >= 0x80;
		const short = bytes[at + 1]! & 0x7f;
		const headBytes = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (isMasked ? 4 : 0);
		if (bytes.length - at < headBytes) break;
		const length =
			short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
		if (bytes.length - at - headBytes < length) break;
		const payload = bytes.subarray(at + headBytes, at + headBytes + length);
		at += headBytes + length;
		if (opcode === TEXT) text++;
		if (opcode === BINARY) binary++;
		if (opcode <= BINARY) payloads.push(payload);
		if (opcode === CLOSE)
			close = {
				code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005,
				reason: payload.subarray(2).toString("utf8"),
			};
	}
	return { payload: Buffer.concat(payloads), text, binary, close };
}

/** A client's binary frame. The mask only has to be there: nothing between here and the server is to be protected from the bytes. */
function maskedFrame(payload: Uint8Array): Uint8Array {
	const length = payload.length;
	const head = length < 126 ? Buffer.from([0x82, 0x80 | length]) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
	if (length >= 126) {
		head[0] = 0x82;
		head[1] = 0x80 | (length < 65_536 ? 126 : 127);
		if (length < 65_536) head.writeUInt16BE(length, 2);
		else head.writeBigUInt64BE(BigInt(length), 2);
	}
	const mask = Buffer.from([0x5a, 0x13, 0xc7, 0x21]);
	return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}
