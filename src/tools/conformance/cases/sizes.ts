// Cases about documents around common sizes of buffers.

import { CaseFailed, CaseSkipped, DOCUMENT_PROFILES } from "../case.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

/** The sizes that are tested around: common sizes of buffers. */
const SIZES: readonly (readonly [name: string, bytes: number])[] = [
	["1k", 1024],
	["4k", 4096],
	["8k", 8192],
	["64k", 65_536],
	["1m", 1_048_576],
];
/** A server that ends the connection for a document of this length has a limit, which the protocol allows. */
const LIMITS_ARE_USUAL_FROM = 65_000;

export const SIZE_CASES: readonly RunnableCase[] = SIZES.map(([name, size]) => ({
	id: `size-${name}`,
	title: `delivers documents around ${size.toLocaleString("en-US")} bytes: one byte less, as many, one more`,
	profiles: DOCUMENT_PROFILES,
	reason: "A fixed buffer of a usual size cuts or loses a document that does not fit.",
	source: "docs/conformance.md, rule 8: the protocol has no length limit",
	change:
		"Collect a document in a buffer that grows, up to a limit that you choose. Above the limit end the connection; never deliver a part.",
	async run(context) {
		const { maxDocumentBytes } = context.facts;
		if (maxDocumentBytes !== undefined && maxDocumentBytes < size + 1)
			throw new CaseSkipped(`The server accepts documents of up to ${maxDocumentBytes} bytes.`);
		if (maxDocumentBytes === undefined && size > 100_000)
			throw new CaseSkipped("The server does not say that it accepts such documents. --max-document says it.");
		const route = await context.route();
		for (const length of [size - 1, size, size + 1]) {
			const overhead = route.wire(route.element("")).length + 2; // the number in the id may become longer
			let payload = route.element("x".repeat(length - overhead));
			payload = Buffer.concat([
				payload.subarray(0, -4),
				Buffer.alloc(length - route.wire(payload).length, "x"),
				Buffer.from("</m>"),
			]);
			const sent = `${showBytes(payload)} and a zero byte: ${length} bytes in all`;
			try {
				await route.deliver([payload], { sent, expected: `the same ${payload.length} bytes` });
			} catch (error) {
				const limited = error instanceof CaseFailed && (route.sender.ended || route.receiver.ended);
				if (limited && maxDocumentBytes === undefined && length >= LIMITS_ARE_USUAL_FROM)
					throw new CaseSkipped(`The server ended the connection for a document of ${length} bytes: it has a limit.`);
				throw error;
			}
		}
	},
}));
