// On narrow screens, the two side panels are drawers. One is open at a time; Escape, the shade and a choice close it. While it is open, the
// rest of the page is inert for keyboard and screen readers.

import { byId } from "./dom.ts";

const NAMES = ["places", "members"] as const;
type DrawerName = (typeof NAMES)[number];

/** The drawers. */
export class Drawers {
	#open: DrawerName | undefined = undefined;
	readonly #shade: HTMLElement = byId("shade", HTMLElement);
	readonly #room: HTMLElement = byId("room", HTMLElement);

	constructor() {
		for (const name of NAMES) {
			byId(`open-${name}`, HTMLElement).addEventListener("click", () => this.#show(name));
		}
		this.#shade.addEventListener("click", () => this.close());
		document.addEventListener("keydown", (event) => {
			if (event.key === "Escape" && this.#open !== undefined) this.close();
		});
		matchMedia("(min-width: 60rem)").addEventListener("change", () => this.close());
	}

	/** Closes the open drawer and returns the focus. */
	close(): void {
		const name = this.#open;
		if (name === undefined) return;
		this.#open = undefined;
		this.#mark(name, false);
		byId(`open-${name}`, HTMLElement).focus();
	}

	#show(name: DrawerName): void {
		this.close();
		this.#open = name;
		this.#mark(name, true);
		byId(name, HTMLElement).querySelector<HTMLElement>("button:not([tabindex='-1'])")?.focus();
	}

	#mark(name: DrawerName, open: boolean): void {
		byId(name, HTMLElement).classList.toggle("open", open);
		byId(`open-${name}`, HTMLElement).setAttribute("aria-expanded", String(open));
		this.#shade.hidden = !open;
		this.#room.inert = open;
	}
}
