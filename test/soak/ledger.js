// Checks what the members of a soak receive: each message once, none missing, each sender's own order. Pure: it opens no connection
// and reads no clock. What it keeps does not grow with the length of a run: the newest messages of each room, and one position for
// each reader and sender. docs/reliability.md, "The promise".

const RECENT_MESSAGES = 4096;
const SHOWN_FINDINGS = 30;

/**
 * A sender numbers its messages of a room from 1 in each epoch. It begins a new epoch where it cannot know whether its last message
 * arrived: in a live room with each connection, in a stored room never, because it resends until it is acknowledged.
 * @typedef {{ sender: string, epoch: number, n: number }} Position
 */

/** Which message of an epoch was acknowledged last, and the same of the epoch before. @typedef {{ epoch: number, n: number, before?: { epoch: number, n: number } }} Acknowledged */

/** What one member has seen of one room. */
export class Reader {
	/** The number of the last message of a stored room. @type {number | undefined} */
	last;
	/** The last position of each sender. @type {Map<string, { epoch: number, n: number }>} */
	senders = new Map();

	/** @param {string} name of the member @param {string} room @param {"stored" | "live"} kind */
	constructor(name, room, kind) {
		this.name = name;
		this.room = room;
		this.kind = kind;
	}
}

/** The checks of a run, for all rooms and members. */
export class Ledger {
	lost = 0;
	twice = 0;
	disordered = 0;
	/** Anything else that must not happen. */
	other = 0;
	/** The first findings, in words. @type {string[]} */
	findings = [];
	sent = 0;
	acknowledgements = 0;
	deliveries = 0;
	/** By room and sender. @type {Map<string, Acknowledged>} */
	#acknowledged = new Map();
	/** The newest messages of each stored room, by number. @type {Map<string, Map<number, string>>} */
	#recent = new Map();

	/** Whether nothing was lost, twice, out of order, or otherwise wrong. */
	get good() {
		return this.lost + this.twice + this.disordered + this.other === 0;
	}

	/**
	 * A message that its sender got an acknowledgement for.
	 *
	 * @param {string} room
	 * @param {Position} position
	 * @param {number} [seq] its number, in a stored room
	 */
	acknowledged(room, { sender, epoch, n }, seq) {
		this.acknowledgements++;
		const key = `${room}\0${sender}`;
		const known = this.#acknowledged.get(key);
		if (known?.epoch === epoch) known.n = Math.max(known.n, n);
		else this.#acknowledged.set(key, { epoch, n, ...(known && { before: { epoch: known.epoch, n: known.n } }) });
		if (seq === undefined) return;
		const text = this.#recent.get(room)?.get(seq);
		const own = `${sender} ${epoch} ${n}`;
		if (text === undefined)
			this.finding("other", `${own} in ${room} was acknowledged as ${seq} before its sender received it`);
		else if (text !== own) this.finding("lost", `${own} in ${room} was acknowledged as ${seq}, which is ${text}`);
	}

	/**
	 * A message that a reader received.
	 *
	 * @param {Reader} reader
	 * @param {Position} position
	 * @param {number} [seq] its number and the previous one of its room, in a stored room
	 * @param {number} [prev]
	 */
	seen(reader, { sender, epoch, n }, seq, prev) {
		this.deliveries++;
		const own = `${sender} ${epoch} ${n}`;
		if (seq !== undefined && prev !== undefined) {
			this.#compare(reader, own, seq);
			this.#follow(reader, own, seq, prev);
		}
		const at = reader.senders.get(sender);
		reader.senders.set(sender, { epoch, n });
		if (!at) return;
		const words = `${reader.name} saw ${own} after ${sender} ${at.epoch} ${at.n} in ${reader.room}`;
		if (epoch === at.epoch) {
			if (n === at.n) this.finding("twice", words);
			else if (n < at.n) this.finding("disordered", words);
			else if (n > at.n + 1) this.finding("lost", words, n - at.n - 1);
		} else if (epoch < at.epoch) this.finding("disordered", words);
		else {
			const known = this.#acknowledged.get(`${reader.room}\0${sender}`);
			const owed = [known, known?.before].find((one) => one?.epoch === at.epoch)?.n ?? 0;
			if (at.n < owed) this.finding("lost", `${words}, and ${owed} were acknowledged`, owed - at.n);
			if (n > 1) this.finding("lost", words, n - 1);
		}
	}

	/**
	 * What was acknowledged and a reader has not seen. Readers that joined before the run began must have everything.
	 *
	 * @param {Iterable<Reader>} readers
	 * @returns {{ words: string, count: number }[]}
	 */
	missing(readers) {
		const missing = [];
		for (const reader of readers) {
			for (const [key, { epoch, n }] of this.#acknowledged) {
				const [room, sender] = /** @type {[string, string]} */ (key.split("\0"));
				const at = reader.senders.get(sender);
				// A reader that has seen nothing of a sender may have joined after its last message.
				if (room !== reader.room || !at || at.epoch > epoch) continue;
				const count = at.epoch === epoch ? n - at.n : n;
				if (count > 0) {
					missing.push({ words: `${reader.name} has not seen ${sender} ${epoch} ${n} in ${room}`, count });
				}
			}
		}
		return missing;
	}

	/** @param {"lost" | "twice" | "disordered" | "other"} kind @param {string} words @param {number} [count] */
	finding(kind, words, count = 1) {
		this[kind] += count;
		if (this.findings.length < SHOWN_FINDINGS) this.findings.push(`${kind}: ${words}`);
	}

	// Every reader must see the same message under a number.
	/** @param {Reader} reader @param {string} own @param {number} seq */
	#compare({ name, room }, own, seq) {
		let recent = this.#recent.get(room);
		if (!recent) {
			recent = new Map();
			this.#recent.set(room, recent);
		}
		const known = recent.get(seq);
		if (known === undefined) {
			recent.set(seq, own);
			if (recent.size > RECENT_MESSAGES) recent.delete(/** @type {number} */ (recent.keys().next().value));
		} else if (known !== own)
			this.finding("other", `number ${seq} of ${room} is ${own} for ${name} and ${known} for others`);
	}

	/** @param {Reader} reader @param {string} own @param {number} seq @param {number} prev */
	#follow(reader, own, seq, prev) {
		const { last } = reader;
		reader.last = Math.max(last ?? 0, seq);
		if (last === undefined) return;
		const words = `${reader.name} saw ${own} as ${seq}, whose previous number is ${prev}, after ${last} in ${reader.room}`;
		if (seq === last) this.finding("twice", words);
		else if (seq < last) this.finding("disordered", words);
		else if (prev !== last) this.finding(prev > last ? "lost" : "other", words);
	}
}
