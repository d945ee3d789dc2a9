// The parts of the load test that need no connection: sequences, the schedule of an open loop, the search for a rate, the chart.

import { describe, expect, it } from "vitest";
import type { Transport, TransportEvents } from "../../../src/link/index.ts";
import { RateSearch } from "../../../src/tools/bench/find-rate.ts";
import { LoadClient } from "../../../src/tools/bench/load-client.ts";
import { Needle, readMarker } from "../../../src/tools/bench/message.ts";
import { messageTemplate } from "../../../src/tools/bench/protocol.ts";
import { Sending } from "../../../src/tools/bench/sending.ts";
import { SequenceCheck } from "../../../src/tools/bench/sequence-check.ts";

/** A transport whose writes are kept, and that can be full. */
class KeptTransport implements Transport {
	readonly kind = "memory";
	readonly remoteAddress = "test";
	bufferedBytes = 0;
	written = Buffer.alloc(0);
	events: TransportEvents | undefined;
	start(events: TransportEvents): void {
		this.events = events;
	}
	write(bytes: Uint8Array): boolean {
		this.written = Buffer.concat([this.written, bytes]);
		return true;
	}
	end(): void {}
	destroy(): void {}
	pause(): void {}
	resume(): void {}
}

describe("the sequence of a sender", () => {
	it.each([
		["in order", [0, 1, 2], ["next", "next", "next"], 3],
		["with a message missing", [0, 2], ["next", "next"], 2],
		["with one that came after its successor", [0, 2, 1], ["next", "next", "late"], 3],
		["with one twice", [0, 1, 1], ["next", "next", "repeated"], 2],
		["with an old one twice", [0, 1, 2, 0], ["next", "next", "next", "repeated"], 3],
		["with a late one twice", [0, 2, 1, 1], ["next", "next", "late", "repeated"], 3],
		["from another number than 0", [40, 41], ["next", "next"], 2],
	])("%s", (_, numbers, arrivals, different) => {
		const check = new SequenceCheck(2);
		expect(numbers.map((number) => check.add(1, number))).toEqual(arrivals);
		expect(check.arrived(1)).toBe(different);
		expect(check.arrived(0)).toBe(0);
	});
});

describe("the schedule of an open loop", () => {
	it("keeps the times at which messages were to be sent while the server does not read", () => {
		let nowUs = 0;
		const transport = new KeptTransport();
		const client = new LoadClient(transport, 0);
		const needle = new Needle("abcdefgh", 1);
		const template = messageTemplate("relay", "", 1, 100, needle, Uint8Array.of(0));
		const sending = new Sending({
			clients: [client],
			places: [{ room: 0, place: 0, template }],
			rate: 10,
			outstanding: undefined,
			nowUs: () => nowUs,
		});
		client.listener = { received() {}, closed() {}, drained: (one) => sending.drained(one) };
		transport.bufferedBytes = 1 << 20;
		sending.begin();
		nowUs = 1_000_000;
		sending.stop();
		expect(sending.unsent).toBe(11);
		nowUs = 3_000_000;
		transport.bufferedBytes = 0;
		transport.events?.drain();
		expect(sending.unsent).toBe(0);
		const markers: { sender: number; number: number; timeUs: number }[] = [];
		for (
			let at = transport.written.indexOf(needle.bytes);
			at >= 0;
			at = transport.written.indexOf(needle.bytes, at + 1)
		)
			markers.push(readMarker(transport.written, at + needle.bytes.length));
		expect(markers.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		// 2 ms are what a timer may be late.
		expect(markers.map(({ timeUs }) => timeUs)).toEqual(Array.from({ length: 11 }, (_, k) => k * 100_000 + 2000));
	});
});

describe("a document of the load test", () => {
	it("has the length that was wanted, in each mode, and is not built if that is too short", () => {
		const needle = new Needle("abcdefgh", 1);
		for (const mode of ["chat", "relay", "echo"] as const) {
			expect(messageTemplate(mode, "a & b", 1, 200, needle, Uint8Array.of(13, 10)).length).toBe(202);
			expect(() => messageTemplate(mode, "lobby", 1, 20, needle, Uint8Array.of(0))).toThrow(/need \d+ bytes/);
		}
	});
});

describe("the search for the highest rate", () => {
	const searched = (limit: number, from = 100): { rates: number[]; best: number } => {
		const search = new RateSearch(from);
		const rates: number[] = [];
		while (search.next !== undefined) {
			rates.push(search.next);
			search.add(search.next <= limit);
		}
		return { rates, best: search.best };
	};

	it("ends close to the limit, below it", () => {
		for (const limit of [1, 7, 100, 999, 25_000]) {
			const { best, rates } = searched(limit);
			expect(best).toBeLessThanOrEqual(limit);
			expect(best).toBeGreaterThan(limit * 0.85 - 1);
			expect(rates.length).toBeLessThan(40);
		}
	});

	it("measures a bad rate again before it believes it, unless the result is certain", () => {
		const search = new RateSearch(100);
		search.add(false);
		expect(search.next).toBe(100);
		search.add(true);
		expect(search.next).toBe(200);
		search.add(false, true);
		expect(search.next).toBeLessThan(200);
	});

	it("ends without a rate where none is good, and at the highest where all are", () => {
		expect(searched(0).best).toBe(0);
		expect(searched(Number.POSITIVE_INFINITY).best).toBe(1_000_000);
	});
});
