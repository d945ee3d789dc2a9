// How the parts of the host tell the operator why something that a script asked for was not done: a line of the log with the
// error's code. The script itself is told as the manual says, with false or a status.

import { XMLSocketError } from "../../errors/index.ts";
import type { Surroundings } from "./border.ts";

/** Takes an error for the log. */
export function reportTo(log: Surroundings["log"]): (error: unknown) => void {
	return (error) => {
		const isOurs = error instanceof XMLSocketError;
		const words = error instanceof Error ? error.message : String(error);
		log("warn", words, isOurs ? error.code : "XMLSOCKET_INTERNAL");
	};
}
