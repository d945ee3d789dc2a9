export type { Clock } from "./clock.ts";
export { Link, type LinkClose, type LinkOptions, type LinkOwner } from "./link.ts";
export { memoryPair } from "./memory-pair.ts";
export { Scheduler } from "./scheduler.ts";
export type { SecureOptions, Transport, TransportEvents } from "./transport.ts";
