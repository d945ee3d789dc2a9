// The list of events: only the lines in view are elements, so that its length costs nothing. It follows the newest line until the user
// scrolls up, and keeps its place and its selection when lines come, go, or are filtered. It knows lines by their index in the store.

import { make, setText, tint } from "./dom.ts";
import { appendTokens, type DocumentView } from "./shown-document.ts";
import { type Item, isDocument, type TrafficStore } from "./traffic-store.ts";

/** What the list reports. */
export interface ListHost {
	/** The user selected another line; undefined: none. */
	selected(index: number | undefined): void;
	/** It follows the newest line, or stopped; `unseen` lines came since. */
	following(isFollowing: boolean, unseen: number): void;
	/** The user wants to see the details. */
	opened(): void;
}

const MARGIN_ROWS = 4;
/** No character of the list is narrower. */
const NARROWEST_PX = 6;

/** Draws a store. */
export class TrafficList {
	readonly #element: HTMLElement;
	readonly #host: ListHost;
	readonly #store: TrafficStore;
	readonly #spacer: HTMLElement = make("div", "t-spacer");
	readonly #window: HTMLElement = make("div", "t-window");
	readonly #rows: HTMLElement[] = [];
	#view: DocumentView;
	#startedMs = 0;
	#rowPx = 28;
	/** Characters of a document that have a place in a line. */
	#columns = 160;
	#following = true;
	#unseenFrom = 0;
	#selected: number | undefined = undefined;
	#search: RegExp | undefined = undefined;
	/** Changes when every line must be drawn again. */
	#version = 0;
	#drawn = "";
	/** Reading these from the element would make the browser compute the layout. */
	#viewPx = 0;
	#heightPx = 0;
	#scrolledTo = 0;
	/** Where the view is while it does not follow. */
	#top = 0;

