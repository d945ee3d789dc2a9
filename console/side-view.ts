// The left side of the chat: rooms and conversations with their unread counts, and the other rooms of the server. In a long list the user
// finds a room by a part of its name.

import { ButtonList, type Entry } from "./button-list.ts";
import { byId, setText } from "./dom.ts";
import { compareNames, includesText } from "./names.ts";
import type { Place } from "./place.ts";
import type { ChatSession } from "./session.ts";

/** Most rooms of the server's list that are shown. */
const MAX_OTHERS = 200;
/** In a shorter list, the eye finds a name faster. */
const MIN_SEARCHED = 10;

/** Draws the side. */
export class SideView {
	readonly #session: ChatSession;
	readonly #chosen: () => void;
	readonly #search: HTMLInputElement = byId("find-place", HTMLInputElement);
	readonly #rooms: ButtonList = new ButtonList(byId("rooms", HTMLElement));
	readonly #people: ButtonList = new ButtonList(byId("people", HTMLElement));
	readonly #others: ButtonList = new ButtonList(byId("others", HTMLElement));

	/** @param chosen runs after something was chosen from a list. */
	constructor(session: ChatSession, chosen: () => void) {
		this.#session = session;
		this.#chosen = chosen;
		this.#search.addEventListener("input", () => this.draw());
		this.#search.addEventListener("keydown", (event) => {
			if (event.key !== "Enter" || event.isComposing) return;
			byId("places-lists", HTMLElement).querySelector<HTMLElement>(".entry")?.click();
		});
	}

	/** Draws what has changed. */
	draw(): void {
		const session = this.#session;
		const { rooms, conversations } = session.places;
		setText(byId("me", HTMLElement), session.me);
		const open = new Set(rooms.map((place) => place.name));
		const others = session.directory.filter((room) => !open.has(room.name));
		const all = rooms.length + conversations.length + others.length;
		byId("find-place-part", HTMLElement).hidden = all < MIN_SEARCHED && this.#search.value === "";
		const isFound = ({ name }: { readonly name: string }): boolean => includesText(name, this.#search.value);
		const shown = {
			rooms: rooms.filter(isFound),
			people: conversations.filter(isFound),
			others: others.filter(isFound),
		};
		this.#rooms.draw(shown.rooms.map((place) => this.#placeEntry(place)));
		byId("people-part", HTMLElement).hidden = shown.people.length === 0;
		this.#people.draw(shown.people.map((place) => this.#placeEntry(place)));
		byId("others-part", HTMLElement).hidden = shown.others.length === 0;
		shown.others.sort((a, b) => compareNames(a.name, b.name));
		this.#others.draw(
			shown.others.slice(0, MAX_OTHERS).map((room) => ({
				...this.#entry(room.name, () => session.join(room.name)),
				count: String(room.members),
				spoken: membersInWords(room.members),
			})),
		);
		const count = shown.rooms.length + shown.people.length + shown.others.length;
		byId("places-none", HTMLElement).hidden = count > 0 || this.#search.value === "";
		setText(
			byId("new-room", HTMLElement),
			session.chat?.canCreateRooms !== false ? "Enter or create a room…" : "Enter a room…",
		);
	}

	#placeEntry(place: Place): Entry {
		const isCounted = place.isRoom && place.inside;
		const spoken = [
			isCounted ? membersInWords(place.memberCount) : "",
			place.unread > 0 ? `${place.unread} unread` : "",
			place.isRoom && place.isForMe ? "one with your name" : "",
		].filter((part) => part !== "");
		return {
			...this.#entry(place.key, () => this.#session.show(place)),
			label: place.name,
			// Where something is unread, its number counts more.
			count: isCounted && place.unread === 0 ? String(place.memberCount) : "",
			unread: place.unread,
			isForMe: place.isForMe,
			spoken: spoken.join(", "),
			title: place.topic,
			current: place === this.#session.active,
			isPerson: !place.isRoom,
		};
	}

	#entry(key: string, choose: () => void): Entry {
		return {
			key,
			label: key,
			spoken: "",
			choose: () => {
				this.#search.value = "";
				choose();
				this.#chosen();
			},
		};
	}
}

function membersInWords(count: number): string {
	return count === 1 ? "1 member" : `${count} members`;
}
