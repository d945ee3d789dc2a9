// A client of the chat that writes down what happens to it. It stands on node:net alone and shares nothing with the product, so
// that it can bear witness against it. It speaks, reconnects to one of several addresses, resumes with `join after= log=`,
// strikes what the replay shows as its own and sends the rest again under the same ids (docs/chat.md). It judges nothing.

import { connect } from "node:net";
import { readDocument, writeDocument } from "./documents.js";
import { brief, FactLog, now } from "./facts.js";

const TICK_MS = 100;
const PING_AFTER_MS = 400;
const SILENT_MS = 1500;
const GREETING_MS = 2000;
const STUCK_MS = 15_000;
const FIRST_BACKOFF_MS = 10;
const LONGEST_BACKOFF_MS = 100;
const RESEND_AFTER_REFUSAL_MS = 250;
const MAX_OUTSTANDING = 8;
const MAX_UNREAD_CHARACTERS = 4 * 1024 * 1024;

/**
 * @typedef {object} RoomState
 * @property {string} name
 * @property {string} [kind]
 * @property {string} [log]
 * @property {number} seq what was seen last; 0 before the first
 * @property {number} upTo where the replay of the last join ends
 * @property {boolean} current whether the replay is over
 * @property {number} spoken
 * @property {Map<string, { text: string, sentMs: number, struck: boolean }>} outstanding
 */

/** One client, over all its connections. */
export class Recorder {
	/** @type {FactLog} */
	facts;
	/** @type {Map<string, RoomState>} */
	rooms = new Map();
	/** Connections that were up, and messages sent for the first time. */
	connections = 0;
	sent = 0;
	/** When the newest message of a stored room that was acknowledged was first sent. */
	recoveredMs = 0;
	/** Refusals that were heard, by code. @type {Map<string, number>} */
	refusals = new Map();
	#options;
	/** @type {import("node:net").Socket | undefined} */
	#socket;
	#unread = "";
	/** What proves to any daemon that this is the same client. @type {string | undefined} */
	#session;
	#welcomed = false;
	#speaking = false;
	#closing = false;
	#backoffMs = FIRST_BACKOFF_MS;
	#begunMs = 0;
	#heardMs = 0;
	#pingedMs = 0;
	#progressMs = 0;
	#pausedUntilMs = 0;
	/** @type {NodeJS.Timeout | undefined} */
	#redial;
	/** @type {NodeJS.Timeout | undefined} */
	#resend;
	/** @type {NodeJS.Timeout | undefined} */
	#next;
	/** @type {NodeJS.Timeout | undefined} */
	#tick;

	/**
	 * @param {object} options
	 * @param {string} options.name
	 * @param {string} options.logFile where the facts go
	 * @param {() => readonly { host: string, port: number }[]} options.addresses of the daemons, asked for at each attempt
	 * @param {readonly string[]} options.rooms
	 * @param {import("./random.js").Random} options.random
	 * @param {[number, number]} [options.everyMs] how long it waits between two messages; without it it only listens
	 * @param {number} [options.fillerCharacters] what is added to each text, at the most
	 */
	constructor(options) {
		this.#options = options;
		this.name = options.name;
		this.facts = new FactLog(options.logFile);
		for (const name of options.rooms) {
			this.rooms.set(name, { name, seq: 0, upTo: 0, current: false, spoken: 0, outstanding: new Map() });
		}
	}

	/** Connects, and speaks if it is to. */
	start() {
		this.#speaking = this.#options.everyMs !== undefined;
		this.#progressMs = now();
		this.#tick = setInterval(() => this.#watch(), TICK_MS);
		this.#dial();
		this.#speakLater();
	}

	/** Whether it is in all its rooms, up to date, and waits for no acknowledgement. */
	get quiet() {
		return this.#welcomed && [...this.rooms.values()].every((room) => room.current && room.outstanding.size === 0);
	}

