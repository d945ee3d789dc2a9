// The events that a page keeps: bounds, the filter that runs in slices, and the place of a line.

import { describe, expect, it } from "vitest";
import { TrafficStore } from "../../console/traffic-store.ts";
import type { TrafficEvent } from "../../src/tools/traffic/index.ts";

const document = (number: number, connection = 1): TrafficEvent => ({
	kind: "document",
	connection,
	direction: number % 2 === 0 ? "client" : "server",
	time: number,
	bytes: Uint8Array.of(number & 255),
	ending: "terminated",
});
const documents = (from: number, to: number): TrafficEvent[] =>
	Array.from({ length: to - from }, (_, at) => document(from + at));
const shown = (store: TrafficStore): number[] =>
	Array.from({ length: store.rows }, (_, row) => store.at(store.indexOfRow(row)!)!.time);

describe("the store of a page", () => {
	it("keeps the newest events, and counts what it removed and what never came", () => {
		const store = new TrafficStore(10);
		store.add(documents(0, 8), 0);
		store.add(documents(20, 28), 12);
		expect(shown(store)).toEqual([7, 20, 20, 21, 22, 23, 24, 25, 26, 27]);
		expect(store.at(store.indexOfRow(1)!)).toMatchObject({ kind: "gap", lost: 12 });
		expect([store.missed, store.removed, store.takeRemovedRows(), store.takeRemovedRows()]).toEqual([19, 7, 7, 0]);
		expect(store.connections.get(1)).toMatchObject({ client: 8, server: 8 });
	});

	it("takes 100,000 events and more at a constant cost for each", () => {
		const store = new TrafficStore(1000);
		for (let at = 0; at < 100_000; at += 500) store.add(documents(at, at + 500), 0);
		expect([store.rows, store.first, store.next, store.removed]).toEqual([1000, 99_000, 100_000, 99_000]);
		expect(store.at(98_999)).toBeUndefined();
		expect(store.at(99_000)?.time).toBe(99_000);
	});

	it("filters new events at once, and older ones in slices from the newest on", () => {
		const store = new TrafficStore();
		store.add(documents(0, 100), 0);
		store.setFilter((item) => item.time % 10 === 0);
		store.add(documents(100, 111), 0);
		expect(shown(store)).toEqual([100, 110]);
		expect(store.filterSome(() => true)).toBe(0);
		expect(store.isFiltering).toBe(true);
		while (store.isFiltering) store.filterSome(() => true);
		expect(shown(store)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
		store.setFilter(undefined);
		store.filterSome(() => false);
		expect(store.rows).toBe(111);
	});

	it("finds the line of an event, and the next line where a filter hides it", () => {
		const store = new TrafficStore();
		store.add(documents(0, 20), 0);
		store.setFilter((item) => item.time % 5 === 0);
		store.filterSome(() => false);
		expect([store.rowOf(10), store.rowOf(11), store.rowOf(19)]).toEqual([2, -4, -5]);
	});

	it("knows which connections are open, failed and closed", () => {
		const store = new TrafficStore();
		store.add(
			[
				{ kind: "open", connection: 1, time: 1, from: "127.0.0.1:5", to: "localhost:9000" },
				{ kind: "close", connection: 1, time: 2, direction: "client" },
				{ kind: "open", connection: 2, time: 3, from: "127.0.0.1:6", to: "localhost:9000" },
				{
					kind: "error",
					connection: 2,
					time: 4,
					direction: "server",
					code: "XMLSOCKET_CONNECTION_LOST",
					message: "lost",
				},
				{ kind: "close", connection: 2, time: 5 },
			],
			0,
		);
		expect(store.connections.get(1)).toMatchObject({ from: "127.0.0.1:5", closedUs: undefined, hasFailed: false });
		expect(store.connections.get(2)).toMatchObject({ closedUs: 5, hasFailed: true });
	});
});
