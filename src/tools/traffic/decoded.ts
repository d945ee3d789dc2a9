// What a document is, told from its first bytes: XML, `%xt%…%` fields, JSON, text, or bytes that are none of them. Everything that costs more than
// a look, decoding included, happens when it is first asked for. How it is shown is `format.ts`.

import type { TextCodec } from "../../wire/index.ts";
import { XML } from "../../xml/index.ts";
import { escapedText } from "./escaped-text.ts";
import { rootNameOf } from "./xml-pieces.ts";
import { commandIndexOf } from "./xt.ts";

/** `xt` is the `%xt%…%` form of some game servers. `text` is any other text, `binary` bytes that are no text. */
export type DocumentForm = "xml" | "xt" | "json" | "text" | "binary" | "empty";

/** The text of exactly these bytes, or undefined where they are not text of the encoding. */
export type ExactDecode = (bytes: Uint8Array) => string | undefined;

/** A document with what is known of it. */
export interface Decoded {
	readonly bytes: Uint8Array;
	readonly form: DocumentForm;
	/** The name of the root element (`msg`), or the command of an `xt` document (`m#sm`). */
	readonly name: string | undefined;
	/**
	 * The text; undefined for `binary`. A byte that is not of the encoding is a lone surrogate, U+DC80 to U+DCFF for the bytes 80 to FF,
	 * and is shown as `\\xE9`.
	 */
	readonly text: string | undefined;
	/** Whether every byte is text of the encoding. */
	readonly exact: boolean;
	/** The tree of an `xml` document, of a malformed one what comes before the mistake (its `status` is then not 0); undefined for other forms. */
	readonly xml: XML | undefined;
	/** The fields of an `xt` document, without the empty ones before the first and behind the last `%`. The first is `xt`. */
	readonly fields: readonly string[] | undefined;
}

/** Looks at the bytes of a document. It is cheap: the result decodes and parses when you read `text`, `xml` and so on. */
export function decodeDocument(bytes: Uint8Array, decode: ExactDecode): Decoded {
	return new LazyDocument(bytes, decode);
}

/**
 * The `decode` of an encoding for {@link decodeDocument}.
 *
 * A text counts only if encoding it gives the same bytes again.
 */
export function exactDecode(codec: TextCodec): ExactDecode {
	if (codec.label === "utf-8") {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		return (bytes) => {
			try {
				return decoder.decode(bytes);
			} catch {
				return undefined;
			}
		};
	}
	return (bytes) => {
		try {
			const text = codec.decode(bytes, 0, bytes.length);
			return sameBytes(codec.encode(text), bytes) ? text : undefined;
		} catch {
			return undefined;
		}
	};
}

const UNREAD: unique symbol = Symbol("unread");

class LazyDocument implements Decoded {
	readonly bytes: Uint8Array;
	readonly #decode: ExactDecode;
	#form: DocumentForm | undefined;
	#name: string | undefined | typeof UNREAD = UNREAD;
	#text: string | undefined | typeof UNREAD = UNREAD;
	#exact = true;
	#xml: XML | undefined;
	#fields: readonly string[] | undefined;

	constructor(bytes: Uint8Array, decode: ExactDecode) {
		this.bytes = bytes;
		this.#decode = decode;
	}

	get form(): DocumentForm {
		this.#form ??= formOf(this.bytes) ?? (isText(this.#beginning()) ? "text" : "binary");
		return this.#form;
	}

	get name(): string | undefined {
		if (this.#name === UNREAD) {
			const { form } = this;
			if (form === "xml") this.#name = plainNameOf(this.bytes) ?? rootNameOf(this.#head());
			else this.#name = form === "xt" ? this.#command() : undefined;
		}
		return this.#name;
	}

	get text(): string | undefined {
		return this.form === "binary" ? undefined : this.#read();
	}

	get exact(): boolean {
		this.#read();
		return this.#exact;
	}

	get xml(): XML | undefined {
		if (this.form !== "xml") return undefined;
		this.#xml ??= new XML(this.#read());
		return this.#xml;
	}

