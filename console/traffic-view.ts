// What the pages that show traffic share: the events, the list of them with filter, search and pause, and the details of the selected one.
// The page passes in events and elements. Work on many events is done in slices, so that no frame is late.

import {
	type CaptureInfo,
	type Direction,
	type DocumentEvent,
	type Filter,
	parseFilter,
	type TrafficEvent,
} from "../src/tools/traffic/index.ts";
import { setAttribute, setText } from "./dom.ts";
import { DocumentView } from "./shown-document.ts";
import { type Action, TrafficDetails } from "./traffic-details.ts";
import { TrafficList, wordsOf } from "./traffic-list.ts";
import { type Item, isDocument, TrafficStore } from "./traffic-store.ts";

/** The elements. */
export interface TrafficElements {
	readonly list: HTMLElement;
	readonly details: HTMLElement;
	readonly filter: HTMLInputElement;
	/** Where the mistake in a filter is shown, with a caret below its column. */
	readonly problem: HTMLElement;
	readonly search: HTMLInputElement | undefined;
	/** Goes to the newest line, and shows how many are new. */
	readonly newer: HTMLButtonElement;
	/** Shown while there is no line. */
	readonly none: HTMLElement;
}

/** What the page does. */
export interface TrafficHost {
	readonly actions: readonly Action[];
	/** The text of the details while nothing is selected. */
	readonly hint: string;
	announce(words: string): void;
	/** The user wants to see the details. */
	opened(): void;
	/** Something that is drawn elsewhere changed. At most once in a frame. */
	drawn(): void;
}

/** How long one slice of work on many events may take. */
const SLICE_MS = 8;

/** The list and the details of one capture. */
export class TrafficView {
	readonly store: TrafficStore = new TrafficStore();
	readonly list: TrafficList;
	readonly details: TrafficDetails;
	view: DocumentView = new DocumentView("utf-8");
	info: CaptureInfo = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8" };
	/** What the user sees does not change until it is false again. */
	isPaused = false;
	/** Events that came while it was paused. */
	waiting = 0;
	readonly #elements: TrafficElements;
	readonly #host: TrafficHost;
	#filter: Filter | undefined = undefined;
	#connection: number | undefined = undefined;
	#direction: Direction | undefined = undefined;
	#pausedAt: number | undefined = undefined;
	#search: RegExp | undefined = undefined;
	#isDrawing = false;
	#searches = 0;
	/** Where the list was before the filter changed. */
	#place: ReturnType<TrafficList["place"]> = undefined;
	#nothing: string;

