// Finds where pieces of markup end in bytes that come in any segments: tags with their quoted values, comments, CDATA
// sections, processing instructions. It looks at each byte once, keeps none, and remembers between two calls only what it
// is in the middle of. It knows no element and no depth: `stream-decoder.ts` counts those.

import { XMLSocketError } from "../errors/index.ts";

/** What `next` has come to the end of; `nothing` where the bytes ended first. */
export type Found = "nothing" | "start" | "empty" | "end" | "aside" | "cdata" | "mistake";

// What the next byte belongs to.
const CONTENT = 0;
const OPENED = 1;
const NAME = 2;
const TAG = 3;
const VALUE = 4;
const END_NAME = 5;
const END_TAG = 6;
const DECLARATION = 7;
const COMMENT = 8;
const CDATA = 9;
const INSTRUCTION = 10;

const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;

const ascii = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0));
const STREAM = ascii("stream");
const COMMENT_OPENING = ascii("--");
const CDATA_OPENING = ascii("[cdata[");

/** A scanner for one byte stream. */
export class MarkupScanner {
	/** What the last call of `next` found. */
	found: Found = "nothing";
	/** What is wrong, where `found` is `mistake`. */
	mistake: XMLSocketError | undefined = undefined;
	#state = CONTENT;
	/** Bytes seen of a name, an opening or a terminator that the state looks for; -1 where the name is another. */
	#matched = 0;
	#opening: readonly number[] = COMMENT_OPENING;
	#quote = 0;
	#slash = false;

	/** Whether the last tag, read with `top`, has the local name `stream`. */
	get isStream(): boolean {
		return this.#matched === STREAM.length;
	}

	/** Whether it is in the middle of a comment or a processing instruction. */
	get isAside(): boolean {
		return this.#state === COMMENT || this.#state === INSTRUCTION;
	}

	/** Whether it is so near behind a "<" that this may become anything. */
	get isUndecided(): boolean {
		return this.#state === OPENED || this.#state === DECLARATION;
	}

	/**
	 * Reads on until one piece of markup is complete; text before it is passed over.
	 *
	 * @param top whether this is markup between the top-level elements: then names are looked at, and CDATA is a mistake.
	 * @returns the index behind the piece, the length of `bytes` where it goes on, the index of a mistake's first byte.
	 */
	next(bytes: Uint8Array, at: number, top: boolean): number {
		const length = bytes.length;
		this.found = "nothing";
		while (at < length) {
			switch (this.#state) {
				case CONTENT:
					at = skipTo(bytes, at, LT);
					if (at === length) return at;
					at++;
					this.#state = OPENED;
					break;
				case OPENED:
					at = this.#opened(bytes[at]!, at, top);
					if (this.mistake) return at;
					break;
				case NAME:
				case END_NAME:
					at = this.#name(bytes, at);
					if (at < length) this.#state = this.#state === NAME ? TAG : END_TAG;
					break;
				case TAG: {
					let slash = this.#slash;
					while (at < length) {
						const byte = bytes[at++]!;
						if (byte === GT) return this.#ended(slash ? "empty" : "start", at);
						slash = byte === SLASH;
						if (byte !== QUOTE && byte !== APOSTROPHE) continue;
						at = skipTo(bytes, at, byte);
						if (at === length) {
							this.#quote = byte;
							this.#state = VALUE;
						} else at++;
					}
					this.#slash = slash;
					return at;
				}
				case VALUE:
					at = skipTo(bytes, at, this.#quote);
					if (at === length) return at;
					at++;
					this.#state = TAG;
					break;
				case END_TAG:
					at = skipTo(bytes, at, GT);
					return at === length ? at : this.#ended("end", at + 1);
				case DECLARATION:
					at = this.#declaration(bytes[at]!, at, top);
					if (this.mistake) return at;
					break;
				case COMMENT:
					at = this.#upTo(bytes, at, 0x2d, 2);
					return at < 0 ? length : this.#ended("aside", at);
				case CDATA:
					at = this.#upTo(bytes, at, 0x5d, 2);
					return at < 0 ? length : this.#ended("cdata", at);
				default:
					at = this.#upTo(bytes, at, 0x3f, 1);
					return at < 0 ? length : this.#ended("aside", at);
			}
		}
		return at;
	}

	#ended(found: Found, at: number): number {
		this.found = found;
		this.#state = CONTENT;
		return at;
	}