	get fields(): readonly string[] | undefined {
		if (this.form !== "xt") return undefined;
		if (this.#fields === undefined) {
			const fields = this.#read().split("%").slice(1);
			if (fields.length > 1 && fields.at(-1)?.trim() === "") fields.pop();
			this.#fields = fields;
		}
		return this.#fields;
	}

	#command(): string | undefined {
		const fields = this.fields ?? [];
		return fields[commandIndexOf(fields)]?.slice(0, 256);
	}

	#read(): string {
		if (this.#text === UNREAD) {
			const text = this.#decode(this.bytes);
			this.#exact = text !== undefined;
			this.#text = text ?? escapedText(this.bytes, this.#decode);
		}
		return this.#text as string;
	}

	// The name of a long document needs only its beginning.
	#head(): string {
		const text = this.#beginning();
		return rootNameOf(text) === undefined ? this.#read() : text;
	}

	// Enough to tell what a document is. A character can be cut at its end.
	#beginning(): string {
		if (this.#text !== UNREAD || this.bytes.length <= HEAD_BYTES) return this.#read();
		const head = this.bytes.subarray(0, HEAD_BYTES);
		return this.#decode(head) ?? escapedText(head, this.#decode);
	}
}

const HEAD_BYTES = 1024;

// The name of the root element where the document begins with it and all its characters are ASCII, as in nearly all documents. All encodings that
// have these bytes mean the same by them, so nothing needs to be decoded.
function plainNameOf(bytes: Uint8Array): string | undefined {
	if (bytes[0] !== 0x3c) return undefined;
	let name = "";
	for (let at = 1; at < 64; at++) {
		const byte = bytes[at] ?? 0;
		if (IS_NAME[byte] === 1) name += String.fromCharCode(byte);
		else return name !== "" && (isSpace(byte) || byte === 0x3e || byte === 0x2f) ? name : undefined;
	}
	return undefined;
}

/** 1 for each byte that can be part of a name in ASCII. */
const IS_NAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
	/[A-Za-z0-9_.:-]/.test(byte < 128 ? String.fromCharCode(byte) : "") ? 1 : 0,
);

// The form that the first characters tell; undefined for text and other bytes.
function formOf(bytes: Uint8Array): DocumentForm | undefined {
	if (bytes.length === 0) return "empty";
	let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
	while (isSpace(bytes[at])) at++;
	switch (bytes[at]) {
		case 0x3c:
			return "xml";
		case 0x25:
			return bytes[at + 1] === 0x78 && bytes[at + 2] === 0x74 && bytes[at + 3] === 0x25 ? "xt" : undefined;
		case 0x7b:
			return lastByte(bytes) === 0x7d ? "json" : undefined;
		case 0x5b:
			return lastByte(bytes) === 0x5d ? "json" : undefined;
		default:
			return undefined;
	}
}

function lastByte(bytes: Uint8Array): number | undefined {
	let at = bytes.length - 1;
	while (isSpace(bytes[at])) at--;
	return bytes[at];
}

function isSpace(byte: number | undefined): boolean {
	return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

// Text may hold some control characters, such as one that separates fields, and bytes of another encoding, but not many and not many kinds.
function isText(text: string): boolean {
	const head = text.slice(0, HEAD_BYTES);
	const kinds = new Set<number>();
	let controls = 0;
	let strange = 0;
	for (let at = 0; at < head.length; at++) {
		const unit = head.charCodeAt(at);
		if (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) {
			controls++;
			kinds.add(unit);
		} else if (unit >= 0xdc80 && unit <= 0xdcff && !isHigh(head.charCodeAt(at - 1))) strange++;
	}
	return controls * (kinds.size > 3 ? 32 : 8) <= head.length && strange * 2 <= head.length;
}

function isHigh(unit: number): boolean {
	return unit >= 0xd800 && unit <= 0xdbff;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
	if (one.length !== other.length) return false;
	for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
	return true;
}
