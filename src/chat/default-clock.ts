// The clock of a chat that is given none: what Node and pages have in common.

import type { Clock } from "../link/index.ts";

/** Monotonic time and timers of the host. */
export const defaultClock: Clock = {
	now: () => performance.now(),
	afterTick: (run) => {
		setTimeout(run, 0);
	},
	delay: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		// A timer of Node's would keep the process alive; a page's is a number.
		(timer as unknown as { unref?(): void }).unref?.();
		return () => clearTimeout(timer);
	},
};
