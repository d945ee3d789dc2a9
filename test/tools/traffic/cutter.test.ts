// The cutter gives out every byte it gets, whatever the segments are.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CutUnit, DocumentCutter } from "../../../src/tools/traffic/index.ts";

const NUL = Uint8Array.of(0);
const CRLF = Uint8Array.of(13, 10);

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (unit: CutUnit): string => `${String.fromCharCode(...unit.bytes)}|${unit.ending}`;

function cut(chunks: readonly Uint8Array[], terminator: Uint8Array, maxDocumentBytes?: number): CutUnit[] {
	const cutter = new DocumentCutter({ terminator, ...(maxDocumentBytes && { maxDocumentBytes }) });
	// A copy: a unit may be a view of a chunk, but must not change when the next one comes.
	const units = chunks.flatMap((chunk) => cutter.push(chunk));
	const last = cutter.end();
	return last ? [...units, last] : units;
}

function together(units: readonly CutUnit[], terminator: Uint8Array): number[] {
	return units.flatMap((unit) => [...unit.bytes, ...(unit.ending === "terminated" ? terminator : [])]);
}

function eachSplit(input: Uint8Array): Uint8Array[][] {
	const pairs = Array.from(input, (_, at) => [input.subarray(0, at), input.subarray(at)]);
	return [[input], Array.from(input, (byte) => Uint8Array.of(byte)), ...pairs];
}

describe("a document cutter", () => {
	it.each(
		eachSplit(bytes("<a/>\0\0<b/>\0<c")).map((chunks) => [chunks.map((chunk) => chunk.length).join("+"), chunks]),
	)("cuts at zero bytes and keeps empty documents, in segments of %s bytes", (_, chunks) => {
		expect(cut(chunks, NUL).map(text)).toEqual(["<a/>|terminated", "|terminated", "<b/>|terminated", "<c|cut"]);
	});

	it.each(
		eachSplit(bytes("a\r\n\rb\r\n\r\r\n\r")).map((chunks) => [chunks.map((chunk) => chunk.length).join("+"), chunks]),
	)("finds a terminator of two bytes that is split, in segments of %s bytes", (_, chunks) => {
		expect(cut(chunks, CRLF).map(text)).toEqual(["a|terminated", "\rb|terminated", "\r|terminated", "\r|cut"]);
	});

	it.each(
		eachSplit(bytes("abcdefgh\0abcd\0abcde\0")).map((chunks) => [
			chunks.map((chunk) => chunk.length).join("+"),
			chunks,
		]),
	)("gives out a document longer than the limit in parts of the limit, in segments of %s bytes", (_, chunks) => {
		const units = ["abcd|part", "efgh|terminated", "abcd|terminated", "abcd|part", "e|terminated"];
		expect(cut(chunks, NUL, 4).map(text)).toEqual(units);
	});

	it("gives out the same units, which are exactly the input, for any bytes, segments, terminator and limit", () => {
		const input = fc.uint8Array({ maxLength: 200, max: 3 });
		const terminator = fc.constantFrom([0], [1, 0], [0, 0], [2, 2, 2], [0, 1, 0, 1, 0, 1, 0, 2]);
		fc.assert(
			fc.property(
				input,
				terminator,
				fc.integer({ min: 1, max: 20 }),
				fc.array(fc.nat(200)),
				(all, mark, most, cuts) => {
					const places = [...new Set([0, ...cuts.filter((at) => at < all.length), all.length])].sort((a, b) => a - b);
					const chunks = places.slice(1).map((to, at) => all.slice(places[at], to));
					const units = cut(chunks, Uint8Array.from(mark), most);
					expect(together(units, Uint8Array.from(mark))).toEqual([...all]);
					expect(units.map(text)).toEqual(cut([all], Uint8Array.from(mark), most).map(text));
					for (const unit of units.slice(0, -1)) expect(unit.bytes.length).toBeLessThanOrEqual(most);
				},
			),
			{ numRuns: 500 },
		);
	});

	it("keeps no more than its limit of a document that never ends", () => {
		const cutter = new DocumentCutter({ terminator: NUL, maxDocumentBytes: 1000 });
		for (let count = 0; count < 1000; count++) {
			cutter.push(new Uint8Array(999).fill(65));
			expect(cutter.pendingBytes).toBeLessThanOrEqual(1001);
		}
	});
});
