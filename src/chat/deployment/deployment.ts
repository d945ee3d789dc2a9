// The other daemons of a deployment: who lives, who is where, whose name is whose. Each node numbers its changes and beats
// every five seconds; whoever missed a change asks for the whole. A node that is silent for 14 s is gone, and its people with
// it. While the others cannot be reached nothing here stalls: what they are told is told, or reported missing, later.
// docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import type { Chat } from "../chat.ts";
import type { ChatRoom } from "../chat-room.ts";
import type { ChatSession } from "../chat-session.ts";
import { type ExitReason, toldDocument } from "../documents.ts";
import type { LiveRoom } from "../live-room.ts";
import { isGuestKey } from "../names.ts";
import { Demands } from "./demands.ts";
import { Lateness } from "./lateness.ts";
import { LiveFeed } from "./live-feed.ts";
import {
	type Change,
	type Demand,
	decodeMessage,
	encodeMessage,
	type Message,
	type PersonRow,
	type Snapshot,
} from "./messages.ts";
import { NameClaims } from "./name-claims.ts";
import { Outbox } from "./outbox.ts";
import { type Remote, Roster } from "./roster.ts";
import { snapshots } from "./snapshots.ts";

const BEAT_MS = 5000;
/** With the sweep of a second: people of a dead node are gone within 15 s. */
const LEASE_MS = 14_000;
const ASK_AGAIN_MS = 1000;
const GATHER_MS = 5;
const MAX_GONE = 1000;
/** How long what waited is held for nodes that are not back yet. */
const HOLD_MS = 2000;
const MAX_CHANGES = 1000;

/** Another node. */
interface Node {
	heardMs: number;
	readonly lateness: Lateness;
	/** Its last change that is known here; -1 before the first snapshot. */
	change: number;
	askedMs: number;
	/** Pieces of a snapshot that is under way. */
	pieces: { readonly change: number; readonly got: Snapshot[] } | undefined;
}

/** What this daemon knows of the others, and tells them. */
export class Deployment {
	readonly bus: Bus;
	readonly roster: Roster = new Roster();
	readonly outbox: Outbox;
	readonly names: NameClaims;
	readonly #chat: Chat;
	readonly #nodes = new Map<string, Node>();
	readonly #gone = new Set<string>();
	readonly #feeds = new Map<string, LiveFeed>();
	readonly #topics = new Map<string, { readonly by: string; readonly text: string }>();
	readonly #demands: Demands;
	readonly #stops: (() => void)[];
	#changes: Change[] = [];
	#change = 0;
	#gathering: ReturnType<typeof setTimeout> | undefined = undefined;
	#lastOpening = 0;
	#beatMs: number;
	#sweptMs: number;
	/** Since when the others can be heard. */
	#sinceMs: number;
	#closed = false;
	/** Whether the connection is back and what waited is not sent yet. */
	#holding = false;
	#extraGuests = 0;

