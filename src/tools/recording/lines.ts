// Cuts a stream of bytes into lines, one at a time: a file of any size needs the memory of its longest line.

import { XMLSocketError } from "../../errors/index.ts";

/** One line of a file. */
export interface Line {
	/** Without the line break. */
	readonly text: string;
	/** From 1. */
	readonly number: number;
	/** Whether a line break follows. Only the last line can lack it. */
	readonly whole: boolean;
}

/** A longer line is no event: a document of 1 MiB has at most 6 MiB as JSON. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;
const LF = 10;

/**
 * The lines of UTF-8 text. A carriage return before the line break belongs to the break.
 *
 * @throws XMLSOCKET_RECORDING_INVALID for a line longer than 64 MiB.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
	let pieces: Uint8Array[] = [];
	let pendingBytes = 0;
	let number = 0;
	for await (const chunk of chunks) {
		let start = 0;
		for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
			pieces.push(chunk.subarray(start, end));
			yield { text: textOf(pieces), number: ++number, whole: true };
			pieces = [];
			pendingBytes = 0;
			start = end + 1;
		}
		if (start === chunk.length) continue;
		pieces.push(chunk.subarray(start));
		pendingBytes += chunk.length - start;
		if (pendingBytes > MOST_LINE_BYTES)
			throw new XMLSocketError(
				"XMLSOCKET_RECORDING_INVALID",
				`Line ${number + 1} of the recording is longer than ${MOST_LINE_BYTES} bytes.`,
				{ details: { line: number + 1, limitBytes: MOST_LINE_BYTES } },
			);
	}
	if (pieces.length > 0) yield { text: textOf(pieces), number: ++number, whole: false };
}

function textOf(pieces: readonly Uint8Array[]): string {
	const text = Buffer.concat(pieces).toString("utf8");
	return text.endsWith("\r") ? text.slice(0, -1) : text;
}
