// Collects the tokens of a shown document up to a limit. Every text passes through `visible.ts` here, so a line break in a token always comes from
// the layout, never from a document.

import { columnsOf, cutToColumns, visibleParts } from "./visible.ts";

/** What a token is, for colours: `control` is the visible form of a character that would not be seen. */
export type TokenStyle = "name" | "attribute" | "value" | "text" | "punctuation" | "comment" | "control";

/** A piece of a document as it is shown. */
export interface Token {
	readonly style: TokenStyle;
	readonly text: string;
}

/** Tokens up to a number of characters. */
export class TokenList {
	readonly tokens: { readonly style: TokenStyle; text: string }[] = [];
	readonly #limit: number;
	#length = 0;
	#cut = false;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** Whether something was left out because of the limit. */
	get isCut(): boolean {
		return this.#cut;
	}

	/** Adds text of the document. */
	add(style: TokenStyle, text: string): void {
		if (text === "") return;
		// Only what can still be shown is looked at.
		const room = this.#limit - this.#length;
		if (text.length > room) this.#cut = true;
		for (const part of visibleParts(text.length > room ? text.slice(0, room) : text))
			this.#append(part.control ? "control" : style, part.text);
	}

	/** Adds text of a document that has lines: a line break is shown, and then made. */
	addLines(style: TokenStyle, text: string, margin: string): void {
		let from = 0;
		for (let at = text.indexOf("\n"); at >= 0 && !this.isCut; at = text.indexOf("\n", from)) {
			this.add(style, text.slice(from, at + 1));
			from = at + 1;
			if (from < text.length) this.layout(`\n${margin}`);
		}
		this.add(style, text.slice(from));
	}

	/** Adds line breaks and spaces of the layout. */
	layout(text: string): void {
		this.#append("text", text);
	}

	/** Adds what the document does not contain. */
	note(text: string): void {
		this.tokens.push({ style: "comment", text });
	}

	/** Cuts a single line to a number of columns; the last is then an ellipsis. */
	cutTo(width: number): void {
		const columns = this.tokens.map((token) => columnsOf(token.text));
		if (!this.#cut && columns.reduce((sum, own) => sum + own, 0) <= width) return;
		let room = Math.max(0, width - 1);
		for (const [at, own] of columns.entries()) {
			if (own > room) {
				const token = this.tokens[at] as { text: string };
				token.text = cutToColumns(token.text, room);
				this.tokens.length = at + 1;
				break;
			}
			room -= own;
		}
		this.note("\u2026");
	}

	#append(style: TokenStyle, text: string): void {
		if (this.#length >= this.#limit) {
			this.#cut = true;
			return;
		}
		this.#length += text.length;
		const last = this.tokens.at(-1);
		if (last?.style === style) last.text += text;
		else this.tokens.push({ style, text });
	}
}
