// A roving tabindex: each list has one tab stop, and the arrow keys, Home and End move inside the list.

/** Adds arrow keys to the buttons in `list`. Call `settle` after the list has changed. */
export class Roving {
	readonly #list: HTMLElement;

	constructor(list: HTMLElement) {
		this.#list = list;
		list.addEventListener("keydown", (event) => this.#key(event));
		list.addEventListener("focusin", (event) => {
			if (event.target instanceof HTMLButtonElement) this.#mark(event.target);
		});
	}

	/** Makes exactly one button a tab stop: the focused one, the current one, or the first. */
	settle(): void {
		const buttons = this.#buttons();
		const focused = buttons.find((button) => button === document.activeElement);
		const current = buttons.find((button) => button.getAttribute("aria-current") === "true");
		const stop = focused ?? current ?? buttons[0];
		if (stop) this.#mark(stop);
	}

	#key(event: KeyboardEvent): void {
		const buttons = this.#buttons();
		const at = buttons.findIndex((button) => button.matches(":focus"));
		const last = buttons.length - 1;
		const targets: Record<string, number> = {
			ArrowDown: Math.min(at + 1, last),
			ArrowUp: Math.max(at - 1, 0),
			Home: 0,
			End: last,
		};
		const target = Object.hasOwn(targets, event.key) ? buttons[targets[event.key]!] : undefined;
		if (at < 0 || !target) return;
		event.preventDefault();
		target.focus();
	}

	#mark(stop: HTMLButtonElement): void {
		for (const button of this.#buttons()) button.tabIndex = button === stop ? 0 : -1;
	}

	#buttons(): HTMLButtonElement[] {
		return [...this.#list.querySelectorAll("button")];
	}
}
