// The older encodings of Flash content through iconv-lite, of which this is the only importer, and UTF-8 by Node's own means.

import iconv from "iconv-lite";
import { XMLSocketError } from "../errors/index.ts";
import { type TextCodec, utf8Codec } from "../wire/index.ts";
import { nodeUtf8 } from "./node-utf8.ts";

/**
 * The codec of an encoding's name.
 *
 * @param label `utf-8`, or any single-byte or multi-byte encoding that iconv-lite knows and that never uses a zero byte
 * inside a character: `gbk`, `shift_jis`, `latin1`, `windows-1252`, `euc-kr`, `big5`.
 * A character that the encoding lacks becomes a character reference in a document that is XML, and a question mark in other text.
 *
 * @param strict whether invalid bytes end the connection (UTF-8 only). Default false: they become U+FFFD.
 * @throws XMLSOCKET_OPTION_INVALID for an unknown encoding, and for those that are no encoding of
 * documents: UTF-16 and UTF-32, whose characters hold zero bytes, UTF-7, `hex`, `base64`, `binary`.
 */
export function textCodec(label: string, strict = false): TextCodec {
	if (/^utf[-_ ]?8$/i.test(label)) return strict ? utf8Codec(true) : nodeUtf8;
	if (!iconv.encodingExists(label) || !keepsMarkup(label)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The encoding "${label}" cannot be used: choose utf-8, gbk, shift_jis, latin1, windows-1252, euc-kr, big5 or another one without zero bytes.`,
		);
	}
	return {
		label,
		decode: (bytes, start, end) =>
			iconv.decode(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), label, { stripBOM: false }),
		encode: (text) => encodeDocuments(text, label),
	};
}

/** A document that is XML, where a reference can stand for any character. */
const MARKUP_DOCUMENT = /^[\s\ufeff]*</;
const MAX_KNOWN_CHARACTERS = 10_000;

// A character that the encoding lacks becomes a character reference in XML, which every parser reads, and a question mark in
// other text. The text may be several documents with their zero bytes.
function encodeDocuments(text: string, label: string): Uint8Array {
	const bytes = iconv.encode(text, label);
	if (countOf(latin1(bytes), "?") === countOf(text, "?")) return bytes;
	const documents = text.split("\0");
	return iconv.encode(documents.map((document) => withReferences(document, label)).join("\0"), label);
}

function withReferences(text: string, label: string): string {
	if (!MARKUP_DOCUMENT.test(text)) return text;
	const lacks = lackedBy(label);
	let whole = "";
	let from = 0;
	let inCharacterData = false;
	for (const { index, 0: character } of text.matchAll(/[^\0-\x7f\ufffd]/gu)) {
		// Half of a surrogate pair is no character, and has no reference.
		if (!lacks(character) || /\p{Cs}/u.test(character)) continue;
		const before = text.slice(from, index);
		from = index + character.length;
		const opened = before.lastIndexOf("<![CDATA[");
		const closed = before.lastIndexOf("]]>");
		if (opened !== closed) inCharacterData = opened > closed;
		const reference = `&#${character.codePointAt(0)};`;
		// In a CDATA section a reference is plain text, so the section is interrupted.
		whole += before + (inCharacterData ? `]]>${reference}<![CDATA[` : reference);
	}
	return whole + text.slice(from);
}

const known = new Map<string, Map<string, boolean>>();

/** Whether an encoding lacks a character, for many calls. */
function lackedBy(label: string): (character: string) => boolean {
	let characters = known.get(label);
	if (!characters) {
		characters = new Map();
		known.set(label, characters);
	}
	const remembered = characters;
	return (character) => {
		const before = remembered.get(character);
		if (before !== undefined) return before;
		if (remembered.size >= MAX_KNOWN_CHARACTERS) remembered.clear();
		const lacks = iconv.encode(character, label).every((byte) => byte === QUESTION_MARK);
		remembered.set(character, lacks);
		return lacks;
	};
}

const QUESTION_MARK = 63;

// Asked of the encoding itself, not of its name: `UTF_16`, `ucs 2` and many more spellings are understood.
function keepsMarkup(label: string): boolean {
	return (
		iconv.encode(MARKUP, label).equals(Buffer.from(MARKUP, "latin1")) && !iconv.encode("\u0100", label).includes(0)
	);
}

const MARKUP = "\0<aZ n0=\"9\" m='+-'/>&;";

/** The encoding that the XML declaration of a document names; undefined where there is none. Nothing but hints uses it. */
export function declaredEncoding(text: string): string | undefined {
	return /^[\s\ufeff]*<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']/i.exec(text)?.[1];
}

/** A byte stream into another encoding, piece by piece. */
export interface Transcoder {
	/** The bytes that a chunk completes; a character that is not whole yet waits for the next one. */
	push(chunk: Uint8Array): Uint8Array;
	/** What is left at the end of the stream: a replacement for a character that was never finished. */
	finish(): Uint8Array;
	/** Replacements made so far, for bytes that are not of the one encoding and characters that the other one lacks. */
	readonly replaced: number;
}

/**
 * Changes a stream's encoding. Zero bytes stay zero bytes, so that documents end where they ended.
 *
 * @throws XMLSOCKET_OPTION_INVALID as `textCodec` does.
 */
export function transcoder(from: string, to: string): Transcoder {
	const codec = textCodec(to);
	const decode = streamDecoder(textCodec(from));
	const isUtf8 = codec.label === nodeUtf8.label;
	let replaced = 0;
	const encode = (text: string): Uint8Array => {
		// A piece of a stream: whether it is inside XML is not known, so what the encoding lacks becomes a question mark.
		const bytes = isUtf8 ? codec.encode(text) : iconv.encode(text, codec.label);
		const broken = countOf(text, "\ufffd");
		// No character of an encoding holds a question mark inside.
		replaced += isUtf8 ? broken : Math.max(broken, countOf(latin1(bytes), "?") - countOf(text, "?"));
		return bytes;
	};
	return {
		push: (chunk) => encode(decode(chunk, false)),
		finish: () => encode(decode(NOTHING, true)),
		get replaced() {
			return replaced;
		},
	};
}

const NOTHING: Uint8Array = new Uint8Array(0);

type StreamDecoder = (chunk: Uint8Array, last: boolean) => string;

function streamDecoder(codec: TextCodec): StreamDecoder {
	if (codec.label === nodeUtf8.label) {
		const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
		return (chunk, last) => decoder.decode(chunk, { stream: !last });
	}
	// The library's decoder, given the rest of a broken character and too little behind it, drops text (its buffer has room
	// for the new bytes alone). So each chunk gets a fresh one, with the unfinished bytes of the last in front.
	let rest: Uint8Array = NOTHING;
	return (chunk, last) => {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		const decoder = iconv.getDecoder(codec.label, { stripBOM: false }) as iconv.DecoderStream & {
			readonly prevBytes?: readonly number[];
		};
		const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
		rest = Uint8Array.from(decoder.prevBytes ?? []);
		return last ? text + (decoder.end() ?? "") : text;
	};
}

function latin1(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function countOf(text: string, mark: string): number {
	let count = 0;
	for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) count++;
	return count;
}
