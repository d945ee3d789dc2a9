// A connection inside this process, on Node's clock: the pair of `link/`, as a transport beside TCP and WebSocket.

import { memoryPair as linkedPair, type Transport } from "../link/index.ts";
import { nodeClock } from "./node-clock.ts";

/** Two connected ends. What one writes, the other receives in the same pieces, never within the same call. */
export function memoryPair(): [Transport, Transport] {
	return linkedPair(nodeClock);
}
