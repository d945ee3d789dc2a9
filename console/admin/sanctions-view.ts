// The bans and mutes that hold now, and the buttons that make and lift them.

import { button, byId } from "../dom.ts";
import { liftAction, sanctionAction, whoWords } from "./actions.ts";
import type { SanctionRow } from "./api-types.ts";
import { KeyedTable } from "./keyed-table.ts";
import { PagedList } from "./paged-list.ts";
import { partOf } from "./part-of.ts";
import type { Route } from "./route.ts";
import type { PageHost, View } from "./view.ts";
import { durationWords, nameWords, timeOf, timeWords } from "./words.ts";

export class SanctionsView implements View {
	readonly #page: PageHost;
	readonly #list: PagedList<SanctionRow>;
	readonly #table: KeyedTable<SanctionRow>;
	readonly #kind: HTMLSelectElement = byId("sanctions-kind", HTMLSelectElement);
	#shown = "";

	constructor(page: PageHost) {
		this.#page = page;
		this.#table = new KeyedTable<SanctionRow>(
			byId("sanctions-table", HTMLTableElement),
			"Bans and mutes",
			[
				{ title: "Who", text: whoWords, note: ({ reason }) => (reason ? nameWords(reason) : "") },
				{ title: "What", text: ({ kind }) => kind },
				{ title: "Where", text: ({ room }) => (room ? nameWords(room) : "everywhere") },
				{ title: "Until", text: ({ until }) => this.#untilWords(until) },
				{ title: "By", className: "wide", text: ({ by }) => nameWords(by) },
				{ title: "Since", className: "wide", text: ({ at }) => timeWords(timeOf(at), page.api.now()) },
			],
			{
				id: ({ id }) => id,
				actions: (row) => {
					const lift = button("Lift…", "small-button", () => void this.#lift(row));
					lift.setAttribute("aria-label", `Lift the ${row.kind} of ${whoWords(row)}…`);
					return [lift];
				},
			},
		);
		this.#list = new PagedList<SanctionRow>(byId("sanctions-frame", HTMLElement), this.#table, {
			load: (after, signal) =>
				partOf<SanctionRow>(page.api, "sanctions", "sanctions", { kind: this.#kind.value, after }, signal),
			empty: () => "Nobody is banned or muted.",
		});
		this.#kind.addEventListener("change", () => page.go("sanctions", [], { kind: this.#kind.value }, true));
		for (const kind of ["ban", "mute"] as const)
			byId(`new-${kind}`, HTMLButtonElement).addEventListener("click", () => void this.#add(kind));
	}

	title(): string {
		return "Bans and mutes";
	}

	open({ query: { kind = "" } }: Route): void {
		this.#kind.value = kind === "ban" || kind === "mute" ? kind : "";
		if (this.#kind.value !== this.#shown) {
			this.#shown = this.#kind.value;
			this.#list.reset();
		}
		this.#list.show(true);
	}

	close(): void {
		this.#list.show(false);
	}

	async #add(kind: SanctionRow["kind"]): Promise<void> {
		if (await this.#page.act(sanctionAction(this.#page.api, kind))) this.#list.refresh();
	}

	async #lift(row: SanctionRow): Promise<void> {
		if (!(await this.#page.act(liftAction(this.#page.api, row)))) return;
		this.#table.markGone(row.id);
		this.#list.refresh();
	}

	#untilWords(until: SanctionRow["until"]): string {
		const end = timeOf(until);
		if (Number.isNaN(end)) return "you lift it";
		const now = this.#page.api.now();
		return `${timeWords(end, now)}, in ${durationWords(end - now)}`;
	}
}
