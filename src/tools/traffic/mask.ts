// Masks: replaces the values that belong to given names, so that passwords appear in no output. It reads bytes and no tree, because a secret must not
// come through when a document is malformed, cut, or of another encoding; where two readings are possible, it masks both.
// What it cannot see: a name that is written with references (`pass&#119;ord`), a value without quotes that contains a quote, and a value that
// is in a document without its name.

import { XMLSocketError } from "../../errors/index.ts";
import type { DocumentEvent, TrafficEvent } from "./event.ts";
import { MaskScanner } from "./mask-scanner.ts";

/** What {@link createMask} makes. */
export interface Mask {
	/** Whether it has names; without them events pass unchanged, and cost nothing. */
	readonly active: boolean;
	/**
	 * The event with masked bytes and `masked: true`, or the same event where nothing was to be masked.
	 *
	 * Give it all events of a capture in order: of a document longer than the capture's limit, it masks every part but the first completely.
	 */
	apply(event: TrafficEvent): TrafficEvent;
	/** The bytes of one complete document with masked values, or the same array. */
	applyToBytes(bytes: Uint8Array): Uint8Array;
}

/** Options of {@link createMask}. */
export interface MaskOptions {
	/** The bytes of a name in the capture's encoding. @default UTF-8 */
	readonly encode?: (name: string) => Uint8Array;
}

/** What a masked value is replaced with. Its length says nothing about the value. */
export const MASKED = "***";

const MOST_NAMES = 100;

/**
 * A mask for names, in any case of ASCII letters and behind any prefix (`x:password`). It replaces with `***`:
 *
 * - values of attributes with such a name, JSON values of such a key (also inside another string), and `name=value` and `name: value` in text, also with
 *   percent signs for the punctuation;
 * - the content and all attribute values of elements with such a name, and of elements that have such a name as an attribute's value:
 *   `<var n='password'>…</var>`; the other values of JSON objects that have it as a value: `{"name":"password","value":"…"}`;
 * - `xt:COMMAND:INDEX`: the field with this number behind the command of a `%xt%` document, from 1.
 *
 * @throws XMLSOCKET_OPTION_INVALID for an empty name, a bad `xt:` form, or more than 100 names.
 *
 * @example
 * ```ts
 * const mask = createMask(["pword", "xt:login:2"]);
 * ```
 */
export function createMask(names: readonly string[], options: MaskOptions = {}): Mask {
	if (names.length === 0) return OFF;
	if (names.length > MOST_NAMES)
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`A mask has at most ${MOST_NAMES} names, not ${names.length}.`,
		);
	const encode = options.encode ?? ((name: string): Uint8Array => new TextEncoder().encode(name));
	const scanner = new MaskScanner(
		names.filter((name) => !isField(name)).map(checked),
		names.filter(isField).map(fieldOf),
		encode,
	);
	return new NameMask(scanner);
}

const OFF: Mask = { active: false, apply: (event) => event, applyToBytes: (bytes) => bytes };

class NameMask implements Mask {
	readonly active = true;
	readonly #scanner: MaskScanner;
	/** The directions that are in the middle of a long document, as `3 client`. */
	readonly #inParts = new Set<string>();

	constructor(scanner: MaskScanner) {
		this.#scanner = scanner;
	}

	apply(event: TrafficEvent): TrafficEvent {
		if (event.kind === "document" || event.kind === "policy") return this.#document(event);
		if (event.kind === "close" && event.direction === undefined) {
			this.#inParts.delete(`${event.connection} client`);
			this.#inParts.delete(`${event.connection} server`);
		}
		return event;
	}

	applyToBytes(bytes: Uint8Array): Uint8Array {
		return this.#scanner.masked(bytes);
	}

	#document(event: DocumentEvent): DocumentEvent {
		const key = `${event.connection} ${event.direction}`;
		const isRest = this.#inParts.has(key);
		if (event.ending === "part") this.#inParts.add(key);
		else if (isRest) this.#inParts.delete(key);
		// Whether a name, or the beginning of a value, was in the part before is not known.
		const bytes = isRest ? wholly(event.bytes) : this.#scanner.masked(event.bytes);
		return bytes === event.bytes ? event : { ...event, bytes, masked: true };
	}
}

function wholly(bytes: Uint8Array): Uint8Array {
	return bytes.length === 0 ? bytes : new TextEncoder().encode(MASKED);
}

function isField(name: string): boolean {
	return name.startsWith("xt:");
}

function fieldOf(name: string): { readonly command: string; readonly index: number } {
	const found = /^xt:(.+):([1-9]\d{0,3})$/.exec(name);
	if (found === null)
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The mask "${name}" is not xt:COMMAND:INDEX, where the first field behind the command has the index 1.`,
		);
	return { command: found[1] as string, index: Number(found[2]) };
}

function checked(name: string): string {
	if (name.trim() !== "" && !/[\s"'<>=]/.test(name)) return name;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`A mask is the name of an attribute, an element or a JSON key, not "${name}".`,
	);
}
