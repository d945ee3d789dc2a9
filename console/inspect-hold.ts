// Holding documents: the filter that holds them, and the list of those that wait, each to be let go, changed or dropped. What happens to
// a document is decided by the server; this draws what it reports.

import type { HeldDocument } from "../src/tools/traffic/index.ts";
import { button, byId, make, setChildren, setText, tint } from "./dom.ts";
import type { Asked, Refusal } from "./live-feed.ts";
import { appendTokens, type DocumentView } from "./shown-document.ts";
import { showFilterProblem } from "./traffic-view.ts";

/** What the panel needs of the page. */
export interface HoldHost {
	ask(asked: Asked): Promise<Refusal | undefined>;
	announce(words: string): void;
	/** Opens the editor with a held document. */
	change(held: HeldDocument): void;
	view(): DocumentView;
}

/** The panel. */
export class HoldPanel {
	readonly #host: HoldHost;
	readonly #panel = byId("hold", HTMLElement);
	readonly #toggle = byId("hold-toggle", HTMLButtonElement);
	readonly #filter = byId("hold-filter", HTMLInputElement);
	readonly #problem = byId("hold-problem", HTMLElement);
	readonly #stop = byId("hold-stop", HTMLButtonElement);
	readonly #list = byId("held", HTMLElement);
	readonly #rows = new Map<number, HTMLElement>();
	#held: readonly HeldDocument[] = [];
	#more = 0;
	#active = "";

	constructor(host: HoldHost) {
		this.#host = host;
		this.#toggle.addEventListener("click", () => this.toggle());
		byId("hold-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			void this.#setFilter(this.#filter.value.trim());
		});
		this.#stop.addEventListener("click", () => void this.#stopHolding());
		this.#filter.addEventListener("input", () => showFilterProblem(this.#filter, this.#problem, undefined));
		this.#draw();
	}

	/** Opens the panel and focuses its filter, or closes it. It stays open while documents are held. */
	toggle(): void {
		this.#panel.hidden = !this.#panel.hidden && this.#active === "" && this.#held.length === 0;
		this.#toggle.setAttribute("aria-expanded", String(!this.#panel.hidden));
		if (!this.#panel.hidden) this.#filter.focus();
	}

	/** Shows what the server reports. */
	update(filter: string, held: readonly HeldDocument[], more: number): void {
		const before = this.#held.length;
		if (filter !== this.#active && document.activeElement !== this.#filter) this.#filter.value = filter;
		this.#active = filter;
		this.#held = held;
		this.#more = more;
		if (held.length > before) this.#host.announce(`${held.length + more} documents are held.`);
		this.#draw();
	}

	/** Lets the first held document go, or drops it. */
	decideFirst(ask: "release" | "drop"): void {
		const first = this.#held[0];
		if (first) void this.#decide({ ask, id: first.id });
	}

	/** Opens the editor with the first held document. */
	changeFirst(): void {
		const [first] = this.#held;
		if (first?.event.masked) this.#host.announce("A document with masked values cannot be changed here.");
		else if (first) this.#host.change(first);
	}

	#draw(): void {
		const { length } = this.#held;
		const isOn = this.#active !== "";
		if (isOn || length > 0) this.#panel.hidden = false;
		this.#toggle.setAttribute("aria-expanded", String(!this.#panel.hidden));
		setText(this.#toggle, length + this.#more > 0 ? `Held: ${length + this.#more}` : isOn ? "Holding…" : "Hold…");
		this.#toggle.setAttribute("aria-pressed", String(isOn));
		this.#stop.hidden = !isOn && length === 0;
		const ids = new Set(this.#held.map(({ id }) => id));
		for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
		const hadFocus = this.#list.contains(document.activeElement);
		setChildren(
			this.#list,
			this.#held.map((held) => this.#row(held)),
		);
		if (hadFocus && !this.#list.contains(document.activeElement))
			(this.#list.querySelector("button") ?? this.#filter).focus();
		const words =
			length > 0
				? `What follows on the same connection in the same direction waits too.${this.#more > 0 ? ` ${this.#more} more are held.` : ""}`
				: isOn
					? "Nothing is held now. If no page is open for 10 seconds, everything is let go."
					: "A held document waits here until you let it go, change it or drop it.";
		setText(byId("hold-words", HTMLElement), words);
	}

	#row(held: HeldDocument): HTMLElement {
		const { id, event } = held;
		const known = this.#rows.get(id);
		if (known) return known;
		const shown = make("span", "code");
		appendTokens(shown, this.#host.view().preview(event, 160));
		const row = make(
			"li",
			tint(`c${event.connection}`),
			make("span", "small muted", `${event.connection} ${event.direction === "client" ? "→ server" : "← client"}`),
			shown,
			button("Let go", "small-button primary", () => void this.#decide({ ask: "release", id })),
			// A document with masked values cannot be changed here: the masks would be sent.
			...(event.masked ? [] : [button("Change…", "small-button", () => this.#host.change(held))]),
			button("Drop", "small-button", () => void this.#decide({ ask: "drop", id })),
		);
		this.#rows.set(id, row);
		return row;
	}

	async #setFilter(filter: string): Promise<void> {
		const refusal = await this.#host.ask({ ask: "break", filter });
		if (!refusal) return showFilterProblem(this.#filter, this.#problem, undefined);
		const { problem, column } = refusal;
		showFilterProblem(this.#filter, this.#problem, { message: problem, details: { column } });
	}

	async #stopHolding(): Promise<void> {
		const refusal = await this.#host.ask({ ask: "break", filter: "" });
		if (refusal) this.#host.announce(refusal.problem);
	}

	async #decide(asked: Asked): Promise<void> {
		const refusal = await this.#host.ask(asked);
		if (refusal) this.#host.announce(refusal.problem);
	}
}
