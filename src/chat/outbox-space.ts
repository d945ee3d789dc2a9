// Waits until a client has read most of what was sent to it, so that what is sent next does not pile up in memory.

import type { Clock } from "../link/index.ts";
import type { PacedClient } from "./paced-client.ts";

const FULL_OUTBOX_BYTES = 64 * 1024;
const RECHECK_MS = 1000;

/** Whether less than 64 KiB wait for a client. */
export function hasSpace(client: PacedClient): boolean {
	return client.peer.outboxBytes < FULL_OUTBOX_BYTES;
}

/** Resolves when less than 64 KiB wait for the client, or within a second after its connection has ended, or when `isStopped` is true. */
export async function outboxHasSpace(
	client: PacedClient,
	clock: Clock,
	isStopped: () => boolean = () => false,
): Promise<void> {
	if (hasSpace(client)) return;
	// What was sent in this tick has not been written yet.
	await new Promise<void>((resolve) => clock.afterTick(resolve));
	while (client.isConnected && !isStopped() && !hasSpace(client)) await drainedOrLater(client, clock, RECHECK_MS);
}

/** Resolves when the client has read what waited for it, or is gone, or after `ms`. */
export function drainedOrLater(client: PacedClient, clock: Clock, ms: number): Promise<void> {
	return new Promise<void>((resolve) => {
		// Nothing is reported of what the system accepts at once, for example when other rooms filled the outbox in this tick.
		const cancelDelay = clock.delay(ms, () => {
			cancelDrained();
			resolve();
		});
		const cancelDrained = client.onDrained(() => {
			cancelDelay();
			resolve();
		});
	});
}
