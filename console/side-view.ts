// The two sides of the chat: rooms and conversations with their unread counts, and the members of the active room.

import { button, byId, make, setChildren, setText, tint } from "./dom.ts";
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

interface Item {
	readonly item: HTMLElement;
	/** Everything the element shows; another value means another element. */
	readonly look: string;
}

/** A list of buttons, one per entry, that keeps its elements from one drawing to the next. */
class ButtonList {
	readonly #list: HTMLElement;
	readonly #roving: Roving;
	#items: Map<string, Item> = new Map();

	constructor(list: HTMLElement) {
		this.#list = list;
		this.#roving = new Roving(list);
	}

	draw(entries: readonly Entry[]): void {
		const items: Map<string, Item> = new Map();
		const focused = [...this.#items].find(([, { item }]) => item.contains(document.activeElement))?.[0];
		for (const entry of entries) {
			const look = [entry.label, entry.count, entry.unread, entry.current, entry.title, entry.spoken].join("\n");
			const known = this.#items.get(entry.key);
			items.set(entry.key, known?.look === look ? known : { item: drawEntry(entry), look });
		}
		this.#items = items;
		setChildren(
			this.#list,
			[...items.values()].map(({ item }) => item),
		);
		if (focused !== undefined && !this.#list.contains(document.activeElement)) {
			items.get(focused)?.item.querySelector("button")?.focus();
		}
		this.#roving.settle();
	}
}

function drawEntry(entry: Entry): HTMLElement {
	const choose = button("", `entry ${entry.className}`, entry.choose);
	const name = make("bdi", "entry-name", entry.label);
	choose.append(name);
	if (entry.count !== "") choose.append(make("span", "entry-count", entry.count));
	if (entry.unread > 0) choose.append(make("span", "badge", entry.unread > 99 ? "99+" : String(entry.unread)));
	if (entry.spoken !== "") choose.setAttribute("aria-label", `${entry.label}, ${entry.spoken}`);
	if (entry.current) choose.setAttribute("aria-current", "true");
	if (entry.title !== "") choose.title = entry.title;
	return make("li", "", choose);
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
		const places = [...session.places.values()];
		setText(byId("me", HTMLElement), session.me);
		this.#rooms.draw(places.filter((place) => place.isRoom).map((place) => this.#placeEntry(place)));
		const people = places.filter((place) => !place.isRoom);
		byId("people-part", HTMLElement).hidden = people.length === 0;
		this.#people.draw(people.map((place) => this.#placeEntry(place)));
		const open = new Set(places.filter((place) => place.isRoom).map((place) => place.name));
		const others = session.directory.filter((room) => !open.has(room.name));
		byId("others-part", HTMLElement).hidden = others.length === 0;
		this.#others.draw(
			others.slice(0, MAX_OTHERS).map((room) => ({
				...this.#entry(room.name, () => session.join(room.name)),
				count: String(room.members),
				spoken: membersInWords(room.members),
				title: room.topic,
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
