// A part of the host: the output of scripts (`trace`, uncaught exceptions, log lines), and `load`.

import { XMLSocketError } from "../../errors/index.ts";
import type { HostContext, HostPart } from "./bridge.ts";
import { ConstHints } from "./explain-const.ts";
import { explainSyntax } from "./explain-syntax.ts";

const MAX_LINE = 8192;
/** Lines of trace() in a second, after as many as ten times that. */
const TRACE_LINES_PER_SECOND = 1000;
const REPORT_MS = 1000;
const TRACE_BURST = 10 * TRACE_LINES_PER_SECOND;

/** `trace`, `error`, `log`, `load`. */
export function scriptsPart(context: HostContext): HostPart {
	let dropped = 0;
	let reportedMs = Number.NEGATIVE_INFINITY;
	let allowed = TRACE_BURST;
	let allowedAtMs = performance.now();
	const mayTrace = (): boolean => {
		const nowMs = performance.now();
		allowed = Math.min(TRACE_BURST, allowed + ((nowMs - allowedAtMs) * TRACE_LINES_PER_SECOND) / 1000);
		allowedAtMs = nowMs;
		if (allowed < 1) return false;
		allowed--;
		return true;
	};
	const loaded = new Set([context.settings.entry]);
	const hints = new ConstHints(() => loaded);
	return {
		functions: {
			trace(text: string, file: string, line: number): void {
				const shown = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
				if (!mayTrace() || !context.postNow(["trace", shown, file, line])) dropped++;
				else if (dropped > 0 && performance.now() - reportedMs >= REPORT_MS) {
					reportedMs = performance.now();
					context.log(
						"warn",
						`${dropped} lines of trace() were dropped: they arrived faster than they could be written`,
					);
					dropped = 0;
				}
			},
			error(words: string, file: string, line: number, column: number): void {
				context.postNow(["error", words.slice(0, MAX_LINE) + hints.hintFor(words), file, line, column]);
			},
			log(level: "debug" | "info" | "warn" | "error", words: string): void {
				context.log(level, words);
			},
			load(name: string, from: string): void {
				const { text, file } = context.folder.script(name, from);
				loaded.add(file);
				context.run(text, file);
			},
		},
	};
}

/**
 * Runs a script.
 *
 * @param shown the file's name in errors
 * @throws XMLSOCKET_SCRIPT_FAILED for a syntax error; otherwise what the script throws
 */
export function runScript(run: (text: string, file: string) => void, text: string, shown: string): void {
	try {
		run(text, shown);
	} catch (error) {
		// Only a syntax error of this realm is the parser's; a SyntaxError that the script throws belongs to the script's realm.
		if (error instanceof SyntaxError)
			throw new XMLSocketError("XMLSOCKET_SCRIPT_FAILED", explainSyntax(error, text, shown));
		throw error;
	}
}
