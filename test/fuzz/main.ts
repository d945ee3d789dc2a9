// The thread of the fuzzer that runs one target. run.js bundles this file, starts it, and ends it where an input never ends.

import { parentPort, workerData } from "node:worker_threads";
import { Random } from "../xml/random-documents.ts";
import { fuzz, type Trial } from "./engine.ts";
import { Guide } from "./guide.ts";
import { TARGETS } from "./targets/index.ts";

interface Task {
	readonly target: string;
	readonly seed: number;
	readonly milliseconds: number;
	readonly executions: number;
	readonly guided: boolean;
	readonly corpus: readonly Uint8Array[];
	/** Where the input of the current execution is: its number, its seed, its length, its bytes. */
	readonly current: SharedArrayBuffer;
	/** One execution to repeat, instead of fuzzing. */
	readonly repeat?: { readonly input: Uint8Array; readonly seed: number };
}

const HEAD_BYTES = 16;

async function work(task: Task): Promise<void> {
	const target = await TARGETS[task.target]!();
	if (task.repeat) {
		await target.run(task.repeat.input, new Random(task.repeat.seed));
		await target.finish?.();
		parentPort?.postMessage({ event: "repeated" });
		return;
	}
	const numbers = new Uint32Array(task.current, 0, 3);
	const bytes = new Uint8Array(task.current, HEAD_BYTES);
	const onTrial = ({ input, seed }: Trial): void => {
		numbers[1] = seed;
		numbers[2] = Math.min(input.length, bytes.length);
		bytes.set(input.length > bytes.length ? input.subarray(0, bytes.length) : input);
		numbers[0] = numbers[0]! + 1;
	};
	// Refusals are errors, too, and most of their cost is the stack.
	Error.stackTraceLimit = 0;
	const guide = task.guided ? new Guide((url) => url.includes("/test/fuzz/build/")) : undefined;
	const report = await fuzz(target, { ...task, guide, onTrial });
	parentPort?.postMessage({ event: "report", report });
}

if (parentPort) await work(workerData as Task);
else console.log(Object.keys(TARGETS).join("\n"));