	constructor(chat: Chat, bus: Bus) {
		this.#chat = chat;
		this.bus = bus;
		this.outbox = new Outbox(chat.nowMs);
		this.#demands = new Demands(chat.nowMs);
		this.names = new NameClaims(chat, bus, (node) => this.#mayLive(node));
		this.#sinceMs = this.#sweptMs = this.#beatMs = chat.nowMs();
		const receive = (data: Uint8Array): void => {
			const message = decodeMessage<Message>(data);
			if (!message || message[1] === bus.node || this.#closed) return;
			try {
				this.#received(message);
			} catch (error) {
				chat.report(error);
			}
		};
		this.#stops = [
			bus.subscribe({ to: "all" }, receive),
			bus.subscribe({ to: "node", node: bus.node }, receive),
			bus.watch((connected) => this.#connectedChanged(connected)),
		];
		this.#tellAll(["ask", bus.node]);
		this.#beat();
	}

	/** Nodes that live, this one included. */
	get nodes(): number {
		return this.#nodes.size + 1;
	}

	// --- what this node's clients do

	/** The name for a client that has said none. */
	guestNumber(): string {
		for (;;) {
			const number = String(this.bus.nextNumber() ?? `${this.bus.node}-${++this.#extraGuests}`);
			// A broker that has lost its store counts from 1 again.
			if (!this.roster.byName(`guest-${number}`)) return number;
		}
	}

	/** A client is here, or has another name or session. */
	person(session: ChatSession): void {
		this.#note(["person", ...this.#row(session)]);
	}

	gone(session: string): void {
		this.#note(["gone", session]);
	}

	entered(session: ChatSession, room: ChatRoom): void {
		this.#note(["enter", session.key.id, room.name]);
	}

	left(session: ChatSession, room: ChatRoom, why: ExitReason | undefined): void {
		this.#note(["exit", session.key.id, room.name, why ?? null]);
	}

	topicSet(room: string, by: string, text: string): void {
		this.#note(["topic", room, by, text]);
	}

	sanctioned(kind: "ban" | "mute", room: string, who: readonly string[], seconds: number, by: string): void {
		this.#note([kind, room, who, seconds, by]);
	}

	/** Opens a live room's way to the other nodes. */
	openFeed(room: LiveRoom): LiveFeed {
		const feed = new LiveFeed(room, ++this.#lastOpening, {
			bus: this.bus,
			outbox: this.outbox,
			isElsewhere: (session, node) =>
				this.#chat.sessions.has(session) || (this.roster.bySession(session)?.node ?? node) !== node,
			isLate: (node, sentMs) => this.#nodes.get(node)?.lateness.isLate(sentMs, this.#chat.nowMs()) ?? false,
			tellSent: (node, { room: { name }, opening, sent }) =>
				this.#tell(node, ["sent", this.bus.node, name, opening, sent]),
		});
		this.#feeds.set(room.name, feed);
		return feed;
	}

	closeFeed(feed: LiveFeed): void {
		feed.stop();
		if (this.#feeds.get(feed.room.name) === feed) this.#feeds.delete(feed.room.name);
	}

	/** Has what was noted so far reach the others before what is sent next. */
	flush(): void {
		if (this.#changes.length === 0) return;
		const changes = this.#changes;
		this.#changes = [];
		this.#tellAll(["changes", this.bus.node, ++this.#change, changes]);
	}

	/** The topic that other nodes have for a room which is opened here. */
	topicOf(room: string): { readonly by: string; readonly text: string } | undefined {
		return this.#topics.get(room);
	}

	/** A room is not open here any more: where nobody else is in it, its topic goes too. */
	roomClosed(room: string): void {
		if (this.roster.count(room) === 0) this.#topics.delete(room);
	}

	/**
	 * Asks another node to do something.
	 *
	 * @returns whether it could. Rejects with XMLSOCKET_UNAVAILABLE where no answer came within 3 s.
	 */
	demand(node: string, demand: Demand): Promise<boolean> {
		this.flush();
		return this.#demands.make((number) => this.#tell(node, ["demand", this.bus.node, number, demand]));
	}

	/** Whether a key proves a session that another node has. */
	proves(session: Remote, secret: string): boolean {
		return session.digest === this.bus.digest(secret);
	}

	// A node that was never heard of may be one that has not been heard of yet.
	#mayLive(node: string): boolean {
		if (this.#nodes.has(node)) return true;
		return !this.#gone.has(node) && this.#chat.nowMs() - this.#sinceMs < LEASE_MS;
	}

	// --- life

	/** Once a second. */
	sweep(): void {
		const nowMs = this.#chat.nowMs();
		this.#demands.sweep();
		const stalled = nowMs - this.#sweptMs > LEASE_MS / 2;
		this.#sweptMs = nowMs;
		if (stalled) {
			// What the others said meanwhile is still to be read.
			this.#sinceMs = nowMs;
			if (this.bus.connected) void this.names.claimAgain();
		}
		if (nowMs - this.#beatMs >= BEAT_MS) this.#beat();
		if (!this.bus.connected) return;
		void this.names.sweep();
		if (this.#holding && nowMs - this.#sinceMs >= HOLD_MS) this.#sendWaiting();
		for (const [id, node] of this.#nodes) {
			if (nowMs - Math.max(node.heardMs, this.#sinceMs) >= LEASE_MS) this.#removeNode(id);
		}
	}

	/** Tells the others that this node ends, and its people with it. */
	close(): void {
		if (this.#closed) return;
		this.flush();
		this.#tellAll(["leave", this.bus.node]);
		this.#closed = true;
		clearTimeout(this.#gathering);
		for (const stop of this.#stops) stop();
		for (const feed of this.#feeds.values()) feed.stop();
		this.#demands.sweep(true);
	}

	#beat(): void {
		this.#beatMs = this.#chat.nowMs();
		this.flush();
		this.#tellAll(["beat", this.bus.node, this.#change, Math.round(this.#beatMs)]);
	}

	#connectedChanged(connected: boolean): void {
		if (this.#closed) return;
		this.#chat.reachable("bus", connected);
		if (!connected) return;
		this.#sinceMs = this.#chat.nowMs();
		this.#holding = true;
		this.#tellAll(["ask", this.bus.node]);
		this.#beat();
		if (this.#nodes.size === 0) this.#sendWaiting();
		void this.names.claimAgain();
	}

	// What waited goes out once all nodes are heard again: those that are still coming back would miss it.
	#sendWaiting(): void {
		this.#holding = false;
		for (const { room, data } of this.outbox.take()) this.bus.publish({ to: "room", room }, data);
		for (const feed of this.#feeds.values()) feed.compare();
	}

	#note(change: Change): void {
		if (this.#closed) return;
		this.#changes.push(change);
		if (this.#changes.length >= MAX_CHANGES) this.flush();
		this.#gathering ??= setTimeout(() => {
			this.#gathering = undefined;
			this.flush();
		}, GATHER_MS);
	}

	#tellAll(message: Message): boolean {
		return this.bus.publish({ to: "all" }, encodeMessage(message));
	}

	#tell(node: string, message: Message): boolean {
		return this.bus.publish({ to: "node", node }, encodeMessage(message));
	}

	#row({ key, name, arrival }: ChatSession): PersonRow {
		return [key.id, name, this.bus.digest(key.secret), arrival];
	}

	// --- what the others say

	#received(message: Message): void {
		const [what, from] = message;
		if (what === "leave") {
			this.#removeNode(from);
			return;
		}
		const node = this.#heard(from);
		switch (what) {
			case "beat":
				node.lateness.isLate(message[3], node.heardMs);
				if (message[2] !== node.change) this.#ask(from, node);
				break;
			case "changes":
				this.#changesFrom(from, node, message[2], message[3]);
				break;
			case "ask":
				this.#sendSnapshot(from);
				break;
			case "snapshot": {
				const [, , change, piece, pieces, snapshot] = message;
				this.#snapshotFrom(from, node, change, piece, pieces, snapshot);
				break;
			}
			case "demand": {
				const [, , id, demand] = message;
				this.#tell(from, ["outcome", this.bus.node, id, this.#obey(demand)]);
				break;
			}
			case "outcome": {
				const [, , id, ok] = message;
				this.#demands.answered(id, ok);
				break;
			}
			case "sent":
				this.#feeds.get(message[2])?.heardOf(from, message[3], message[4]);
				break;
		}
	}

	#heard(id: string): Node {
		let node = this.#nodes.get(id);
		if (!node) {
			node = { heardMs: 0, lateness: new Lateness(), change: -1, askedMs: Number.NEGATIVE_INFINITY, pieces: undefined };
			this.#nodes.set(id, node);
			this.#gone.delete(id);
		}
		node.heardMs = this.#chat.nowMs();
		if (this.#holding && [...this.#nodes.values()].every(({ heardMs }) => heardMs >= this.#sinceMs))
			this.#sendWaiting();
		return node;
	}

	#ask(id: string, node: Node): void {
		const nowMs = this.#chat.nowMs();
		if (nowMs - node.askedMs < ASK_AGAIN_MS) return;
		node.askedMs = nowMs;
		this.#tell(id, ["ask", this.bus.node]);
	}

	#sendSnapshot(to: string): void {
		// What was noted and not yet told is part of the snapshot, and must not be told after it.
		this.flush();
		const pieces = snapshots(this.#chat, this.#feeds.values(), (session) => this.#row(session));
		for (const [at, snapshot] of pieces.entries())
			this.#tell(to, ["snapshot", this.bus.node, this.#change, at, pieces.length, snapshot]);
	}

	#changesFrom(id: string, node: Node, number: number, changes: readonly Change[]): void {
		if (number <= node.change) return;
		if (number !== node.change + 1 || node.change === -1) {
			this.#ask(id, node);
			return;
		}
		node.change = number;
		for (const change of changes) this.#apply(id, change);
	}

	#apply(node: string, change: Change): void {
		switch (change[0]) {
			case "person": {
				const [, ...row] = change;
				this.#personAt(node, row);
				break;
			}
			case "gone": {
				const person = this.roster.bySession(change[1]);
				if (person?.node === node) this.#removePerson(person);
				break;
			}
			case "enter": {
				const person = this.roster.bySession(change[1]);
				if (person?.node === node) this.#enter(person, change[2]);
				break;
			}
			case "exit": {
				const person = this.roster.bySession(change[1]);
				if (person?.node === node) this.#exit(person, change[2], change[3] ?? undefined);
				break;
			}
			case "topic":
				this.#topicAt(change[1], change[2], change[3]);
				break;
			default: {
				const [kind, room, who, seconds, by] = change;
				this.#chat.sanction(kind, room, who, seconds, by);
			}
		}
	}

	// undefined where that connection of the client's is an earlier one, of which that node does not know yet that it is over.
	#personAt(node: string, row: PersonRow): Remote | undefined {
		const [session, name, digest, arrival] = row;
		const isNewer = (one: { readonly arrival: number }, at: string): boolean =>
			one.arrival > arrival || (one.arrival === arrival && at > node);
		const own = this.#chat.sessions.get(session);
		if (own && isNewer(own, this.bus.node)) {
			this.person(own);
			void this.names.confirm(own);
			return undefined;
		}
		// The client went on over a connection to that node.
		own?.supersede(false);
		const known = this.roster.bySession(session);
		if (known && known.node !== node && isNewer(known, known.node)) return undefined;
		if (known && known.node === node && known.digest === digest) {
			known.arrival = arrival;
			if (known.name !== name) {
				const old = known.name;
				this.roster.rename(known, name);
				for (const room of known.rooms) this.#chat.hub.get(room)?.announceRename(name, old);
			}
			return known;
		}
		if (known) this.#removePerson(known);
		const person = this.roster.add(node, row);
		const rival = this.#chat.names.holder(person.nameKey);
		if (rival && !isGuestKey(person.nameKey)) void this.names.claimAgain();
		return person;
	}

	#enter(person: Remote, room: string): void {
		if (this.roster.enter(person, room)) this.#chat.hub.get(room)?.announceEnter(person.name);
	}

	#exit(person: Remote, room: string, why?: ExitReason): void {
		if (!this.roster.exit(person, room)) return;
		const here = this.#chat.hub.get(room);
		here?.announceExit(person.name, why);
		if (!here && this.roster.count(room) === 0) this.#topics.delete(room);
	}

