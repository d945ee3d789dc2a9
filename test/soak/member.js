// One member of the chat in a soak. It sends numbered messages, reconnects, resumes with its session and `after`, changes its name,
// leaves rooms and enters them again. Everything that it receives goes to the ledger. docs/chat.md describes the documents.

import { readDocument, writeDocument } from "../faults/documents.js";
import { dial } from "./dial.js";
import { Reader } from "./ledger.js";

const REDIAL_MS = /** @type {[number, number]} */ ([300, 1500]);
const RESEND_MS = 250;
const KEEP_ALIVE_MS = 60_000;
/** Longer than any pause that a moderate load can cause; what waits longer is a finding. */
const STUCK_MS = 60_000;

/**
 * @typedef {object} RoomState
 * @property {string} name
 * @property {"stored" | "live"} kind
 * @property {Reader | undefined} reader undefined before the first join
 * @property {number} epoch of its own messages
 * @property {number} n of its newest own message
 * @property {string | undefined} log the history that numbers belong to
 * @property {number} upTo where the replay of the last join ends
 * @property {boolean} joined whether the replay is over
 * @property {boolean} wanted whether it is to be in the room
 * @property {{ id: string, text: string, atMs: number } | undefined} waiting its message without an acknowledgement
 */

export class Member {
	/** @type {Map<string, RoomState>} */
	rooms = new Map();
	welcomed = false;
	#options;
	/** @type {import("./dial.js").Wire | undefined} */
	#wire;
	#name;
	/** @type {string | undefined} */
	#session;
	#renames = 0;
	#closing = false;
	/** Whether it is itself what closes the connection. */
	#ownWish = false;
	#speaking = true;
	#sinceMs = performance.now();
	/** @type {Set<NodeJS.Timeout>} */
	#timers = new Set();

	/**
	 * @param {object} options
	 * @param {string} options.sender what its messages begin with
	 * @param {number} options.epoch of its messages: 0, or its life where others had its sender's name before
	 * @param {import("./dial.js").Kind} options.kind
	 * @param {() => import("./dial.js").Address} options.address asked for at each attempt
	 * @param {Readonly<Record<string, "stored" | "live">>} options.rooms
	 * @param {[number, number]} [options.everyMs] between two messages; without it it sends none
	 * @param {() => boolean} options.mayLose whether the daemon may close its connection now, because it restarts
	 * @param {import("./ledger.js").Ledger} options.ledger
	 * @param {import("../faults/random.js").Random} options.random
	 */
	constructor(options) {
		this.#options = options;
		this.sender = options.sender;
		this.#name = options.epoch > 0 ? `${options.sender}-${options.epoch}` : options.sender;
		for (const [name, kind] of Object.entries(options.rooms)) {
			const own = { reader: undefined, epoch: options.epoch, n: 0, log: undefined, upTo: 0, waiting: undefined };
			this.rooms.set(name, { name, kind, joined: false, wanted: true, ...own });
		}
	}

	/** Connects, and sends if it is to. */
	start() {
		this.#dial();
		this.#sayLater();
		this.#every(KEEP_ALIVE_MS, () => this.#write("ping", {}));
		this.#every(1000, () => this.#watch());
	}

	/** Whether it is in all its rooms and waits for nothing. */
	get quiet() {
		const rooms = [...this.rooms.values()].filter(({ wanted }) => wanted);
		return this.welcomed && rooms.every(({ joined, waiting }) => joined && !waiting);
	}

	/** What it has seen of the rooms that it is in. */
	get readers() {
		return [...this.rooms.values()].flatMap(({ joined, reader }) => (joined && reader ? [reader] : []));
	}

	stopSpeaking() {
		this.#speaking = false;
	}

	/** Loses its connection and reconnects. */
	disconnect() {
		this.#ownWish = true;
		this.#wire?.destroy();
	}

	/** Asks for another name; it stays the same sender. */
	rename() {
		if (!this.welcomed) return;
		this.#renames++;
		this.#name = `${this.sender}-${this.#options.epoch}-${this.#renames % 7}`;
		this.#write("hello", { name: this.#name });
	}

