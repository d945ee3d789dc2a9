// The details of the selected event: what it is, its document indented, as text or as hex, and the document that it is compared with beside
// it. It draws; what its buttons do is the page's.

import type { DocumentEvent, Token } from "../src/tools/traffic/index.ts";
import { button, make, setText } from "./dom.ts";
import { diffLines, equalEnds } from "./line-diff.ts";
import { type DocumentView, type Form, lineElement, textOfLine } from "./shown-document.ts";
import { markText, noteOf, timeText, wordsOf } from "./traffic-list.ts";
import { type Item, isDocument } from "./traffic-store.ts";

/** One action for the selected document. */
export interface Action {
	readonly label: string;
	/** The key that does the same, for the button's hint. */
	readonly key?: string;
	run(event: DocumentEvent): void;
	/** Whether it is possible now. Default: yes. */
	isPossible?(event: DocumentEvent): boolean;
}

const FORMS: readonly (readonly [Form, string])[] = [
	["indented", "Indented"],
	["text", "Text"],
	["hex", "Hex"],
];
/** More lines than this are drawn only when asked for. */
const FIRST_LINES = 2000;

/** The pane. */
export class TrafficDetails {
	readonly #title: HTMLElement = make("h2", "d-title");
	readonly #facts: HTMLElement = make("p", "d-facts muted small");
	readonly #tabs: HTMLElement = make("div", "d-tabs");
	readonly #actions: HTMLElement = make("div", "d-actions");
	readonly #body: HTMLElement = make("div", "d-body");
	readonly #empty: HTMLElement;
	readonly #list: readonly Action[];
	#form: Form = "indented";
	#item: Item | undefined = undefined;
	#marked: DocumentEvent | undefined = undefined;
	#view: DocumentView;
	#startedMs = 0;
	#search: RegExp | undefined = undefined;

	/** @param empty the text while nothing is selected */
	constructor(element: HTMLElement, view: DocumentView, actions: readonly Action[], empty: string) {
		this.#view = view;
		this.#list = actions;
		this.#empty = make("p", "d-empty muted", empty);
		this.#tabs.setAttribute("role", "tablist");
		this.#tabs.setAttribute("aria-label", "Show the document as");
		for (const [form, label] of FORMS) {
			const tab = button(label, "d-tab", () => this.setForm(form));
			tab.setAttribute("role", "tab");
			tab.dataset.form = form;
			this.#tabs.append(tab);
		}
		this.#tabs.addEventListener("keydown", (event) => {
			const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
			if (step === 0) return;
			const at = FORMS.findIndex(([form]) => form === this.#form);
			this.setForm(FORMS[(at + step + FORMS.length) % FORMS.length]![0]);
			this.#tabs.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
		});
		this.#body.setAttribute("role", "tabpanel");
		this.#body.setAttribute("aria-label", "The document");
		this.#body.tabIndex = 0;
		element.replaceChildren(this.#empty, this.#title, this.#facts, this.#tabs, this.#body, this.#actions);
		this.#draw();
	}

