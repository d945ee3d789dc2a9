// The state of one room over as many connections as needed: entering and leaving, members and topic, and which messages of ours may
// leave. The reading side is message-reader.ts; what a program sees is room.ts. docs/chat.md, docs/guide/chat-client.md.

import { Listeners, type WaitOptions, waitFor } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Clock } from "../../link/index.ts";
import { refusal } from "../refusal.ts";
import { MessageReader } from "./message-reader.ts";
import { clientDocument, type Message, type ServerDocument } from "./message-types.ts";
import { outcomeUnknown } from "./outbox.ts";
import type { Position } from "./read-cursor.ts";
import { ROOM_EVENTS, type RoomEvents, type RoomReader } from "./room-events.ts";
import { Roster } from "./roster.ts";
import type { Sender } from "./sender.ts";

/** What a room needs of its chat. */
export interface RoomHost {
	readonly sender: Sender;
	readonly clock: Clock;
	/** The chat's current name. */
	readonly name: string;
	readonly maxInboxMessages: number;
	readonly maxInboxChars: number;
	/** The room is over. */
	ended(name: string): void;
	report(error: unknown): void;
}

/** Where to begin to read, and the listeners that miss nothing. */
export interface RoomStart {
	readonly since: Position | undefined;
	readonly history: boolean;
	/** Of a private room. */
	readonly key: string | undefined;
	readonly on: RoomReader;
}

/**
 * What a room is doing. `joining`: not entered yet. `joined`: the client is in the room. `away`: it was in the room and enters it
 * again when the connection, or the room's history, is back. `ended`: left, or ended by the server.
 */
export type RoomState = "joining" | "joined" | "away" | "ended";

/** Settles a room's promises. */
interface Settle {
	entered: () => void;
	refused: (error: XMLSocketError) => void;
	ended: (reason: { readonly error?: XMLSocketError }) => void;
}

type Joined = Extract<ServerDocument, { is: "joined" }>;

// out -> joining (a join was sent) -> in -> joining (to read on, on the same connection) -> in -> out (loss) -> …
type Phase = "out" | "joining" | "in" | "ended";

const RETRY_MS = 5000;

/** One room of a chat. */
export class RoomClient {
	readonly name: string;
	/** Resolves when the room is over. */
	readonly ended: Promise<{ readonly error?: XMLSocketError }>;
	readonly host: RoomHost;
	readonly reader: MessageReader;
	readonly roster: Roster = new Roster();
	readonly listeners: Listeners<RoomEvents>;
	/** Whether the server keeps the room's messages. */
	isStored = false;
	topic = "";
	/** Resolves when the room was entered for the first time. */
	readonly #entered: Promise<void>;
	readonly #settle: Settle;
	/** Seconds between two messages of a member; 0: none. */
	slowSeconds = 0;
	readonly #key: string | undefined;
	#phase: Phase = "out";
	#joinId = "";
	/** Calls of `join` that wait for this room. */
	#joiners = 0;
	#hasBeenInside = false;
	/** The replay is complete, so that messages may leave. */
	#isCaughtUp = false;
	/** The next document may be the topic that the room had when it was entered. */
	#expectsTopic = false;
	#stopWaiting: (() => void) | undefined = undefined;

