// The search for the highest rate that a server carries: doubles the rate until a step fails, then halves the distance. Pure.

const LOWEST = 1;
const HIGHEST = 1_000_000;
/** The search ends when the good and the bad rate are closer than this. */
const CLOSE_ENOUGH = 1.1;

/** A search. Measure `next`, call `add`, until `next` is undefined. */
export class RateSearch {
	/** The highest rate that was good; 0: none yet. */
	best = 0;
	/** The rate to measure next; undefined: the search has ended. */
	next: number | undefined;
	#lowestBad = Number.POSITIVE_INFINITY;
	#doubted: number | undefined;

	constructor(from: number) {
		this.next = from;
	}

	/**
	 * Adds the result of `next`. A bad result is measured again, because one pause of a machine must not decide.
	 *
	 * @param isCertain whether a second measurement has no purpose
	 */
	add(isGood: boolean, isCertain = false): void {
		const rate = this.next!;
		if (!isGood && !isCertain && this.#doubted !== rate) {
			this.#doubted = rate;
			return;
		}
		if (isGood) this.best = Math.max(this.best, rate);
		else this.#lowestBad = Math.min(this.#lowestBad, rate);
		this.next = this.#following();
	}

	#following(): number | undefined {
		const { best } = this;
		const bad = this.#lowestBad;
		if (bad === Number.POSITIVE_INFINITY) return best >= HIGHEST ? undefined : Math.min(HIGHEST, best * 2);
		if (best === 0) return bad <= LOWEST ? undefined : Math.max(LOWEST, Math.floor(bad / 4));
		const middle = rounded(Math.sqrt(best * bad));
		return bad / best <= CLOSE_ENOUGH || middle <= best || middle >= bad ? undefined : middle;
	}
}

/** Two digits are as exact as such a search is. */
function rounded(rate: number): number {
	return Number(rate.toPrecision(2));
}
