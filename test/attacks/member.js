// One honest member: a connection over TCP or WebSocket that says what it is given, counts what it hears, and answers pings.

import { connect } from "node:net";
import { readDocument } from "../faults/documents.js";
import { FrameReader, frame, OPCODES, upgradeRequest } from "./web-socket.js";

/** Longer documents are an attacker's: nothing is kept of them. */
const LONGEST_BYTES = 16 * 1024;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** How a link of limited speed is made: so often it reads so much. */
const LINK_MS = 20;

/**
 * @typedef {object} MemberOptions
 * @property {number} number
 * @property {"tcp" | "ws"} by
 * @property {{ host: string, port: number }} place
 * @property {string} [path] of the WebSocket
 * @property {string} [from] its own address
 * @property {number} [bytesPerSecond] the speed of its link
 * @property {(member: Member, document: string) => void} onDocument
 * @property {(member: Member) => void} onClose
 */

/** A member of the honest load. */
export class Member {
	number;
	/** Whether nothing has ended its connection. */
	open = true;
	/** Error codes that it was sent. @type {Map<string, number>} */
	errors = new Map();
	#socket;
	#by;
	#options;
	/** @type {Buffer[]} */
	#parts = [];
	#length = 0;
	/** @type {Buffer | undefined} the answer to the opening handshake, until it is whole */
	#head = Buffer.alloc(0);
	#frames = new FrameReader((opcode, bytes) => this.#payload(opcode, bytes));
	/** @type {() => void} */
	#opened = () => {};
	/** From the beginning: the answer may come before somebody waits for it. */
	#isReady = /** @type {Promise<void>} */ (
		new Promise((resolve) => {
			this.#opened = resolve;
		})
	);
	#allowance = 0;
	/** @type {NodeJS.Timeout | undefined} */
	#link;

	/** @param {MemberOptions} options */
	constructor(options) {
		this.#options = options;
		this.number = options.number;
		this.#by = options.by;
		const { host, port } = options.place;
		this.#socket = connect({ host, port, noDelay: true, ...(options.from ? { localAddress: options.from } : {}) });
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => this.#close());
		this.#socket.on("end", () => this.#close());
		if (options.bytesPerSecond) this.#limit(options.bytesPerSecond);
		else this.#socket.on("data", (bytes) => this.#take(bytes));
		if (this.#by === "ws") this.#socket.write(upgradeRequest(`${host}:${port}`, options.path));
		else this.#head = undefined;
	}

	/** Resolves when it can send; its connection may have ended by then. @returns {Promise<void>} */
	ready() {
		return this.#by === "tcp" ? Promise.resolve() : this.#isReady;
	}

	/** @param {string} document */
	send(document) {
		const bytes = `${document}\0`;
		this.#socket.write(this.#by === "ws" ? frame(OPCODES.binary, bytes) : bytes);
	}

	/** Leaves, on purpose. */
	leave() {
		this.open = false;
		clearInterval(this.#link);
		this.#socket.destroy();
	}

	#close() {
		clearInterval(this.#link);
		this.#opened();
		if (!this.open) return;
		this.open = false;
		this.#options.onClose(this);
	}

	/** @param {number} bytesPerSecond */
	#limit(bytesPerSecond) {
		const each = (bytesPerSecond * LINK_MS) / 1000;
		const read = () => {
			while (this.#allowance > 0) {
				const bytes = this.#socket.read();
				if (bytes === null) return;
				this.#allowance -= bytes.length;
				this.#take(bytes);
			}
		};
		this.#socket.on("readable", read);
		this.#link = setInterval(() => {
			this.#allowance = Math.min(each, this.#allowance + each);
			read();
		}, LINK_MS);
	}

	/** @param {Buffer} bytes */
	#take(bytes) {
		if (this.#by === "tcp") return this.#bytes(bytes);
		if (this.#head === undefined) return this.#frames.take(bytes);
		this.#head = Buffer.concat([this.#head, bytes]);
		const end = this.#head.indexOf(END_OF_HEAD);
		if (end === -1) return;
		const rest = this.#head.subarray(end + END_OF_HEAD.length);
		this.#head = undefined;
		this.#opened();
		this.#frames.take(rest);
	}

	/** @param {number} opcode @param {Buffer} bytes */
	#payload(opcode, bytes) {
		if (opcode === OPCODES.binary) this.#bytes(bytes);
		else if (opcode === OPCODES.ping) this.#socket.write(frame(OPCODES.pong, bytes));
	}

	/** @param {Buffer} bytes */
	#bytes(bytes) {
		let begin = 0;
		for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, begin)) {
			this.#piece(bytes.subarray(begin, end), false);
			if (this.#length <= LONGEST_BYTES) this.#hear(Buffer.concat(this.#parts).toString("utf8"));
			this.#parts = [];
			this.#length = 0;
			begin = end + 1;
		}
		if (begin < bytes.length) this.#piece(bytes.subarray(begin), true);
	}

	/** @param {Buffer} bytes @param {boolean} copied whether it is kept beyond this call */
	#piece(bytes, copied) {
		this.#length += bytes.length;
		if (this.#length > LONGEST_BYTES) this.#parts = [];
		else this.#parts.push(copied ? Buffer.from(bytes) : bytes);
	}

	/** @param {string} text */
	#hear(text) {
		if (text.startsWith("<ping")) {
			const id = readDocument(text)?.attributes.get("id");
			this.send(id === undefined ? "<pong/>" : `<pong id="${id}"/>`);
		} else if (text.startsWith("<error")) {
			const code = readDocument(text)?.attributes.get("code") ?? "?";
			this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
		}
		this.#options.onDocument(this, text);
	}
}
