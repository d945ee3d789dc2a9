// All rooms by name, and which of them each member is in. It bounds both, makes rooms when they are first entered and
// forgets them when the last member has left. Names are keys of a Map, so that `__proto__` is a room like any other.

import { XMLSocketError } from "../errors/index.ts";
import type { Member, Room } from "./room.ts";

/** The limits of a registry of rooms, and the function that makes its rooms. */
export interface RoomRegistryOptions<R> {
	/** Makes a room that is entered for the first time. */
	readonly create: (name: string) => R;
	/** Called with a room that was forgotten, because its last member left it. */
	readonly dropped?: (room: R) => void;
	/** Rooms in all. Default 10 000. */
	readonly maxRooms?: number;
	/** Rooms that one member may be in. Default 64. */
	readonly maxRoomsPerMember?: number;
}

/**
 * The rooms of a server.
 *
 * @example
 * ```ts
 * const hub = new RoomRegistry<Link, Room<Link>>({ create: (name) => new Room(name) });
 * hub.join("lobby", link).send(link.encode("<hello />"));
 * hub.leaveAll(link);
 * ```
 */
export class RoomRegistry<M extends Member, R extends Room<M>> {
	readonly maxRooms: number;
	readonly maxRoomsPerMember: number;
	readonly #options: RoomRegistryOptions<R>;
	readonly #rooms = new Map<string, R>();
	readonly #pinned = new Set<R>();
	readonly #roomsOf = new Map<M, Set<R>>();

	constructor(options: RoomRegistryOptions<R>) {
		this.#options = options;
		this.maxRooms = options.maxRooms ?? 10_000;
		this.maxRoomsPerMember = options.maxRoomsPerMember ?? 64;
	}

	/** Rooms that exist now. */
	get size(): number {
		return this.#rooms.size;
	}

	/** The room of that name, if it exists. */
	get(name: string): R | undefined {
		return this.#rooms.get(name);
	}

	/** All rooms, oldest first. */
	rooms(): IterableIterator<R> {
		return this.#rooms.values();
	}

	/** The rooms that `member` is in. */
	roomsOf(member: M): Iterable<R> {
		return this.#roomsOf.get(member) ?? [];
	}

	/**
	 * Makes a room that stays when it is empty.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS
	 */
	pin(name: string): R {
		const room = this.#rooms.get(name) ?? this.#create(name);
		this.#pinned.add(room);
		return room;
	}

	/**
	 * Lets a member into a room, which is made where it does not exist. Does nothing for one who is in it.
	 *
	 * @throws XMLSOCKET_TOO_MANY_ROOMS where the hub, or the member, has reached its limit.
	 */
	join(name: string, member: M): R {
		let joined = this.#roomsOf.get(member);
		const known = this.#rooms.get(name);
		if (known && joined?.has(known)) return known;
		if (joined && joined.size >= this.maxRoomsPerMember) {
			throw new XMLSocketError(
				"XMLSOCKET_TOO_MANY_ROOMS",
				`You are in ${joined.size} rooms, and ${this.maxRoomsPerMember} is the limit.`,
				{ details: { limit: this.maxRoomsPerMember } },
			);
		}
		const room = known ?? this.#create(name);
		if (!joined) {
			joined = new Set();
			this.#roomsOf.set(member, joined);
		}
		joined.add(room);
		room.add(member);
		return room;
	}

	/** Takes a member out of a room. @returns whether it was in it. */
	leave(room: R, member: M): boolean {
		const joined = this.#roomsOf.get(member);
		if (!joined?.delete(room)) return false;
		if (joined.size === 0) this.#roomsOf.delete(member);
		room.remove(member);
		if (room.size === 0 && !this.#pinned.has(room)) {
			this.#rooms.delete(room.name);
			this.#options.dropped?.(room);
		}
		return true;
	}

	/** Takes a member out of every room. @returns the rooms it was in. */
	leaveAll(member: M): R[] {
		const left = [...this.roomsOf(member)];
		for (const room of left) this.leave(room, member);
		return left;
	}

	#create(name: string): R {
		if (this.#rooms.size >= this.maxRooms) {
			throw new XMLSocketError(
				"XMLSOCKET_TOO_MANY_ROOMS",
				`There are ${this.#rooms.size} rooms, and ${this.maxRooms} is the server's limit.`,
				{ details: { limit: this.maxRooms } },
			);
		}
		const room = this.#options.create(name);
		this.#rooms.set(name, room);
		return room;
	}
}
