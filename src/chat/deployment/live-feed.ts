// One live room's way to the nodes that have it open too, and back: each node numbers what it sends to the room, so that
// whoever misses a message knows how many, and says so to the readers.

import type { Bus } from "../../cluster/index.ts";
import type { ChatSession } from "../chat-session.ts";
import type { LiveRoom } from "../live-room.ts";
import { decodeMessage, encodeMessage, type LiveMessage } from "./messages.ts";
import type { Outbox, Sender } from "./outbox.ts";

const MAX_NODES = 256;

/** What a feed needs of its deployment. */
export interface FeedHost {
	readonly bus: Bus;
	readonly outbox: Outbox;
	/** Whether a session is known to be at another node than that, this one included. */
	isElsewhere(session: string, node: string): boolean;
	/** Whether what a node sent at that time of its clock was held up on the way. */
	isLate(node: string, sentMs: number): boolean;
	/** Tells `node` how many messages were sent to a room. */
	tellSent(node: string, feed: LiveFeed): void;
}

/** The feed of one room that is open here. */
export class LiveFeed implements Sender {
	readonly room: LiveRoom;
	/** Tells this room from one of the same name that was open before. */
	readonly opening: number;
	/** Messages said here that still wait for the other nodes. */
	waiting = 0;
	#sent = 0;
	readonly #host: FeedHost;
	readonly #heard = new Map<string, { opening: number; number: number }>();
	readonly #stop: () => void;

	constructor(room: LiveRoom, opening: number, host: FeedHost) {
		this.room = room;
		this.opening = opening;
		this.#host = host;
		this.#stop = host.bus.subscribe({ to: "room", room: room.name }, (data) => this.#received(data));
		this.compare();
	}

	/** Sends one message, or keeps it while nobody can be reached. */
	send(kind: "said" | "sent", { key, name }: ChatSession, at: string, body: string): void {
		const { bus, outbox } = this.#host;
		const late = outbox.size > 0 || !bus.connected;
		const sentMs = Math.round(this.room.chat.nowMs());
		const data = encodeMessage([bus.node, this.opening, ++this.#sent, kind, key.id, name, at, body, late, sentMs]);
		if (late) outbox.add(this, this.room.name, data);
		else bus.publish({ to: "room", room: this.room.name }, data);
	}

	/** Messages that left so far, or were given up: whoever has heard of fewer has missed some. */
	get sent(): number {
		return this.#sent - this.waiting;
	}

	/** Says how many were sent and asks the others: a loss is noticed also where nothing follows it. */
	compare(): void {
		const { bus } = this.#host;
		bus.publish({ to: "room", room: this.room.name }, encodeMessage([bus.node, this.opening, this.sent]));
	}

	/** A node has sent so many messages to its room. */
	heardOf(node: string, opening: number, number: number): void {
		const before = this.#heard.get(node);
		if (!before) {
			this.#heard.set(node, { opening, number });
			// A node that was given up may come back: how far it was is kept as long as there is room.
			if (this.#heard.size > MAX_NODES) for (const oldest of this.#heard.keys()) if (this.#heard.delete(oldest)) break;
			return;
		}
		if (before.opening === opening) {
			if (number > before.number) this.room.missed(number - before.number);
			before.number = Math.max(before.number, number);
		} else if (opening > before.opening) {
			if (number > 0) this.room.missed(number);
			before.opening = opening;
			before.number = number;
		}
	}

	/** The room is closed. */
	stop(): void {
		this.#stop();
	}

	#received(data: Uint8Array): void {
		const message = decodeMessage<LiveMessage>(data);
		const node = message?.[0];
		if (!message || node === undefined || node === this.#host.bus.node) return;
		const [, opening, number] = message;
		if (message.length === 3) {
			this.heardOf(node, opening, number);
			this.#host.tellSent(node, this);
			return;
		}
		const [, , , kind, session, from, at, body, waited, sentMs] = message;
		const late = this.#host.isLate(node, sentMs) || waited;
		const before = this.#heard.get(node);
		if (before?.opening === opening && number <= before.number) return;
		this.heardOf(node, opening, number - 1);
		this.#heard.set(node, { opening, number });
		// Its speaker has gone on at another node, and what was said there may have been heard already.
		if (this.#host.isElsewhere(session, node)) {
			this.room.missed(1);
			return;
		}
		this.room.chat.messages++;
		this.room.hear({ kind, room: this.room.name, from, at, body }, late);
	}
}
