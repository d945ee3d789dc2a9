// Who is where on the other nodes: each node's people and their rooms, as that node tells it. A plain record; it sends
// nothing and knows no time.

import { nameKey } from "../names.ts";
import type { PersonRow } from "./messages.ts";

/** A client of another node. */
export interface Remote {
	readonly session: string;
	readonly node: string;
	readonly digest: string;
	arrival: number;
	name: string;
	nameKey: string;
	readonly rooms: Set<string>;
}

/** The people of all other nodes. */
export class Roster {
	readonly #sessions = new Map<string, Remote>();
	readonly #names = new Map<string, Remote>();
	readonly #rooms = new Map<string, Map<string, Remote>>();
	readonly #nodes = new Map<string, Set<Remote>>();

	/** People. */
	get size(): number {
		return this.#sessions.size;
	}

	/** Whose session that is. */
	bySession(session: string): Remote | undefined {
		return this.#sessions.get(session);
	}

	/** Whose name that is. */
	byName(key: string): Remote | undefined {
		return this.#names.get(key);
	}

	/** How many are in a room. */
	count(room: string): number {
		return this.#rooms.get(room)?.size ?? 0;
	}

	/** Who is in a room. */
	*members(room: string): Generator<Remote> {
		yield* this.#rooms.get(room)?.values() ?? [];
	}

	/** Rooms that somebody is in. */
	rooms(): IterableIterator<string> {
		return this.#rooms.keys();
	}

	/** People of one node. */
	of(node: string): Remote[] {
		return [...(this.#nodes.get(node) ?? [])];
	}

	/** Enters a person, who must not be known by that session. */
	add(node: string, [session, name, digest, arrival]: PersonRow): Remote {
		const person: Remote = { session, node, digest, arrival, name, nameKey: nameKey(name), rooms: new Set() };
		this.#sessions.set(session, person);
		this.#names.set(person.nameKey, person);
		const people = this.#nodes.get(node) ?? new Set();
		this.#nodes.set(node, people);
		people.add(person);
		return person;
	}

	/** Gives a person another name. */
	rename(person: Remote, name: string): void {
		if (this.#names.get(person.nameKey) === person) this.#names.delete(person.nameKey);
		person.name = name;
		person.nameKey = nameKey(name);
		this.#names.set(person.nameKey, person);
	}

	/** Lets a person into a room; false where it is in it. */
	enter(person: Remote, room: string): boolean {
		if (person.rooms.has(room)) return false;
		person.rooms.add(room);
		const members = this.#rooms.get(room) ?? new Map();
		this.#rooms.set(room, members);
		members.set(person.session, person);
		return true;
	}

	/** Takes a person out of a room; false where it is not in it. */
	exit(person: Remote, room: string): boolean {
		if (!person.rooms.delete(room)) return false;
		const members = this.#rooms.get(room);
		members?.delete(person.session);
		if (members?.size === 0) this.#rooms.delete(room);
		return true;
	}

	/** Forgets a person, who must be in no room any more. */
	remove(person: Remote): void {
		this.#sessions.delete(person.session);
		if (this.#names.get(person.nameKey) === person) this.#names.delete(person.nameKey);
		const people = this.#nodes.get(person.node);
		people?.delete(person);
		if (people?.size === 0) this.#nodes.delete(person.node);
	}
}
