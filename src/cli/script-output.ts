// What `run` and `serve --app` share: the lines of trace() on standard output, and the end of the scripts where the port cannot be had.

import type { ScriptHost, TraceLine } from "../asc/index.ts";
import type { Server } from "../server/index.ts";
import { styles } from "./banner-parts.ts";

/** Writes each line with its application and its place, or as a JSON object. */
export function traceWriter(json: boolean): (line: TraceLine) => void {
	const { bold, dim } = styles();
	return ({ application, file, line, text }) => {
		if (json) {
			process.stdout.write(`${JSON.stringify({ event: "trace", application, file, line, text })}\n`);
			return;
		}
		const place = file === "" ? "" : `${dim(`${file}:${line}`)}  `;
		process.stdout.write(`${bold(application)}  ${place}${printable(text)}\n`);
	};
}

/** Opens the port, or stops the scripts that were started for it. */
export async function listenOr(server: Server, scripts: ScriptHost | undefined): Promise<void> {
	try {
		await server.listen();
	} catch (error) {
		await scripts?.close();
		throw error;
	}
}

// What a script shows may come from a peer: no control character reaches the terminal, and a further line is no line of its own.
function printable(text: string): string {
	return text.replace(/\r\n?|\n/g, "\n    ").replace(/[^\P{Cc}\n\t]/gu, "\ufffd");
}