	constructor(elements: TrafficElements, host: TrafficHost) {
		this.#elements = elements;
		this.#host = host;
		this.#nothing = elements.none.textContent;
		this.details = new TrafficDetails(elements.details, this.view, host.actions, host.hint);
		this.list = new TrafficList(elements.list, this.store, this.view, {
			selected: (index) => this.details.show(index === undefined ? undefined : this.store.at(index)),
			following: (isFollowing, unseen) => this.#drawNewer(isFollowing, unseen),
			opened: () => host.opened(),
		});
		elements.newer.addEventListener("click", () => {
			this.list.follow();
			this.list.focus();
		});
		elements.filter.addEventListener("input", () => this.setFilter(elements.filter.value));
		elements.filter.addEventListener("keydown", (event) => {
			if (event.key === "Enter" || event.key === "Escape") this.list.focus();
		});
		elements.search?.addEventListener("input", () => this.#searchChanged());
		elements.search?.addEventListener("keydown", (event) => {
			if (event.key === "Enter") void this.find(event.shiftKey ? -1 : 1);
			else if (event.key === "Escape") this.list.focus();
			else return;
			event.preventDefault();
		});
	}

	/** Whether only some lines are shown. */
	get isFiltered(): boolean {
		return this.#filter !== undefined || this.#connection !== undefined || this.#direction !== undefined;
	}

	/** Begins a capture: forgets what was shown of another. */
	begin(info: CaptureInfo): void {
		this.info = info;
		this.view = new DocumentView(info.encoding);
		this.store.clear();
		this.list.select(undefined);
		this.list.setView(this.view, info.startedMs);
		this.details.setView(this.view, info.startedMs);
		this.#applyFilter();
		this.drawSoon();
	}

	/** Adds events. @param lost how many are missing before them */
	add(events: readonly TrafficEvent[], lost: number): void {
		if (this.isPaused) this.waiting += events.length;
		this.store.add(events, lost);
		this.drawSoon();
	}

	/** Freezes what is shown, or continues. */
	pause(isPaused: boolean): void {
		this.isPaused = isPaused;
		this.waiting = 0;
		this.#pausedAt = isPaused ? this.store.next : undefined;
		if (isPaused) this.list.stop();
		this.#applyFilter();
	}

	/** Shows only what matches; the empty text: everything. The last filter without a mistake stays until the mistake is gone. */
	setFilter(text: string): void {
		const { filter: input, problem } = this.#elements;
		if (input.value !== text) input.value = text;
		let filter: Filter | undefined;
		try {
			filter = text.trim() === "" ? undefined : parseFilter(text);
		} catch (error) {
			showFilterProblem(input, problem, error);
			return;
		}
		showFilterProblem(input, problem, undefined);
		this.#filter = filter;
		this.#applyFilter();
	}

	/** Shows only one connection; undefined: all. */
	setConnection(connection: number | undefined): void {
		this.#connection = connection;
		this.#applyFilter();
	}

	/** Shows only what one side sent; undefined: both. */
	setDirection(direction: Direction | undefined): void {
		this.#direction = direction;
		this.#applyFilter();
	}

	/** Selects the next match of the search, downwards or upwards, and continues at the other end. */
	async find(step: 1 | -1): Promise<void> {
		const search = this.#search;
		if (!search) return;
		const run = ++this.#searches;
		const { rows } = this.store;
		const at = this.list.selected === undefined ? undefined : this.store.rowOf(this.list.selected);
		let row = at === undefined ? (step > 0 ? -1 : rows) : at < 0 ? -1 - at - (step > 0 ? 1 : 0) : at;
		let over = performance.now() + SLICE_MS;
		for (let seen = 0; seen < rows; seen++) {
			row = (row + step + rows) % rows;
			const index = this.store.indexOfRow(row);
			const item = index === undefined ? undefined : this.store.at(index);
			if (item && search.test(this.#textOf(item))) {
				this.list.select(index);
				return;
			}
			if (performance.now() < over) continue;
			await nextFrame();
			if (run !== this.#searches) return;
			over = performance.now() + SLICE_MS;
		}
		this.#host.announce(`No match among ${rows.toLocaleString()} lines.`);
		setAttribute(this.#elements.search!, "aria-invalid", "true");
	}

	/** The next document of the other side on the same connection. */
	answerTo(event: DocumentEvent): DocumentEvent | undefined {
		const from = this.list.selected ?? this.store.first;
		for (let index = from + 1; index < this.store.next; index++) {
			const item = this.store.at(index);
			if (item?.kind !== "document" || item.connection !== event.connection) continue;
			if (item.direction !== event.direction) return item;
		}
		return undefined;
	}

	/** The items that the list shows, or all that are here. */
	*items(onlyShown: boolean): Generator<Item> {
		if (onlyShown) {
			for (let row = 0; row < this.store.rows; row++) {
				const item = this.store.at(this.store.indexOfRow(row)!);
				if (item) yield item;
			}
			return;
		}
		for (let index = this.store.first; index < this.store.next; index++) {
			const item = this.store.at(index);
			if (item) yield item;
		}
	}

	/** Draws in the next frame. */
	drawSoon(): void {
		if (this.#isDrawing) return;
		this.#isDrawing = true;
		requestAnimationFrame(() => {
			this.#isDrawing = false;
			this.#draw();
		});
	}

	#draw(): void {
		const end = performance.now() + SLICE_MS;
		const added = this.store.filterSome(() => performance.now() > end);
		this.list.draw(added);
		if (this.#place && !this.store.isFiltering) {
			this.list.restorePlace(this.#place);
			this.#place = undefined;
		}
		const { none } = this.#elements;
		none.hidden = this.store.rows > 0 || this.store.isFiltering;
		const isEmpty = this.store.next === this.store.first;
		setText(none, isEmpty ? this.#nothing : "Nothing here matches.");
		this.#host.drawn();
		if (this.store.isFiltering) this.drawSoon();
	}

	#applyFilter(): void {
		this.#place ??= this.list.place();
		const filter = this.#filter;
		const connection = this.#connection;
		const direction = this.#direction;
		const pausedAt = this.#pausedAt;
		if (!this.isFiltered && pausedAt === undefined) this.store.setFilter(undefined);
		else {
			this.store.setFilter((item, index) => {
				if (pausedAt !== undefined && index >= pausedAt) return false;
				if (connection !== undefined && item.connection !== connection) return false;
				if (direction !== undefined && !(isDocument(item) && item.direction === direction)) return false;
				if (!filter) return true;
				if (item.kind === "gap") return false;
				return filter.matches(item, isDocument(item) ? this.view.decoded(item) : undefined);
			});
		}
		this.drawSoon();
	}

	#searchChanged(): void {
		const input = this.#elements.search!;
		input.removeAttribute("aria-invalid");
		const text = input.value;
		this.#searches++;
		this.#search = text === "" ? undefined : new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "i");
		this.list.mark(this.#search);
		this.details.setSearch(this.#search);
		this.drawSoon();
	}

	#textOf(item: Item): string {
		return isDocument(item) ? (this.view.decoded(item).text ?? "") : wordsOf(item);
	}

	#drawNewer(isFollowing: boolean, unseen: number): void {
		const { newer } = this.#elements;
		newer.hidden = isFollowing || (this.isPaused && unseen === 0);
		if (!newer.hidden) setText(newer, unseen === 0 ? "↓ Newest" : `↓ ${unseen.toLocaleString()} new`);
	}
}

/** Shows the mistake in a filter below its column; undefined: none. */
export function showFilterProblem(input: HTMLInputElement, element: HTMLElement, error: unknown): void {
	if (error === undefined) {
		setText(element, "");
		input.removeAttribute("aria-invalid");
		return;
	}
	const { message, details } = error as { message: string; details?: { column?: number } };
	input.setAttribute("aria-invalid", "true");
	const [words = ""] = message.split("\n");
	const column = details?.column;
	const before = column === undefined ? "" : input.value.slice(0, column - 1);
	// The same characters, unseen, are as wide as those in the input.
	const caret =
		column === undefined
			? ""
			: `${before.replace(/[^\t]/g, (character) => (character.charCodeAt(0) < 0x300 ? " " : "\u3000"))}^\n`;
	setText(element, `${caret}${words.replace(/:$/, ".")}`);
}

function nextFrame(): Promise<void> {
	return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}
