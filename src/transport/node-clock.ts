// Node's clock: monotonic time, the check phase of the event loop, and timers that do not keep the process alive.

import { performance } from "node:perf_hooks"; // the global is looked up by a getter at each use
import type { Clock } from "../link/index.ts";

/** The clock of every link in a Node process. */
export const nodeClock: Clock = {
	now: () => performance.now(),
	afterTick: (run) => {
		setImmediate(run);
	},
	delay: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		timer.unref();
		return () => clearTimeout(timer);
	},
};
