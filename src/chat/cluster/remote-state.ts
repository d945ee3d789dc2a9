// What this node knows of the others' clients and rooms. It applies their changes and snapshots, and reports to the
// chat what that means for the rooms that are open here.

import type { ExitReason } from "../documents.ts";
import { isGuestKey } from "../names.ts";
import type { LocalPerson } from "./cluster.ts";
import type { ClusterEvents, LocalState } from "./cluster-events.ts";
import type { ClusterNames } from "./cluster-names.ts";
import { type DropReason, deliveryUnits } from "./inbound-gate.ts";
import type { Change, PersonRow, Snapshot } from "./messages.ts";
import { Roster, type RosterPerson } from "./roster.ts";

/** What the remote state needs of its node. */
export interface RemoteStateHost {
	/** This node's id. */
	readonly node: string;
	readonly state: LocalState;
	readonly events: ClusterEvents;
	readonly names: ClusterNames;
	/** Tells the other nodes of a client of this one. */
	announce(person: LocalPerson): void;
	/** The digest of a secret, as `PersonRow` has it. */
	digest(secret: string): string;
	/** A node reports that the client of a session is connected to it. */
	announced(session: string): void;
	/** The client of a session has gone from that node to another one, or to this one. */
	left(node: string, session: string): void;
	/** Something of a node is not applied. */
	drop(node: string, reason: DropReason): void;
}

/** The state of the other nodes. */
export class RemoteState {
	readonly roster: Roster = new Roster();
	readonly #host: RemoteStateHost;
	#units = 0;

	constructor(host: RemoteStateHost) {
		this.#host = host;
	}

	/** The work that was done since the last call, in units of the gate. */
	takeUnits(): number {
		const units = this.#units;
		this.#units = 0;
		return units;
	}

	/** Applies a change at a node. */
	apply(node: string, change: Change): void {
		this.#units++;
		switch (change[0]) {
			case "person": {
				const [, ...row] = change;
				this.#setPerson(node, row);
				break;
			}
			case "gone": {
				const person = this.#personAt(node, change[1]);
				if (person) this.#removePerson(person);
				break;
			}
			case "enter": {
				const person = this.#personAt(node, change[1]);
				if (person) this.#enter(person, change[2]);
				break;
			}
			case "exit": {
				const person = this.#personAt(node, change[1]);
				if (person) this.#exit(person, change[2], change[3] ?? undefined);
			}
		}
	}

	/** Replaces what is known of a node. */
	applySnapshot(node: string, parts: readonly Snapshot[]): void {
		const present = new Set(parts.flatMap(({ people }) => people.map(([session]) => session)));
		for (const person of this.roster.of(node)) if (!present.has(person.session)) this.#removePerson(person);
		for (const { people } of parts) {
			for (const [session, name, digest, connectionEpoch, rooms] of people) {
				const person = this.#setPerson(node, [session, name, digest, connectionEpoch]);
				if (person) this.#setRooms(person, new Set(rooms));
			}
		}
	}

	/** Forgets a dead node. @returns the people that it had. */
	removeNode(node: string): RosterPerson[] {
		const people = this.roster.of(node);
		for (const person of people) this.#removePerson(person);
		return people;
	}

	#personAt(node: string, session: string): RosterPerson | undefined {
		const person = this.roster.bySession(session);
		return person?.node === node ? person : undefined;
	}

	// undefined where that connection is an earlier one of its session, and its node does not know yet that it is over.
	#setPerson(node: string, row: PersonRow): RosterPerson | undefined {
		const { state, events, names, digest: digestOf, drop } = this.#host;
		const [session, name, digest, connectionEpoch] = row;
		const isNewer = (other: { readonly connectionEpoch: number }, at: string): boolean =>
			other.connectionEpoch > connectionEpoch || (other.connectionEpoch === connectionEpoch && at > node);
		const own = state.person(session);
		const known = this.roster.bySession(session);
		// A session goes to another node with its secret alone.
		if ((own && digestOf(own.key.secret) !== digest) || (known && known.node !== node && known.digest !== digest)) {
			drop(node, "forged");
			return undefined;
		}
		if (own && isNewer(own, this.#host.node)) {
			this.#dispute(own);
			return undefined;
		}
		if (known && known.node !== node && isNewer(known, known.node)) return undefined;
		this.#host.announced(session);
		if (known && known.node === node && known.digest === digest) {
			known.connectionEpoch = connectionEpoch;
			this.#rename(known, name);
			return known;
		}
		if (!known && !this.roster.hasSpace(node)) {
			drop(node, "too_many_entries");
			return undefined;
		}
		if (own) events.superseded(session);
		if (known) {
			if (known.node !== node) this.#host.left(known.node, session);
			this.#removePerson(known);
		}
		const person = this.roster.add(node, row);
		const rival = isGuestKey(person.nameKey) ? undefined : state.nameHolder(person.nameKey);
		if (rival !== undefined) names.dispute(rival);
		return person;
	}

	// The claimant may not know yet that its connection is over. The names limit how often this happens.
	#dispute(own: LocalPerson): void {
		if (this.#host.names.dispute(own.key.id)) this.#host.announce(own);
	}

	#rename(person: RosterPerson, name: string): void {
		const old = person.name;
		if (name === old) return;
		this.roster.rename(person, name);
		for (const room of person.rooms) {
			this.#announced(room);
			this.#host.events.memberRenamed(room, name, old);
		}
	}

	#setRooms(person: RosterPerson, rooms: ReadonlySet<string>): void {
		for (const room of [...person.rooms]) if (!rooms.has(room)) this.#exit(person, room);
		for (const room of rooms) this.#enter(person, room);
	}

	#enter(person: RosterPerson, room: string): void {
		if (person.rooms.has(room)) return;
		if (!this.roster.hasSpace(person.node)) {
			this.#host.drop(person.node, "too_many_entries");
			return;
		}
		this.roster.enter(person, room);
		this.#announced(room);
		this.#host.events.memberEntered(room, person.name);
	}

	#exit(person: RosterPerson, room: string, reason?: ExitReason): void {
		if (!this.roster.exit(person, room)) return;
		this.#announced(room);
		this.#host.events.memberLeft(room, person.name, reason);
	}

	#removePerson(person: RosterPerson): void {
		for (const room of [...person.rooms]) this.#exit(person, room);
		this.roster.remove(person);
	}

	// An event of a room is delivered to its members here.
	#announced(room: string): void {
		this.#units += deliveryUnits(this.#host.state.roomSize(room));
	}
}