	// The byte behind a "<" says what follows.
	#opened(byte: number, at: number, top: boolean): number {
		this.#matched = 0;
		this.#slash = false;
		switch (byte) {
			case 0x21: // !
				this.#state = DECLARATION;
				return at + 1;
			case 0x3f: // ?
				this.#state = INSTRUCTION;
				return at + 1;
			case SLASH:
				this.#state = top ? END_NAME : END_TAG;
				return at + 1;
		}
		if (!beginsName(byte)) return this.#wrong(at, 'A "<" begins neither a tag nor anything else');
		this.#state = top ? NAME : TAG;
		return at;
	}

	// Behind "<!": "--", "[CDATA[" as the parser takes it, in any case, or nothing that belongs here.
	#declaration(byte: number, at: number, top: boolean): number {
		if (this.#matched === 0) {
			if (byte === 0x44 || byte === 0x64) {
				this.mistake = new XMLSocketError("XMLSOCKET_DOCTYPE_REFUSED", "The stream holds a document type declaration.");
				this.found = "mistake";
				return at;
			}
			this.#opening = byte === CDATA_OPENING[0] ? CDATA_OPENING : COMMENT_OPENING;
		}
		const wanted = this.#opening[this.#matched]!;
		if (byte !== wanted && !(wanted >= 0x61 && (byte | 0x20) === wanted)) {
			return this.#wrong(at, 'A "<!" begins neither a comment nor a CDATA section');
		}
		if (++this.#matched === this.#opening.length) {
			if (top && this.#opening === CDATA_OPENING) return this.#wrong(at, "Text stands between the elements");
			this.#matched = 0;
			this.#state = this.#opening === CDATA_OPENING ? CDATA : COMMENT;
		}
		return at + 1;
	}

	// Compares the part of a name behind its colon, up to the byte that ends the name.
	#name(bytes: Uint8Array, at: number): number {
		let matched = this.#matched;
		for (; at < bytes.length; at++) {
			const byte = bytes[at]!;
			if (byte === GT || byte === SLASH || byte <= 0x20 || byte === QUOTE || byte === APOSTROPHE) break;
			if (byte === COLON) matched = 0;
			else matched = matched >= 0 && byte === STREAM[matched] ? matched + 1 : -1;
		}
		this.#matched = matched;
		return at;
	}

	// The index behind `count` or more times `mark` and a ">"; -1 where it goes on.
	#upTo(bytes: Uint8Array, at: number, mark: number, count: number): number {
		let matched = this.#matched;
		for (; at < bytes.length; at++) {
			const byte = bytes[at]!;
			if (byte === mark) matched++;
			else if (byte === GT && matched >= count) return at + 1;
			else matched = 0;
		}
		this.#matched = Math.min(matched, count);
		return -1;
	}

	#wrong(at: number, what: string): number {
		this.mistake = new XMLSocketError("XMLSOCKET_NOT_WELL_FORMED", `${what}, so where elements end cannot be told.`);
		this.found = "mistake";
		return at;
	}
}

function skipTo(bytes: Uint8Array, at: number, wanted: number): number {
	// Most texts and values are short: a call of indexOf costs as much as some dozen bytes looked at here.
	const near = Math.min(bytes.length, at + 64);
	for (; at < near; at++) if (bytes[at] === wanted) return at;
	if (at === bytes.length) return at;
	const found = bytes.indexOf(wanted, at);
	return found < 0 ? bytes.length : found;
}

function beginsName(byte: number): boolean {
	const letter = byte | 0x20;
	return (letter >= 0x61 && letter <= 0x7a) || byte === 0x5f || byte === COLON || byte >= 0x80;
}
