// The dialog in which a document is written: to change a held one, to send one again, or to inject a new one. It edits text, or hex where
// the bytes are not text. It sends nothing itself.

import type { Direction } from "../src/tools/traffic/index.ts";
import { asHex, base64Of, bytesOfHex } from "./copy-forms.ts";
import { byId, make, setText } from "./dom.ts";
import type { DocumentView } from "./shown-document.ts";
import type { Connection } from "./traffic-store.ts";

/** What was written: text, or bytes as base64. */
export type Written = { readonly text: string } | { readonly base64: string };

/** What the dialog is opened with. */
export interface Draft {
	readonly title: string;
	/** The label of its button. */
	readonly send: string;
	readonly bytes: Uint8Array;
	readonly view: DocumentView;
	/** To choose from; undefined: the place is fixed. */
	readonly connections?: readonly Connection[] | undefined;
	readonly connection?: number | undefined;
	readonly direction?: Direction | undefined;
	/** @returns why it was refused; undefined closes the dialog. */
	submit(written: Written, connection: number, direction: Direction): Promise<string | undefined>;
}

/** The dialog. */
export class Editor {
	readonly #dialog = byId("editor", HTMLDialogElement);
	readonly #connection = byId("editor-connection", HTMLSelectElement);
	readonly #direction = byId("editor-direction", HTMLSelectElement);
	readonly #text = byId("editor-text", HTMLTextAreaElement);
	readonly #hex = byId("editor-hex", HTMLButtonElement);
	readonly #problem = byId("editor-problem", HTMLElement);
	#draft: Draft | undefined = undefined;
	#isHex = false;
	/** The text as the textarea has it at first, and what it was made of. */
	#original: { readonly shown: string; readonly bytes: Uint8Array; readonly isHex: boolean } | undefined = undefined;

	constructor() {
		byId("editor-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			void this.#submit();
		});
		byId("editor-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
		this.#hex.addEventListener("click", () => this.#switch());
		this.#text.addEventListener("keydown", (event) => {
			if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
			event.preventDefault();
			void this.#submit();
		});
	}

	/** Opens it. */
	open(draft: Draft): void {
		this.#draft = draft;
		setText(byId("editor-title", HTMLElement), draft.title);
		setText(byId("editor-send", HTMLElement), draft.send);
		setText(this.#problem, "");
		const { connections } = draft;
		for (const part of [this.#connection, this.#direction]) part.parentElement!.hidden = connections === undefined;
		this.#connection.replaceChildren(
			...(connections ?? []).map(({ number, from }) => {
				const option = make("option", "", from === "" ? `${number}` : `${number}, from ${from}`);
				option.value = String(number);
				return option;
			}),
		);
		if (draft.connection !== undefined) this.#connection.value = String(draft.connection);
		this.#direction.value = draft.direction ?? "client";
		this.#fill(draft.bytes, draft.view.exactText(draft.bytes) === undefined);
		this.#dialog.showModal();
		this.#text.focus();
		this.#text.setSelectionRange(0, 0);
	}

	#fill(bytes: Uint8Array, isHex: boolean): void {
		this.#isHex = isHex;
		this.#text.value = isHex ? asHex(bytes) : (this.#draft!.view.exactText(bytes) ?? "");
		this.#original = { shown: this.#text.value, bytes, isHex };
		this.#hex.setAttribute("aria-pressed", String(isHex));
		setText(byId("editor-label", HTMLElement), isHex ? "Document, as hex" : "Document");
		const isText = this.#draft!.view.exactText(this.#draft!.bytes) !== undefined;
		setText(
			byId("editor-hint", HTMLElement),
			`The terminator is added. Ctrl+Enter sends.${isText ? "" : " The bytes are not text, so they are shown as hex."}`,
		);
	}

	#switch(): void {
		const bytes = this.#isHex ? bytesOfHex(this.#text.value) : this.#bytesOfText();
		if (!bytes) {
			setText(
				this.#problem,
				this.#isHex ? "Write pairs of hex digits." : "Only UTF-8 text can be shown as hex after a change.",
			);
			return;
		}
		if (this.#isHex && this.#draft!.view.exactText(bytes) === undefined) {
			setText(this.#problem, "These bytes are not text of the encoding.");
			return;
		}
		setText(this.#problem, "");
		this.#fill(bytes, !this.#isHex);
	}

	#bytesOfText(): Uint8Array | undefined {
		const original = this.#original!;
		if (!original.isHex && this.#text.value === original.shown) return original.bytes;
		return this.#draft!.view.isUtf8 ? new TextEncoder().encode(this.#text.value) : undefined;
	}

	#written(): Written | undefined {
		const original = this.#original!;
		// A textarea turns every line break into a line feed; what was not changed goes on as it came.
		if (this.#text.value === original.shown) return { base64: base64Of(original.bytes) };
		if (!this.#isHex) return { text: this.#lineBreaks(this.#text.value) };
		const bytes = bytesOfHex(this.#text.value);
		return bytes && { base64: base64Of(bytes) };
	}

	#lineBreaks(text: string): string {
		const before = this.#draft!.view.exactText(this.#original!.bytes) ?? "";
		return before.includes("\r\n") && !/[^\r]\n/.test(before) ? text.replaceAll("\n", "\r\n") : text;
	}

	async #submit(): Promise<void> {
		const draft = this.#draft!;
		const written = this.#written();
		if (!written) {
			setText(this.#problem, "Write pairs of hex digits, for example 3c 61 2f 3e.");
			return;
		}
		const direction = this.#direction.value === "server" ? "server" : "client";
		const problem = await draft.submit(written, Number(this.#connection.value), direction);
		if (problem === undefined) this.#dialog.close();
		else setText(this.#problem, problem);
	}
}
