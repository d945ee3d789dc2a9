// Reads pages of one room out of a stream that holds many. JetStream reads forward only, one message a request: "the first of this
// subject from number n on". Asked for many n at once it answers 64 in little more time than one, so a page is found in rounds: ask
// at so many places, note what each answer proves ("nothing between n and the entry found"), and ask again where the proof has
// holes. A room alone in the stream needs one round; one among many, a few. No consumer is made, nothing is kept by the server.

/** An entry as the stream has it. */
export interface Found {
	readonly seq: number;
}

/** The first entry of the room from a number on; undefined where there is none. */
export type Ask<T extends Found> = (from: number) => Promise<T | undefined>;

const AT_ONCE = 64;
const AT_LEAST = 8;
const SPARSER = 8;

/** From `from` up to `at` there is nothing, and at `at` there is `entry`; where that is missing there is nothing at all. */
interface Span<T> {
	from: number;
	readonly at: number;
	readonly entry: T | undefined;
}

/** What the answers have proved so far. */
class Proof<T extends Found> {
	// By `at`.
	readonly #spans: Span<T>[] = [];

	/** @returns whether it is an entry that was not known. */
	add(from: number, entry: T | undefined): boolean {
		const at = entry?.seq ?? Number.POSITIVE_INFINITY;
		const index = this.#indexFrom(at);
		const known = this.#spans[index];
		if (known?.at === at) {
			known.from = Math.min(known.from, from);
			return false;
		}
		this.#spans.splice(index, 0, { from, at, entry });
		return entry !== undefined;
	}

	/** What is proved of a number. */
	of(seq: number): Span<T> | undefined {
		const span = this.#spans[this.#indexFrom(seq)];
		return span && span.from <= seq ? span : undefined;
	}

	/** Of the numbers around one of which nothing is proved: the first after an entry that is known; undefined where none is. */
	holeFrom(seq: number): number | undefined {
		const below = this.#spans[this.#indexFrom(seq) - 1];
		return below && below.at + 1;
	}

	/** And the last before what is proved again; undefined where nothing is. */
	holeTo(seq: number): number | undefined {
		const above = this.#spans[this.#indexFrom(seq)];
		return above && above.from - 1;
	}

	#indexFrom(at: number): number {
		let low = 0;
		let high = this.#spans.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.#spans[middle]!.at < at) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}

/** Reads one room. */
export class RoomReader<T extends Found> {
	readonly #ask: Ask<T>;
	/** How far apart the room's entries are, as far as was seen. */
	#spacing: number;

	/** @param spacing how far apart the room's entries are thought to be; a wrong guess costs rounds, nothing else */
	constructor(ask: Ask<T>, spacing = 1) {
		this.#ask = ask;
		this.#spacing = Math.max(1, Math.round(spacing));
	}

	/** The oldest entries from `first` to `last`, in order: `count` of them, or all. */
	async forward(first: number, last: number, count: number): Promise<T[]> {
		const proof = new Proof<T>();
		for (let stride = this.#spacing, pieces = 1, stuckAt = 0; ; ) {
			const found: T[] = [];
			let next = first;
			while (next <= last && found.length < count) {
				const span = proof.of(next);
				if (!span) break;
				if (span.at <= last) found.push(span.entry!);
				next = span.at + 1;
			}
			if (next > last || found.length >= count) return this.#learn(found);
			const places: number[] = [];
			const most = atMost(count - found.length);
			let open = 0;
			// The hole that the page waits for is asked in ever more places, in case that it is full.
			const end = proof.holeTo(next) ?? 0;
			pieces = end === stuckAt ? pieces * 2 : 1;
			stuckAt = end;
			for (let place = next; place <= last && places.length < most; ) {
				const span = proof.of(place);
				if (span) {
					place = span.at + 1;
					continue;
				}
				const to = proof.holeTo(place);
				const step = to === undefined ? stride : Math.ceil((to - place + 1) / pieces);
				for (; place <= Math.min(to ?? last, last) && places.length < most; place += step) {
					places.push(place);
					if (to === undefined) open++;
				}
				if (to !== undefined) place = to + 1;
			}
			if (await this.#round(proof, places, open)) stride *= SPARSER;
		}
	}

	/** The newest entries up to `last`, newest first: `count` of them, or all. */
	async backward(last: number, count: number): Promise<T[]> {
		const proof = new Proof<T>();
		for (let stride = this.#spacing, pieces = 1, stuckAt = 0; ; ) {
			const found: T[] = [];
			let next = last;
			while (next >= 1 && found.length < count) {
				const span = proof.of(next);
				if (!span) break;
				if (span.at === next) found.push(span.entry!);
				next = span.from - 1;
			}
			if (next < 1 || found.length >= count) return this.#learn(found);
			const places: number[] = [];
			const most = atMost(count - found.length);
			let open = 0;
			const end = proof.holeFrom(next) === undefined ? 0 : next;
			pieces = end === stuckAt ? pieces * 2 : 1;
			stuckAt = end;
			for (let place = next; place >= 1 && places.length < most; ) {
				const span = proof.of(place);
				if (span) {
					place = span.from - 1;
					continue;
				}
				const from = proof.holeFrom(place);
				if (from === undefined) {
					for (; place > 1 && places.length < most; place -= stride, open++) places.push(place);
					if (place <= 1 && places.length < most) {
						places.push(1);
						open++;
					}
					break;
				}
				// Asking right after an entry proves that the next one known is its next, or finds those between.
				const step = Math.ceil((place - from + 1) / pieces);
				for (let inside = from; inside <= place && places.length < most; inside += step) places.push(inside);
				place = from - 1;
			}
			if (await this.#round(proof, places, open)) stride *= SPARSER;
		}
	}

	// Asks at all places at once. @returns whether most of the last `open` places had the same answers: they lie too near.
	async #round(proof: Proof<T>, places: readonly number[], open: number): Promise<boolean> {
		const answers = await Promise.all(places.map((place) => this.#ask(place)));
		let entries = 0;
		for (const [at, entry] of answers.entries()) {
			if (proof.add(places[at]!, entry) && at >= places.length - open) entries++;
		}
		return entries * SPARSER < open;
	}

	#learn(found: T[]): T[] {
		if (found.length > 1) {
			const apart = Math.abs(found.at(-1)!.seq - found[0]!.seq) / (found.length - 1);
			this.#spacing = Math.max(1, Math.round(apart));
		}
		return found;
	}

	/** As `#spacing`, for a reader that comes after this one. */
	get spacing(): number {
		return this.#spacing;
	}
}

function atMost(wanted: number): number {
	return Math.min(AT_ONCE, Math.max(AT_LEAST, wanted));
}
