// One room as its reader and speaker sees it, over as many connections as it takes. In a stored room every message comes once
// and in order: after a loss the reading goes on where it stopped, a hole that nobody explained is read again, and a reader
// that is slower than the room is brought up to date from the room's own history, never from memory here. docs/chat.md.

import { XMLSocketError } from "../../errors/index.ts";
import type { Markup, XMLNode } from "../../xml/index.ts";
import { Inbox } from "../inbox.ts";
import { Listeners } from "../listeners.ts";
import { Course, type Position } from "./course.ts";
import { Feed } from "./feed.ts";
import type { Outbox, Receipt } from "./outbox.ts";
import { outcomeUnknown, refusal } from "./refusal.ts";
import type { RoomEvents, RoomMessage, RoomPage, RoomReader } from "./room-events.ts";
import { Roster } from "./roster.ts";
import { clientDocument, type Message, type ServerDocument } from "./vocabulary.ts";

/** What a room needs of its chat. */
export interface RoomHost {
	readonly outbox: Outbox;
	/** The own name of the moment. */
	readonly name: string;
	readonly maxInboxMessages: number;
	readonly maxInboxChars: number;
	/** Sends a document on the connection that stands. */
	put(document: string): void;
	/** Sends a document that carries `id`, and resolves with its answer; rejects with its refusal. */
	ask(document: string, id: string, answers: (document: ServerDocument) => boolean): Promise<ServerDocument>;
	/** Puts a message into the outbox. */
	speak(room: string, id: string | undefined, write: (id: string) => string): Promise<Receipt>;
	/** Has those messages leave that may now. */
	release(): void;
	/** Whether a message left so long ago that the server may have forgotten its id. */
	isForgotten(firstSentMs: number): boolean;
	newId(): string;
	/** Runs `run` in a while; the function that comes back takes it back. */
	later(run: () => void): () => void;
	/** The room is over. */
	ended(room: Room): void;
	report(error: unknown): void;
}

/** The id of a message, where the default will not do. */
export interface SayOptions {
	/**
	 * At most 64 characters, unique among what this session says. Give the id of a message that failed to say it again without
	 * saying it twice. Default: one that was never used before.
	 */
	readonly id?: string;
}

/** Settles a room's promises. */
interface Settle {
	entered: (room: Room) => void;
	refused: (error: XMLSocketError) => void;
	ended: (reason: { readonly error?: XMLSocketError }) => void;
}

type Joined = Extract<ServerDocument, { is: "joined" }>;

// out -> joining (a join was sent) -> in -> joining (brought up to date on the same connection) -> in -> out (loss) -> …
// `#parked`: the loops have no room, so that what comes is not taken; their history brings it again.
type Phase = "out" | "joining" | "in" | "ended";

/**
 * A room that `chat.join()` has entered.
 *
 * Messages go to every listener of `message`, and to the loops that read the room; without either the newest wait. A loop ends
 * when the room is left or the chat closed, and throws where an error ended it. Leaving a loop does not leave the room.
 *
 * @example
 * ```ts
 * const room = await chat.join("lobby");
 * await room.say("hi");
 * for await (const message of room) console.log(message.from, message.text);
 * ```
 */
export class Room implements AsyncIterable<RoomMessage, undefined> {
	readonly name: string;
	/** Resolves when the room is over, with the reason where it was not left by choice. Never rejects. */
	readonly ended: Promise<{ readonly error?: XMLSocketError }>;
	/** @internal Resolves when the room was entered for the first time. */
	readonly entered: Promise<Room>;
	readonly #host: RoomHost;
	readonly #course: Course;
	readonly #roster = new Roster();
	readonly #listeners: Listeners<RoomEvents>;
	readonly #feed: Feed;
	readonly #settle: Settle;
	#phase: Phase = "out";
	#stored = false;
	#topic = "";
	#joinId = "";
	#history: boolean;
	/** Up to this number things were said before this client came in. */
	#oldTo = 0;
	#beenInside = false;
	#caughtUp = false;
	#parked = false;
	#breakingOff = false;
	/** Where a hole was read again already. */
	#repairedAt: number | undefined = undefined;
	#topicStands = false;
	#leaving = false;
	#stopWaiting: (() => void) | undefined = undefined;

