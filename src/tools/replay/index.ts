export type { FieldDifference } from "./compare.ts";
export { type LoadedRecording, loadRecording } from "./load-recording.ts";
export { replayAsClient } from "./replay-client.ts";
export type { ReplayClientOptions, ReplayClientReport, ReplayDifference } from "./replay-client-options.ts";
export type {
	ConnectionEnded,
	ConnectionRefused,
	ConnectionReplayed,
	ReplayEvent,
	RequestUnmatched,
	ValuesFound,
} from "./replay-events.ts";
export { createReplayServer, type ReplayServer } from "./replay-server.ts";
export type { ReplayServerOptions, ReplayServerReport } from "./replay-server-options.ts";
export { showDifference, showReplayDifference, showReplayEvent, showReplayReport } from "./replay-text.ts";
export { parseReplayRules, type ReplayRule } from "./rules.ts";
export { type ReplayTestOptions, writeReplayTest } from "./write-replay-test.ts";
