// What the readers of recordings share: the options, what they find out, and the opened bytes. recording.ts opens, the others read.

import type { CaptureInfo, Direction } from "../traffic/index.ts";

/** What a file can be: a recording of this package, a `--record` file of websockify, or the plain bytes of one direction. */
export type RecordingFormat = "recording" | "websockify" | "bytes";

/** Options of {@link readRecording}. */
export interface ReadRecordingOptions {
	/** What the file is. @default found out from its beginning; plain bytes only where the name ends in `.bin` */
	readonly format?: RecordingFormat;
	/** Who sent the plain bytes. @default "server" */
	readonly direction?: Direction;
	/** What ends a document of plain bytes, or in a file of websockify; a recording has its own. @default one zero byte */
	readonly terminator?: Uint8Array;
	/** The encoding of plain bytes, or of a file of websockify. @default "utf-8" */
	readonly encoding?: string;
	/** The longest document of these two, in bytes; a longer one becomes parts. @default 1048576 */
	readonly maxDocumentBytes?: number;
}

/** What {@link readRecording} found out on the way. It is complete when all events were read. */
export interface RecordingState {
	/** Whether the file ends in the middle of a line, as a killed process leaves it. All whole lines were read. */
	cutOff: boolean;
	/** Events that the recorder left out, because its disk was too slow. */
	missing: number;
	/** Lines with events of a kind that this version does not know. */
	unknown: number;
}

/** Bytes of a recording, with the first chunk read already. @internal */
export interface OpenedSource {
	readonly chunks: AsyncIterable<Uint8Array>;
	readonly state: RecordingState;
	readonly info: CaptureInfo;
	readonly options: ReadRecordingOptions;
}
