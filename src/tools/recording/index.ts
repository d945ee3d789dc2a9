export { type Recording, readRecording } from "./recording.ts";
export type { ReadRecordingOptions, RecordingFormat, RecordingState } from "./recording-source.ts";
export { openRecordingWriter, RecordingWriter, type RecordingWriterOptions } from "./recording-writer.ts";
