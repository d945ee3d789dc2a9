// A table whose lines keep their elements while their values change, so that focus and scrolling stay. Sorting is the server's: a click on a
// heading reports it. While the pointer is in the table its lines keep their places, so that a click never meets a line that has just moved there.

import { make, setAttribute, setChildren, setText } from "../dom.ts";
import { Roving } from "../roving.ts";

/** A column. The first one has the button that opens a line. */
export interface Column<Row> {
	readonly title: string;
	/** What the server calls this order. Absent: it cannot be sorted by this. */
	readonly sort?: string;
	/** Classes of its cells: `number`, and `wide` where a narrow screen has no place for it. */
	readonly className?: string;
	text(row: Row): string;
	/** A second, smaller line. */
	note?(row: Row): string;
	/** A bar behind the value, 0 to 1. */
	share?(row: Row): number;
}

/** What the table needs of its owner. */
export interface TableHost<Row> {
	id(row: Row): string;
	/** The user chose a line. Absent: lines are not buttons. */
	opened?(row: Row): void;
	sorted?(sort: string): void;
	/** Buttons at the end of a line. */
	actions?(row: Row): readonly HTMLButtonElement[];
}

interface Line<Row> {
	row: Row;
	isGone: boolean;
	readonly element: HTMLTableRowElement;
	readonly cells: readonly HTMLElement[];
	readonly opener: HTMLButtonElement | undefined;
}

export class KeyedTable<Row> {
	readonly #host: TableHost<Row>;
	readonly #columns: readonly Column<Row>[];
	readonly #body: HTMLTableSectionElement = make("tbody", "");
	readonly #headings: HTMLTableCellElement[] = [];
	readonly #lines = new Map<string, Line<Row>>();
	readonly #roving: Roving;
	#order: readonly string[] = [];
	#selected = "";
	#isPointedAt = false;

	/** @param label what the lines are, for screen readers */
	constructor(table: HTMLTableElement, label: string, columns: readonly Column<Row>[], host: TableHost<Row>) {
		this.#host = host;
		this.#columns = columns;
		const head = make("tr", "");
		for (const column of columns) {
			const heading = make("th", column.className ?? "");
			heading.scope = "col";
			const { sort } = column;
			if (sort === undefined || !host.sorted) heading.append(column.title);
			else {
				const button = make("button", "link a-sort", column.title);
				button.type = "button";
				button.addEventListener("click", () => host.sorted?.(sort));
				heading.append(button);
			}
			this.#headings.push(heading);
			head.append(heading);
		}
		if (host.actions) head.append(make("td", "a-row-actions"));
		table.setAttribute("aria-label", label);
		table.replaceChildren(make("thead", "", head), this.#body);
		this.#roving = new Roving(this.#body);
		this.#body.addEventListener("click", (event) => this.#clicked(event));
		this.#body.addEventListener("pointerenter", ({ pointerType }) => {
			this.#isPointedAt = pointerType === "mouse";
		});
		this.#body.addEventListener("pointerleave", () => {
			this.#isPointedAt = false;
		});
	}

	/** Marks the heading of the order. */
	setSort(sort: string, direction: "ascending" | "descending"): void {
		for (const [at, column] of this.#columns.entries())
			setAttribute(this.#headings[at]!, "aria-sort", column.sort === sort ? direction : "");
	}

	/** Marks a line; empty: none. */
	select(id: string): void {
		this.#selected = id;
		for (const [key, line] of this.#lines) this.#mark(line, key);
		this.#roving.settle();
	}

	/** Shows these lines. @param mayMove false: lines that are shown keep their places, and those that are gone stay, marked */
	show(rows: readonly Row[], mayMove: boolean): void {
		const byId = new Map(rows.map((row) => [this.#host.id(row), row]));
		const order = mayMove || !this.#isPointedAt ? [...byId.keys()] : [...new Set([...this.#order, ...byId.keys()])];
		this.#order = order;
		const shown = new Set(order);
		for (const key of this.#lines.keys()) if (!shown.has(key)) this.#lines.delete(key);
		for (const id of order) {
			const row = byId.get(id);
			const line = this.#lines.get(id) ?? (row === undefined ? undefined : this.#newLine(row));
			if (!line) continue;
			this.#lines.set(id, line);
			line.isGone = row === undefined;
			if (row !== undefined) line.row = row;
			this.#fill(line);
			this.#mark(line, id);
		}
		setChildren(
			this.#body,
			order.flatMap((id) => this.#lines.get(id)?.element ?? []),
		);
		this.#roving.settle();
	}

	/** Marks a line as gone at once, before the next answer of the server. */
	markGone(id: string): void {
		const line = this.#lines.get(id);
		if (!line) return;
		line.isGone = true;
		this.#mark(line, id);
	}

	/** The row with this id, if it is shown. */
	row(id: string): Row | undefined {
		const line = this.#lines.get(id);
		return line && !line.isGone ? line.row : undefined;
	}

	#newLine(row: Row): Line<Row> {
		const element = make("tr", "");
		let opener: HTMLButtonElement | undefined;
		const cells = this.#columns.map((column, at) => {
			const cell = make(at === 0 ? "th" : "td", column.className ?? "");
			if (at === 0) cell.setAttribute("scope", "row");
			const main = make("bdi", "a-main");
			if (at === 0 && this.#host.opened) {
				opener = make("button", "link a-opener", main);
				opener.type = "button";
				cell.append(opener);
			} else cell.append(main);
			if (column.note) cell.append(make("span", "a-note muted"));
			if (column.share) cell.append(make("span", "a-share"));
			element.append(cell);
			return cell;
		});
		if (this.#host.actions) element.append(make("td", "a-row-actions", ...this.#host.actions(row)));
		return { row, isGone: false, element, cells, opener };
	}

	#fill({ row, cells }: Line<Row>): void {
		for (const [at, column] of this.#columns.entries()) {
			const cell = cells[at]!;
			const text = column.text(row);
			const main = cell.querySelector<HTMLElement>(".a-main")!;
			setText(main, text);
			// A long text is cut off on the screen.
			setAttribute(main, "title", text.length > 14 ? text : "");
			if (column.note) setText(cell.querySelector<HTMLElement>(".a-note")!, column.note(row));
			if (column.share) {
				const share = Math.round(Math.min(1, Math.max(0, column.share(row))) * 100);
				cell.querySelector<HTMLElement>(".a-share")!.style.inlineSize = `${share}%`;
			}
		}
	}

	#mark({ element, opener, isGone }: Line<Row>, id: string): void {
		element.classList.toggle("is-gone", isGone);
		element.classList.toggle("is-selected", id === this.#selected);
		if (opener) setAttribute(opener, "aria-current", id === this.#selected ? "true" : "");
	}

	#clicked({ target }: MouseEvent): void {
		if (!(target instanceof Element)) return;
		const element = target.closest("tr");
		if (!element || target.closest("a") || (target.closest("button") && !target.closest(".a-opener"))) return;
		// The end of a selection of text is no choice of a line.
		if (!target.closest("button") && String(getSelection()) !== "") return;
		for (const line of this.#lines.values()) if (line.element === element) this.#host.opened?.(line.row);
	}
}
