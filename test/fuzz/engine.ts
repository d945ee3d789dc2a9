// Runs a target: makes inputs, runs them, keeps those that reach new code, and reduces those that fail. It reads no files.

import { performance } from "node:perf_hooks";
import { Random } from "../xml/random-documents.ts";
import type { Guide } from "./guide.ts";
import { mutate, ORDINARY_BYTES, tokenBytes } from "./mutate.ts";
import type { Target } from "./target.ts";

/** One execution, which can be repeated. */
export interface Trial {
	readonly input: Uint8Array;
	readonly seed: number;
}

/** What the product did wrong. */
export interface Finding extends Trial {
	/** The input that failed first, before it was reduced. */
	readonly original: Uint8Array;
	readonly error: string;
}

export interface Report {
	readonly executions: number;
	readonly seconds: number;
	/** Inputs that reached new code. */
	readonly kept: readonly Uint8Array[];
	/** Characters of code that were reached. */
	readonly reached: number;
	/** The longest time that an input took, in milliseconds, where it was not the machine's. */
	readonly slowestMs: number;
	readonly findings: readonly Finding[];
}

export interface FuzzOptions {
	readonly seed: number;
	readonly corpus: readonly Uint8Array[];
	/** Whichever comes first ends the run. */
	readonly milliseconds: number;
	readonly executions: number;
	/** Undefined: no coverage is measured. */
	readonly guide: Guide | undefined;
	/** Called before each execution, so that an input that never ends is known. */
	readonly onTrial: (trial: Trial) => void;
}

const BATCH = 400;
const SMALLEST_BATCH = 16;
const BATCH_SECONDS = 0.1;
const SLOW_MS = 50;
const WORTH_A_LOOK_MS = 2;
const TIMED_RUNS = 5;
const SLOW = "Error: slow";
const SLOW_MAX_BYTES = 65_536;
const MOST_KEPT = 2000;
const MOST_FINDINGS = 5;
const GUIDED_MS = 1500;
const UNGUIDED_MS = 8500;
const REDUCE_ATTEMPTS = 3000;
const REDUCE_MS = 10_000;
const DEFAULT_MAX_BYTES = 4096;
const STACK_FRAMES = 20;

/** Fuzzes a target until its time or its number of executions is over, or five different failures are found. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Report> {
	const { seed, milliseconds, guide } = options;
	const random = new Random(seed);
	const tokens = tokenBytes(target.tokens);
	const maxBytes = target.maxBytes ?? DEFAULT_MAX_BYTES;
	const corpus = [...options.corpus];
	const kept: Uint8Array[] = [];
	const findings = new Map<string, Finding>();
	const begunMs = performance.now();
	let executions = 0;
	let slowestMs = 0;

	const fail = async (trial: Trial, failure: unknown): Promise<void> => {
		const kind = kindOf(failure);
		if (findings.has(kind)) return;
		const error = await withStack(target, trial, failure);
		findings.set(kind, { ...trial, original: trial.input, error: textOf(error) });
		// A shorter input takes less time, so that a slow one is not reduced.
		if (kind.startsWith(SLOW)) return;
		findings.set(kind, { ...(await reduce(target, trial, kind)), original: trial.input, error: textOf(error) });
	};
	const late = async (trial: Trial, tookMs: number): Promise<void> => {
		if (trial.input.length >= SLOW_MAX_BYTES) return;
		const leastMs = Math.min(tookMs, timed(target, trial));
		slowestMs = Math.max(slowestMs, leastMs);
		if (leastMs > SLOW_MS)
			await fail(trial, new Error(`slow: ${Math.round(leastMs)} ms for ${trial.input.length} bytes`));
	};
	const runOne = async (trial: Trial): Promise<void> => {
		options.onTrial(trial);
		try {
			await target.run(trial.input, new Random(trial.seed));
		} catch (error) {
			await fail(trial, error);
		}
	};
	const runAll = async (trials: readonly Trial[]): Promise<void> => {
		const { atOnce = 1 } = target;
		if (atOnce > 1) {
			for (let at = 0; at < trials.length; at += atOnce) await Promise.all(trials.slice(at, at + atOnce).map(runOne));
			return;
		}
		for (const trial of trials) {
			options.onTrial(trial);
			const startMs = performance.now();
			try {
				const pending = target.run(trial.input, new Random(trial.seed));
				if (pending) {
					await pending;
					continue;
				}
			} catch (error) {
				await fail(trial, error);
				continue;
			}
			const tookMs = performance.now() - startMs;
			if (tookMs > slowestMs && tookMs > WORTH_A_LOOK_MS) await late(trial, tookMs);
		}
	};

	const next = (): Trial => {
		const generated = target.generate && random.once(corpus.length === 0 ? 1 : 2);
		const input = generated ? target.generate!(random) : mutate(corpus, tokens, maxBytes, random);
		return { input, seed: random.below(2 ** 32) };
	};
	// The corpus as it is comes first: what it reaches is not new.
	const examples = options.corpus.map((input) => ({ input, seed: random.below(2 ** 32) }));
	executions += examples.length;
	guide?.resume();
	if (guide) await guide.select(examples, runAll);
	else await runAll(examples);
	let isGuided = guide !== undefined;
	let phaseMs = performance.now();
	while (
		performance.now() - begunMs < milliseconds &&
		executions < options.executions &&
		findings.size < MOST_FINDINGS
	) {
		// A batch takes a part of a second, because a guided one is repeated.
		const perSecond = (executions / Math.max(1, performance.now() - begunMs)) * 1000;
		const batch = Math.min(BATCH, Math.max(SMALLEST_BATCH, Math.round(perSecond * BATCH_SECONDS)));
		const trials = Array.from({ length: Math.min(batch, Math.max(1, options.executions - executions)) }, next);
		// A guided batch runs more than once to find its new inputs, and counts once.
		executions += trials.length;
		if (guide && isGuided) {
			for (const { input } of await guide.select(trials, runAll)) {
				if (kept.length >= MOST_KEPT || input.length > ORDINARY_BYTES) continue;
				kept.push(input);
				corpus.push(input);
			}
		} else await runAll(trials);
		// The thread must be able to receive messages, and the time of a phase must pass.
		await new Promise((resolve) => setImmediate(resolve));
		if (guide && performance.now() - phaseMs > (isGuided ? GUIDED_MS : UNGUIDED_MS)) {
			isGuided = !isGuided;
			phaseMs = performance.now();
			if (isGuided) guide.resume();
			else guide.pause();
		}
	}
	try {
		await target.finish?.();
	} catch (error) {
		const nothing = { input: new Uint8Array(), original: new Uint8Array(), seed };
		findings.set(kindOf(error), { ...nothing, error: `after ${executions} inputs: ${textOf(error)}` });
	}
	return {
		executions,
		seconds: (performance.now() - begunMs) / 1000,
		kept,
		reached: guide?.reached ?? 0,
		slowestMs,
		findings: [...findings.values()],
	};
}

/**
 * The least time of some runs, in milliseconds: the time on the clock or the processor time of the process, whichever is less. The first
 * counts pauses for other programs, the second counts other threads.
 */
