export type { Application, Health, Peer, Session } from "./application.ts";
export type { Bus, Channel, Claims } from "./bus.ts";
export { Hub, type HubOptions } from "./hub.ts";
export { type ConnectionLimits, type LinkLimits, linkLimits } from "./link-limits.ts";
export {
	type Appended,
	DEFAULT_DEDUPE_WINDOW_MS,
	type Following,
	type Log,
	type LogEntry,
	type LogOptions,
	type LogPage,
	type NewEntry,
	type ReadLimits,
	type Retention,
	type RoomState,
} from "./log.ts";
export { type MemoryBus, MemoryExchange } from "./memory-bus.ts";
export { MemoryLog, type MemoryLogOptions } from "./memory-log.ts";
export { type Member, Room } from "./room.ts";
export { closeReason, type PeerHost, ServerPeer } from "./server-peer.ts";
