// The search in the messages of the active place: it shows those with the text, of the messages that are loaded.

import { byId, setAttribute, setText } from "./dom.ts";
import type { LogView } from "./log-view.ts";
import type { Place } from "./place.ts";

/** The bar above the messages. */
export class FindBar {
	readonly #log: LogView;
	readonly #changed: () => void;
	readonly #bar: HTMLElement = byId("find-bar", HTMLElement);
	readonly #text: HTMLInputElement = byId("find-text", HTMLInputElement);
	readonly #opener: HTMLElement = byId("find-open", HTMLElement);
	#place: Place | undefined = undefined;

	/** @param changed draws the page soon. */
	constructor(log: LogView, changed: () => void) {
		this.#log = log;
		this.#changed = changed;
		this.#opener.addEventListener("click", () => (this.#bar.hidden ? this.#open() : this.#done()));
		byId("find-close", HTMLElement).addEventListener("click", () => this.#done());
		this.#text.addEventListener("input", () => {
			log.search = this.#text.value.trim();
			changed();
		});
		this.#bar.addEventListener("keydown", (event) => {
			if (event.key === "Escape") this.#done();
		});
	}

	/** Another place has other messages: the search ends. */
	placeIs(place: Place | undefined): void {
		if (place !== this.#place) this.close();
		this.#place = place;
	}

	/** Shows all messages again. */
	close(): void {
		if (this.#bar.hidden) return;
		this.#bar.hidden = true;
		this.#text.value = "";
		this.#log.search = "";
		setAttribute(this.#opener, "aria-expanded", "false");
		this.#changed();
	}

	/** Draws the number of messages that were found. */
	draw(): void {
		const { search, found } = this.#log;
		setText(byId("find-count", HTMLElement), search === "" ? "" : `${found.toLocaleString()} found`);
	}

	#open(): void {
		this.#bar.hidden = false;
		setAttribute(this.#opener, "aria-expanded", "true");
		this.#text.focus();
	}

	#done(): void {
		this.close();
		this.#opener.focus();
	}
}
