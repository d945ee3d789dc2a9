export { MemoryLog, type MemoryLogOptions } from "./memory-log.ts";
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
} from "./message-log.ts";
