// The judgement of one stored room: one order for everyone, nothing twice, nothing left out unsaid, nothing acknowledged gone.
// Pure: it is told facts and keeps what it needs of them. docs/reliability.md, "The promise".

/**
 * @typedef {import("./findings.js").Place} Place
 * @typedef {import("./checker.js").Sent} Sent
 */

/**
 * How far one client has come; `last` is undefined where it comes from another history and gets the newest page of this one.
 * @typedef {{ last: number | undefined, place: Place, gaps: { from: number, to: number, told: boolean, place: Place }[] }} Reader
 */

/** One history of one room: a room whose log was replaced has another one. */
export class StoredRoom {
	#name;
	#findings;
	/** @type {Map<number, { text: string, sent: Sent | undefined, place: Place }>} */
	#bySeq = new Map();
	/** @type {Map<string, { seq: number, place: Place }>} */
	#byText = new Map();
	/** @type {Map<string, Reader>} */
	#readers = new Map();
	/** What the last reading of everything showed. @type {Set<number>} */
	#final = new Set();

	/** @param {string} name @param {import("./findings.js").Findings} findings */
	constructor(name, findings) {
		this.#name = name;
		this.#findings = findings;
	}

	/** @param {string} client @param {number | undefined} after what it asked for @param {Place} place */
	joined(client, after, place) {
		if (!this.#readers.has(client)) this.#readers.set(client, { last: after, place, gaps: [] });
	}

	/**
	 * @param {string} client
	 * @param {any} fact
	 * @param {Sent | undefined} sent
	 * @param {Place} place
	 * @param {boolean} final whether the client reads everything at the end
	 */
	seen(client, fact, sent, place, final) {
		const { seq, prev, text } = fact;
		const under = this.#bySeq.get(seq);
		if (!under) this.#bySeq.set(seq, { text, sent, place });
		else if (under.text !== text) {
			this.#add("reordered", `number ${seq} is one message for ${client} and another for others`, under.place, place);
		}
		const as = this.#byText.get(text);
		if (!as) this.#byText.set(text, { seq, place });
		else if (as.seq !== seq) this.#add("duplicated", `"${text}" is stored as ${as.seq} and as ${seq}`, as.place, place);
		if (final) this.#final.add(seq);
		this.#follow(client, seq, prev, place);
	}

	/** @param {string} client @param {any} fact @param {Place} place */
	gap(client, { from, to }, place) {
		const reader = this.#readers.get(client);
		if (!reader) return;
		const { last = from - 1 } = reader;
		if (from !== last + 1 || !(to >= from)) {
			this.#add("gap", `${client} had seen ${last} and was told of a gap from ${from} to ${to}`, reader.place, place);
		}
		reader.gaps.push({ from, to, told: true, place });
		reader.last = Math.max(last, to);
		reader.place = place;
	}

	/** @param {string} client @param {any} fact @param {Place} place */
	acknowledged(client, { id, seq }, place) {
		const reader = this.#readers.get(client);
		if (!(seq >= 1)) this.#add("other", `${id} was acknowledged without a number`, place);
		else if (reader?.last === undefined || reader.last < seq) {
			this.#add("other", `${id} was acknowledged as ${seq} before ${client} had seen it`, reader?.place, place);
		}
	}

	/**
	 * When all logs have been read.
	 *
	 * @param {readonly Sent[]} sent of this room
	 * @param {ReadonlySet<string>} present clients that were there to the end
	 */
	finish(sent, present) {
		if (this.#final.size === 0 && this.#bySeq.size > 0) {
			this.#add("other", "the history was not read to its end, so that nothing can be said of what it holds");
			return;
		}
		for (const [seq, { text, place }] of this.#bySeq) {
			if (!this.#final.has(seq)) this.#add("lost", `${seq}, "${text}", was delivered and is not in the history`, place);
		}
		for (const one of sent) {
			if (!one.acknowledged) continue;
			const stored = this.#byText.get(one.text);
			if (!stored) this.#add("lost", `${one.id} was acknowledged and is not in the history`, one.acknowledged.place);
			else if (stored.seq !== one.acknowledged.seq) {
				const words = `${one.id} was acknowledged as ${one.acknowledged.seq} and is stored as ${stored.seq}`;
				this.#add("other", words, one.acknowledged.place, stored.place);
			}
		}
		const newest = Math.max(0, ...[...this.#final].slice(-1));
		for (const [client, { last, place, gaps }] of this.#readers) {
			if (present.has(client) && (last ?? 0) < newest) {
				this.#add("lost", `${client} was there to the end and saw ${last} last; the newest is ${newest}`, place);
			}
			for (const gap of gaps.filter(({ told }) => told)) {
				for (let seq = gap.from; seq <= gap.to; seq++) {
					if (!this.#final.has(seq)) continue;
					this.#add("gap", `${client} was told that ${gap.from} to ${gap.to} are gone, and ${seq} is there`, gap.place);
					break;
				}
			}
		}
		this.#checkSenders();
	}

	/** @param {string} client @param {number} seq @param {number} prev @param {Place} place */
	#follow(client, seq, prev, place) {
		const reader = this.#readers.get(client);
		if (!reader) {
			this.#add("other", `${client} saw ${seq} without having joined`, place);
			return;
		}
		const { last = prev } = reader;
		if (seq <= last) {
			const skipped = reader.gaps.some(({ from, to }) => from <= seq && seq <= to);
			if (skipped) this.#add("reordered", `${client} saw ${seq} after ${last}`, reader.place, place);
			else this.#add("duplicated", `${client} saw ${seq} again, having seen up to ${last}`, reader.place, place);
			return;
		}
		if (prev !== last) {
			const words =
				prev > last
					? `${client} saw ${last} and then ${seq}, whose previous one is ${prev}, without a gap being told`
					: `${client} saw ${last} and then ${seq}, which says that ${prev} came before it`;
			this.#add("gap", words, reader.place, place);
			if (prev > last) reader.gaps.push({ from: last + 1, to: prev, told: false, place });
		}
		reader.last = seq;
		reader.place = place;
	}

	// Each sender's messages in the order in which they were sent; one that was refused in between may come later.
	#checkSenders() {
		/** @type {Map<string, { n: number, place: Place }>} */
		const latest = new Map();
		for (const seq of [...this.#final].sort((a, b) => a - b)) {
			const { sent, place, text } = /** @type {any} */ (this.#bySeq.get(seq));
			if (!sent || sent.refused) continue;
			const before = latest.get(sent.client);
			if (before && before.n > sent.n) {
				this.#add("reordered", `"${text}" was sent before what is stored before it`, before.place, place);
			} else latest.set(sent.client, { n: sent.n, place });
		}
	}

	/** @param {import("./findings.js").Kind} kind @param {string} what @param {...(Place | undefined)} places */
	#add(kind, what, ...places) {
		this.#findings.add(kind, `room ${this.#name}: ${what}`, ...places);
	}
}