	#removePerson(person: Remote): void {
		for (const room of [...person.rooms]) this.#exit(person, room);
		this.roster.remove(person);
	}

	#removeNode(id: string): void {
		if (!this.#nodes.delete(id)) return;
		this.#gone.add(id);
		if (this.#gone.size > MAX_GONE) for (const oldest of this.#gone) if (this.#gone.delete(oldest)) break;
		const people = this.roster.of(id);
		for (const person of people) this.#removePerson(person);
		// One of those who are left gives its names back.
		if ([...this.#nodes.keys()].every((other) => other > this.bus.node)) void this.names.releaseAll(people);
	}

	#topicAt(room: string, by: string, text: string): void {
		const here = this.#chat.hub.get(room);
		if (text === "") this.#topics.delete(room);
		else if (here || this.roster.count(room) > 0) this.#topics.set(room, { by, text });
		here?.setTopic(by, text);
	}

	#snapshotFrom(id: string, node: Node, change: number, piece: number, pieces: number, snapshot: Snapshot): void {
		if (piece === 0) node.pieces = { change, got: [] };
		const under = node.pieces;
		if (under?.change !== change || under.got.length !== piece) {
			node.pieces = undefined;
			return;
		}
		under.got.push(snapshot);
		if (piece + 1 < pieces) return;
		node.pieces = undefined;
		if (change < node.change) return;
		node.change = change;
		const named = new Set(under.got.flatMap(({ people }) => people.map(([session]) => session)));
		for (const person of this.roster.of(id)) if (!named.has(person.session)) this.#removePerson(person);
		for (const { people, topics, sanctions, sent } of under.got) {
			for (const [session, name, digest, arrival, rooms] of people) {
				const person = this.#personAt(id, [session, name, digest, arrival]);
				if (!person) continue;
				const present = new Set(rooms);
				for (const room of [...person.rooms]) if (!present.has(room)) this.#exit(person, room);
				for (const room of rooms) this.#enter(person, room);
			}
			for (const [room, by, text] of topics) {
				const known = this.#chat.hub.get(room)?.topic ?? this.#topics.get(room);
				if (!known) this.#topicAt(room, by, text);
			}
			for (const [kind, room, who, seconds] of sanctions) this.#chat.sanction(kind, room, [who], seconds);
			for (const [room, opening, count] of sent) this.#feeds.get(room)?.heardOf(id, opening, count);
		}
	}

	#obey(demand: Demand): boolean {
		const session = this.#chat.sessions.get(demand[0] === "kick" ? demand[2] : demand[1]);
		if (!session) return false;
		switch (demand[0]) {
			case "kick": {
				const room = this.#chat.hub.get(demand[1]);
				if (!room?.has(session)) return false;
				room.exit(session, { reason: "kicked", by: demand[3] });
				return true;
			}
			case "tell": {
				// Who sends it again over another node is recognised here, where it was delivered.
				const [, , speaker, from, at, text, id] = demand;
				const { tells, nowMs } = this.#chat;
				if (id !== null && tells.has(speaker, session.nameKey, id, nowMs())) return true;
				session.send(toldDocument(from, at, text, id ?? undefined));
				if (id !== null) tells.add(speaker, session.nameKey, id, nowMs());
				return true;
			}
		}
	}
}
