// Reports a script's uncaught exception to the host, with its position, and to `application.onStatus`. The application continues.
// Implements docs/guide/asc.md, "When a script fails".

import { applicationStatus } from "./application.ts";
import { callback, hostFunction, ownError } from "./bridge.ts";
import { positionIn, stackOf, wordsOf } from "./positions.ts";

const reportToHost = hostFunction("error");
let reporting = false;

/** Reports an exception. An exception of `onStatus` itself goes only to the host. */
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
 * The callback with which the host reports an unhandled rejection. The error itself cannot cross as an argument: the host stores it with
 * `keepError`, then calls this number.
 */
export const reportKept: number = callback(() => {
	const error = kept;
	kept = undefined;
	reportError(ownError(error));
});

/** Stores the error for `reportKept`. */
export function keepError(error: unknown): void {
	kept = error;
}
