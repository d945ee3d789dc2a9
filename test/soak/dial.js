// Connections of the soak's clients: TCP, TLS and WebSocket, with documents as text. It uses node:net and node:tls alone and shares
// no code with the daemon.

import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { connect as connectTls } from "node:tls";

const MOST_UNREAD_CHARACTERS = 4 * 1024 * 1024;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** @typedef {"tcp" | "tls" | "ws" | "ws-text" | "wss"} Kind */
/** @typedef {{ host: string, port: number }} Address */

/**
 * @typedef {object} Events
 * @property {() => void} opened
 * @property {(document: string) => void} document
 * @property {(why: string) => void} closed called once
 */

/**
 * @typedef {object} Wire
 * @property {(document: string) => void} send
 * @property {() => void} end closes in order
 * @property {() => void} destroy loses the connection
 * @property {import("node:net").Socket} socket
 */

/**
 * Connects to the daemon.
 *
 * @param {Kind} kind
 * @param {Address} address
 * @param {Events} events
 * @returns {Wire}
 */
export function dial(kind, address, events) {
	const encrypted = kind === "tls" || kind === "wss";
	// The certificate is the run's own; what it proves is not tested here.
	const socket = encrypted
		? connectTls({ ...address, rejectUnauthorized: false })
		: connect({ ...address, noDelay: true });
	let why = "closed";
	socket.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
		why = error.code ?? error.message;
	});
	socket.once("close", () => events.closed(why));
	socket.on("end", () => socket.destroy());
	const ready = encrypted ? "secureConnect" : "connect";
	if (kind === "tcp" || kind === "tls") return plain(socket, ready, events);
	return webSocket(socket, ready, kind, address, events);
}

/** @param {import("node:net").Socket} socket @param {string} ready @param {Events} events @returns {Wire} */
function plain(socket, ready, events) {
	socket.once(ready, events.opened);
	const read = splitter(socket, events);
	socket.on("data", read);
	return {
		socket,
		send: (document) => void socket.write(`${document}\0`),
		end: () => void socket.end(),
		destroy: () => void socket.destroy(),
	};
}

/**
 * @param {import("node:net").Socket} socket
 * @param {string} ready
 * @param {Kind} kind
 * @param {Address} address
 * @param {Events} events
 * @returns {Wire}
 */
function webSocket(socket, ready, kind, { host, port }, events) {
	const path = kind === "ws-text" ? "/socket?frames=text" : "/socket";
	const key = randomBytes(16).toString("base64");
	let unread = Buffer.alloc(0);
	let open = false;
	const read = splitter(socket, events);
	socket.once(ready, () => {
		socket.write(
			`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
		);
	});
	socket.on("data", (chunk) => {
		unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
		if (!open) {
			const end = unread.indexOf("\r\n\r\n");
			if (end < 0) return;
			if (!unread.subarray(0, end).toString("latin1").startsWith("HTTP/1.1 101")) {
				socket.destroy();
				return;
			}
			unread = unread.subarray(end + 4);
			open = true;
			events.opened();
		}
		for (let frame = readFrame(unread); frame; frame = readFrame(unread)) {
			unread = unread.subarray(frame.size);
			if (frame.opcode === PING) socket.write(writeFrame(PONG, frame.payload));
			else if (frame.opcode === CLOSE) socket.end(writeFrame(CLOSE, frame.payload));
			else if (frame.opcode === TEXT) events.document(frame.payload.toString("utf8"));
			else if (frame.opcode !== PONG) read(frame.payload);
		}
	});
	return {
		socket,
		send: (document) => void socket.write(writeFrame(TEXT, Buffer.from(document))),
		end: () => void socket.end(writeFrame(CLOSE, Buffer.from([3, 0xe8]))),
		destroy: () => void socket.destroy(),
	};
}

/** Splits a stream of bytes at zero bytes. @param {import("node:net").Socket} socket @param {Events} events */
function splitter(socket, events) {
	const decoder = new StringDecoder("utf8");
	let rest = "";
	return (/** @type {Buffer} */ chunk) => {
		const documents = (rest + decoder.write(chunk)).split("\0");
		rest = documents.pop() ?? "";
		for (const document of documents) if (!socket.destroyed) events.document(document);
		if (rest.length > MOST_UNREAD_CHARACTERS) socket.destroy();
	};
}

/** The first whole frame from a server, which masks nothing. @param {Buffer} bytes */
function readFrame(bytes) {
	if (bytes.length < 2) return undefined;
	const short = /** @type {number} */ (bytes[1]) & 0x7f;
	const head = short === 127 ? 10 : short === 126 ? 4 : 2;
	if (bytes.length < head) return undefined;
	const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
	if (bytes.length < head + length) return undefined;
	const opcode = /** @type {number} */ (bytes[0]) & 15;
	return { opcode, payload: bytes.subarray(head, head + length), size: head + length };
}

/** One masked frame, as clients write them. @param {number} opcode @param {Buffer} payload */
export function writeFrame(opcode, payload) {
	const { length } = payload;
	const head = length > 65_535 ? 10 : length > 125 ? 4 : 2;
	const frame = Buffer.alloc(head + 4 + length);
	frame[0] = 0x80 | opcode;
	frame[1] = 0x80 | (head === 10 ? 127 : head === 4 ? 126 : length);
	if (head === 4) frame.writeUInt16BE(length, 2);
	else if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2);
	const mask = randomBytes(4);
	mask.copy(frame, head);
	for (let at = 0; at < length; at++) {
		frame[head + 4 + at] = /** @type {number} */ (payload[at]) ^ /** @type {number} */ (mask[at & 3]);
	}
	return frame;
}
