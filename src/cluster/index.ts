export type { Bus, Channel, Claims } from "./bus.ts";
export { type MemoryBus, MemoryExchange } from "./memory-bus.ts";
