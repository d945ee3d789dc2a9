// The events of plain bytes that one side sent, for example `nc … > server.bin`: documents without times, of one connection.

import { DocumentCutter, type TrafficEvent } from "../traffic/index.ts";
import type { OpenedSource } from "./recording-source.ts";

/** Cuts the bytes into documents. */
export async function* byteEvents({ chunks, info, options }: OpenedSource): AsyncGenerator<TrafficEvent> {
	const direction = options.direction ?? "server";
	const { maxDocumentBytes } = options;
	const cutter = new DocumentCutter({ terminator: info.terminator, ...(maxDocumentBytes && { maxDocumentBytes }) });
	const base = { connection: 1, time: 0 };
	yield { kind: "open", ...base, from: "", to: "" };
	for await (const chunk of chunks)
		for (const unit of cutter.push(chunk)) yield { kind: "document", ...base, direction, ...unit };
	const last = cutter.end();
	if (last !== undefined) yield { kind: "document", ...base, direction, ...last };
	yield { kind: "close", ...base };
}
