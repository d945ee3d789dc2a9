// The longest document: what passes at the limit, and what ends the stream one byte past it, in every segmentation.

import { describe, expect, it } from "vitest";
import type { XMLSocketError } from "../../src/errors/index.ts";
import { DocumentDecoder, type DocumentDecoderOptions, terminatorBytes } from "../../src/wire/index.ts";
import { latin1, segmentations } from "./segments.ts";

interface Result {
	readonly documents: string[];
	readonly error: XMLSocketError | undefined;
	/** How many bytes were pushed before the error. */
	readonly consumed: number;
}

function push(segments: readonly Uint8Array[], options: Omit<DocumentDecoderOptions<"text">, "output">): Result {
	const decoder = new DocumentDecoder({ output: "text", keepEmpty: true, ...options });
	const documents: string[] = [];
	let consumed = 0;
	for (const segment of segments) {
		consumed += segment.length;
		const error = decoder.push(segment, 0, documents);
		if (error) return { documents, error, consumed };
	}
	return { documents, error: undefined, consumed };
}

const LIMIT = 100;

describe("the limit of a document", () => {
	for (const name of ["nul", "lf", "crlf", "0d0a00"]) {
		const terminator = terminatorBytes(name);
		const end = String.fromCharCode(...terminator);

		it(`lets ${LIMIT - 1} and ${LIMIT} bytes pass and ends the stream at ${LIMIT + 1}, as the first document and later (${name})`, () => {
			for (const length of [LIMIT - 1, LIMIT, LIMIT + 1]) {
				for (const before of [[], ["first"], ["first", "", "second"]]) {
					const long = "x".repeat(length);
					const stream = latin1([...before, long, "after"].map((document) => document + end).join(""));
					const fits = length <= LIMIT;
					for (const { how, segments } of segmentations(stream)) {
						const result = push(segments, { maxDocumentBytes: LIMIT, terminator });
						const what = `${length} bytes after ${before.length} documents, ${how}`;
						expect(result.documents, what).toEqual(fits ? [...before, long, "after"] : before);
						expect(result.error?.code, what).toBe(fits ? undefined : "XMLSOCKET_DOCUMENT_TOO_LARGE");
						if (!fits) expect(result.error?.details, what).toEqual({ limitBytes: LIMIT });
					}
				}
			}
		});

		it(`ends an endless document no later than a terminator's length past the limit (${name})`, () => {
			const bytes = Array.from({ length: 1000 }, () => latin1("x"));
			const result = push(bytes, { maxDocumentBytes: LIMIT, terminator });
			expect(result.error?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
			expect(result.consumed).toBe(LIMIT + terminator.length);
		});

		it(`holds the first document to its own limit and the later ones to theirs (${name})`, () => {
			const options = { maxDocumentBytes: LIMIT, maxFirstDocumentBytes: 10, terminator };
			const cases: [string[], number][] = [
				[["x".repeat(9), "y".repeat(LIMIT)], 2],
				[["x".repeat(10), "y".repeat(LIMIT), "z".repeat(LIMIT)], 3],
				[["x".repeat(11), "y"], 0],
				[["x".repeat(10), "y".repeat(LIMIT + 1)], 1],
				// An empty document is no first document.
				[["", "", "x".repeat(11)], 2],
				[["", "", "x".repeat(10), "y".repeat(LIMIT)], 4],
			];
			for (const [documents, passes] of cases) {
				const stream = latin1(documents.map((document) => document + end).join(""));
				for (const { how, segments } of segmentations(stream)) {
					const result = push(segments, options);
					expect(result.documents, how).toEqual(documents.slice(0, passes));
					expect(result.error?.code, how).toBe(
						passes === documents.length ? undefined : "XMLSOCKET_DOCUMENT_TOO_LARGE",
					);
				}
			}
		});
	}

	it("is the smaller one where the first document's is larger than that of all", () => {
		const result = push([latin1(`${"x".repeat(11)}\0`)], { maxDocumentBytes: 10, maxFirstDocumentBytes: 1000 });
		expect(result.error?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
	});

	it("counts bytes, not characters", () => {
		const euros = new TextEncoder().encode(`${"€".repeat(4)}\0`);
		expect(push([euros], { maxDocumentBytes: 12 }).documents).toEqual(["€€€€"]);
		expect(push([euros], { maxDocumentBytes: 11 }).error?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
	});

	it("holds nothing more once a stream has ended", () => {
		const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 4 });
		expect(decoder.push(latin1("abc"), 0, [])).toBeUndefined();
		expect(decoder.push(latin1("de"), 0, [])?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
		expect(decoder.pendingBytes).toBe(0);
		expect(decoder.pendingSinceMs).toBeUndefined();
	});
});
