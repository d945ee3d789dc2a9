// What the checker found: counted all, told in words for the first ones, each with the lines of the logs that prove it.

const MAX_TOLD = 40;
const MAX_PROOF = 4;

/**
 * A line of a log: which log, and which line of it, from 0.
 * @typedef {{ log: number, line: number }} Place
 */

/**
 * - `lost`: acknowledged or delivered, and then not there, or not for everyone
 * - `duplicated`: stored or delivered twice
 * - `reordered`: two orders, or not in the sender's order
 * - `gap`: something left out without the `<gap>` that says exactly that, or a `<gap>` over what was there
 * - `other`: what nobody sent, a false acknowledgement, an end that was not reached
 * @typedef {"lost" | "duplicated" | "reordered" | "gap" | "other"} Kind
 */

/** Takes findings. */
export class Findings {
	/** @type {Record<Kind, number>} */
	counts = { lost: 0, duplicated: 0, reordered: 0, gap: 0, other: 0 };
	/** @type {{ kind: Kind, what: string, places: Place[] }[]} */
	told = [];

	/**
	 * @param {Kind} kind
	 * @param {string} what a sentence
	 * @param {...(Place | undefined)} places
	 */
	add(kind, what, ...places) {
		this.counts[kind]++;
		if (this.told.length >= MAX_TOLD) return;
		this.told.push({ kind, what, places: places.filter((place) => place !== undefined).slice(0, MAX_PROOF) });
	}

	/**
	 * The findings with the lines themselves.
	 *
	 * @param {readonly { name: string, facts: () => Iterable<any> }[]} logs
	 */
	withProof(logs) {
		/** @type {Map<string, string>} */
		const lines = new Map();
		for (const [log, { name, facts }] of logs.entries()) {
			const wanted = new Set(
				this.told.flatMap(({ places }) => places.filter((one) => one.log === log).map(({ line }) => line)),
			);
			if (wanted.size === 0) continue;
			let line = 0;
			for (const fact of facts()) {
				if (wanted.has(line)) lines.set(`${log}:${line}`, `${name}:${line + 1} ${JSON.stringify(fact)}`);
				line++;
			}
		}
		return this.told.map(({ kind, what, places }) => ({
			kind,
			what,
			proof: places.map(({ log, line }) => lines.get(`${log}:${line}`) ?? "").filter((text) => text !== ""),
		}));
	}
}
