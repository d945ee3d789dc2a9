// Plays the client's side of a recording against a server, and reports where its answers differ. docs/guide/replay.md.

import { abortedError } from "../../connection/index.ts";
import { ABORTED, ClientReplay } from "./client-replay.ts";
import { type LoadedRecording, loadRecording } from "./load-recording.ts";
import type { ReplayClientOptions, ReplayClientReport } from "./replay-client-options.ts";
import { checkSpeed } from "./replay-server.ts";

/**
 * Plays the client's side of a recording against a server. It sends a document when the answers that were recorded before it came, or
 * `timeoutMs` passed. Values that the server chooses again (session ids, keys) are put into the documents that repeat them.
 *
 * Rejects with XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT, XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID, XMLSOCKET_ABORTED,
 * XMLSOCKET_RECORDING_INVALID, XMLSOCKET_RECORDING_EMPTY, XMLSOCKET_RECORDING_TOO_LARGE, XMLSOCKET_REPLAY_RULES_INVALID or XMLSOCKET_FILTER_INVALID.
 *
 * @param recording a file, or the recording itself.
 * @param address as for `connect`.
 *
 * @example
 * ```ts
 * const report = await replayAsClient("session.ndjson", "localhost:9339", { ignore: ["time"] });
 * assert.deepEqual(report.differences, []);
 * ```
 */
export async function replayAsClient(
	recording: string | LoadedRecording,
	address: string,
	options: ReplayClientOptions = {},
): Promise<ReplayClientReport> {
	checkSpeed(options.speed);
	const { signal } = options;
	if (signal?.aborted) throw abortedError(ABORTED, signal);
	const loaded = typeof recording === "string" ? await loadRecording(recording) : recording;
	const replay = new ClientReplay(loaded, address, options);
	const abort = (): void => replay.abort();
	signal?.addEventListener("abort", abort, { once: true });
	try {
		return await replay.run();
	} finally {
		signal?.removeEventListener("abort", abort);
	}
}
