// The clients of the other nodes and the rooms that they are in, as those nodes report them. It only stores: it sends nothing,
// and knows no time.

import { nameKey } from "../names.ts";
import type { RemotePerson } from "./cluster.ts";
import type { PersonRow } from "./messages.ts";

/** People and their memberships: of one node, and of all. A person in three rooms takes 600 bytes. */
const MAX_NODE_ENTRIES = 250_000;
const MAX_ENTRIES = 1_000_000;

/** A client of another node, with what changes about it. */
export interface RosterPerson extends RemotePerson {
	readonly digest: string;
	connectionEpoch: number;
	name: string;
	nameKey: string;
	readonly rooms: Set<string>;
}

interface NodePeople {
	readonly people: Set<RosterPerson>;
	/** People and their memberships. */
	entries: number;
}

/** The clients of all other nodes. */
export class Roster {
	readonly #sessions = new Map<string, RosterPerson>();
	readonly #names = new Map<string, RosterPerson>();
	readonly #rooms = new Map<string, Map<string, RosterPerson>>();
	readonly #nodes = new Map<string, NodePeople>();
	#entries = 0;

	/** People. */
	get size(): number {
		return this.#sessions.size;
	}

	/** The person that has a session. */
	bySession(session: string): RosterPerson | undefined {
		return this.#sessions.get(session);
	}

	/** The person whose name has that key. */
	byName(key: string): RosterPerson | undefined {
		return this.#names.get(key);
	}

	/** The members of a room, counted. */
	count(room: string): number {
		return this.#rooms.get(room)?.size ?? 0;
	}

	/** The members of a room. */
	*members(room: string): Generator<RosterPerson> {
		yield* this.#rooms.get(room)?.values() ?? [];
	}

	/** The rooms that have members. */
	rooms(): IterableIterator<string> {
		return this.#rooms.keys();
	}

	/** The people of one node. */
	of(node: string): RosterPerson[] {
		return [...(this.#nodes.get(node)?.people ?? [])];
	}

	/** Whether one more person or membership of a node is within the limits: 250,000 for a node, 1,000,000 in all. */
	hasSpace(node: string): boolean {
		return this.#entries < MAX_ENTRIES && (this.#nodes.get(node)?.entries ?? 0) < MAX_NODE_ENTRIES;
	}

	/** Adds a person, whose session must not be known. */
	add(node: string, [session, name, digest, connectionEpoch]: PersonRow): RosterPerson {
		const person = { session, node, digest, connectionEpoch, name, nameKey: nameKey(name), rooms: new Set<string>() };
		this.#sessions.set(session, person);
		this.#names.set(person.nameKey, person);
		const at = this.#nodes.get(node) ?? { people: new Set(), entries: 0 };
		this.#nodes.set(node, at);
		at.people.add(person);
		this.#count(at, 1);
		return person;
	}

	/** Gives a person another name. */
	rename(person: RosterPerson, name: string): void {
		if (this.#names.get(person.nameKey) === person) this.#names.delete(person.nameKey);
		person.name = name;
		person.nameKey = nameKey(name);
		this.#names.set(person.nameKey, person);
	}

	/** Adds a person to a room. @returns false where it is a member already. */
	enter(person: RosterPerson, room: string): boolean {
		if (person.rooms.has(room)) return false;
		person.rooms.add(room);
		const members = this.#rooms.get(room) ?? new Map();
		this.#rooms.set(room, members);
		members.set(person.session, person);
		this.#count(this.#nodes.get(person.node), 1);
		return true;
	}

	/** Removes a person from a room. @returns false where it is no member. */
	exit(person: RosterPerson, room: string): boolean {
		if (!person.rooms.delete(room)) return false;
		const members = this.#rooms.get(room);
		members?.delete(person.session);
		if (members?.size === 0) this.#rooms.delete(room);
		this.#count(this.#nodes.get(person.node), -1);
		return true;
	}

	/** Removes a person, who must be in no room. */
	remove(person: RosterPerson): void {
		this.#sessions.delete(person.session);
		if (this.#names.get(person.nameKey) === person) this.#names.delete(person.nameKey);
		const at = this.#nodes.get(person.node);
		at?.people.delete(person);
		this.#count(at, -1);
		if (at?.people.size === 0) this.#nodes.delete(person.node);
	}

	#count(at: NodePeople | undefined, entries: number): void {
		this.#entries += entries;
		if (at) at.entries += entries;
	}
}
