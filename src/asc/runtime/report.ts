// What a script's own code throws and nothing catches: to the host with its place, and to `application.onStatus`. It never stops
// the application. Implements docs/guide/asc.md, "When a script fails".

import { applicationStatus } from "./application.ts";
import { callback, hostFunction, ownError } from "./bridge.ts";
import { positionIn, stackOf, wordsOf } from "./positions.ts";

const reportToHost = hostFunction("error");
let reporting = false;

/** Reports an exception. An exception in `onStatus` itself goes to the host alone. */
export function reportError(error: unknown): void {
	const { file, line, column } = positionIn(stackOf(error));
	const words = wordsOf(error);
	reportToHost(words, file, line, column);
	if (reporting) return;
	reporting = true;
	try {
		applicationStatus({
			level: "error",
			code: "Application.Script.Error",
			description: file === "" ? words : `${file}:${line}:${column}: ${words}`,
			details: words,
			filename: file,
			lineno: line,
			linebuf: "",
		});
	} catch (further) {
		reportError(further);
	} finally {
		reporting = false;
	}
}

let kept: unknown;

/**
 * How the host reports a rejected promise that nobody caught. The object itself does not cross: the host puts it down here with
 * `keepError`, from its own handler, and then calls the number.
 */
export const reportKept: number = callback(() => {
	const error = kept;
	kept = undefined;
	reportError(ownError(error));
});

/** Takes what was thrown, for `reportKept`. */
export function keepError(error: unknown): void {
	kept = error;
}
