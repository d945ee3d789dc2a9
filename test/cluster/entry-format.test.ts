// An entry as bytes of a message, and pages that many ask for at once.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEntry, encodeEntry } from "../../src/cluster/nats/entry-format.ts";
import { SharedReads } from "../../src/cluster/nats/shared-reads.ts";

describe("an entry in a message", () => {
	it("comes back as it was, and lies as the page says", () => {
		const bytes = encodeEntry({ payload: Uint8Array.of(7, 0), session: "s", id: undefined }, 258);
		expect([...bytes]).toEqual([1, 0, 0, 0, 0, 1, 2, 0, 1, 0x73, 0xff, 0xff, 7, 0]);
		const name = fc.option(fc.string({ unit: fc.constantFrom("a", "é", "🎲", "\0", "\r", "\n"), maxLength: 40 }), {
			nil: undefined,
		});
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 50 }), name, name, fc.nat(), (payload, session, id, atMs) => {
				const back = decodeEntry(encodeEntry({ payload, session, id }, atMs));
				expect({ ...back, payload: [...back.payload] }).toEqual({ atMs, session, id, payload: [...payload] });
			}),
		);
	});

	it("is never refused when it is read, whatever the bytes are", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (data, looksRight) => {
				if (looksRight && data.length > 0) data[0] = 1;
				expect(decodeEntry(data).payload.length).toBeLessThanOrEqual(data.length);
			}),
			{ numRuns: 2000 },
		);
	});
});

describe("SharedReads", () => {
	it("reads a page once for all who ask meanwhile, and few pages at a time", async () => {
		const reads = new SharedReads<number>();
		let atWork = 0;
		let most = 0;
		let done = 0;
		const read = (page: number) =>
			reads.read(String(page), async () => {
				most = Math.max(most, ++atWork);
				await new Promise((resolve) => setImmediate(resolve));
				atWork--;
				done++;
				if (page === 13) throw new Error("unlucky");
				return page;
			});
		const asked = Array.from({ length: 1000 }, (_, at) => read(at % 20).catch(() => -1));
		expect(await Promise.all(asked)).toEqual(Array.from({ length: 1000 }, (_, at) => (at % 20 === 13 ? -1 : at % 20)));
		expect([done, most]).toEqual([20, 8]);
		expect(await read(1)).toBe(1);
		expect(done).toBe(21);
	});

	it("takes the message of another program, with a session longer than ours can be, for a payload alone", () => {
		for (const length of [1024, 1025, 60_000]) {
			const data = Buffer.alloc(7 + 2 + length + 2);
			data[0] = 1;
			data.writeUInt16BE(length, 7);
			data.writeUInt16BE(0xffff, 9 + length);
			const { session, payload } = decodeEntry(data);
			if (length <= 1024) expect(session).toHaveLength(length);
			else expect([session, payload.length]).toEqual([undefined, data.length]);
		}
	});
});
