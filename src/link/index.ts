export type { Clock } from "./clock.ts";
export { isPromise } from "./is-promise.ts";
export { Link } from "./link.ts";
export type { LinkClose, LinkOptions, LinkOwner } from "./link-options.ts";
export { memoryPair } from "./memory-pair.ts";
export { onAbort } from "./on-abort.ts";
export { Scheduler } from "./scheduler.ts";
export type { SecureOptions, Transport, TransportEvents } from "./transport.ts";
export { Work } from "./work.ts";
