// What a fuzz target is. docs: CONTRIBUTING.md, "The fuzzer".

import type { Random } from "../xml/random-documents.ts";

/** Code that reads bytes of others, and what must hold for any of them. */
export interface Target {
	/**
	 * Runs one input, and throws where the product does something wrong. `random` gives the same numbers for the same input and seed;
	 * it chooses options, segments and the like.
	 */
	run(input: Uint8Array, random: Random): void | Promise<void>;
	/** The same without what is not the product's, as a slow plain implementation; inputs that take long are run with it again. */
	readonly product?: (input: Uint8Array, random: Random) => void;
	/** A new input with the structure of the format. Without it inputs are mutations of the corpus alone. */
	readonly generate?: (random: Random) => Uint8Array;
	/** Pieces of the format, which mutations insert. One character is one byte. */
	readonly tokens?: readonly string[];
	/** The longest input, in bytes. Default 4096. */
	readonly maxBytes?: number;
	/** How many inputs run at the same time, where `run` is asynchronous. Default 1. */
	readonly atOnce?: number;
	/** Releases what the target holds, and throws where inputs have left something behind. */
	readonly finish?: () => void | Promise<void>;
}

/** Creates a target; called once for each run of the fuzzer. */
export type OpenTarget = () => Target | Promise<Target>;

/** The bytes of a text in which one character is one byte. */
export function bytesOf(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** The text of bytes, one character for each. */
export function latin1Of(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The text of bytes as UTF-8, U+FFFD for what is none. */
export function utf8Of(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** Throws where two values differ. */
export function same(what: string, real: unknown, expected: unknown): void {
	if (real === expected) return;
	const [one, other] = [JSON.stringify(real), JSON.stringify(expected)];
	if (one === undefined || one !== other) throw new Error(`${what}: ${one}, expected ${other}`);
}

/** Throws where something does not hold. */
export function holds(what: string, condition: boolean): void {
	if (!condition) throw new Error(what);
}

/** Runs what may refuse its input with one of these codes, and throws any other error. Undefined where it refused. */
export function allow<T>(codes: readonly string[], act: () => T): T | undefined {
	try {
		return act();
	} catch (error) {
		if (codes.includes((error as { code?: string }).code ?? "")) return undefined;
		throw error;
	}
}
