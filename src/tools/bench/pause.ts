// Waiting in a run that can be aborted.

import { onAbort } from "../../link/index.ts";

/** Resolves after the time, or when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
	return new Promise((resolve) => {
		if (signal?.aborted) {
			resolve();
			return;
		}
		const timer = setTimeout(done, ms);
		const offAbort = onAbort(signal, done);
		function done(): void {
			clearTimeout(timer);
			offAbort();
			resolve();
		}
	});
}
