// Logs why the host refused or failed a request of a script, with the error's code. The script itself gets false or a status, as the manual
// specifies. The lines per second are limited, so that a script that fails in a loop does not fill the log.

import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext } from "./bridge.ts";

const LINES_PER_SECOND = 20;

/** Creates the function that logs errors. */
export function reportTo(log: HostContext["log"]): (error: unknown) => void {
	let second = 0;
	let lines = 0;
	let dropped = 0;
	return (error) => {
		const now = Math.floor(performance.now() / 1000);
		if (now !== second) {
			if (dropped > 0) log("warn", `${dropped} more warnings of the scripts were dropped in that second.`);
			[second, lines, dropped] = [now, 0, 0];
		}
		if (++lines > LINES_PER_SECOND) {
			dropped++;
			return;
		}
		const words = error instanceof Error ? error.message : String(error);
		log("warn", words, error instanceof XMLSocketError ? error.code : "XMLSOCKET_INTERNAL");
	};
}
