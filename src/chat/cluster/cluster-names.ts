// The names of this node's clients as leases of the bus: a name is leased before a client gets it, and released after. Work on
// the same name is done in turn. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { isGuestKey } from "../names.ts";
import type { LocalPerson, RemotePerson } from "./cluster.ts";
import type { ClusterEvents, LocalState } from "./cluster-events.ts";

/** The names that this node has leased, or wants. The holder of a lease is `NODE SESSION`. */
export class ClusterNames {
	readonly #bus: Bus;
	readonly #state: LocalState;
	readonly #events: ClusterEvents;
	readonly #mayRun: (node: string) => boolean;
	// The last work that was begun on each name; the next waits for it.
	readonly #turns = new Map<string, Promise<void>>();
	#needsRenewal = false;
	#isRenewing = false;
	/** Sessions of this node whose name must be leased again, because another node has reported the same one. */
	readonly #disputed = new Set<string>();
	#hasRenewedDisputed = false;
	#releases: Promise<void> = Promise.resolve();

	/** @param mayRun whether a node may run, as far as is known. */
	constructor(bus: Bus, state: LocalState, events: ClusterEvents, mayRun: (node: string) => boolean) {
		this.#bus = bus;
		this.#state = state;
		this.#events = events;
		this.#mayRun = mayRun;
	}

	/**
	 * Leases a name for a session, then calls `begin` before anything else here works on that name. Where `begin` throws, the
	 * name is released.
	 *
	 * Rejects with XMLSOCKET_NAME_TAKEN, XMLSOCKET_UNAVAILABLE, and what `begin` throws.
	 */
	acquire(key: string, name: string, session: string, begin: () => void): Promise<void> {
		const holder = this.#holder(session);
		return this.#inTurn(key, async () => {
			const owner = await this.#bus.leases.acquire(key, holder, (present) => this.#mayReplace(key, present, session));
			if (owner !== holder) {
				throw new XMLSocketError("XMLSOCKET_NAME_TAKEN", `Someone else has the name "${name}".`);
			}
			try {
				begin();
			} finally {
				if (!this.#isHolder(key, session)) await this.#bus.leases.release(key, holder);
			}
		});
	}

	/** Releases a name. */
	release(key: string, session: string): void {
		if (isGuestKey(key)) return;
		this.#inTurn(key, async () => {
			// The client may have reconnected and have its name again.
			if (!this.#isHolder(key, session)) await this.#bus.leases.release(key, this.#holder(session));
		}).catch(() => {});
	}

	/**
	 * After this node was cut off, other nodes may have leased its names: leases all of them again, and reports those that are
	 * lost. Where the leases cannot be reached, `sweep` continues.
	 */
	async renewAll(): Promise<void> {
		this.#needsRenewal = true;
		await this.sweep();
	}

	/**
	 * Another node reports the name, or the session, of a client of this one: leases its name again, at once or, where that
	 * was done in this second already, at the next sweep.
	 *
	 * @returns false where that client is waiting for it already.
	 */
	dispute(session: string): boolean {
		if (this.#disputed.has(session)) return false;
		this.#disputed.add(session);
		if (!this.#hasRenewedDisputed) void this.#renewDisputed();
		return true;
	}

	async #renewDisputed(): Promise<void> {
		this.#hasRenewedDisputed = true;
		for (const session of [...this.#disputed]) {
			const person = this.#state.person(session);
			if (person && !(await this.renew(person))) return;
			this.#disputed.delete(session);
		}
	}

	/** Called once a second: renews what must be renewed. */
	async sweep(): Promise<void> {
		if (this.#hasRenewedDisputed && this.#disputed.size > 0) void this.#renewDisputed();
		else this.#hasRenewedDisputed = false;
		if (!this.#needsRenewal || this.#isRenewing) return;
		this.#needsRenewal = false;
		this.#isRenewing = true;
		for (const person of [...this.#state.people()]) {
			if (await this.renew(person)) continue;
			this.#needsRenewal = true;
			break;
		}
		this.#isRenewing = false;
	}

	/**
	 * Leases the name of a client again, where another session, or an earlier connection of the same session at another node,
	 * may have the lease.
	 *
	 * @returns false where the leases cannot be reached.
	 */
	async renew(person: LocalPerson): Promise<boolean> {
		if (person.gone || isGuestKey(person.nameKey)) return true;
		try {
			await this.acquire(person.nameKey, person.name, person.key.id, () => {});
		} catch (error) {
			if (!(error instanceof XMLSocketError) || error.code !== "XMLSOCKET_NAME_TAKEN") return false;
			if (!person.gone) this.#events.nameLost(person.key.id, error);
		}
		return true;
	}

	/** Releases the names that the clients of a dead node had, one after the other. */
	releaseAll(people: readonly RemotePerson[]): Promise<void> {
		this.#releases = this.#releases.then(() => this.#releaseEach(people));
		return this.#releases;
	}

	async #releaseEach(people: readonly RemotePerson[]): Promise<void> {
		for (const { nameKey: key, node, session } of people) {
			if (isGuestKey(key)) continue;
			// Where it fails, the name can be leased all the same: its node is dead.
			await this.#bus.leases.release(key, `${node} ${session}`).catch(() => {});
		}
	}

	#isHolder(key: string, session: string): boolean {
		return this.#state.nameHolder(key) === session;
	}

	#holder(session: string): string {
		return `${this.#bus.node} ${session}`;
	}

	#mayReplace(key: string, present: string, session: string): boolean {
		const [node, owner] = present.split(" ");
		if (owner === session) return true;
		if (node === this.#bus.node) return owner === undefined || !this.#isHolder(key, owner);
		return !this.#mayRun(node ?? "");
	}

	#inTurn(key: string, work: () => Promise<void>): Promise<void> {
		const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work);
		const over = turn
			.catch(() => {})
			.then(() => {
				if (this.#turns.get(key) === over) this.#turns.delete(key);
			});
		this.#turns.set(key, over);
		return turn;
	}
}
