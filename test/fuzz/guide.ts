// Finds inputs that reach new code: V8's precise coverage, block by block. It measures batches, because a measurement costs
// milliseconds, and then halves a batch until the input is found.

import { Session } from "node:inspector";

interface FunctionCoverage {
	readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
}

interface ScriptCoverage {
	readonly url: string;
	readonly functions: readonly FunctionCoverage[];
}

const MOST_OF_A_BATCH = 4;

/** What was reached in one process, since it was made. */
export class Guide {
	readonly #session: Session = new Session();
	readonly #isMeasured: (url: string) => boolean;
	/** For each script, 1 for each character of its code that was reached. */
	readonly #reached: Map<string, Uint8Array> = new Map();
	#characters = 0;

	/** @param isMeasured whether the code of a script counts. */
	constructor(isMeasured: (url: string) => boolean) {
		this.#isMeasured = isMeasured;
		this.#session.connect();
		this.#post("Profiler.enable");
	}

	/** How many characters of code were reached. */
	get reached(): number {
		return this.#characters;
	}

	/** Code runs more slowly until `pause`. */
	resume(): void {
		this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
	}

	pause(): void {
		this.#post("Profiler.stopPreciseCoverage");
	}

	/**
	 * Runs a batch, and returns the inputs that reach what no input before reached.
	 *
	 * @param run must not throw.
	 */
	async select<Input>(batch: readonly Input[], run: (inputs: readonly Input[]) => Promise<void>): Promise<Input[]> {
		const found: Input[] = [];
		while (found.length < MOST_OF_A_BATCH) {
			if (!(await this.#isNew(batch, run))) return found;
			let part = batch;
			while (part.length > 1) {
				const half = part.slice(0, part.length >> 1);
				part = (await this.#isNew(half, run)) ? half : part.slice(part.length >> 1);
			}
			this.#take(false);
			await run(part);
			// What depends on the inputs before it is not this input's.
			if (!this.#take(true)) return found;
			found.push(part[0]!);
		}
		return found;
	}

	async #isNew<Input>(inputs: readonly Input[], run: (inputs: readonly Input[]) => Promise<void>): Promise<boolean> {
		this.#take(false);
		await run(inputs);
		return this.#take(false);
	}

	/** Whether code was reached since the last call that was not reached before; `isKept`: from now on it counts as reached. */
	#take(isKept: boolean): boolean {
		let isNew = false;
		const { result } = this.#post("Profiler.takePreciseCoverage") as { result: ScriptCoverage[] };
		for (const { url, functions } of result) {
			if (!this.#isMeasured(url)) continue;
			const end = Math.max(0, ...functions.map(({ ranges }) => ranges[0]?.endOffset ?? 0));
			const reached = this.#codeOf(url, end);
			for (const { ranges } of functions) {
				const [whole] = ranges;
				if (!whole || whole.count === 0) continue;
				// A block is listed where its count differs from that of the block around it, which comes before it.
				const now = new Uint8Array(whole.endOffset - whole.startOffset);
				for (const { startOffset, endOffset, count } of ranges) {
					now.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
				}
				for (let at = 0; at < now.length; at++) {
					if (now[at] === 0 || reached[whole.startOffset + at] === 1) continue;
					isNew = true;
					if (!isKept) break;
					reached[whole.startOffset + at] = 1;
					this.#characters++;
				}
			}
		}
		return isNew;
	}

	#codeOf(url: string, length: number): Uint8Array {
		const known = this.#reached.get(url);
		if (known && known.length >= length) return known;
		const longer = new Uint8Array(length);
		if (known) longer.set(known);
		this.#reached.set(url, longer);
		return longer;
	}

	// The session of a thread with itself answers before it returns.
	#post(method: string, parameters?: object): unknown {
		let answer: unknown;
		this.#session.post(method, parameters, (error, result) => {
			if (error) throw error;
			answer = result;
		});
		return answer;
	}
}
