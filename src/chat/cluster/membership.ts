// One of several daemons that share a chat over a bus. It answers from what it knows of the other nodes, and notes what its own
// clients do; while the others cannot be reached, nothing waits for them. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import type { Clock } from "../../link/index.ts";
import type { ExitReason, PrivateMessage } from "../documents.ts";
import { isGuestKey } from "../names.ts";
import { ChangePublisher } from "./change-publisher.ts";
import type { ChatCluster, LiveRoomListener, LiveRoomRelay, LocalPerson, RemotePerson } from "./cluster.ts";
import type { ClusterEvents, LocalState } from "./cluster-events.ts";
import { ClusterNames } from "./cluster-names.ts";
import { InboundGate } from "./inbound-gate.ts";
import { LiveRelays } from "./live-relays.ts";
import { encodeMessage } from "./messages.ts";
import { NodeExchange } from "./node-exchange.ts";
import { NodeTable } from "./node-table.ts";
import { RecentSessions } from "./recent-sessions.ts";
import { RemoteState } from "./remote-state.ts";
import type { Roster } from "./roster.ts";
import { personRow } from "./snapshots.ts";

/** What a membership is made of. */
export interface MembershipParts {
	/** Closed with the membership. */
	readonly bus: Bus;
	readonly clock: Clock;
	readonly state: LocalState;
	readonly events: ClusterEvents;
	readonly report: (error: unknown) => void;
}

/** This daemon's part in the cluster. */
export class ClusterMembership implements ChatCluster {
	readonly restoredNotice = "The servers reach each other again.";
	readonly #bus: Bus;
	readonly #gate: InboundGate;
	/** Whose clients have left this node, and are at no other as far as is known. */
	readonly #departed: RecentSessions;
	/** Which sessions have left which other node. */
	readonly #left: RecentSessions;
	/** The connections of this node's clients. */
	readonly #epochs = new Map<string, number>();
	readonly #nodes: NodeTable;
	readonly #changes: ChangePublisher;
	readonly #names: ClusterNames;
	readonly #roster: Roster;
	readonly #relays: LiveRelays;
	readonly #exchange: NodeExchange;
	#lastOwnGuest = 0;

	constructor(parts: MembershipParts) {
		const { bus, clock, state, events } = parts;
		const gate = new InboundGate(clock, parts.report, bus.isTrusted);
		const nodes = new NodeTable(clock, () => gate.newAllowance());
		const changes = new ChangePublisher(clock, (number, list) =>
			bus.publish({ to: "all" }, encodeMessage(["changes", bus.node, number, list])),
		);
		const names = new ClusterNames(bus, state, events, (node) => nodes.mayRun(node));
		const announce = (person: LocalPerson): void => this.personChanged(person);
		const departed = new RecentSessions(clock);
		const left = new RecentSessions(clock);
		const remote = new RemoteState({
			node: bus.node,
			state,
			events,
			names,
			announce,
			digest: (secret) => bus.digest(secret),
			announced: (session) => departed.delete(session),
			left: (node, session) => left.add(at(node, session)),
			drop: (id, reason) => {
				gate.drop(reason);
				const node = nodes.get(id);
				if (node && reason === "too_many_entries") node.isIncomplete = true;
			},
		});
		const { roster } = remote;
		const relays = new LiveRelays({
			bus,
			clock,
			gate,
			nodes,
			flushChanges: () => changes.flush(),
			wasElsewhere: (session, node, dueMs) => {
				if (state.person(session) !== undefined || departed.leftMs(session) !== undefined) return true;
				// It may have come back to this node.
				return (roster.bySession(session)?.node ?? node) !== node || (left.leftMs(at(node, session)) ?? dueMs) > dueMs;
			},
			reportSent: (node, { room, epoch, sent }) =>
				bus.publish({ to: "node", node }, encodeMessage(["sent", bus.node, room, epoch, sent])),
		});
		this.#bus = bus;
		this.#gate = gate;
		this.#departed = departed;
		this.#left = left;
		this.#nodes = nodes;
		this.#changes = changes;
		this.#names = names;
		this.#roster = roster;
		this.#relays = relays;
		this.#exchange = new NodeExchange({ ...parts, gate, nodes, changes, names, remote, relays });
	}

