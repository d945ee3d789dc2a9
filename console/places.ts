// All open places of the chat by their keys: rooms and private conversations, each within its bound.

import { Place } from "./place.ts";

/** Most rooms that are open at a time; the server has a limit of its own. */
export const MAX_ROOMS = 64;
/** Most private conversations that are kept; the oldest one goes. */
export const MAX_CONVERSATIONS = 100;

/** The open places, in the order in which they were opened. */
export class Places extends Map<string, Place> {
	/** The open rooms. */
	get rooms(): Place[] {
		return [...this.values()].filter((place) => place.isRoom);
	}

	/** The private conversations. */
	get conversations(): Place[] {
		return [...this.values()].filter((place) => !place.isRoom);
	}

	/** The place opened last; undefined: none is open. */
	get latest(): Place | undefined {
		return [...this.values()].at(-1);
	}

	/** Unread messages in all of them. */
	get unread(): number {
		let sum = 0;
		for (const place of this.values()) sum += place.unread;
		return sum;
	}

	/** The open room of that name. */
	room(name: string): Place | undefined {
		return this.get(Place.key("room", name));
	}

	/** The room of that name, opened where it is not open. */
	openRoom(name: string): Place {
		return this.room(name) ?? this.#add(new Place("room", name));
	}

	/** The conversation with someone, opened where it is not open; `kept` does not make way for it. */
	openConversation(name: string, kept: Place | undefined): Place {
		const known = this.get(Place.key("person", name));
		if (known) return known;
		const open = this.conversations;
		const oldest = open.length < MAX_CONVERSATIONS ? undefined : open.find((place) => place !== kept);
		if (oldest) this.delete(oldest.key);
		return this.#add(new Place("person", name));
	}

	#add(place: Place): Place {
		this.set(place.key, place);
		return place;
	}
}