function timed(target: Target, { input, seed }: Trial): number {
	const run = target.product ?? ((bytes: Uint8Array, random: Random) => void target.run(bytes, random));
	let leastMs = Number.POSITIVE_INFINITY;
	for (let turn = 0; turn < TIMED_RUNS; turn++) {
		const used = process.cpuUsage();
		const startMs = performance.now();
		try {
			run(input, new Random(seed));
		} catch {}
		const { user, system } = process.cpuUsage(used);
		leastMs = Math.min(leastMs, performance.now() - startMs, (user + system) / 1000);
	}
	return leastMs;
}

/** The same failure with its stack, which is not recorded otherwise: to record it takes longer than most inputs. */
async function withStack(target: Target, { input, seed }: Trial, failure: unknown): Promise<unknown> {
	const limit = Error.stackTraceLimit;
	Error.stackTraceLimit = STACK_FRAMES;
	try {
		await target.run(input, new Random(seed));
		return failure;
	} catch (error) {
		return error;
	} finally {
		Error.stackTraceLimit = limit;
	}
}

/** A smaller input that fails in the same way. */
async function reduce(target: Target, trial: Trial, kind: string): Promise<Trial> {
	const untilMs = performance.now() + REDUCE_MS;
	let best = trial.input;
	let attempts = 0;
	const fails = async (input: Uint8Array): Promise<boolean> => {
		attempts++;
		try {
			await target.run(input, new Random(trial.seed));
			return false;
		} catch (error) {
			return kindOf(error) === kind;
		}
	};
	const isOver = (): boolean => attempts > REDUCE_ATTEMPTS || performance.now() > untilMs;
	for (let size = best.length >> 1; size >= 1 && !isOver(); size >>= 1) {
		for (let at = 0; at < best.length && !isOver(); ) {
			const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
			if (await fails(shorter)) best = shorter;
			else at += size;
		}
	}
	for (let at = 0; at < best.length && !isOver(); at++) {
		if (best[at] === 0x61) continue;
		const simpler = best.slice();
		simpler[at] = 0x61;
		if (await fails(simpler)) best = simpler;
	}
	return { input: best, seed: trial.seed };
}

/** What two failures of one cause have in common. */
function kindOf(error: unknown): string {
	const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
	return text.replace(/"(?:[^"\\]|\\.)*"|\d+/g, "…").slice(0, 60);
}

function textOf(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
