// How many processes `--workers` starts, and what they cannot do together.

import { XMLSocketError } from "../errors/index.ts";
import { MAX_WORKERS, type ServeSettings } from "./serve-schema.ts";
import { usableCores } from "./usable-cores.ts";

/**
 * The number of workers; 1: the daemon is one process.
 *
 * @throws XMLSOCKET_OPTION_INVALID where another option needs one process.
 */
export function workerCount(settings: Pick<ServeSettings, "workers" | "learn">): number {
	const { workers, learn } = settings;
	if (workers === 1) return 1;
	if (learn !== undefined) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"--workers and --learn exclude each other: its file is written by one process. Use --workers 1, or list the targets with --target.",
		);
	}
	return workers === "auto" ? Math.min(usableCores(), MAX_WORKERS) : workers;
}
