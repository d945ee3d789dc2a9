// WebSocket by hand (RFC 6455): the opening handshake's bytes and frames, correct ones for the honest members and any others for
// attacks. It shares no code with the daemon.

import { randomFillSync } from "node:crypto";

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/**
 * The request that opens a WebSocket.
 *
 * @param {string} host
 * @param {string} [path]
 * @param {Record<string, string | undefined>} [more] other headers; undefined leaves one out
 */
export function upgradeRequest(host, path = "/socket", more = {}) {
	const headers = {
		Host: host,
		Upgrade: "websocket",
		Connection: "Upgrade",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Version": "13",
		...more,
	};
	const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
	return `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/**
 * One frame, as a client sends it.
 *
 * @param {number} opcode
 * @param {string | Buffer} payload
 * @param {{ fin?: boolean, masked?: boolean, reserved?: number, length?: number }} [options] `length`: what the header claims
 */
export function frame(opcode, payload, { fin = true, masked = true, reserved = 0, length } = {}) {
	const body = Buffer.from(payload);
	const claimed = length ?? body.length;
	const extended = claimed < 126 ? 0 : claimed < 65_536 ? 2 : 8;
	const header = Buffer.alloc(2 + extended + (masked ? 4 : 0));
	header[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
	header[1] = (masked ? 0x80 : 0) | (extended === 0 ? claimed : extended === 2 ? 126 : 127);
	if (extended === 2) header.writeUInt16BE(claimed, 2);
	else if (extended === 8) header.writeBigUInt64BE(BigInt(claimed), 2);
	if (masked) {
		const mask = randomFillSync(header, 2 + extended, 4).subarray(2 + extended);
		for (let at = 0; at < body.length; at++)
			body[at] = /** @type {number} */ (body[at]) ^ /** @type {number} */ (mask[at & 3]);
	}
	return Buffer.concat([header, body]);
}

/** Takes frames of a server apart as their bytes come, and keeps no payload. */
export class FrameReader {
	#head = Buffer.alloc(0);
	#left = 0;
	#opcode = 0;
	#onPayload;

	/** @param {(opcode: number, bytes: Buffer) => void} onPayload called with each piece of a payload; an empty one once */
	constructor(onPayload) {
		this.#onPayload = onPayload;
	}

	/** @param {Buffer} bytes */
	take(bytes) {
		while (bytes.length > 0) {
			if (this.#left > 0) {
				const piece = bytes.subarray(0, this.#left);
				this.#left -= piece.length;
				bytes = bytes.subarray(piece.length);
				this.#onPayload(this.#opcode, piece);
				continue;
			}
			this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
			const short = /** @type {number} */ (this.#head[1]) & 127;
			const size = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
			if (this.#head.length < size) {
				this.#head = Buffer.from(this.#head);
				return;
			}
			const opcode = /** @type {number} */ (this.#head[0]) & 15;
			// A continuation belongs to the message before it.
			if (opcode !== OPCODES.continuation) this.#opcode = opcode;
			this.#left =
				short < 126 ? short : short === 126 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2));
			bytes = this.#head.subarray(size);
			this.#head = Buffer.alloc(0);
			if (this.#left === 0) this.#onPayload(this.#opcode, bytes.subarray(0, 0));
		}
	}
}