	/** Says no more of its own accord. */
	stopSpeaking() {
		this.#speaking = false;
		clearTimeout(this.#next);
	}

	/** Says one thing in each room. */
	speakEverywhere() {
		for (const room of this.rooms.values()) this.#say(room);
	}

	/** Loses its connection, as by an unplugged cable where it is told nothing: the socket is destroyed. */
	disconnect() {
		this.#drop("own");
	}

	/** Reads nothing for so long. @param {number} durationMs */
	pauseReading(durationMs) {
		this.#fact("paused", { ms: durationMs });
		this.#pausedUntilMs = now() + durationMs;
		this.#socket?.pause();
	}

	/** Ends for good, and closes its log. */
	close() {
		this.#closing = true;
		this.stopSpeaking();
		clearInterval(this.#tick);
		clearTimeout(this.#redial);
		clearTimeout(this.#resend);
		this.#drop("end");
		this.facts.close();
	}

	// --- the connection

	#dial() {
		const { host, port } = this.#options.random.pick(this.#options.addresses());
		const socket = connect({ host, port, noDelay: true });
		socket.setEncoding("utf8");
		this.#socket = socket;
		this.#unread = "";
		this.#welcomed = false;
		this.#begunMs = now();
		this.#heardMs = this.#begunMs;
		socket.once("connect", () => {
			// On loopback a port that nobody listens on can be given to the one who dials it, who then talks to itself.
			if (socket.localPort === socket.remotePort) {
				this.#drop("self");
				return;
			}
			this.connections++;
			this.#fact("connected", { host, port });
			// It speaks first: a port that tells protocols apart by the first bytes would wait a moment before it greets.
			this.#write(writeDocument("hello", { name: this.name, session: this.#session }));
		});
		socket.on("data", (/** @type {string} */ text) => {
			if (this.#socket === socket) this.#received(text);
		});
		// Told by `close`, which always follows.
		socket.on("error", () => {});
		socket.on("end", () => {
			if (this.#socket === socket) this.#drop("ended by the daemon");
		});
		socket.on("close", () => {
			if (this.#socket === socket) this.#drop("lost");
		});
	}

	/** @param {string} why */
	#drop(why) {
		const socket = this.#socket;
		if (!socket) return;
		this.#socket = undefined;
		socket.destroy();
		this.#fact("closed", { why });
		this.#welcomed = false;
		for (const room of this.rooms.values()) {
			room.current = false;
			// Nothing keeps what is said in a live room: it may or may not have arrived.
			if (room.kind === "live") room.outstanding.clear();
		}
		if (this.#closing) return;
		const { random } = this.#options;
		this.#backoffMs = Math.min(LONGEST_BACKOFF_MS, random.between(FIRST_BACKOFF_MS, this.#backoffMs * 3));
		this.#redial = setTimeout(() => this.#dial(), this.#backoffMs);
	}

	#watch() {
		const at = now();
		const socket = this.#socket;
		if (!socket) return;
		if (this.#pausedUntilMs > 0) {
			this.#heardMs = at;
			this.#progressMs = at;
			if (at < this.#pausedUntilMs) return;
			this.#pausedUntilMs = 0;
			socket.resume();
		}
		if (this.quiet) this.#progressMs = at;
		if (!this.#welcomed && at - this.#begunMs > GREETING_MS) this.#drop("no welcome");
		else if (at - this.#heardMs > SILENT_MS) {
			this.#fact("silent", { ms: Math.round(at - this.#heardMs) });
			this.#drop("silent");
		} else if (this.#welcomed && at - this.#progressMs > STUCK_MS) {
			this.#fact("stuck", { outstanding: [...this.rooms.values()].flatMap((room) => [...room.outstanding.keys()]) });
			this.#progressMs = at;
			this.#drop("stuck");
		} else if (this.#welcomed && at - this.#heardMs > PING_AFTER_MS && at - this.#pingedMs > PING_AFTER_MS) {
			this.#pingedMs = at;
			this.#write(writeDocument("ping", {}));
		}
	}

	/** @param {string} document */
	#write(document) {
		this.#socket?.write(`${document}\0`);
	}

	// --- speaking

	#speakLater() {
		const { everyMs, random } = this.#options;
		if (!this.#speaking || !everyMs) return;
		this.#next = setTimeout(
			() => {
				this.#say(random.pick([...this.rooms.values()]));
				this.#speakLater();
			},
			random.between(...everyMs),
		);
	}

	/** @param {RoomState} room */
	#say(room) {
		if (!this.#welcomed || !room.current || room.outstanding.size >= MAX_OUTSTANDING) return;
		const n = ++room.spoken;
		const id = `${this.name}.${room.name}.${n}`;
		const { fillerCharacters = 40, random } = this.#options;
		const text = `${id} <${"&é x".repeat(1 + random.between(0, fillerCharacters >> 2))}>`;
		room.outstanding.set(id, { text, sentMs: now(), struck: false });
		this.sent++;
		this.#fact("sent", { room: room.name, id, n, text: brief(text) });
		this.#write(writeDocument("say", { room: room.name, id }, text));
	}

	/** Sends what waits for its acknowledgement again, in order. @param {RoomState} room */
	#sendAgain(room) {
		for (const [id, { text }] of room.outstanding) {
			this.#fact("resent", { room: room.name, id });
			this.#write(writeDocument("say", { room: room.name, id }, text));
		}
	}

	// --- hearing

	/** @param {string} text */
	#received(text) {
		this.#heardMs = now();
		const documents = (this.#unread + text).split("\0");
		this.#unread = documents.pop() ?? "";
		for (const document of documents) {
			this.#hear(document);
			if (!this.#socket) return;
		}
		if (this.#unread.length > MAX_UNREAD_CHARACTERS) this.#drop("endless document");
	}

	/** @param {string} text */
	#hear(text) {
		const document = readDocument(text);
		if (!document) {
			this.#fact("unreadable", { text: brief(text) });
			return;
		}
		const { name, attributes } = document;
		const number = (/** @type {string} */ key) => {
			const value = attributes.get(key);
			return value === undefined ? undefined : Number(value);
		};
		const room = this.rooms.get(attributes.get("room") ?? "");
		if (name === "welcome") this.#heardWelcome(attributes);
		else if (name === "joined" && room) this.#heardJoined(room, attributes, number("seq"));
		else if (name === "said" && room) {
			const seq = number("seq");
			const from = attributes.get("from");
			const id = attributes.get("id");
			const log = room.log;
			this.#fact("seen", { room: room.name, log, seq, prev: number("prev"), from, id, text: brief(document.text) });
			const own = from === this.name && id !== undefined ? room.outstanding.get(id) : undefined;
			if (own) own.struck = true;
			this.#reached(room, seq);
		} else if (name === "ack") this.#heardAck(attributes.get("id") ?? "", number("seq"), attributes.get("duplicate"));
		else if (name === "gap" && room) {
			this.#fact("gap", { room: room.name, from: number("from"), to: number("to") });
			this.#reached(room, number("to"));
		} else if (name === "error") this.#heardError(attributes.get("code") ?? "", attributes.get("id"));
		else if (name === "notice") this.#fact("notice", { code: attributes.get("code") });
		else if (name === "bye") this.#fact("bye", { reason: attributes.get("reason") });
		else if (name === "ping") this.#write(writeDocument("pong", { id: attributes.get("id") }));
		else if (name === "exit" && attributes.get("name") === this.name && attributes.has("reason")) {
			this.#drop("taken out");
		}
	}

	/** @param {Map<string, string>} attributes */
	#heardWelcome(attributes) {
		// The greeting, as a guest; the answer to the own hello comes behind it.
		if (attributes.get("name") !== this.name) return;
		this.#session ??= attributes.get("session");
		this.#welcomed = true;
		this.#progressMs = now();
		this.#backoffMs = FIRST_BACKOFF_MS;
		for (const { name, seq, log } of this.rooms.values()) {
			this.#write(writeDocument("join", { room: name, after: seq, log }));
		}
	}

	/**
	 * @param {RoomState} room
	 * @param {Map<string, string>} attributes
	 * @param {number | undefined} seq
	 */
	#heardJoined(room, attributes, seq) {
		const log = attributes.get("log");
		const after = room.seq;
		room.kind = attributes.get("kind");
		// Another history: what was known of the one before means nothing.
		if (room.log !== undefined && log !== room.log) room.seq = 0;
		room.log = log;
		room.upTo = seq ?? 0;
		this.#fact("joined", { room: room.name, kind: room.kind, log, seq, after });
		this.#reached(room, room.seq);
	}

	/** @param {RoomState} room @param {number | undefined} seq */
	#reached(room, seq) {
		if (seq !== undefined) room.seq = seq;
		if (!room.current) this.#progressMs = now();
		if (room.current || room.kind === undefined) return;
		if (room.kind === "stored" && room.seq < room.upTo) return;
		room.current = true;
		for (const [id, { struck }] of room.outstanding) if (struck) room.outstanding.delete(id);
		this.#sendAgain(room);
	}

	/**
	 * @param {string} id
	 * @param {number | undefined} seq
	 * @param {string | undefined} duplicate
	 */
	#heardAck(id, seq, duplicate) {
		const room = [...this.rooms.values()].find((one) => id.startsWith(`${this.name}.${one.name}.`));
		this.#fact("acknowledged", { room: room?.name, id, seq, duplicate: duplicate === "true" });
		if (seq !== undefined) {
			this.recoveredMs = Math.max(this.recoveredMs, room?.outstanding.get(id)?.sentMs ?? 0);
		}
		room?.outstanding.delete(id);
		this.#progressMs = now();
	}

	/** @param {string} code @param {string | undefined} id */
	#heardError(code, id) {
		this.#fact("error", { code, id });
		this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
		const room = [...this.rooms.values()].find((one) => id !== undefined && one.outstanding.has(id));
		if (id === undefined || !room) {
			// Not a message but a join or the name: from the start.
			if (id === undefined) this.#drop("refused");
		} else if (room.kind === "live") room.outstanding.delete(id);
		else {
			clearTimeout(this.#resend);
			this.#resend = setTimeout(() => {
				for (const one of this.rooms.values()) if (one.kind === "stored" && one.current) this.#sendAgain(one);
			}, RESEND_AFTER_REFUSAL_MS);
		}
	}

	/** @param {string} fact @param {Record<string, unknown>} more */
	#fact(fact, more) {
		this.facts.write(fact, { conn: this.connections, ...more });
	}
}
