// The panel of the selected line: its name, what is known of it, and what can be done with it. On a phone it covers the list.

import { button, make, setChildren, setText } from "../dom.ts";

/** A fact; an empty value hides it. */
export type Fact = readonly [title: string, value: string];

export class SidePanel {
	readonly element: HTMLElement;
	readonly #title: HTMLElement = make("bdi", "");
	readonly #state: HTMLElement = make("p", "a-notice small");
	readonly #facts: HTMLElement = make("dl", "a-facts");
	readonly #values = new Map<string, HTMLElement>();
	readonly #actions: readonly HTMLButtonElement[];

	/** @param more further elements below the actions */
	constructor(
		element: HTMLElement,
		actions: readonly HTMLButtonElement[],
		more: readonly HTMLElement[],
		closed: () => void,
	) {
		this.element = element;
		this.#actions = actions;
		const close = button("Close", "quiet", closed);
		this.#state.setAttribute("role", "status");
		element.replaceChildren(
			make("header", "a-side-head", make("h2", "", this.#title), close),
			this.#state,
			make("div", "a-actions", ...actions),
			this.#facts,
			...more,
		);
		element.addEventListener("keydown", (event) => {
			if (event.key === "Escape") closed();
		});
	}

	/** Shows a line. @param state what is wrong with it, in words; then nothing can be done with it */
	show(title: string, state: string, facts: readonly Fact[]): void {
		setText(this.#title, title);
		this.#state.hidden = state === "";
		setText(this.#state, state);
		for (const action of this.#actions) action.disabled = state !== "";
		const shown = facts.filter(([, value]) => value !== "");
		setChildren(
			this.#facts,
			shown.map(([name, value]) => this.#fact(name, value)),
		);
	}

	/** Shows or hides the panel. */
	set hidden(hidden: boolean) {
		this.element.hidden = hidden;
		this.element.parentElement?.classList.toggle("has-side", !hidden);
	}

	#fact(name: string, value: string): HTMLElement {
		let element = this.#values.get(name);
		if (!element) {
			element = make("div", "", make("dt", "", name), make("dd", "", make("bdi", "")));
			this.#values.set(name, element);
		}
		setText(element.querySelector("bdi")!, value);
		return element;
	}
}
