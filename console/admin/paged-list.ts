// A long list of the server, one part at a time: it loads, asks again every few seconds while it is shown, goes forwards and back, and says in
// words when it is empty, incomplete or out of date. What it shows is a `KeyedTable`.

import { button, make, setText } from "../dom.ts";
import { failureWords } from "./api.ts";
import type { Part } from "./api-types.ts";
import type { KeyedTable } from "./keyed-table.ts";

const REFRESH_MS = 5000;

/** What the list needs of its owner. */
export interface ListHost<Row> {
	load(after: string | undefined, signal: AbortSignal): Promise<Part<Row>>;
	/** Words for a list without lines. */
	empty(): string;
	/** The lines that are shown have changed. */
	loaded?(rows: readonly Row[]): void;
}

export class PagedList<Row> {
	readonly #host: ListHost<Row>;
	readonly #table: KeyedTable<Row>;
	readonly #frame: HTMLElement;
	readonly #words: HTMLElement = make("p", "a-words muted");
	readonly #notice: HTMLElement = make("p", "a-notice small");
	readonly #range: HTMLElement = make("span", "muted small a-range");
	readonly #back: HTMLButtonElement;
	readonly #forth: HTMLButtonElement;
	readonly #pager: HTMLElement;
	/** Where each part up to the one that is shown begins. */
	#starts: (string | undefined)[] = [undefined];
	/** Lines before the part that is shown. */
	#skipped: number[] = [0];
	#next: string | undefined = undefined;
	#count = 0;
	#isShown = false;
	#isLoaded = false;
	#timer: ReturnType<typeof setTimeout> | undefined = undefined;
	#request: AbortController | undefined = undefined;

	/** @param frame the element around the table; the words and the buttons are added to it */
	constructor(frame: HTMLElement, table: KeyedTable<Row>, host: ListHost<Row>) {
		this.#frame = frame;
		this.#table = table;
		this.#host = host;
		this.#back = button("← Previous", "small-button", () => this.#go(-1));
		this.#forth = button("Next →", "small-button", () => this.#go(1));
		this.#pager = make("div", "a-pager", this.#back, this.#range, this.#forth);
		this.#pager.hidden = true;
		this.#words.setAttribute("role", "status");
		this.#notice.hidden = true;
		frame.prepend(this.#notice);
		frame.append(this.#words, this.#pager);
	}

	/** Asks the server while it is shown. */
	show(isShown: boolean): void {
		if (this.#isShown === isShown) return;
		this.#isShown = isShown;
		if (isShown) void this.#load(false);
		else this.#stop();
	}

	/** Shows the first part again: the order or the filter is another one. */
	reset(): void {
		this.#starts = [undefined];
		this.#skipped = [0];
		this.#isLoaded = false;
		if (this.#isShown) void this.#load(true);
	}

	/** Asks the server now. */
	refresh(): void {
		if (this.#isShown) void this.#load(true);
	}

	#go(step: 1 | -1): void {
		if (step > 0) {
			if (this.#next === undefined) return;
			this.#starts.push(this.#next);
			this.#skipped.push(this.#skipped.at(-1)! + this.#count);
		} else {
			if (this.#starts.length === 1) return;
			this.#starts.pop();
			this.#skipped.pop();
		}
		this.#isLoaded = false;
		this.#frame.scrollTop = 0;
		void this.#load(true);
	}

	#stop(): void {
		clearTimeout(this.#timer);
		this.#request?.abort();
		this.#request = undefined;
	}

	async #load(mayMove: boolean): Promise<void> {
		this.#stop();
		const request = new AbortController();
		this.#request = request;
		this.#frame.setAttribute("aria-busy", String(!this.#isLoaded));
		if (!this.#isLoaded) setText(this.#words, "Loading…");
		try {
			const part = await this.#host.load(this.#starts.at(-1), request.signal);
			if (request.signal.aborted) return;
			if (part.rows.length === 0 && this.#starts.length > 1) {
				// Its lines have gone meanwhile.
				this.#starts.pop();
				this.#skipped.pop();
				return await this.#load(true);
			}
			this.#show(part, mayMove || !this.#isLoaded);
		} catch (error) {
			const words = request.signal.aborted ? undefined : failureWords(error);
			if (words === undefined) return;
			if (this.#isLoaded) this.#notify(`This list is out of date. ${words}`);
			else setText(this.#words, words);
		} finally {
			if (this.#request === request) {
				this.#frame.setAttribute("aria-busy", "false");
				this.#timer = setTimeout(() => void this.#load(false), REFRESH_MS);
			}
		}
	}

	#show({ rows, next, missing }: Part<Row>, mayMove: boolean): void {
		this.#isLoaded = true;
		this.#next = next;
		this.#count = rows.length;
		this.#table.show(rows, mayMove);
		setText(this.#words, rows.length === 0 ? this.#host.empty() : "");
		const names = missing.slice(0, 5).join(", ");
		this.#notify(
			missing.length === 0
				? ""
				: `Not in this list: ${names}${missing.length > 5 ? " …" : ""} did not answer within 3 s.`,
		);
		const skipped = this.#skipped.at(-1)!;
		this.#pager.hidden = skipped === 0 && next === undefined;
		this.#back.disabled = skipped === 0;
		this.#forth.disabled = next === undefined;
		setText(this.#range, `${(skipped + 1).toLocaleString()} to ${(skipped + rows.length).toLocaleString()}`);
		this.#host.loaded?.(rows);
	}

	#notify(words: string): void {
		this.#notice.hidden = words === "";
		setText(this.#notice, words);
	}
}
