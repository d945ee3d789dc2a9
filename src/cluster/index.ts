export type { Bus, Channel, NameLeases } from "./bus.ts";
