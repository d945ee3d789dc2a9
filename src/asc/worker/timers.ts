// A part of the host: the timers of `setInterval`. The runtime limits their number.

import type { HostContext, HostPart } from "./bridge.ts";

const MAX_MS = 2 ** 31 - 1;

/** `timer.start`, `timer.stop`. */
export function timersPart(context: HostContext): HostPart {
	const timers = new Map<number, NodeJS.Timeout>();
	return {
		functions: {
			"timer.start"(tick: number, id: number, ms: number): void {
				const every = ms >= 1 ? Math.min(ms, MAX_MS) : 1;
				timers.set(
					id,
					setInterval(() => context.call(tick, "a function of setInterval", id), every),
				);
			},
			"timer.stop"(id: number): void {
				clearInterval(timers.get(id));
				timers.delete(id);
			},
		},
		close(): void {
			for (const timer of timers.values()) clearInterval(timer);
			timers.clear();
		},
	};
}
