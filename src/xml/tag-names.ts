// The names of the attributes of one tag, to find one that is there twice. They are compared where they are in the source, so
// that a document of many attributes makes no strings.

import { nameEnd } from "./characters.ts";
import { isSpace } from "./scan.ts";

const SLOT_BITS = 10;
// A name for which so many slots are taken goes into a Set, and all others of its tag with it: the cost stays linear.
const MOST_PROBES = 16;
// No sender knows which names share a slot.
const MULTIPLIER = (Math.random() * 2 ** 32) | 1;

// Where names begin in their texts, by their hashes. Each text counts from a `base` behind those before it, so that entries of
// earlier texts and tags are smaller than those of the tag at hand, and nothing has to be cleared.
const slots = new Int32Array(1 << SLOT_BITS);
let nextBase = 1;

/** The attribute names of one tag after the other of a text. */
export class TagNames {
	/** Names of the tag so far. */
	count = 0;
	readonly #source: string;
	readonly #end: number;
	readonly #base: number;
	#tag = 0;
	#many: Set<string> | null = null;

	/** @param end where the text ends in `source`. */
	constructor(source: string, end: number) {
		if (nextBase + end >= 0x7fff_ffff) {
			slots.fill(0);
			nextBase = 1;
		}
		this.#source = source;
		this.#end = end;
		this.#base = nextBase;
		nextBase += end + 1;
	}

	/** A tag begins at `at`, which is behind all names before. */
	begin(at: number): void {
		this.#tag = at;
		this.#many = null;
		this.count = 0;
	}

	/** Adds the name between `start` and `end`. False: the tag has it already. The names before end with "=" or white space. */
	add(start: number, end: number): boolean {
		const source = this.#source;
		if (this.#many === null) {
			let hash = 0;
			for (let at = start; at < end; at++) hash = Math.imul(hash ^ source.charCodeAt(at), MULTIPLIER);
			let slot = hash >>> (32 - SLOT_BITS);
			for (let probes = 0; probes < MOST_PROBES; probes++) {
				const other = (slots[slot] as number) - this.#base;
				if (other <= this.#tag) {
					slots[slot] = this.#base + start;
					this.count++;
					return true;
				}
				if (this.#isSame(other, start, end)) return false;
				slot = (slot + 1) & (slots.length - 1);
			}
			this.#many = this.#allNames();
		}
		const name = source.slice(start, end);
		if (this.#many.has(name)) return false;
		this.#many.add(name);
		this.count++;
		return true;
	}

	#isSame(other: number, start: number, end: number): boolean {
		const source = this.#source;
		for (let at = start; at < end; at++, other++) if (source.charCodeAt(at) !== source.charCodeAt(other)) return false;
		const unit = source.charCodeAt(other);
		return unit === 61 || isSpace(unit);
	}

	#allNames(): Set<string> {
		const names = new Set<string>();
		for (const entry of slots) {
			const start = entry - this.#base;
			if (start > this.#tag) names.add(this.#source.slice(start, nameEnd(this.#source, start, this.#end)));
		}
		return names;
	}
}
