export type { Bus, Channel, NameLeases } from "./bus.ts";
export { type MemoryBus, MemoryExchange } from "./memory-bus.ts";
