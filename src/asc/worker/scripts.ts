// A part of the host: what scripts say (`trace`, uncaught exceptions, the log) and what they load.

import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { explainSyntax } from "./explain-syntax.ts";

const MAX_LINE = 8192;

/** `trace`, `error`, `log`, `load`. */
export function scriptsPart(context: HostContext): HostPart {
	let dropped = 0;
	return {
		functions: {
			trace(text: string, file: string, line: number): void {
				const shown = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
				if (!context.postNow(["trace", shown, file, line])) dropped++;
				else if (dropped > 0) {
					context.log("warn", `${dropped} lines of trace() were dropped: they came faster than they could be shown`);
					dropped = 0;
				}
			},
			error(words: string, file: string, line: number, column: number): void {
				context.postNow(["error", words.slice(0, MAX_LINE), file, line, column]);
			},
			log(level: "debug" | "info" | "warn" | "error", words: string): void {
				context.log(level, words);
			},
			load(name: string): void {
				const { text, file } = context.folder.script(name);
				context.run(text, file);
			},
		},
	};
}

/**
 * Runs a script.
 *
 * @param shown the file as errors name it
 * @throws XMLSOCKET_SCRIPT_FAILED where it cannot be parsed; otherwise what the script throws
 */
export function runScript(run: (text: string, file: string) => void, text: string, shown: string): void {
	try {
		run(text, shown);
	} catch (error) {
		// A parser's error has Node's mark in its stack; one that the script threw itself has not.
		if (error instanceof SyntaxError)
			throw new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", explainSyntax(error, text, shown));
		throw error;
	}
}
