// One open file: its position in bytes; reads by characters, lines or all; writes. A text file is UTF-8, and a byte order mark is skipped. In
// a binary file each byte is a character from U+0000 to U+00FF. The methods throw the system's errors.

import { Buffer } from "node:buffer";
import { closeSync, fstatSync, fsyncSync, readSync, writeSync } from "node:fs";
import { XMLSocketError } from "../../errors/index.ts";
import { MAX_FILE_BYTES, MAX_FILE_SIZE_BYTES } from "./limits.ts";

const LINE_CHUNK_BYTES = 8192;
const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK_BYTES = 3;

/** An open file. */
export class OpenFile {
	position = 0;
	readonly #descriptor: number;
	readonly #encoding: "utf8" | "latin1";
	readonly #appends: boolean;

	constructor(descriptor: number, isText: boolean, appends: boolean) {
		this.#descriptor = descriptor;
		this.#encoding = isText ? "utf8" : "latin1";
		this.#appends = appends;
	}

	get isAtEnd(): boolean {
		return this.position >= this.#length;
	}

	close(): boolean {
		closeSync(this.#descriptor);
		return true;
	}

	/** Up to `count` characters: code points of a text file, bytes of a binary file. */
	read(count: number): string | undefined {
		if (!(count >= 1)) return this.isAtEnd ? undefined : "";
		const perCharacter = this.#encoding === "utf8" ? 4 : 1;
		this.#passByteOrderMark();
		const bytes = this.#bytes(Math.min(count * perCharacter, this.#length - this.position));
		if (bytes.length === 0) return undefined;
		let end = 0;
		for (let characters = 0; characters < count && end < bytes.length; characters++) {
			end += perCharacter === 1 ? 1 : sequenceLength(bytes[end]!);
		}
		return this.#taken(bytes.subarray(0, end));
	}

	readLine(): string | undefined {
		this.#passByteOrderMark();
		const start = this.position;
		const chunks: Buffer[] = [];
		let length = 0;
		for (;;) {
			const chunk = this.#bytes(LINE_CHUNK_BYTES, start + length);
			const end = chunk.indexOf(LF);
			const part = end === -1 ? chunk : chunk.subarray(0, end);
			chunks.push(part);
			length += part.length;
			if (length > MAX_FILE_BYTES) throw tooLong("A line", length);
			if (end === -1 && chunk.length === LINE_CHUNK_BYTES) continue;
			if (end === -1 && length === 0) return undefined;
			const line = Buffer.concat(chunks, length);
			this.position = start + length + (end === -1 ? 0 : 1);
			return line.toString(this.#encoding, 0, end !== -1 && line[length - 1] === CR ? length - 1 : length);
		}
	}

	readRest(): string | undefined {
		this.#passByteOrderMark();
		const rest = this.#length - this.position;
		if (rest > MAX_FILE_BYTES) throw tooLong("The rest of a file", rest);
		return this.#taken(this.#bytes(rest));
	}

	write(text: string): boolean {
		const bytes = Buffer.from(text, this.#encoding);
		if (bytes.length > MAX_FILE_BYTES) throw tooLong("The text to write", bytes.length);
		const at = this.#appends ? this.#length : this.position;
		if (at + bytes.length > MAX_FILE_SIZE_BYTES) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`A file of a script would grow past the limit of ${MAX_FILE_SIZE_BYTES} bytes; start a new file.`,
				{ details: { limitBytes: MAX_FILE_SIZE_BYTES } },
			);
		}
		for (let done = 0; done < bytes.length; ) {
			done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#appends ? null : at + done);
		}
		this.position = at + bytes.length;
		return true;
	}

	flush(): boolean {
		fsyncSync(this.#descriptor);
		return true;
	}

	seek(position: number): number {
		this.position = Math.max(0, Math.min(Math.trunc(position) || 0, this.#length));
		return this.position;
	}

	get #length(): number {
		return fstatSync(this.#descriptor).size;
	}

	#taken(bytes: Buffer): string {
		this.position += bytes.length;
		return bytes.toString(this.#encoding);
	}

	#passByteOrderMark(): void {
		if (this.position !== 0 || this.#encoding !== "utf8") return;
		const head = this.#bytes(BYTE_ORDER_MARK_BYTES);
		if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) this.position = BYTE_ORDER_MARK_BYTES;
	}

	#bytes(count: number, from: number = this.position): Buffer {
		if (count > MAX_FILE_BYTES) throw tooLong("The part to read", count);
		const bytes = Buffer.alloc(Math.max(0, count));
		let length = 0;
		while (length < bytes.length) {
			const read = readSync(this.#descriptor, bytes, length, bytes.length - length, from + length);
			if (read === 0) break;
			length += read;
		}
		return bytes.subarray(0, length);
	}
}

/** The length of the UTF-8 sequence that starts with `lead`; 1 for an invalid byte. */
function sequenceLength(lead: number): number {
	return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function tooLong(what: string, bytes: number): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_SCRIPT_LIMIT",
		`${what} has ${bytes} bytes; a script may read or write at most ${MAX_FILE_BYTES} bytes in one call.`,
		{ details: { bytes, limitBytes: MAX_FILE_BYTES } },
	);
}
