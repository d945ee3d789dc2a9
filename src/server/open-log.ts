// Opens the message log of a data folder for a program that runs the chat. LevelDB is loaded only here, and only on the first call.

import type { MessageLog } from "../message-log/index.ts";
import type { LevelLogOptions } from "../message-log/level/index.ts";

/**
 * Opens the log of a data folder, and creates the folder where there is none. A chat that is given the log closes it.
 *
 * Rejects with XMLSOCKET_DATA_IN_USE where another process has the folder open, XMLSOCKET_DATA_UNREADABLE for any other cause.
 *
 * @example
 * ```ts
 * const log = await openLog("./xmlsocket-data", { retention: { maxCount: 100_000 } });
 * const server = await createServer({ port: 9000, application: createChat({}, { log }) }).listen();
 * ```
 */
export async function openLog(folder: string, options: LevelLogOptions = {}): Promise<MessageLog> {
	const { LevelLog } = await import("../message-log/level/index.ts");
	return await LevelLog.open(folder, options);
}