	constructor(element: HTMLElement, store: TrafficStore, view: DocumentView, host: ListHost) {
		this.#element = element;
		this.#store = store;
		this.#view = view;
		this.#host = host;
		element.tabIndex = 0;
		element.setAttribute("role", "grid");
		element.setAttribute("aria-label", "Documents");
		this.#window.setAttribute("role", "presentation");
		this.#spacer.setAttribute("role", "presentation");
		this.#spacer.append(this.#window);
		element.replaceChildren(this.#spacer);
		element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
		element.addEventListener("click", (event) => this.#clicked(event));
		element.addEventListener("dblclick", () => this.#host.opened());
		element.addEventListener("keydown", (event) => this.#key(event));
		new ResizeObserver(() => this.#measure()).observe(element);
		this.#measure();
	}

	/** The index of the selected item. */
	get selected(): number | undefined {
		return this.#selected;
	}

	get isFollowing(): boolean {
		return this.#following;
	}

	/** Shows documents of another capture. */
	setView(view: DocumentView, startedMs: number): void {
		this.#view = view;
		this.#startedMs = startedMs;
		this.#version++;
		this.#drawn = "";
	}

	/** Marks this in the lines. */
	mark(search: RegExp | undefined): void {
		this.#search = search;
		this.#version++;
		this.#drawn = "";
	}

	/** Draws what has changed. @param addedInFront lines that came before the first one */
	draw(addedInFront = 0): void {
		const { rows } = this.#store;
		const moved = addedInFront - this.#store.takeRemovedRows();
		const height = rows * this.#rowPx;
		if (this.#following) this.#top = height - this.#viewPx;
		else if (moved !== 0) this.#top += moved * this.#rowPx;
		this.#top = Math.max(0, Math.min(this.#top, height - this.#viewPx));
		this.#drawRows();
		// Last, because scrolling makes the browser compute the layout; it then does so once for everything.
		if (height !== this.#heightPx) {
			this.#heightPx = height;
			this.#spacer.style.height = `${height}px`;
		}
		const at = Math.round(this.#top);
		if (at !== this.#scrolledTo) {
			this.#scrolledTo = at;
			this.#element.scrollTop = at;
		}
		const isAtEnd = this.#following || height <= this.#viewPx;
		this.#host.following(isAtEnd, this.#following ? 0 : this.#unseen());
	}

	/** Shows the newest line and stays there. */
	follow(): void {
		this.#following = true;
		this.draw();
	}

	/** Stays where it is. */
	stop(): void {
		if (!this.#following) return;
		this.#following = false;
		this.#unseenFrom = this.#store.next;
		this.draw();
	}

	/** Selects an item, and shows it if it is in the list. */
	select(index: number | undefined): void {
		if (index !== undefined) {
			const row = this.#store.rowOf(index);
			if (row >= 0) this.#reveal(row);
		}
		if (index === this.#selected) return;
		this.#selected = index;
		this.#drawn = "";
		this.draw();
		this.#host.selected(index);
	}

	/** The place of the selected line, to find it again with `restorePlace` after the list was filtered. */
	place(): { readonly index: number; readonly offsetPx: number } | undefined {
		if (this.#following) return undefined;
		const first = Math.floor(this.#top / this.#rowPx);
		const found = this.#selected === undefined ? -1 : this.#store.rowOf(this.#selected);
		// A selected line that a filter hides has the place of the next one.
		const row = this.#selected !== undefined && found < 0 ? -1 - found : found;
		const inView = row >= first && row * this.#rowPx < this.#top + this.#viewPx;
		const anchor = inView ? row : Math.min(first, this.#store.rows - 1);
		const index = inView ? this.#selected : this.#store.indexOfRow(anchor);
		return index === undefined ? undefined : { index, offsetPx: anchor * this.#rowPx - this.#top };
	}

	/** Shows the line, or the one that follows it, at the same height as before. */
	restorePlace(place: { readonly index: number; readonly offsetPx: number } | undefined): void {
		if (!place) return;
		const row = this.#store.rowOf(place.index);
		this.#top = (row < 0 ? -1 - row : row) * this.#rowPx - place.offsetPx;
		this.#drawn = "";
		this.draw();
	}

	/** Focuses the list. */
	focus(): void {
		this.#element.focus();
	}

	#unseen(): number {
		const row = this.#store.rowOf(this.#unseenFrom);
		return this.#store.rows - (row < 0 ? -1 - row : row);
	}

	#measure(): void {
		const px = Number.parseFloat(getComputedStyle(this.#element).getPropertyValue("--row"));
		this.#rowPx = px > 0 ? px : 28;
		this.#viewPx = this.#element.clientHeight;
		this.#columns = Math.ceil(this.#element.clientWidth / NARROWEST_PX);
		this.#version++;
		this.#drawn = "";
		this.draw();
	}

	#scrolled(): void {
		const { scrollTop } = this.#element;
		this.#scrolledTo = scrollTop;
		if (Math.abs(scrollTop - Math.round(this.#top)) < 1) return;
		this.#top = scrollTop;
		const atEnd = scrollTop + this.#viewPx >= this.#store.rows * this.#rowPx - this.#rowPx / 2;
		if (atEnd) this.#following = true;
		else if (this.#following) {
			this.#following = false;
			this.#unseenFrom = this.#store.next;
		}
		this.draw();
	}

	#clicked(event: MouseEvent): void {
		const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".t-row") : null;
		if (row?.dataset.index === undefined) return;
		const index = Number(row.dataset.index);
		// The line would move away under the pointer.
		this.stop();
		this.select(index);
	}

	#key(event: KeyboardEvent): void {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const { rows } = this.#store;
		const page = Math.max(1, Math.floor(this.#viewPx / this.#rowPx) - 1);
		const at = this.#selected === undefined ? undefined : this.#store.rowOf(this.#selected);
		const from = at === undefined ? rows : at < 0 ? -1 - at : at;
		// The line that replaces one that is not in the list is the next one already.
		const down = at !== undefined && at < 0 ? 0 : 1;
		const steps: Record<string, number> = {
			ArrowUp: from - 1,
			k: from - 1,
			ArrowDown: from + down,
			j: from + down,
			PageUp: from - page,
			PageDown: from + page,
			Home: 0,
			End: rows - 1,
		};
		if (event.key === "Enter" && at !== undefined) {
			event.preventDefault();
			this.#host.opened();
		} else if (Object.hasOwn(steps, event.key) && rows > 0) {
			event.preventDefault();
			if (event.key === "End") this.follow();
			else this.stop();
			this.select(this.#store.indexOfRow(Math.max(0, Math.min(rows - 1, steps[event.key]!))));
		}
	}

	#reveal(row: number): void {
		const top = row * this.#rowPx;
		if (top >= this.#top && top + this.#rowPx <= this.#top + this.#viewPx) return;
		const isLast = row === this.#store.rows - 1;
		if (isLast && this.#following) return;
		this.stop();
		this.#top = top < this.#top ? top : top + this.#rowPx - this.#viewPx;
		this.#drawn = "";
		this.draw();
	}

	#drawRows(): void {
		const { rows } = this.#store;
		const firstInView = Math.floor(this.#top / this.#rowPx);
		const first = Math.max(0, firstInView - MARGIN_ROWS);
		const last = Math.min(rows, firstInView + Math.ceil(this.#viewPx / this.#rowPx) + 1 + MARGIN_ROWS);
		const key = `${first} ${last} ${this.#store.indexOfRow(first)} ${this.#store.indexOfRow(last - 1)}`;
		this.#window.style.transform = `translateY(${first * this.#rowPx}px)`;
		if (key === this.#drawn) return;
		this.#drawn = key;
		const count = Math.max(0, last - first);
		while (this.#rows.length < count) this.#rows.push(this.#newRow());
		for (const [at, row] of this.#rows.entries()) {
			const index = at < count ? this.#store.indexOfRow(first + at) : undefined;
			const item = index === undefined ? undefined : this.#store.at(index);
			row.hidden = item === undefined;
			if (item !== undefined) this.#fill(row, index!, item, first + at);
		}
		this.#element.setAttribute("aria-rowcount", String(rows));
		const active = this.#rows.find((row) => !row.hidden && row.dataset.index === String(this.#selected));
		if (active) this.#element.setAttribute("aria-activedescendant", active.id);
		else this.#element.removeAttribute("aria-activedescendant");
	}

	#newRow(): HTMLElement {
		const cell = (className: string): HTMLElement => {
			const element = make("span", className);
			element.setAttribute("role", "gridcell");
			return element;
		};
		const row = make("div", "t-row", ...["t-time", "t-conn", "t-from", "t-size", "t-text"].map(cell));
		row.id = `t-row-${this.#rows.length}`;
		row.setAttribute("role", "row");
		this.#window.append(row);
		return row;
	}

	#fill(row: HTMLElement, index: number, item: Item, line: number): void {
		const isSelected = index === this.#selected;
		const look = `${index} ${isSelected} ${this.#version}`;
		if (row.dataset.look === look) {
			row.setAttribute("aria-rowindex", String(line + 1));
			return;
		}
		row.dataset.look = look;
		row.dataset.index = String(index);
		row.setAttribute("aria-rowindex", String(line + 1));
		row.setAttribute("aria-selected", String(isSelected));
		const direction = "direction" in item && item.direction ? item.direction : "";
		const changed = item.kind === "document" && item.changed ? ` ${item.changed}` : "";
		row.className = `t-row t-${item.kind} ${direction === "" ? "" : `t-${direction}`}${changed} ${tint(`c${item.connection}`)}`;
		const [time, connection, from, size, text] = [...row.children] as HTMLElement[];
		setText(time!, item.kind === "gap" ? "" : timeText(this.#startedMs, item.time));
		setText(connection!, item.connection === 0 ? "" : String(item.connection));
		setText(from!, direction === "" ? "" : direction === "client" ? "→" : "←");
		if (direction === "") from!.removeAttribute("aria-label");
		else from!.setAttribute("aria-label", `from the ${direction}`);
		setText(size!, isDocument(item) ? String(item.bytes.length) : "");
		text!.replaceChildren();
		if (isDocument(item)) {
			const note = noteOf(item);
			if (note !== "") text!.append(make("em", "t-note", note));
			appendTokens(text!, this.#view.preview(item, this.#columns));
			if (this.#search) markText(text!, this.#search);
		} else text!.append(wordsOf(item));
	}
}

/** The time of day of an event, with milliseconds. */
export function timeText(startedMs: number, timeUs: number): string {
	const date = new Date(startedMs + Math.floor(timeUs / 1000));
	const two = (value: number): string => String(value).padStart(2, "0");
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** An event that is not a document, in words. */
export function wordsOf(item: Item): string {
	switch (item.kind) {
		case "open":
			return `connected from ${item.from} to ${item.to}`;
		case "close": {
			const who = item.direction === undefined ? "closed" : `the ${item.direction} sends no more`;
			return item.reason === undefined ? who : `${who}: ${item.reason}`;
		}
		case "error":
			return `${item.message} (${item.code})`;
		case "gap":
			return `${item.lost.toLocaleString()} events are not shown: the page was too slow, or opened later.`;
		default:
			return "";
	}
}

/** What is special about a document; empty: nothing. */
export function noteOf(item: Item): string {
	if (!isDocument(item)) return "";
	const notes: string[] = [];
	if (item.kind === "policy") notes.push("policy");
	if (item.changed) notes.push(item.changed);
	if (item.ending === "part") notes.push("part");
	if (item.ending === "cut") notes.push("no terminator");
	if (item.masked) notes.push("masked");
	return notes.join(" · ");
}

/** Marks what an expression finds inside an element. */
export function markText(element: HTMLElement, search: RegExp): void {
	const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
	const nodes: Text[] = [];
	while (walker.nextNode()) nodes.push(walker.currentNode as Text);
	for (const node of nodes) {
		let rest = node;
		for (let marks = 0; marks < 50; marks++) {
			const match = search.exec(rest.data);
			if (!match || match[0] === "") break;
			const found = rest.splitText(match.index);
			rest = found.splitText(match[0].length);
			const mark = make("mark", "");
			found.replaceWith(mark);
			mark.append(found);
		}
	}
}
