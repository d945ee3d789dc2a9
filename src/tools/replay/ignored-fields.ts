// Which fields may differ: those that `--ignore` names, and values that a mask has hidden in the recording.

import type { FieldPair } from "./compare.ts";
import type { Field } from "./field.ts";

/** Decides whether a field counts. */
export class IgnoredFields {
	readonly #names: ReadonlySet<string>;

	/** @param names of attributes, elements, JSON keys or pieces (`%4`), or whole paths. */
	constructor(names: readonly string[]) {
		this.#names = new Set(names.map((name) => name.replace(/^@/, "")));
	}

	/** Whether a field may have any value. */
	has({ name, path }: Pick<Field, "name" | "path">): boolean {
		return this.#names.has(name) || this.#names.has(path);
	}

	/** Whether two values of a field count as equal, whatever they are. */
	hasPair({ recorded }: FieldPair, isMasked: boolean): boolean {
		return this.has(recorded) || (isMasked && MASK.test(recorded.value));
	}
}

/** What a mask writes in place of a value. */
export const MASK: RegExp = /^(?:\*{3,}|•{3,}|█{3,})$/;
