// The events that the page has, the oldest first, within a bound, with what is known of each connection, and the list of those that the
// filter accepts. It draws nothing and knows no element.

import type { DocumentEvent, TrafficEvent } from "../src/tools/traffic/index.ts";

/** Events that this page did not get. */
export interface Gap {
	readonly kind: "gap";
	readonly lost: number;
	readonly time: number;
	readonly connection: 0;
}

/** One line of the list. */
export type Item = TrafficEvent | Gap;

/** What the page knows of a connection. */
export interface Connection {
	readonly number: number;
	from: string;
	to: string;
	openedUs: number;
	/** When it closed; undefined: it is open. */
	closedUs: number | undefined;
	/** Documents, by who sent them. */
	client: number;
	server: number;
	hasFailed: boolean;
}

/** Which lines are shown. */
export type Accepts = (item: Item, index: number) => boolean;

const MAX_ITEMS = 100_000;
const MAX_BYTES = 96 * 1024 * 1024;
const ITEM_COST_BYTES = 300;
/** Closed connections beyond this number are forgotten, the oldest first. */
const MAX_CONNECTIONS = 2000;

/** All of them. Each item has an index that never changes; `first` is the oldest that is still here. */
export class TrafficStore {
	readonly connections: Map<number, Connection> = new Map();
	/** Events that did not reach this page. */
	#lost = 0;
	/** Events that were removed to make room. */
	removed = 0;
	readonly #maxItems: number;
	#items: (Item | undefined)[] = [];
	#base = 0;
	#first = 0;
	#bytes = 0;
	#shown: number[] = [];
	#shownHead = 0;
	#accepts: Accepts | undefined = undefined;
	/** Items before this index have not been filtered yet. */
	#unfilteredTo = 0;
	/** Rows that left the front of the list since it was last asked. */
	#removedRows = 0;

	/** @param maxItems default 100,000 */
	constructor(maxItems: number = MAX_ITEMS) {
		this.#maxItems = maxItems;
	}

	/** Events that are not here: they did not come, or were removed. */
	get missed(): number {
		return this.#lost + this.removed;
	}

	get first(): number {
		return this.#first;
	}

	/** The index of the next item. */
	get next(): number {
		return this.#base + this.#items.length;
	}

	/** The number of lines in the list. */
	get rows(): number {
		return this.#shown.length - this.#shownHead;
	}

	/** Whether the filter has not seen all items yet. */
	get isFiltering(): boolean {
		return this.#unfilteredTo > this.#first;
	}

	/** The item with this index; undefined: it was removed. */
	at(index: number): Item | undefined {
		return this.#items[index - this.#base];
	}

	/** The index of the item in a line of the list. */
	indexOfRow(row: number): number | undefined {
		return row < 0 ? undefined : this.#shown[this.#shownHead + row];
	}

	/** The line of an item; where it is not in the list, the next one that is, as a negative number: −1 − line. */
	rowOf(index: number): number {
		let low = this.#shownHead;
		let high = this.#shown.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#shown[middle]! < index) low = middle + 1;
			else high = middle;
		}
		const row = low - this.#shownHead;
		return this.#shown[low] === index ? row : -1 - row;
	}

	/** Removes everything. */
	clear(): void {
		this.#base = this.next;
		this.#first = this.#base;
		this.#items = [];
		this.#shown = [];
		this.#shownHead = 0;
		this.#bytes = 0;
		this.#unfilteredTo = 0;
		this.#lost = 0;
		this.removed = 0;
		this.connections.clear();
	}

	/** Adds events. @param lost how many are missing before them */
	add(events: readonly TrafficEvent[], lost: number): void {
		if (lost > 0) {
			this.#lost += lost;
			this.#push({ kind: "gap", lost, time: events[0]?.time ?? 0, connection: 0 });
		}
		for (const event of events) {
			this.#note(event);
			this.#push(event);
		}
		this.#removeOldest();
	}

	/** Shows only what `accepts` accepts; undefined: everything. Older items follow with `filterSome`. */
	setFilter(accepts: Accepts | undefined): void {
		this.#accepts = accepts;
		this.#shown = [];
		this.#shownHead = 0;
		this.#removedRows = 0;
		this.#unfilteredTo = this.next;
	}

	/**
	 * Filters older items until `isOver`, from the newest to the oldest.
	 *
	 * @returns the number of lines that this added at the front.
	 */
	filterSome(isOver: () => boolean): number {
		const found: number[] = [];
		while (this.isFiltering) {
			this.#unfilteredTo--;
			const item = this.at(this.#unfilteredTo);
			if (item && this.#isShown(item, this.#unfilteredTo)) found.push(this.#unfilteredTo);
			if ((this.#unfilteredTo & 31) === 0 && isOver()) break;
		}
		if (found.length === 0) return 0;
		this.#shown = found.reverse().concat(this.#shown.slice(this.#shownHead));
		this.#shownHead = 0;
		return found.length;
	}

	/** The rows that left the front of the list since the last call. */
	takeRemovedRows(): number {
		const removed = this.#removedRows;
		this.#removedRows = 0;
		return removed;
	}

	#push(item: Item): void {
		const index = this.next;
		this.#items.push(item);
		this.#bytes += costOf(item);
		if (this.#isShown(item, index)) this.#shown.push(index);
	}

	#isShown(item: Item, index: number): boolean {
		return this.#accepts?.(item, index) !== false;
	}

	#removeOldest(): void {
		while (this.next - this.#first > 1 && (this.next - this.#first > this.#maxItems || this.#bytes > MAX_BYTES)) {
			const at = this.#first - this.#base;
			this.#bytes -= costOf(this.#items[at]!);
			this.#items[at] = undefined;
			if (this.#shown[this.#shownHead] === this.#first) {
				this.#shownHead++;
				this.#removedRows++;
			}
			this.#first++;
			this.removed++;
		}
		if (this.#first - this.#base > 4096 && (this.#first - this.#base) * 2 > this.#items.length) {
			this.#items = this.#items.slice(this.#first - this.#base);
			this.#base = this.#first;
		}
		if (this.#shownHead > 4096 && this.#shownHead * 2 > this.#shown.length) {
			this.#shown = this.#shown.slice(this.#shownHead);
			this.#shownHead = 0;
		}
	}

	#note(event: TrafficEvent): void {
		let known = this.connections.get(event.connection);
		if (!known) {
			const openedUs = event.time;
			known = {
				number: event.connection,
				from: "",
				to: "",
				openedUs,
				closedUs: undefined,
				client: 0,
				server: 0,
				hasFailed: false,
			};
			this.connections.set(event.connection, known);
			if (this.connections.size > MAX_CONNECTIONS) this.#forgetConnection();
		}
		if (event.kind === "open") {
			known.from = event.from;
			known.to = event.to;
		} else if (event.kind === "document") known[event.direction]++;
		else if (event.kind === "error") known.hasFailed = true;
		else if (event.kind === "close" && event.direction === undefined) known.closedUs = event.time;
	}

	#forgetConnection(): void {
		for (const [number, connection] of this.connections) {
			if (connection.closedUs === undefined) continue;
			this.connections.delete(number);
			return;
		}
	}
}

/** Whether an item has bytes. */
export function isDocument(item: Item | undefined): item is DocumentEvent {
	return item?.kind === "document" || item?.kind === "policy";
}

function costOf(item: Item): number {
	return ITEM_COST_BYTES + ("bytes" in item ? item.bytes.length : 0);
}
