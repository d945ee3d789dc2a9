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
	readonly #owned = new Set<string>();

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
			this.#grants.set(found[1]!, { name, operator: found[3] !== undefined });
			this.#owned.add(nameKey(name));
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
}