	/** The selected document, if it is one. */
	get document(): DocumentEvent | undefined {
		return isDocument(this.#item) ? this.#item : undefined;
	}

	/** The document to compare with. */
	get marked(): DocumentEvent | undefined {
		return this.#marked;
	}

	/** The text that is shown, to copy. */
	get shownText(): string {
		const { document } = this;
		return document ? this.#view.lines(document, this.#form).map(textOfLine).join("\n") : "";
	}

	setView(view: DocumentView, startedMs: number): void {
		this.#view = view;
		this.#startedMs = startedMs;
		this.#marked = undefined;
		this.show(undefined);
	}

	/** Shows an event; undefined: none. */
	show(item: Item | undefined): void {
		this.#item = item;
		this.#body.scrollTop = 0;
		this.#draw();
	}

	/** Compares further documents with this one; undefined: no longer. */
	mark(event: DocumentEvent | undefined): void {
		this.#marked = event;
		this.#draw();
	}

	setForm(form: Form): void {
		this.#form = form;
		this.#draw();
	}

	/** Marks this in the document. */
	setSearch(search: RegExp | undefined): void {
		this.#search = search;
		this.#draw();
	}

	/** Focuses the document. */
	focus(): void {
		this.#body.focus();
	}

	#draw(): void {
		const item = this.#item;
		this.#empty.hidden = item !== undefined;
		for (const part of [this.#title, this.#facts, this.#body]) part.hidden = item === undefined;
		const document = isDocument(item) ? item : undefined;
		this.#tabs.hidden = document === undefined;
		this.#actions.hidden = document === undefined;
		for (const tab of this.#tabs.querySelectorAll("button")) {
			const isSelected = tab.dataset.form === this.#form;
			tab.setAttribute("aria-selected", String(isSelected));
			tab.tabIndex = isSelected ? 0 : -1;
		}
		if (item === undefined) return;
		setText(this.#title, titleOf(item));
		setText(this.#facts, this.#factsOf(item));
		if (!document) {
			this.#body.replaceChildren(make("p", "d-words", wordsOf(item)));
			return;
		}
		const other = this.#marked;
		if (other && other !== document) this.#drawDiff(other, document);
		else this.#drawLines(this.#view.lines(document, this.#form));
		if (this.#search) markText(this.#body, this.#search);
		this.#actions.replaceChildren(...this.#list.flatMap((action) => this.#buttonOf(action, document)));
	}

	#buttonOf(action: Action, document: DocumentEvent): HTMLElement[] {
		if (action.isPossible?.(document) === false) return [];
		const element = button(action.label, "small-button", () => action.run(document));
		if (action.key !== undefined) {
			element.title = `Key: ${action.key}`;
			element.setAttribute("aria-keyshortcuts", action.key);
		}
		return [element];
	}

	#factsOf(item: Item): string {
		const facts = [item.kind === "gap" ? "" : this.#time(item.time)];
		if (isDocument(item)) {
			const { form } = this.#view.decoded(item);
			const forms: Record<string, string> = {
				xml: "XML",
				xt: "%xt% fields",
				json: "JSON",
				binary: "bytes",
				empty: "empty",
			};
			facts.push(`${item.bytes.length.toLocaleString()} bytes`, forms[form] ?? form, noteOf(item));
			if (this.#marked && this.#marked !== item)
				facts.push(`compared with the one of ${this.#time(this.#marked.time)}, left`);
			else if (this.#marked === item) facts.push("others are compared with this one");
		}
		return facts.filter((fact) => fact !== "").join(" · ");
	}

	#time(timeUs: number): string {
		return `${timeText(this.#startedMs, timeUs)}${String(timeUs % 1000).padStart(3, "0")}`;
	}

	#drawLines(lines: readonly Token[][]): void {
		const code = make("div", "code");
		code.append(...lines.slice(0, FIRST_LINES).map((line) => lineElement(line, "line")));
		this.#body.replaceChildren(code);
		if (lines.length <= FIRST_LINES) return;
		const more = button(`Show all ${lines.length.toLocaleString()} lines`, "link", () => {
			code.append(...lines.slice(FIRST_LINES).map((line) => lineElement(line, "line")));
			more.remove();
		});
		this.#body.append(more);
	}

	#drawDiff(left: DocumentEvent, right: DocumentEvent): void {
		const leftLines = this.#view.lines(left, this.#form);
		const rightLines = this.#view.lines(right, this.#form);
		const leftTexts = leftLines.map(textOfLine);
		const rightTexts = rightLines.map(textOfLine);
		const rows = diffLines(leftTexts, rightTexts);
		const table = make("div", "diff code");
		for (const row of rows.slice(0, FIRST_LINES)) {
			const isPair = !row.same && row.left !== undefined && row.right !== undefined;
			const ends = isPair ? equalEnds(leftTexts[row.left!]!, rightTexts[row.right!]!) : undefined;
			table.append(
				this.#side(leftLines, row.left, row.same ? "" : " removed", ends),
				this.#side(rightLines, row.right, row.same ? "" : " added", ends),
			);
		}
		const different = rows.filter((row) => !row.same).length;
		const words = different === 0 ? "No differences." : `${different} lines differ.`;
		this.#body.replaceChildren(make("p", "d-words small", words), table);
		if (rows.length > FIRST_LINES)
			this.#body.append(make("p", "muted small", `The first ${FIRST_LINES} of ${rows.length} lines.`));
	}

	#side(
		lines: readonly Token[][],
		at: number | undefined,
		className: string,
		ends: { readonly start: number; readonly end: number } | undefined,
	): HTMLElement {
		if (at === undefined) return make("div", "line absent");
		if (!ends) return lineElement(lines[at]!, `line${className}`);
		const text = textOfLine(lines[at]!);
		const differs = text.slice(ends.start, text.length - ends.end);
		const parts: (Node | string)[] = [text.slice(0, ends.start)];
		if (differs !== "") parts.push(make("b", "", differs));
		parts.push(text.slice(text.length - ends.end));
		return make("div", `line${className}`, ...parts);
	}
}

function titleOf(item: Item): string {
	if (item.kind === "gap") return "Events that are not shown";
	const { connection } = item;
	if (isDocument(item)) {
		const way = item.direction === "client" ? "client → server" : "server → client";
		return `Connection ${connection}, ${way}`;
	}
	const words = { open: "opened", close: "closed", error: "failed" };
	return `Connection ${connection} ${words[item.kind as "open"]}`;
}
