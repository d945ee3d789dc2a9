// Shared by `run` and `serve --app`: prints the lines of trace() to standard output, and stops the scripts if the port cannot be opened.

import type { ScriptHost, TraceLine } from "../asc/index.ts";
import type { Server } from "../server/index.ts";
import { styles } from "./banner-parts.ts";
import { LogOutput } from "./log-output.ts";

/** Writes each line with its application and position, or as a JSON object. It never waits for the reader of standard output. */
export function traceWriter(json: boolean): (line: TraceLine) => void {
	const { bold, dim } = styles();
	const output = new LogOutput(process.stdout, "standard output");
	return ({ application, file, line, text }) => {
		if (json) {
			output.write(`${JSON.stringify({ event: "trace", application, file, line, text })}\n`);
			return;
		}
		const place = file === "" ? "" : `${dim(`${file}:${line}`)}  `;
		output.write(`${bold(application)}  ${place}${printable(text)}\n`);
	};
}

/** Opens the port; on failure, stops the scripts. */
export async function listenOr(server: Server, scripts: ScriptHost | undefined): Promise<void> {
	try {
		await server.listen();
	} catch (error) {
		await scripts?.close();
		throw error;
	}
}

// A trace may contain text of a peer: control characters are replaced, and further lines are indented.
function printable(text: string): string {
	return text.replace(/\r\n?|\n/g, "\n    ").replace(/[^\P{Cc}\n\t]/gu, "\ufffd");
}
