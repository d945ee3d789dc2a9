// The judgement of one live room: in each sender's order, nothing twice, and nothing lost for a reader who stayed connected, but
// what was announced to it or, where the campaign says so, what was sent about the time of a fault. docs/reliability.md.

/**
 * @typedef {import("./findings.js").Place} Place
 * @typedef {import("./checker.js").Sent} Sent
 */

/**
 * One reader, from one join to the end of that connection.
 * @typedef {object} Stay
 * @property {number} sinceMs
 * @property {Place} place
 * @property {Map<string, number>} reached the number of each sender's message that was seen last
 * @property {Set<string>} announced senders of whom something may be missing since then
 */

/** One live room. */
export class LiveRoom {
	/** Losses that are allowed. */
	allowed = 0;
	#name;
	#findings;
	#isAllowed;
	/** What each sender was acknowledged, in the order of sending. @type {Map<string, Sent[]>} */
	#accepted = new Map();
	/** @type {Map<string, Stay>} */
	#stays = new Map();
	/** @type {Map<string, Set<string>>} */
	#had = new Map();

	/**
	 * @param {string} name
	 * @param {import("./findings.js").Findings} findings
	 * @param {readonly Sent[]} sent of this room, each sender's in the order of sending
	 * @param {(sentMs: number) => boolean} isAllowed whether what was sent then may be lost
	 */
	constructor(name, findings, sent, isAllowed) {
		this.#name = name;
		this.#findings = findings;
		this.#isAllowed = isAllowed;
		for (const one of sent) {
			if (!one.acknowledged) continue;
			const list = this.#accepted.get(one.client);
			if (list) list.push(one);
			else this.#accepted.set(one.client, [one]);
		}
	}

	/** @param {string} client @param {any} fact @param {Place} place */
	joined(client, fact, place) {
		this.#stays.set(client, { sinceMs: fact.t, place, reached: new Map(), announced: new Set() });
	}

	/** @param {string} client @param {any} fact @param {Sent} sent @param {Place} place */
	seen(client, fact, sent, place) {
		let had = this.#had.get(client);
		if (!had) {
			had = new Set();
			this.#had.set(client, had);
		}
		const stay = this.#stays.get(client);
		if (had.has(sent.id)) {
			this.#add("duplicated", `${client} saw "${fact.text}" twice`, place);
			return;
		}
		had.add(sent.id);
		if (!stay) {
			this.#add("other", `${client} saw "${fact.text}" without being there`, place);
			return;
		}
		const before = stay.reached.get(sent.client) ?? 0;
		if (sent.n < before) {
			this.#add("reordered", `${client} saw "${fact.text}" after number ${before} of the same sender`, place);
			return;
		}
		this.#checkSkipped(client, stay, sent.client, before, sent.n, place);
		stay.reached.set(sent.client, sent.n);
		stay.announced.delete(sent.client);
	}

	/** A `<gap>` in this room, or a notice that the rooms of other machines cannot be reached. @param {string} client */
	announced(client) {
		const stay = this.#stays.get(client);
		if (!stay) return;
		stay.announced = new Set(this.#accepted.keys());
	}

	/** The end of a reader's connection. @param {string} client @param {boolean} settled whether all had arrived by then @param {Place} place */
	closed(client, settled, place) {
		const stay = this.#stays.get(client);
		if (!stay) return;
		this.#stays.delete(client);
		if (!settled) return;
		for (const sender of this.#accepted.keys()) {
			this.#checkSkipped(client, stay, sender, stay.reached.get(sender) ?? 0, Number.POSITIVE_INFINITY, place);
		}
	}

	/**
	 * What of a sender's was accepted after the reader had come, and left out between two that it saw.
	 *
	 * @param {string} client
	 * @param {Stay} stay
	 * @param {string} sender
	 * @param {number} before
	 * @param {number} behind
	 * @param {Place} place
	 */
	#checkSkipped(client, stay, sender, before, behind, place) {
		const list = this.#accepted.get(sender) ?? [];
		for (let at = firstAfter(list, before); at < list.length && list[at].n < behind; at++) {
			const one = list[at];
			if (one.t <= stay.sinceMs) continue;
			if (stay.announced.has(sender) || this.#isAllowed(one.t)) this.allowed++;
			else this.#add("lost", `${client} was there and did not see ${one.id}`, stay.place, one.place, place);
		}
	}

	/** @param {import("./findings.js").Kind} kind @param {string} what @param {...Place} places */
	#add(kind, what, ...places) {
		this.#findings.add(kind, `room ${this.#name}: ${what}`, ...places);
	}
}

/** @param {readonly Sent[]} list @param {number} n */
function firstAfter(list, n) {
	let low = 0;
	let high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (list[middle].n <= n) low = middle + 1;
		else high = middle;
	}
	return low;
}
