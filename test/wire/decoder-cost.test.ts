// The decoder's work grows with the bytes it gets and not with their square: counted in bytes copied and bytes searched.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DocumentDecoder, terminatorBytes } from "../../src/wire/index.ts";
import { latin1 } from "./segments.ts";

/** Counts what `run` copies with `set` and lets `indexOf` look at. */
function counted(run: () => void): { copied: number; searched: number } {
	const work = { copied: 0, searched: 0 };
	const set = Uint8Array.prototype.set;
	const indexOf = Uint8Array.prototype.indexOf;
	vi.spyOn(Uint8Array.prototype, "set").mockImplementation(function (this: Uint8Array, source, offset) {
		work.copied += source.length;
		set.call(this, source, offset);
	});
	vi.spyOn(Uint8Array.prototype, "indexOf").mockImplementation(function (this: Uint8Array, byte, from = 0) {
		const at = indexOf.call(this, byte, from);
		work.searched += (at < 0 ? this.length : at) - from;
		return at;
	});
	try {
		run();
	} finally {
		vi.restoreAllMocks();
	}
	return work;
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe("the decoder's work", () => {
	for (const name of ["nul", "crlf", "0d0a00"]) {
		for (const [size, chunkBytes] of [
			[2 * 1024 * 1024, 1024],
			[64 * 1024, 1],
		] as const) {
			it(`is linear for one document of ${size} bytes in chunks of ${chunkBytes} (${name})`, () => {
				const chunk = new Uint8Array(chunkBytes).fill(0x78);
				const documents: string[] = [];
				const decoder = new DocumentDecoder({
					output: "text",
					maxDocumentBytes: size,
					terminator: terminatorBytes(name),
				});
				const work = counted(() => {
					for (let at = 0; at < size; at += chunkBytes) decoder.push(chunk, 0, documents);
				});
				decoder.push(terminatorBytes(name), 0, documents);
				expect(documents).toEqual(["x".repeat(size)]);
				// Each byte is copied in once, and again as the buffer doubles: less than three times in all.
				expect(work.copied).toBeLessThan(3 * size);
				expect(work.copied).toBeGreaterThanOrEqual(size);
				// Each chunk is searched once, with at most a terminator's length before it.
				expect(work.searched).toBeLessThanOrEqual(size + (size / chunkBytes) * 8);
			});
		}
	}

	it("copies no text document that came in one chunk", () => {
		const stream = latin1("<a/>\0<b/>\0<c>0123456789</c>\0".repeat(1000));
		const documents: string[] = [];
		const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20 });
		expect(counted(() => decoder.push(stream, 0, documents)).copied).toBe(0);
		expect(documents.length).toBe(3000);
	});

	it("counts 10 MiB of zero bytes without delivering or keeping any", () => {
		const zeros = new Uint8Array(64 * 1024);
		const documents: string[] = [];
		const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1024 });
		for (let i = 0; i < 160; i++) expect(decoder.push(zeros, 0, documents)).toBeUndefined();
		expect(decoder.emptyDocuments).toBe(10 * 1024 * 1024);
		expect(documents).toEqual([]);
		expect(decoder.pendingBytes).toBe(0);
	});

	it("does the same for empty lines that end in CR LF", () => {
		const lines = latin1("\r\n".repeat(32 * 1024));
		const decoder = new DocumentDecoder({
			output: "text",
			maxDocumentBytes: 1024,
			terminator: terminatorBytes("crlf"),
		});
		for (let i = 0; i < 16; i++) expect(decoder.push(lines, 0, [])).toBeUndefined();
		expect(decoder.emptyDocuments).toBe(16 * 32 * 1024);
		expect(decoder.pendingBytes).toBe(0);
	});
});

describe("the decoder's memory", () => {
	it("is a few hundred bytes for an unfinished document of a few, however large the chunk was that it came in", async () => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const decoders: DocumentDecoder<"text">[] = [];
		// What earlier tests dropped is freed some time after it was collected.
		let before = -1;
		await expect
			.poll(() => {
				collect();
				const last = before;
				before = process.memoryUsage().arrayBuffers;
				return before - last;
			})
			.toBe(0);
		for (let at = 0; at < 2000; at++) {
			const decoder = new DocumentDecoder({ output: "text", maxDocumentBytes: 1 << 20 });
			const chunk = new Uint8Array(64 * 1024);
			chunk.set(latin1("<say"), chunk.length - 4);
			decoder.push(chunk, 0, []);
			decoder.push(latin1(" "), 0, []);
			decoders.push(decoder);
		}
		const held = (): number => {
			collect();
			return process.memoryUsage().arrayBuffers - before;
		};
		await expect.poll(held).toBeLessThan(2000 * 1024);
		expect(held()).toBeGreaterThan(2000 * 100);
		expect(decoders.every(({ pendingBytes }) => pendingBytes === 5)).toBe(true);
	});
});