	// --- this node's clients

	personChanged(person: LocalPerson): void {
		this.#epochs.set(person.key.id, person.connectionEpoch);
		this.#departed.delete(person.key.id);
		const known = this.#roster.bySession(person.key.id);
		if (known) this.#left.add(at(known.node, known.session));
		this.#changes.note(["person", ...personRow(person, this.#bus)]);
	}

	personGone(session: string): void {
		const own = this.#epochs.get(session) ?? 0;
		this.#epochs.delete(session);
		// A later connection elsewhere has ended the one here.
		if ((this.#roster.bySession(session)?.connectionEpoch ?? 0) <= own) this.#departed.add(session);
		this.#changes.note(["gone", session]);
	}

	joined({ key }: LocalPerson, room: string): void {
		this.#changes.note(["enter", key.id, room]);
	}

	left({ key }: LocalPerson, room: string, reason: ExitReason | undefined): void {
		this.#changes.note(["exit", key.id, room, reason ?? null]);
	}

	// --- the clients of other nodes

	personBySession(session: string): RemotePerson | undefined {
		return this.#roster.bySession(session);
	}

	personByName(nameKey: string): RemotePerson | undefined {
		return this.#roster.byName(nameKey);
	}

	count(room: string): number {
		return this.#roster.count(room);
	}

	members(room: string): Iterable<RemotePerson> {
		return this.#roster.members(room);
	}

	rooms(): Iterable<string> {
		return this.#roster.rooms();
	}

	provesSession({ session }: RemotePerson, secret: string): boolean {
		return this.#roster.bySession(session)?.digest === this.#bus.digest(secret);
	}

	kick({ node, session }: RemotePerson, room: string, by: string): Promise<boolean> {
		return this.#exchange.request(node, ["kick", room, session, by]);
	}

	tell({ node, session }: RemotePerson, sender: string, { from, at, text, id }: PrivateMessage): Promise<boolean> {
		return this.#exchange.request(node, ["tell", session, sender, from, at, text, id ?? null]);
	}

	// --- names

	guestNumber(): string {
		for (;;) {
			const number = String(this.#bus.nextNumber() ?? `${this.#bus.node}-${++this.#lastOwnGuest}`);
			// A broker that has lost its store counts from 1 again.
			if (!this.#roster.byName(`guest-${number}`)) return number;
		}
	}

	acquireName(nameKey: string, name: string, session: string, begin: () => void): void | Promise<void> {
		if (isGuestKey(nameKey)) return begin();
		return this.#names.acquire(nameKey, name, session, begin);
	}

	releaseName(nameKey: string, session: string): void {
		this.#names.release(nameKey, session);
	}

	// --- rooms

	relay(room: string, listener: LiveRoomListener): LiveRoomRelay {
		return this.#relays.open(room, listener);
	}

	// --- questions of the operator

	get node(): string {
		return this.#bus.node;
	}

	nodes(): Iterable<string> {
		return this.#nodes.ids();
	}

	ask(node: string, question: string): Promise<string> {
		return this.#exchange.ask(node, question);
	}

	// --- the daemon

	sweep(): void {
		this.#departed.sweep();
		this.#left.sweep();
		this.#exchange.sweep();
	}

	stats(): Record<string, number> {
		return {
			chat_nodes: this.#nodes.size + 1,
			chat_remote_clients: this.#roster.size,
			chat_live_dropped: this.#relays.dropped,
			...this.#gate.stats(),
		};
	}

	leave(): void {
		this.#exchange.leave();
	}

	async close(): Promise<void> {
		await this.#bus.close();
	}
}

function at(node: string, session: string): string {
	return `${node} ${session}`;
}
