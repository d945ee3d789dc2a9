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
	/** Blocks that were reached, with the magnitude of their number of executions. */
	readonly #reached: Set<string> = new Set();

	/** @param isMeasured whether the code of a script counts. */
	constructor(isMeasured: (url: string) => boolean) {
		this.#isMeasured = isMeasured;
		this.#session.connect();
		this.#post("Profiler.enable");
	}

	get blocks(): number {
		return this.#reached.size;
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
			if ((await this.#fresh(batch, run)).length === 0) return found;
			let part = batch;
			while (part.length > 1) {
				const half = part.slice(0, part.length >> 1);
				part = (await this.#fresh(half, run)).length > 0 ? half : part.slice(part.length >> 1);
			}
			const keys = await this.#fresh(part, run);
			// What depends on the inputs before it is not this input's.
			if (keys.length === 0) return found;
			for (const key of keys) this.#reached.add(key);
			found.push(part[0]!);
		}
		return found;
	}

	async #fresh<Input>(inputs: readonly Input[], run: (inputs: readonly Input[]) => Promise<void>): Promise<string[]> {
		this.#take();
		await run(inputs);
		return this.#take().filter((key) => !this.#reached.has(key));
	}

	#take(): string[] {
		const keys: string[] = [];
		const { result } = this.#post("Profiler.takePreciseCoverage") as { result: ScriptCoverage[] };
		for (const { url, functions } of result) {
			if (!this.#isMeasured(url)) continue;
			for (const { ranges } of functions) {
				for (const { startOffset, endOffset, count } of ranges) {
					if (count > 0) keys.push(`${url}:${startOffset}-${endOffset}`);
				}
			}
		}
		return keys;
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
