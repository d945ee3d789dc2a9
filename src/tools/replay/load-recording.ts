// Reads a recording from a file for replay, which needs all of it.

import { XMLSocketError } from "../../errors/index.ts";
import { readRecording } from "../recording/index.ts";
import type { CaptureInfo, TrafficEvent } from "../traffic/index.ts";

/** A whole recording in memory. */
export interface LoadedRecording {
	readonly info: CaptureInfo;
	/** In the order of time. */
	readonly events: readonly TrafficEvent[];
	/** Whether the file ends in the middle of a line, as a killed recorder leaves it. @default false */
	readonly cutOff?: boolean;
	/** Events that the recorder left out. @default 0 */
	readonly missing?: number;
}

/**
 * Reads a recording into memory, for `createReplayServer` and `replayAsClient`. They read a file themselves if you pass its name.
 *
 * Rejects with the errors of `readRecording`: XMLSOCKET_RECORDING_UNREADABLE, XMLSOCKET_RECORDING_INVALID or XMLSOCKET_RECORDING_TOO_NEW; with
 * XMLSOCKET_RECORDING_TOO_LARGE.
 */
export async function loadRecording(file: string): Promise<LoadedRecording> {
	const recording = await readRecording(file);
	const events: TrafficEvent[] = [];
	let heldBytes = 0;
	for await (const event of recording) {
		heldBytes += EVENT_BYTES + ("bytes" in event ? event.bytes.length : 0);
		if (heldBytes > MAX_RECORDING_BYTES) throw tooLarge();
		events.push(event);
	}
	const { info, cutOff, missing } = recording;
	return { info, events, cutOff, missing };
}

/** What an event takes beside its bytes, about. */
const EVENT_BYTES = 256;
/** More does not fit into the memory of many machines. */
const MAX_RECORDING_BYTES = 512 * 1024 * 1024;

function tooLarge(): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_RECORDING_TOO_LARGE",
		`The recording takes more than ${MAX_RECORDING_BYTES} bytes in memory, the limit of replay.`,
		{ details: { limitBytes: MAX_RECORDING_BYTES } },
	);
}
