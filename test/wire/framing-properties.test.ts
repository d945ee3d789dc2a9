// What holds for any texts and any segmentation: the documents received are the documents sent. The fuzz targets `framer` and `codec`
// do the same for any bytes.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeUtf8 } from "../../src/transport/index.ts";
import { DocumentDecoder, encodeDocument, type TextCodec, utf8Codec } from "../../src/wire/index.ts";
import { cutAtRandom, joined, randomFrom } from "./segments.ts";

const ZERO = Uint8Array.of(0);

function received(
	segments: readonly Uint8Array[],
	terminator: Uint8Array,
	codec: TextCodec,
	keepEmpty: boolean,
): { texts: string[]; empty: number; pending: number } {
	const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20, terminator, codec, keepEmpty });
	const texts: string[] = [];
	for (const segment of segments) expect(decoder.push(segment, 0, texts)).toBeUndefined();
	return { texts, empty: decoder.emptyDocuments, pending: decoder.pendingBytes };
}

/** Lone surrogates as U+FFFD. */
function wellFormed(text: string): string {
	return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}

const anyText = fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.replaceAll("\0", ""));
const anySeed = fc.integer();
const anySegment = fc.integer({ min: 1, max: 300 });

describe("framing", () => {
	for (const [name, codec] of [
		["the portable codec", utf8Codec()],
		["Node's codec", nodeUtf8],
	] as const) {
		it(`gives back any list of texts from any segmentation, lone surrogates as U+FFFD (${name})`, () => {
			fc.assert(
				fc.property(fc.array(anyText, { maxLength: 40 }), anySegment, anySeed, (sent, maxBytes, seed) => {
					const stream = joined(sent.map((text) => encodeDocument(text, codec, ZERO)));
					const segments = cutAtRandom(stream, maxBytes, randomFrom(seed));
					const expected = sent.map((text) => wellFormed(text));
					expect(received(segments, ZERO, codec, true)).toMatchObject({ texts: expected, pending: 0 });
					const withoutEmpty = received(segments, ZERO, codec, false);
					expect(withoutEmpty.texts).toEqual(expected.filter((text) => text !== ""));
					expect(withoutEmpty.empty).toBe(expected.length - withoutEmpty.texts.length);
				}),
				{ numRuns: 500 },
			);
		});
	}

	it("gives back any list of texts with any terminator that the encoder does not refuse", () => {
		const codec = utf8Codec();
		const fromFew = fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 8 });
		const textOfFew = fc.string({ unit: fc.constantFrom("\x01", "\x02", "\x03", "é"), maxLength: 12 });
		fc.assert(
			fc.property(
				fromFew.map((bytes) => Uint8Array.from(bytes)),
				fc.array(textOfFew, { maxLength: 20 }),
				fc.integer({ min: 1, max: 9 }),
				anySeed,
				(terminator, wanted, maxBytes, seed) => {
					const sent: string[] = [];
					const parts: Uint8Array[] = [];
					for (const text of wanted) {
						try {
							parts.push(encodeDocument(text, codec, terminator));
							sent.push(text);
						} catch (error) {
							expect(error).toMatchObject({ code: "XMLSOCKET_NUL_IN_DOCUMENT" });
						}
					}
					const segments = cutAtRandom(joined(parts), maxBytes, randomFrom(seed));
					expect(received(segments, terminator, codec, true)).toMatchObject({ texts: sent, pending: 0 });
				},
			),
			{ numRuns: 2000 },
		);
	});
});
