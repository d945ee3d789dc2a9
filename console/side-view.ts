// The two sides of the chat: rooms and conversations with their unread counts, and the members of the active room.

import { button, byId, make, setAttribute, setChildren, setText, tint } from "./dom.ts";
import type { Place } from "./place.ts";
import { Roving } from "./roving.ts";
import type { ChatSession } from "./session.ts";

/** Most rooms of the server's list that are shown. */
const MAX_OTHERS = 200;

interface Entry {
	readonly key: string;
	readonly label: string;
	readonly spoken: string;
	readonly count: string;
	readonly unread: number;
	readonly title: string;
	readonly current: boolean;
	readonly className: string;
	readonly choose: () => void;
}

/** One entry's elements. They stay while the entry does: a button that is replaced under the finger loses its click. */
class EntryView {
	readonly item: HTMLElement;
	readonly #button: HTMLButtonElement;
	readonly #name: HTMLElement = make("bdi", "entry-name");
	readonly #count: HTMLElement = make("span", "entry-count");
	readonly #badge: HTMLElement = make("span", "badge");
	#entry: Entry;

	constructor(entry: Entry) {
		this.#entry = entry;
		this.#button = button("", "", () => this.#entry.choose());
		this.#button.append(this.#name, this.#count, this.#badge);
		this.item = make("li", "", this.#button);
		this.draw(entry);
	}

	draw(entry: Entry): void {
		this.#entry = entry;
		const { label, count, unread, spoken, current, title, className } = entry;
		setText(this.#name, label);
		setText(this.#count, count);
		setText(this.#badge, unread > 99 ? "99+" : String(unread));
		this.#badge.hidden = unread === 0;
		setAttribute(this.#button, "class", `entry ${className}`);
		setAttribute(this.#button, "aria-label", spoken === "" ? label : `${label}, ${spoken}`);
		setAttribute(this.#button, "aria-current", current ? "true" : "false");
		setAttribute(this.#button, "title", title);
	}
}

/** A list of buttons, one per entry. */
class ButtonList {
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

/** Draws both sides. */
export class SideView {
	readonly #session: ChatSession;
	readonly #chosen: () => void;
	readonly #rooms: ButtonList = new ButtonList(byId("rooms", HTMLElement));
	readonly #people: ButtonList = new ButtonList(byId("people", HTMLElement));
	readonly #others: ButtonList = new ButtonList(byId("others", HTMLElement));
	readonly #members: ButtonList = new ButtonList(byId("member-list", HTMLElement));

	/** @param chosen runs after something was chosen from a list. */
	constructor(session: ChatSession, chosen: () => void) {
		this.#session = session;
		this.#chosen = chosen;
	}

	/** Draws what has changed. */
	draw(): void {
		const session = this.#session;
		const { rooms, conversations } = session.places;
		setText(byId("me", HTMLElement), session.me);
		this.#rooms.draw(rooms.map((place) => this.#placeEntry(place)));
		byId("people-part", HTMLElement).hidden = conversations.length === 0;
		this.#people.draw(conversations.map((place) => this.#placeEntry(place)));
		const open = new Set(rooms.map((place) => place.name));
		const others = session.directory.filter((room) => !open.has(room.name));
		byId("others-part", HTMLElement).hidden = others.length === 0;
		this.#others.draw(
			others.slice(0, MAX_OTHERS).map((room) => ({
				...this.#entry(room.name, () => session.join(room.name)),
				count: String(room.members),
				spoken: membersInWords(room.members),
				title: "",
			})),
		);
		this.#drawMembers(session.active);
	}

	#drawMembers(place: Place | undefined): void {
		const session = this.#session;
		const aside = byId("members", HTMLElement);
		aside.hidden = !place?.isRoom;
		const members = place?.members ?? [];
		const total = place?.memberCount ?? 0;
		setText(byId("members-title", HTMLElement), total > 0 ? `Members · ${total.toLocaleString()}` : "Members");
		this.#members.draw(
			members.map((name) => ({
				...this.#entry(name, () => session.converse(name)),
				className: tint(name),
				count: name === session.me ? "you" : "",
				spoken: name === session.me ? "you" : "write privately",
				title: name === session.me ? "" : `Write to ${name} privately`,
			})),
		);
		const rest = total - members.length;
		setText(
			byId("member-more", HTMLElement),
			rest > 0 && members.length > 0 ? `and ${rest.toLocaleString()} more` : "",
		);
	}

	#placeEntry(place: Place): Entry {
		const count = place.isRoom && place.inside ? String(place.memberCount) : "";
		const spoken = [
			place.isRoom && place.inside ? membersInWords(place.memberCount) : "",
			place.unread > 0 ? `${place.unread} unread` : "",
		].filter((part) => part !== "");
		return {
			...this.#entry(place.key, () => this.#session.show(place)),
			label: place.name,
			count,
			unread: place.unread,
			spoken: spoken.join(", "),
			title: place.topic,
			current: place === this.#session.active,
			className: place.isRoom ? "" : tint(place.name),
		};
	}

	#entry(key: string, choose: () => void): Entry {
		return {
			key,
			label: key,
			spoken: "",
			count: "",
			unread: 0,
			title: "",
			current: false,
			className: "",
			choose: () => {
				choose();
				this.#chosen();
			},
		};
	}
}

function membersInWords(count: number): string {
	return count === 1 ? "1 member" : `${count} members`;
}
