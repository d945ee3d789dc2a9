// A room: a name and the members who are in it. Sending to a room pushes the same bytes to every member's outbox; it
// encodes nothing, awaits nothing, and a member that cannot keep up is its own link's affair.

/** What can be a member of a room: a `Link`, or an object that wraps one. */
export interface Member {
	/** Takes whole documents, encoded and terminated; keeps the array by reference and never throws. */
	sendEncoded(bytes: Uint8Array): void;
}

/**
 * The members of one room, in the order in which they came. A `Hub` makes rooms and lets members in and out.
 *
 * @example
 * ```ts
 * const room = hub.join("lobby", link);
 * room.send(link.encode("<hello />"), link); // to everyone but `link`
 * ```
 */
export class Room<M extends Member = Member> {
	readonly name: string;
	readonly #members = new Set<M>();
	#held: Set<M> | undefined = undefined;

	constructor(name: string) {
		this.name = name;
	}

	/** Members, those held back included. */
	get size(): number {
		return this.#members.size;
	}

	/** Whether `member` is in the room. */
	has(member: M): boolean {
		return this.#members.has(member);
	}

	/** The members, first comer first. */
	members(): IterableIterator<M> {
		return this.#members.values();
	}

	/** Gives `bytes` to every member but `except`. */
	send(bytes: Uint8Array, except?: M): void {
		for (const member of this.#members) if (member !== except) member.sendEncoded(bytes);
	}

	/** As `send`, without the members that are held back. */
	sendLive(bytes: Uint8Array, except?: M): void {
		const held = this.#held;
		if (!held) {
			this.send(bytes, except);
			return;
		}
		for (const member of this.#members) if (member !== except && !held.has(member)) member.sendEncoded(bytes);
	}

	/** Keeps what `sendLive` sends from a member that must first be brought up to date, until `release`. */
	hold(member: M): void {
		if (!this.#members.has(member)) return;
		this.#held ??= new Set();
		this.#held.add(member);
	}

	/** Ends a `hold`. */
	release(member: M): void {
		if (this.#held?.delete(member) && this.#held.size === 0) this.#held = undefined;
	}

	/** Whether `member` is in the room and not held back. */
	isLive(member: M): boolean {
		return this.#members.has(member) && !this.#held?.has(member);
	}

	/** Lets a member in. Where there is a hub, it does this: it keeps the limits and the way back from a member to its rooms. */
	add(member: M): void {
		this.#members.add(member);
	}

	/** Takes a member out; the hub does this too. */
	remove(member: M): void {
		this.#members.delete(member);
		this.release(member);
	}
}