	/** @internal `chat.join()` makes rooms. */
	constructor(host: RoomHost, name: string, since: Position | undefined, history: boolean, reader: RoomReader) {
		this.#host = host;
		this.name = name;
		this.#course = new Course(since);
		this.#history = history;
		this.#listeners = new Listeners(host.report);
		for (const [event, listener] of Object.entries(reader)) {
			if (listener) this.#listeners.add(event as keyof RoomEvents, listener as (value: unknown) => void);
		}
		const limits = { maxDocuments: host.maxInboxMessages, maxChars: host.maxInboxChars };
		const unpark = (): void => this.#unpark();
		this.#feed = new Feed(
			new Inbox(limits, unpark),
			{
				has: () => this.#listeners.has("message"),
				emit: (message) => this.#listeners.emit("message", message),
			},
			unpark,
		);
		const settle: Settle = { entered: () => {}, refused: () => {}, ended: () => {} };
		this.entered = new Promise((entered, refused) => {
			settle.entered = entered;
			settle.refused = refused;
		});
		// A room that was entered once and is over has nobody who waits for this.
		this.entered.catch(() => {});
		this.ended = new Promise((ended) => {
			settle.ended = ended;
		});
		this.#settle = settle;
	}

	/** Whether the server keeps what is said here. */
	get kind(): "live" | "stored" {
		return this.#stored ? "stored" : "live";
	}

	/** Whether one is in the room now; not while the connection is away. */
	get isInside(): boolean {
		return this.#phase === "in" || (this.#phase === "joining" && this.#caughtUp);
	}

	/** The names of those who are here, without order; of a large room only the first. */
	get members(): readonly string[] {
		return this.#roster.names;
	}

	/** How many are here. */
	get memberCount(): number {
		return this.#roster.count;
	}

	/** The topic; empty where there is none. */
	get topic(): string {
		return this.#topic;
	}

	/**
	 * Up to where a stored room was read: keep it, and give it to `join` as `since` to go on there, in another process too.
	 * Undefined in a live room, and before the first message.
	 */
	get position(): Position | undefined {
		const { log, seq } = this.#course;
		return log === undefined || seq === undefined ? undefined : { log, seq };
	}

	/**
	 * Says something. The promise stays pending while the connection is away and is made again; in a stored room it resolves
	 * once the message is committed, with its number.
	 *
	 * Rejects with the server's refusal (XMLSOCKET_MUTED, XMLSOCKET_UNAVAILABLE and so on); XMLSOCKET_OUTCOME_UNKNOWN where it
	 * left and nobody can tell whether it arrived; XMLSOCKET_OUTBOX_FULL; XMLSOCKET_DOCUMENT_TOO_LARGE;
	 * XMLSOCKET_NUL_IN_DOCUMENT; XMLSOCKET_ROOM_NOT_JOINED where the room is over.
	 */
	say(text: string, options: SayOptions = {}): Promise<Receipt> {
		return this.#speak(options.id, (id) => clientDocument("say", { room: this.name, id }, text));
	}

	/**
	 * Sends a document of the program's own to everyone in the room: readers get it as a message of the kind `sent`. As `say`
	 * otherwise.
	 *
	 * @example
	 * ```ts
	 * await room.send(xml`<move x="3" y="4" />`);
	 * ```
	 */
	send(content: Markup | XMLNode, options: SayOptions = {}): Promise<Receipt> {
		return this.#speak(options.id, (id) => clientDocument("send", { room: this.name, id }, content));
	}

	/**
	 * Older messages of a stored room, oldest first: at most `limit` (default 50, at most 100) before the number `before`
	 * (default: the newest). They are delivered nowhere else.
	 */
	async history(options: { readonly before?: number; readonly limit?: number } = {}): Promise<RoomPage> {
		const id = this.#host.newId();
		const page = await this.#host.ask(
			clientDocument("history", { room: this.name, id, before: options.before, limit: options.limit }),
			id,
			(document) => document.is === "page" && document.room === this.name,
		);
		if (page.is !== "page") return { messages: [], more: false };
		return { messages: page.messages.map((message) => this.#made(message, true)), more: page.more };
	}

	/** Sets the topic, or takes it away with an empty text. Rejects with the server's refusal. */
	async setTopic(text: string): Promise<void> {
		const id = this.#host.newId();
		await this.#host.ask(
			clientDocument("topic", { room: this.name, id }, text),
			id,
			(document) => document.is === "ack" && document.id === id,
		);
	}

	/** Asks for the names of those who are here, where only their number is known. */
	refreshMembers(): void {
		if (this.isInside) this.#host.put(clientDocument("who", { room: this.name }));
	}

	/**
	 * Calls `listener` for each event from now on; messages that waited unread come first. What came while the room was being
	 * entered has gone by: give a listener to `join` to miss nothing.
	 *
	 * @returns a function that takes the listener away.
	 */
	on<Name extends keyof RoomEvents>(event: Name, listener: (value: RoomEvents[Name]) => void): () => void {
		const off = this.#listeners.add(event, listener);
		if (event === "message") queueMicrotask(() => this.#feed.flush());
		return off;
	}

	/** Leaves the room; what had not left this process is not said any more. */
	leave(): void {
		if (this.#phase === "ended") return;
		this.#leaving = true;
		if (this.#phase !== "out") this.#host.put(clientDocument("leave", { room: this.name }));
		this.#end(undefined);
	}

	/** Reads the messages; see the class for what several readers get. */
	[Symbol.asyncIterator](): AsyncIterator<RoomMessage, undefined, undefined> {
		return this.#feed.read();
	}

	// --- what the chat does

	/** @internal The connection stands and the name is taken; `put` sends before everything that waits. */
	enter(put: (document: string) => void = this.#host.put): void {
		if (this.#phase === "ended") return;
		this.#stopWaiting?.();
		const { log, seq } = this.#course;
		const unwanted = seq === undefined && !this.#history ? -1 : undefined;
		this.#join(put, seq ?? unwanted, seq === undefined ? undefined : log);
	}

	/** @internal The connection is gone. */
	lost(cause: XMLSocketError, onTheirWay: readonly { readonly id: string }[]): void {
		if (this.#phase === "ended") return;
		// Where nothing was read yet, everything since one came in is missing.
		if (this.#stored) this.#course.anchor();
		else {
			for (const { id } of onTheirWay) {
				this.#host.outbox.refuse(id, outcomeUnknown(id, "the connection broke, and a live room keeps nothing", cause));
			}
		}
		this.#phase = "out";
		this.#caughtUp = false;
		this.#parked = false;
		this.#breakingOff = false;
	}

	/** @internal Whether messages may leave: after the replay, so that none is said twice. */
	get maySpeak(): boolean {
		return this.#caughtUp && this.#phase !== "ended";
	}

	/** @internal Whether one is to be in the room and has not asked to be let in. */
	get isWaiting(): boolean {
		return this.#phase === "out";
	}

	/** @internal Up to which number all has gone by. */
	get seen(): number {
		return this.#course.seen;
	}

	/** @internal A refusal of something that names no message; whether it was this room's join. */
	refused(id: string, error: XMLSocketError): boolean {
		if (id !== this.#joinId || this.#phase !== "joining") return false;
		this.#turnedAway(error);
		return true;
	}

	/** @internal The chat is over. */
	close(error: XMLSocketError | undefined): void {
		this.#end(error);
	}

	/** @internal A document for this room. */
	receive(document: ServerDocument): void {
		const standing = this.#topicStands;
		this.#topicStands = false;
		switch (document.is) {
			case "joined":
				this.#joined(document);
				break;
			case "message":
				this.#message(document.message);
				break;
			case "gap":
				this.#gap(document.from, document.to);
				break;
			case "presence":
				this.#presence(document);
				break;
			case "count":
				this.#roster.tell(document.members);
				this.#listeners.emit("members", { isStale: true });
				break;
			case "members":
				this.#roster.list(document.names, document.members);
				this.#listeners.emit("members", { isStale: false });
				break;
			case "topic":
				if (document.text === this.#topic && standing) break;
				this.#topic = document.text;
				this.#listeners.emit("topic", { by: document.by, text: document.text, standing });
				break;
		}
	}

	// --- coming in

	#join(put: (document: string) => void, after: number | undefined, log: string | undefined): void {
		this.#phase = "joining";
		this.#joinId = this.#host.newId();
		put(clientDocument("join", { room: this.name, id: this.#joinId, after, log }));
	}

	#joined({ stored, log, seq, names, members }: Joined): void {
		if (this.#phase === "ended") return;
		// On the same connection it was entered again only to be brought up to date, and its people are known.
		const again = this.#caughtUp || this.#parked;
		const breakingOff = this.#breakingOff;
		this.#phase = "in";
		this.#stored = stored;
		this.#breakingOff = false;
		this.#roster.list(names, members);
		if (!again) this.#topic = "";
		this.#topicStands = true;
		const another = stored && this.#course.enter(log, seq ?? 0);
		if (another) {
			// What had left for the old history has never left for this one.
			for (const waiting of this.#host.outbox.of(this.name)) waiting.firstSentMs = undefined;
			this.#missed({ why: "history", from: undefined, to: undefined });
		} else if (!stored && this.#beenInside) this.#missed({ why: "away", from: undefined, to: undefined });
		if (!this.#beenInside && this.#course.seq === undefined) this.#oldTo = seq ?? 0;
		if (!again) this.#listeners.emit("joined", { back: this.#beenInside, another });
		this.#beenInside = true;
		this.#settle.entered(this);
		if (breakingOff) this.#course.breakOff();
		if (stored && !this.#history) this.#course.anchor();
		this.#speakAgain();
		if (breakingOff) this.#unpark();
	}

	// Once the replay is complete, what it did not show as one's own goes out again.
	#speakAgain(): void {
		if (this.#caughtUp || this.#phase !== "in" || (this.#stored && !this.#course.isCaughtUp)) return;
		this.#caughtUp = true;
		for (const { id, firstSentMs, seenWhenSent } of this.#host.outbox.of(this.name)) {
			if (firstSentMs === undefined || !this.#host.isForgotten(firstSentMs)) continue;
			if (this.#course.blindTo <= seenWhenSent) continue;
			const why = "the server may have forgotten its id by now, and the room's history has a gap where it would stand";
			this.#host.outbox.refuse(id, outcomeUnknown(id, why));
		}
		this.#host.release();
	}

	#turnedAway(error: XMLSocketError): void {
		if (this.#beenInside && error.code === "XMLSOCKET_UNAVAILABLE") this.#waitOutside();
		else this.#end(error);
	}

	// The server has no access to the room for now.
	#waitOutside(): void {
		this.#phase = "out";
		this.#caughtUp = false;
		this.#stopWaiting?.();
		this.#stopWaiting = this.#host.later(() => {
			if (this.#phase === "out") this.enter();
		});
		this.#listeners.emit("members", { isStale: true });
	}

	#presence({ name, came, members, reason }: Extract<ServerDocument, { is: "presence" }>): void {
		if (this.#phase === "out" || this.#phase === "ended") return;
		if (!came && name === this.#host.name && reason !== undefined) {
			if (reason === "unavailable") this.#turnedAway(refusal(reason, `The room "${this.name}" cannot be reached.`));
			else this.#end(refusal(reason, `An operator has sent you out of the room "${this.name}" (${reason}).`));
			return;
		}
		if (this.#roster.isStale) this.refreshMembers();
		this.#roster.change(name, came, members);
		this.#listeners.emit(came ? "enter" : "exit", { name });
	}

	// --- reading

	#message(message: Message): void {
		if (this.#phase === "ended") return;
		const { seq, prev, id } = message;
		if (seq !== undefined) this.#course.pass(seq);
		if (this.#phase !== "in" || this.#parked) {
			this.#strike(id, seq);
			this.#speakAgain();
			return;
		}
		if (seq !== undefined) {
			const arrival = this.#course.arrival(seq, prev);
			if (arrival === "hole" && this.#readAgain()) return;
			if (arrival !== "known") {
				if (this.#feed.isFull) {
					this.#park();
					this.#strike(id, seq);
					return;
				}
				if (arrival === "hole") this.#gap((this.#course.seq ?? 0) + 1, prev);
				this.#course.take(seq);
				this.#feed.deliver(this.#made(message, seq <= this.#oldTo));
			}
		} else this.#feed.deliver(this.#made(message, false));
		this.#strike(id, seq);
		this.#speakAgain();
	}

	// One's own message is committed, or was accepted, when it comes.
	#strike(id: string | undefined, seq: number | undefined): void {
		if (id === undefined || this.#host.outbox.get(id)?.room !== this.name) return;
		this.#host.outbox.see(id, seq);
		this.#host.release();
	}

	#made(message: Message, old: boolean): RoomMessage {
		const own = message.id !== undefined || message.from === this.#host.name;
		return { ...message, own, old, afterGap: false };
	}

	#gap(from: number | undefined, to: number | undefined): void {
		if (this.#phase !== "in" || this.#parked) {
			if (to !== undefined) this.#course.overlook(to);
		} else if (to === undefined || this.#course.skip(to)) this.#missed({ why: "lost", from, to });
		this.#speakAgain();
	}

	#missed(gap: RoomEvents["gap"]): void {
		this.#feed.miss();
		this.#listeners.emit("gap", gap);
	}

	// A hole that no gap explains: the room is read again from where it was whole, once.
	#readAgain(): boolean {
		const { seq } = this.#course;
		if (seq === undefined || seq === this.#repairedAt) return false;
		this.#repairedAt = seq;
		this.#join(this.#host.put, seq, this.#course.log);
		return true;
	}

	#park(): void {
		this.#parked = true;
		if (this.#course.isCaughtUp) return;
		// A replay of any length need not come to an end that nobody takes: a join that wants nothing breaks it off.
		this.#breakingOff = true;
		this.#join(this.#host.put, -1, undefined);
	}

	#unpark(): void {
		if (!this.#parked || this.#phase !== "in" || !this.#feed.hasRoom) return;
		this.#parked = false;
		this.#join(this.#host.put, this.#course.seq, this.#course.log);
	}

	// ---

	#speak(id: string | undefined, write: (id: string) => string): Promise<Receipt> {
		if (this.#phase === "ended") return Promise.reject(notJoined(this.name));
		return this.#host.speak(this.name, id, write);
	}

	#end(error: XMLSocketError | undefined): void {
		if (this.#phase === "ended") return;
		const wasOut = this.#phase === "out";
		this.#phase = "ended";
		this.#stopWaiting?.();
		const { outbox } = this.#host;
		for (const { id, inFlight, firstSentMs } of outbox.of(this.name)) {
			// What is on its way has its answer coming.
			if (inFlight && !wasOut) continue;
			const cause = error ?? notJoined(this.name);
			outbox.refuse(id, firstSentMs === undefined ? cause : outcomeUnknown(id, "the room is over", cause));
		}
		const reason = error ? { error } : {};
		this.#settle.refused(error ?? notJoined(this.name));
		this.#feed.end(this.#leaving ? undefined : error, this.#leaving);
		this.#listeners.emit("ended", reason);
		this.#settle.ended(reason);
		this.#host.ended(this);
	}
}

function notJoined(room: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ROOM_NOT_JOINED", `You are not in the room "${room}" any more.`);
}
