// How the parts of the host tell the operator why something that a script asked for was not done: a line of the log with the
// error's code. The script itself is told as the manual says, with false or a status. A script that fails in a loop fills no log.

import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext } from "./bridge.ts";

const LINES_PER_SECOND = 20;

/** Takes errors for the log. */
export function reportTo(log: HostContext["log"]): (error: unknown) => void {
	let second = 0;
	let lines = 0;
	let dropped = 0;
	return (error) => {
		const now = Math.floor(performance.now() / 1000);
		if (now !== second) {
			if (dropped > 0) log("warn", `${dropped} further lines of this kind were dropped.`);
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
