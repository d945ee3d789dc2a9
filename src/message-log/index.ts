export { Followers } from "./followers.ts";
export { isHistoryName } from "./history-name.ts";
export { MemoryLog, type MemoryLogOptions } from "./memory-log.ts";
export {
	type Appended,
	DEFAULT_DEDUPE_WINDOW_MS,
	type LogEntry,
	type LogOptions,
	type LogPage,
	type MessageLog,
	type NewEntry,
	type ReadLimits,
	type Retention,
	type RoomState,
	type Subscription,
} from "./message-log.ts";
export { RecentIds, type RecentIdsOptions } from "./recent-ids.ts";