	/** Leaves a room, and enters it again after a while. @param {number} awayMs */
	wander(awayMs) {
		const room = this.#options.random.pick([...this.rooms.values()]);
		if (!room.joined || room.waiting) return;
		room.wanted = false;
		room.joined = false;
		this.#write("leave", { room: room.name });
		this.#after(awayMs, () => {
			room.wanted = true;
			if (this.welcomed) this.#join(room);
		});
	}

	/** Closes for good. */
	close() {
		this.#closing = true;
		this.#speaking = false;
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		this.#wire?.end();
	}

	// --- the connection

	#dial() {
		const { kind, address } = this.#options;
		this.#sinceMs = performance.now();
		this.#ownWish = false;
		this.#wire = dial(kind, address(), {
			opened: () => this.#write("hello", { name: this.#name, session: this.#session }),
			document: (text) => this.#hear(text),
			closed: (why) => this.#lostConnection(why),
		});
	}

	/** @param {string} why */
	#lostConnection(why) {
		this.#wire = undefined;
		this.welcomed = false;
		for (const room of this.rooms.values()) {
			room.joined = false;
			if (room.kind === "stored") continue;
			// Whether the last message arrived cannot be known: the numbers begin again, and so does what it has seen.
			room.reader = undefined;
			room.waiting = undefined;
			if (room.n > 0) {
				room.epoch++;
				room.n = 0;
			}
		}
		if (this.#closing) return;
		const { ledger, mayLose } = this.#options;
		if (!this.#ownWish && !mayLose()) ledger.finding("other", `${this.sender} lost its connection: ${why}`);
		this.#after(this.#options.random.between(...REDIAL_MS), () => this.#dial());
	}

	#watch() {
		const { ledger } = this.#options;
		const nowMs = performance.now();
		if (this.welcomed && [...this.rooms.values()].every(({ joined, wanted }) => joined || !wanted))
			this.#sinceMs = nowMs;
		else if (nowMs - this.#sinceMs > STUCK_MS) {
			this.#sinceMs = nowMs;
			ledger.finding("other", `${this.sender} waited ${STUCK_MS / 1000} s for its welcome and rooms`);
			this.disconnect();
		}
		for (const { name, waiting } of this.rooms.values()) {
			if (!waiting || !this.welcomed || nowMs - waiting.atMs < STUCK_MS) continue;
			ledger.finding("other", `${waiting.id} in ${name} waited ${STUCK_MS / 1000} s for its acknowledgement`);
			waiting.atMs = nowMs;
		}
	}

	/** @param {string} name @param {Record<string, string | number | undefined>} attributes @param {string} [text] */
	#write(name, attributes, text) {
		this.#wire?.send(writeDocument(name, attributes, text));
	}

	/** @param {RoomState} room */
	#join(room) {
		this.#write("join", { room: room.name, after: room.reader?.last, log: room.reader && room.log });
	}

	// --- sending

	#sayLater() {
		const { everyMs, random } = this.#options;
		if (!everyMs) return;
		this.#after(random.between(...everyMs), () => {
			if (this.#speaking) this.#say(random.pick([...this.rooms.values()]));
			this.#sayLater();
		});
	}

	/** @param {RoomState} room */
	#say(room) {
		if (!room.joined || room.waiting) return;
		room.n++;
		const position = `${this.sender} ${room.epoch} ${room.n}`;
		const text = `${position} ${"&é <x> ".repeat(this.#options.random.between(1, 12))}`;
		room.waiting = { id: `${room.name}.${room.epoch}.${room.n}`, text, atMs: performance.now() };
		this.#options.ledger.sent++;
		this.#resend(room);
	}

	/** @param {RoomState} room */
	#resend({ name, joined, waiting }) {
		if (joined && waiting) this.#write("say", { room: name, id: waiting.id }, waiting.text);
	}

	// --- receiving

	/** @param {string} text */
	#hear(text) {
		const document = readDocument(text);
		const { ledger } = this.#options;
		if (!document) {
			ledger.finding("other", `${this.sender} received what it cannot read: ${text.slice(0, 200)}`);
			return;
		}
		const { name, attributes } = document;
		const room = this.rooms.get(attributes.get("room") ?? "");
		if (name === "said" && room?.wanted) this.#heardSaid(room, attributes, document.text);
		else if (name === "ack") this.#heardAck(attributes);
		else if (name === "welcome") this.#heardWelcome(attributes);
		else if (name === "joined" && room?.wanted) this.#heardJoined(room, attributes);
		else if (name === "gap") ledger.finding("lost", `${this.sender} received ${text}`);
		else if (name === "error") this.#heardError(attributes, text);
		else if (name === "ping") this.#write("pong", { id: attributes.get("id") });
	}

	/** @param {Map<string, string>} attributes */
	#heardWelcome(attributes) {
		if (attributes.get("name") !== this.#name) return;
		this.#session = attributes.get("session") ?? this.#session;
		if (this.welcomed) return;
		this.welcomed = true;
		for (const room of this.rooms.values()) if (room.wanted) this.#join(room);
	}

	/** @param {RoomState} room @param {Map<string, string>} attributes */
	#heardJoined(room, attributes) {
		const { ledger } = this.#options;
		const log = attributes.get("log");
		if (room.reader && room.kind === "stored" && room.log !== log) {
			ledger.finding("other", `${this.sender}: the history of ${room.name} was replaced`);
		}
		if (attributes.get("kind") !== room.kind) ledger.finding("other", `${room.name} is ${attributes.get("kind")}`);
		room.log = log;
		// A live room says nothing of what was sent in the meantime.
		if (!room.reader || room.kind === "live") room.reader = new Reader(this.sender, room.name, room.kind);
		room.upTo = Number(attributes.get("seq") ?? 0);
		this.#settle(room);
	}

	// The replay of a stored room is over when its last message has come.
	/** @param {RoomState} room */
	#settle(room) {
		if (room.joined || !room.reader) return;
		if (room.kind === "stored" && (room.reader.last ?? 0) < room.upTo) return;
		room.joined = true;
		const seen = room.reader.senders.get(this.sender);
		// What the replay shows as its own has arrived; only its acknowledgement was lost.
		if (room.waiting && seen?.epoch === room.epoch && seen.n === room.n) {
			room.waiting = undefined;
			this.#options.ledger.acknowledged(room.name, { sender: this.sender, epoch: room.epoch, n: room.n });
		}
		this.#resend(room);
	}

	/** @param {RoomState} room @param {Map<string, string>} attributes @param {string} text */
	#heardSaid(room, attributes, text) {
		const { ledger } = this.#options;
		const [sender = "", epoch, n] = text.split(" ", 3);
		const number = (/** @type {string} */ name) => {
			const value = attributes.get(name);
			return value === undefined ? undefined : Number(value);
		};
		if (!room.reader) ledger.finding("other", `${this.sender} received a message of ${room.name} before it joined`);
		else ledger.seen(room.reader, { sender, epoch: Number(epoch), n: Number(n) }, number("seq"), number("prev"));
		this.#settle(room);
	}

	/** @param {Map<string, string>} attributes */
	#heardAck(attributes) {
		const id = attributes.get("id");
		const room = [...this.rooms.values()].find(({ waiting }) => waiting?.id === id);
		if (!room) return;
		room.waiting = undefined;
		const seq = attributes.get("seq");
		const position = { sender: this.sender, epoch: room.epoch, n: room.n };
		this.#options.ledger.acknowledged(room.name, position, seq === undefined ? undefined : Number(seq));
	}

	/** @param {Map<string, string>} attributes @param {string} text */
	#heardError(attributes, text) {
		const room = [...this.rooms.values()].find(({ waiting }) => waiting && waiting.id === attributes.get("id"));
		this.#options.ledger.finding("other", `${this.sender} was refused: ${text.slice(0, 200)}`);
		if (room) this.#after(RESEND_MS, () => this.#resend(room));
	}

	// --- time

	/** @param {number} delayMs @param {() => void} act */
	#after(delayMs, act) {
		if (this.#closing) return;
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			act();
		}, delayMs);
		this.#timers.add(timer);
	}

	/** @param {number} periodMs @param {() => void} act */
	#every(periodMs, act) {
		this.#after(periodMs, () => {
			act();
			this.#every(periodMs, act);
		});
	}
}
