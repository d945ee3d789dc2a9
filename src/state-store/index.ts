export { MemoryStateStore } from "./memory-state-store.ts";
export type { StateChange, StateStore } from "./state-store.ts";
export { StateTable } from "./state-table.ts";
