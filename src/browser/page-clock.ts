// The page's clock. A message to ourselves comes after what the event loop has received already, and is not held back like
// a timer of a page in the background.

import type { Clock } from "../link/index.ts";

let channel: MessageChannel | undefined;
let waiting: (() => void)[] = [];

/** The clock of every link in a page. */
export const pageClock: Clock = {
	now: () => performance.now(),
	afterTick: (run) => {
		if (!channel) {
			channel = new MessageChannel();
			channel.port1.onmessage = runWaiting;
		}
		if (waiting.push(run) === 1) channel.port2.postMessage(undefined);
	},
	delay: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	},
};

function runWaiting(): void {
	const batch = waiting;
	waiting = [];
	for (const run of batch) {
		try {
			run();
		} catch (error) {
			reportError(error);
		}
	}
}
