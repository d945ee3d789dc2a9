export { type CutUnit, DocumentCutter, type DocumentCutterOptions } from "./cutter.ts";
export { type Decoded, type DocumentForm, decodeDocument, type ExactDecode, exactDecode } from "./decoded.ts";
export type {
	CaptureInfo,
	CloseEvent,
	Direction,
	DocumentEvent,
	ErrorEvent,
	OpenEvent,
	TrafficEvent,
} from "./event.ts";
export {
	decodeFeedMessage,
	encodeFeedMessage,
	type FeedBytes,
	type FeedMessage,
	type FeedRequest,
	type HeldDocument,
} from "./feed-messages.ts";
export { type Filter, parseFilter } from "./filter.ts";
export { type FormatOptions, formatDocument } from "./format.ts";
export { createMask, type Mask, type MaskOptions } from "./mask.ts";
export { quoteForShell } from "./quote-for-shell.ts";
export {
	parseRecordingLine,
	RECORDING_VERSION,
	type RecordingEntry,
	type RecordingGap,
	recordingHeader,
	recordingLine,
} from "./recording-line.ts";
export { type NamedCount, type TrafficCount, TrafficStatistics, type TrafficSummary } from "./statistics.ts";
export type { Token, TokenStyle } from "./token-list.ts";
export { columnsOf, cutToColumns, type VisiblePart, visible, visibleParts } from "./visible.ts";
