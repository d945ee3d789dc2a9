// Finds and replaces the bytes that a mask hides. It sees a document as text with one unit for each byte, so places in it are places in the bytes, and
// every encoding that contains ASCII will do. What belongs to a name is found by mask-values.ts.

import { addNameRanges, type Range } from "./mask-values.ts";
import { literally } from "./pattern.ts";
import { commandIndexOf } from "./xt.ts";

/** A field of a `%xt%` document that is masked. */
export interface MaskedField {
	readonly command: string;
	/** From 1, the first behind the command. */
	readonly index: number;
}

// Each byte is one unit in this encoding.
const BYTES = new TextDecoder("windows-1252");
const STARS = Uint8Array.of(0x2a, 0x2a, 0x2a);

/** Finds and replaces. */
export class MaskScanner {
	readonly #names: RegExp | undefined;
	/** Finds the names without what must stand around them: several times faster, and most documents have none. */
	readonly #anyName: RegExp | undefined;
	readonly #fields: readonly MaskedField[];

	constructor(names: readonly string[], fields: readonly MaskedField[], encode: (name: string) => Uint8Array) {
		const spellings = names.flatMap((name) => [BYTES.decode(encode(name)), escapedInJson(name)]);
		const either = [...new Set(spellings)].map(literally).join("|");
		// Bytes above ASCII are part of a name.
		const before = "(?:(?<![\\w.\\x80-\\uffff-])|(?<=%[\\da-f]{2}))";
		this.#names = names.length === 0 ? undefined : new RegExp(`${before}(?:${either})(?![\\w.\\x80-\\uffff-])`, "gi");
		this.#anyName = names.length === 0 ? undefined : new RegExp(either, "i");
		this.#fields = fields;
	}

	/** The bytes with `***` for each value, or the same array. */
	masked(bytes: Uint8Array): Uint8Array {
		const text = BYTES.decode(bytes);
		const ranges = this.#fieldRanges(text);
		if (this.#names !== undefined && this.#anyName?.test(text)) addNameRanges(text, this.#names, ranges);
		return ranges.length === 0 ? bytes : replaced(bytes, ranges);
	}

	#fieldRanges(text: string): Range[] {
		const ranges: Range[] = [];
		if (this.#fields.length === 0 || !/^[\s\u00ef\u00bb\u00bf]*%xt%/.test(text)) return ranges;
		const fields = text.slice(text.indexOf("%") + 1).split("%");
		let at = text.indexOf("%") + 1;
		const starts = fields.map((field) => {
			const start = at;
			at += field.length + 1;
			return start;
		});
		const place = commandIndexOf(fields);
		const command = fields[place] ?? "";
		for (const { command: wanted, index } of this.#fields) {
			if (command !== wanted && command.slice(command.indexOf("#") + 1) !== wanted) continue;
			const start = starts[place + index];
			if (start !== undefined) ranges.push([start, start + (fields[place + index] as string).length]);
		}
		return ranges;
	}
}

function replaced(bytes: Uint8Array, ranges: Range[]): Uint8Array {
	ranges.sort(([one], [other]) => one - other);
	const pieces: Uint8Array[] = [];
	let from = 0;
	let open = -1;
	for (const [start, end] of ranges) {
		if (end <= start || end <= from) continue;
		// A range that touches the one before continues it.
		if (start > from || open < 0) {
			pieces.push(bytes.subarray(from, Math.max(from, start)), STARS);
			open = start;
		}
		from = end;
	}
	if (open < 0) return bytes;
	pieces.push(bytes.subarray(from));
	const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		whole.set(piece, at);
		at += piece.length;
	}
	return whole;
}

// JSON may write a character above ASCII as `\u043f`.
function escapedInJson(name: string): string {
	return name.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
