// Deadlines of accepted sockets. The event loop runs expired timers before it reads sockets, so after a stall a deadline would
// expire while the client's bytes wait in the kernel. A deadline therefore lets the event loop read once more before it
// expires, and does not count time for which the process was stalled.

import type { Duplex } from "node:stream";

/** A timer that fires this late shows that the process was stalled. */
const STALL_MS = 50;

/**
 * Calls `expired` once, `timeoutMs` milliseconds from now or later.
 *
 * @returns a function that cancels it; calling it again does nothing.
 */
export function deadline(timeoutMs: number, expired: () => void): () => void {
	let timer: NodeJS.Timeout;
	let immediate: NodeJS.Immediate | undefined;
	const start = (delayMs: number): void => {
		const dueMs = performance.now() + delayMs;
		timer = setTimeout(() => {
			const lateMs = performance.now() - dueMs;
			if (lateMs > STALL_MS) start(Math.min(lateMs, timeoutMs));
			else immediate = setImmediate(expired);
		}, delayMs);
	};
	start(timeoutMs);
	return () => {
		clearTimeout(timer);
		if (immediate) clearImmediate(immediate);
	};
}

/** Destroys `socket` unless it closes by itself within `timeoutMs` milliseconds. */
export function closeWithin(socket: Duplex, timeoutMs: number): void {
	if (socket.destroyed) return;
	const cancel = deadline(timeoutMs, () => socket.destroy());
	socket.once("close", cancel);
}
