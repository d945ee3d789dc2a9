// Explains two exceptions that come from `const`: in the engine of Flash Media Server a const belonged to its function, and an assignment
// to it was ignored; today it belongs to its block, and an assignment throws.

import { readScript } from "../folder.ts";

/** Explains exceptions, and remembers what it found. */
export class ConstHints {
	readonly #files: () => Iterable<string>;
	readonly #hints = new Map<string, string>();

	/** @param files the scripts that have run, absolute */
	constructor(files: () => Iterable<string>) {
		this.#files = files;
	}

	/** The hint for an exception's text; empty if `const` is not the reason. */
	hintFor(words: string): string {
		if (words === "TypeError: Assignment to constant variable.")
			return " Declare it with var: an assignment to a const throws in today's JavaScript.";
		const name = /^ReferenceError: ([A-Za-z_$][\w$]*) is not defined$/.exec(words)?.[1];
		if (name === undefined) return "";
		let hint = this.#hints.get(name);
		if (hint === undefined) {
			hint = this.#declares(name)
				? ` Write "var ${name}": a const is visible only in its block in today's JavaScript.`
				: "";
			if (this.#hints.size < 100) this.#hints.set(name, hint);
		}
		return hint;
	}

	#declares(name: string): boolean {
		const declaration = new RegExp(`\\bconst\\b[^;\\n]*?(?<![\\w$])${name.replaceAll("$", "\\$")}\\s*=`);
		for (const file of this.#files()) {
			try {
				if (declaration.test(readScript(file))) return true;
			} catch {
				// The file is gone.
			}
		}
		return false;
	}
}
