// What holds for any texts and any segmentation: the documents received are the documents sent.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeUtf8, textCodec } from "../../src/transport/index.ts";
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

	it("cuts any bytes in the same way whole and in any segmentation, as text and as bytes", () => {
		const someBytes = fc
			.array(
				fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 9, arbitrary: fc.integer({ max: 255, min: 0 }) }),
				{
					maxLength: 400,
				},
			)
			.map((bytes) => Uint8Array.from(bytes));
		fc.assert(
			fc.property(someBytes, anySegment, anySeed, fc.constantFrom(0, 10), (stream, maxBytes, seed, mark) => {
				const terminator = Uint8Array.of(mark);
				const segments = cutAtRandom(stream, maxBytes, randomFrom(seed));
				const whole = received([stream], terminator, nodeUtf8, true);
				expect(received(segments, terminator, nodeUtf8, true)).toEqual(whole);
				expect(received(segments, terminator, utf8Codec(), true)).toEqual(whole);
				const decoder = new DocumentDecoder({
					output: "bytes",
					maxDocumentBytes: 1 << 20,
					terminator,
					keepEmpty: true,
				});
				const documents: Uint8Array[] = [];
				for (const segment of segments) decoder.push(segment, 0, documents);
				expect(joined(documents)).toEqual(stream.subarray(0, stream.length - whole.pending));
				expect(documents.length).toBe(whole.texts.length);
			}),
			{ numRuns: 1000 },
		);
	});

	for (const label of ["gbk", "shift_jis", "latin1", "euc-kr", "big5"]) {
		it(`cuts any bytes in ${label} in the same way whole and in any segmentation`, () => {
			const codec = textCodec(label);
			const weighted = fc.oneof(fc.constantFrom(0, 0x41, 0x81, 0xfe), fc.integer({ min: 0, max: 255 }));
			fc.assert(
				fc.property(fc.array(weighted, { maxLength: 300 }), anySegment, anySeed, (bytes, maxBytes, seed) => {
					const stream = Uint8Array.from([...bytes, 0]);
					const each: string[] = [];
					for (let from = 0; from < stream.length; ) {
						const to = stream.indexOf(0, from);
						each.push(codec.decode(stream, from, to));
						from = to + 1;
					}
					const segments = cutAtRandom(stream, maxBytes, randomFrom(seed));
					expect(received([stream], ZERO, codec, true).texts).toEqual(each);
					expect(received(segments, ZERO, codec, true).texts).toEqual(each);
				}),
				{ numRuns: 300 },
			);
		});
	}
});
