// The token file: who may use which name, and who is an operator. Lines `TOKEN NAME [operator]`; empty lines and those that
// begin with # are skipped. A name that is in the file belongs to its tokens.

import { XMLSocketError } from "../errors/index.ts";
import { checkedName, nameKey } from "./names.ts";

/** What a token grants. */
export interface Grant {
	readonly name: string;
	readonly operator: boolean;
}

/** The tokens of a server. */
export class Tokens {
	readonly #grants = new Map<string, Grant>();
	/** The keys of the names, and whether the name is an operator's. */
	readonly #owned = new Map<string, boolean>();
	#hasOperators = false;

	/** @throws XMLSOCKET_OPTION_INVALID for a line that is not `TOKEN NAME [operator]`, with its number. */
	constructor(text: string) {
		let number = 0;
		for (const line of text.split(/\r\n|\n|\r/u)) {
			number++;
			if (/^\s*(?:#|$)/u.test(line)) continue;
			const found = /^\s*(\S+)\s+(.*?)(\s+operator)?\s*$/u.exec(line);
			if (!found?.[2]) {
				throw new XMLSocketError(
					"XMLSOCKET_OPTION_INVALID",
					`Line ${number} of the token file is not TOKEN NAME [operator].`,
				);
			}
			const name = checkedName(found[2], "name");
			const key = nameKey(name);
			const isOperator = found[3] !== undefined;
			this.#grants.set(found[1]!, { name, operator: isOperator });
			this.#owned.set(key, isOperator || this.isOperator(key));
			this.#hasOperators ||= isOperator;
		}
	}

	/** What a token grants, if it is one. */
	grant(token: string): Grant | undefined {
		return this.#grants.get(token);
	}

	/** Whether a name needs a token. */
	owns(key: string): boolean {
		return this.#owned.has(key);
	}

	/** Whether any name is an operator's. */
	get hasOperators(): boolean {
		return this.#hasOperators;
	}

	/** Whether who has the name is an operator. */
	isOperator(key: string): boolean {
		return this.#owned.get(key) ?? false;
	}
}
