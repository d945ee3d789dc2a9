// A list of buttons, one for each entry. A button stays while its entry does: one that is replaced under the finger loses its click.

import { button, make, setAttribute, setChildren, setText, tint } from "./dom.ts";
import { initials } from "./names.ts";
import { Roving } from "./roving.ts";

/** What a button shows and does. */
export interface Entry {
	readonly key: string;
	readonly label: string;
	/** What a screen reader says after the label. */
	readonly spoken: string;
	/** Muted, at the end. */
	readonly count?: string;
	/** What the person is here, in a frame. */
	readonly role?: string;
	readonly unread?: number;
	/** Whether what is unread is for the user. */
	readonly isForMe?: boolean;
	readonly title?: string;
	readonly current?: boolean;
	/** Whether the label is the name of a person, with an avatar. */
	readonly isPerson?: boolean;
	readonly choose: () => void;
	/** What else can be done with it: a second button, with this name for screen readers. */
	readonly more?: { readonly label: string; readonly run: () => void } | undefined;
}

class EntryView {
	readonly item: HTMLElement;
	readonly #button: HTMLButtonElement;
	readonly #avatar: HTMLElement = make("span", "avatar");
	readonly #name: HTMLElement = make("bdi", "entry-name");
	readonly #spoken: HTMLElement = make("span", "unseen");
	readonly #role: HTMLElement = make("span", "entry-role");
	readonly #count: HTMLElement = make("span", "entry-count");
	readonly #badge: HTMLElement = make("span", "badge");
	readonly #more: HTMLButtonElement = button("⋯", "quiet entry-more", () => this.#entry.more?.run());
	#entry: Entry;

	constructor(entry: Entry) {
		this.#entry = entry;
		this.#button = button("", "", () => this.#entry.choose());
		this.#button.append(this.#avatar, this.#name, this.#spoken, this.#role, this.#count, this.#badge);
		// A screen reader says in words what the others show.
		for (const element of [this.#avatar, this.#role, this.#count, this.#badge]) element.ariaHidden = "true";
		this.item = make("li", "entry-item", this.#button, this.#more);
		this.draw(entry);
	}

	draw(entry: Entry): void {
		this.#entry = entry;
		const { label, spoken, count = "", role = "", unread = 0, isForMe, title = "", current, isPerson } = entry;
		setText(this.#name, label);
		setText(this.#count, count);
		setText(this.#role, role);
		this.#role.hidden = role === "";
		this.#avatar.hidden = !isPerson;
		if (isPerson) setText(this.#avatar, initials(label));
		setText(this.#badge, unread > 99 ? "99+" : String(unread));
		this.#badge.hidden = unread === 0;
		this.#badge.classList.toggle("is-for-me", isForMe ?? false);
		const classes = ["entry", isPerson ? tint(label) : "", unread > 0 ? "is-unread" : ""].filter((name) => name !== "");
		setAttribute(this.#button, "class", classes.join(" "));
		setText(this.#spoken, spoken === "" ? "" : `, ${spoken}`);
		setAttribute(this.#button, "aria-current", current ? "true" : "false");
		setAttribute(this.#button, "title", title);
		this.#more.hidden = entry.more === undefined;
		setAttribute(this.#more, "aria-label", entry.more?.label ?? "");
	}
}

/** Draws the buttons of a list. */
export class ButtonList {
	readonly #list: HTMLElement;
	readonly #roving: Roving;
	#views: Map<string, EntryView> = new Map();

	constructor(list: HTMLElement) {
		this.#list = list;
		this.#roving = new Roving(list);
	}

	draw(entries: readonly Entry[]): void {
		const views: Map<string, EntryView> = new Map();
		for (const entry of entries) {
			const view = this.#views.get(entry.key) ?? new EntryView(entry);
			view.draw(entry);
			views.set(entry.key, view);
		}
		this.#views = views;
		setChildren(
			this.#list,
			[...views.values()].map(({ item }) => item),
		);
		this.#roving.settle();
	}
}