	constructor(host: RoomHost, name: string, { since, history, key, on }: RoomStart) {
		this.host = host;
		this.#key = key;
		this.name = name;
		const listeners = new Listeners<RoomEvents>(ROOM_EVENTS, host.report);
		this.listeners = listeners;
		for (const [event, listener] of Object.entries(on)) {
			if (listener) listeners.add(event as keyof RoomEvents, listener as (value: unknown) => void);
		}
		const room = this;
		const limits = { maxDocuments: host.maxInboxMessages, maxChars: host.maxInboxChars };
		this.reader = new MessageReader(limits, since, history, {
			get isIn() {
				return room.#phase === "in";
			},
			get name() {
				return host.name;
			},
			hasListeners: () => listeners.has("message"),
			emit: (message) => listeners.emit("message", message),
			gap: (gap) => listeners.emit("gap", gap),
			join: (after, log) => this.#join((document) => host.sender.put(document), after, log),
		});
		const settle: Settle = { entered: () => {}, refused: () => {}, ended: () => {} };
		this.#entered = new Promise((entered, refused) => {
			settle.entered = entered;
			settle.refused = refused;
		});
		// Nothing waits for this promise once the room was entered and is over.
		this.#entered.catch(() => {});
		this.ended = new Promise((ended) => {
			settle.ended = ended;
		});
		this.#settle = settle;
	}

	/** What the room is doing, in one word. */
	get state(): RoomState {
		if (this.#phase === "ended") return "ended";
		if (this.isInside) return "joined";
		return this.#hasBeenInside ? "away" : "joining";
	}

	/** Whether the client is in the room now. */
	get isInside(): boolean {
		return this.#phase === "in" || (this.#phase === "joining" && this.#isCaughtUp);
	}

	/** Resolves when the room was entered. Where every caller gives up before that, the room is left. */
	whenEntered(wait: WaitOptions): Promise<void> {
		this.#joiners++;
		return waitFor(this.#entered, wait, {
			what: `The room "${this.name}" was not entered`,
			clock: this.host.clock,
			gaveUp: () => {
				this.#joiners--;
				if (this.#joiners === 0 && !this.#hasBeenInside) this.leave();
			},
		});
	}

	/** Leaves the room. */
	leave(): void {
		if (this.#phase === "ended") return;
		if (this.#phase !== "out") this.host.sender.put(clientDocument("leave", { room: this.name }));
		this.#end(undefined, true);
	}

	/** Asks for the names of the members. */
	refreshMembers(): void {
		if (this.isInside) this.host.sender.put(clientDocument("who", { room: this.name }));
	}

	/** The connection stands and the name is taken; `put` sends before everything that waits. */
	enter(put: (document: string) => void = (document) => this.host.sender.put(document)): void {
		if (this.#phase === "ended") return;
		this.#stopWaiting?.();
		const { after, log } = this.reader.resumeAt;
		this.#join(put, after, log);
	}

	/** The connection is lost, with these messages on their way. */
	lost(cause: XMLSocketError, onTheirWay: readonly { readonly id: string }[]): void {
		if (this.#phase === "ended") return;
		if (!this.isStored) {
			for (const { id } of onTheirWay) {
				const why = "the connection broke, and a live room keeps nothing";
				this.host.sender.outbox.refuse(id, outcomeUnknown(id, why, cause));
			}
		}
		this.reader.lost(this.isStored);
		this.#phase = "out";
		this.#isCaughtUp = false;
	}

	/** Whether messages may leave: after the replay, so that none is sent twice. */
	get maySend(): boolean {
		return this.#isCaughtUp && this.#phase !== "ended";
	}

	/** Whether the room is to be entered, and no join was sent. */
	get isWaiting(): boolean {
		return this.#phase === "out";
	}

	/** The number up to which everything has arrived. */
	get seen(): number {
		return this.reader.seen;
	}

	/** A refusal that belongs to no message. @returns whether it was for this room's join. */
	refused(id: string, error: XMLSocketError): boolean {
		if (id !== this.#joinId || this.#phase !== "joining") return false;
		this.#turnedAway(error);
		return true;
	}

	/** The chat is over. */
	close(error: XMLSocketError | undefined): void {
		this.#end(error, false);
	}

	/** A document for this room. */
	receive(document: ServerDocument): void {
		const standing = this.#expectsTopic;
		this.#expectsTopic = false;
		switch (document.is) {
			case "joined":
				this.#joined(document);
				break;
			case "message":
				this.#message(document.message);
				break;
			case "gap":
				if (this.#phase === "ended") break;
				this.reader.gap(document.from, document.to);
				this.#sendWaiting();
				break;
			case "presence":
				this.#presence(document);
				break;
			case "count":
				this.roster.setCount(document.members);
				this.listeners.emit("members", { isStale: true });
				break;
			case "members":
				// A later page goes to who has asked for it.
				if (document.offset > 0) break;
				this.roster.list(document.names, document.members, document.operators);
				this.listeners.emit("members", { isStale: false });
				break;
			case "settings":
				this.slowSeconds = document.settings.slowSeconds;
				break;
			case "topic":
				if (document.text === this.topic && standing) break;
				this.topic = document.text;
				this.listeners.emit("topic", { by: document.by, text: document.text, standing });
				break;
		}
	}

	// --- entering and leaving

	#join(put: (document: string) => void, after: number | undefined, log: string | undefined): void {
		this.#phase = "joining";
		this.#joinId = this.host.sender.newId();
		put(clientDocument("join", { room: this.name, id: this.#joinId, after, log, key: this.#key }));
	}

	#joined({ stored, log, seq, names, operators, members, slowSeconds }: Joined): void {
		if (this.#phase === "ended") return;
		this.slowSeconds = slowSeconds;
		const reader = this.reader;
		// Entered again on the same connection, only to read on: its members and topic are known.
		const again = this.#isCaughtUp || reader.isParked;
		const isFirst = !this.#hasBeenInside;
		this.#phase = "in";
		this.isStored = stored;
		this.roster.list(names, members, operators);
		if (!again) this.topic = "";
		this.#expectsTopic = true;
		const another = reader.entered({ stored, log, seq }, isFirst);
		// What had left for the former history has not left for this one.
		if (another) for (const waiting of this.host.sender.outbox.of(this.name)) waiting.firstSentMs = undefined;
		if (!again) this.listeners.emit("joined", { back: !isFirst, another });
		this.#hasBeenInside = true;
		this.#settle.entered();
		const wasCutShort = reader.settle(stored);
		this.#sendWaiting();
		if (wasCutShort) reader.resume();
	}

	// Once the replay is complete: messages of ours that it did not show are sent again.
	#sendWaiting(): void {
		if (this.#isCaughtUp || this.#phase !== "in" || (this.isStored && !this.reader.isCaughtUp)) return;
		this.#isCaughtUp = true;
		const { sender } = this.host;
		for (const { id, firstSentMs, seenWhenSent } of sender.outbox.of(this.name)) {
			if (firstSentMs === undefined || !sender.isForgotten(firstSentMs)) continue;
			if (this.reader.blindTo <= seenWhenSent) continue;
			const why = "the server may have forgotten its id by now, and the room's history has a gap where it would be";
			sender.outbox.refuse(id, outcomeUnknown(id, why));
		}
		sender.release();
	}

	#turnedAway(error: XMLSocketError): void {
		if (this.#hasBeenInside && error.code === "XMLSOCKET_UNAVAILABLE") this.#waitOutside();
		else this.#end(error, false);
	}

	// The server has no access to the room for now.
	#waitOutside(): void {
		this.#phase = "out";
		this.#isCaughtUp = false;
		this.#stopWaiting?.();
		this.#stopWaiting = this.host.clock.delay(RETRY_MS, () => {
			if (this.#phase === "out") this.enter();
		});
		this.listeners.emit("members", { isStale: true });
	}

	#presence({ name, came, members, reason, isOperator }: Extract<ServerDocument, { is: "presence" }>): void {
		if (this.#phase === "out" || this.#phase === "ended") return;
		if (!came && name === this.host.name && reason !== undefined) {
			if (reason === "unavailable") this.#turnedAway(refusal(reason, `The room "${this.name}" cannot be reached.`));
			else this.#end(refusal(reason, `An operator removed you from the room "${this.name}" (${reason}).`), false);
			return;
		}
		if (this.roster.isStale) this.refreshMembers();
		this.roster.change(name, came, members, isOperator);
		this.listeners.emit(came ? "enter" : "exit", { name });
	}

	// --- messages

	#message(message: Message): void {
		if (this.#phase === "ended") return;
		const outcome = this.reader.take(message);
		const { id, seq } = message;
		const { sender } = this.host;
		// A message of ours that comes back is committed, or was accepted; also where messages before it are missing.
		if (id !== undefined && sender.outbox.get(id)?.room === this.name) {
			sender.outbox.see(id, seq);
			sender.release();
		}
		if (outcome === "handled") this.#sendWaiting();
	}

	#end(error: XMLSocketError | undefined, byChoice: boolean): void {
		if (this.#phase === "ended") return;
		const wasOut = this.#phase === "out";
		this.#phase = "ended";
		this.#stopWaiting?.();
		const { outbox } = this.host.sender;
		for (const { id, inFlight, firstSentMs } of outbox.of(this.name)) {
			// The answer to what is on its way still comes.
			if (inFlight && !wasOut) continue;
			const cause = error ?? notJoined(this.name);
			outbox.refuse(id, firstSentMs === undefined ? cause : outcomeUnknown(id, "the room is over", cause));
		}
		const reason = error ? { error } : {};
		this.#settle.refused(error ?? notJoined(this.name));
		this.reader.end(byChoice ? undefined : error, byChoice);
		this.listeners.emit("ended", reason);
		this.#settle.ended(reason);
		this.host.ended(this.name);
	}
}

/** The error for a room that is over. */
export function notJoined(room: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ROOM_NOT_JOINED", `You are not in the room "${room}" any more.`);
}
