// The listeners of one object: order, once, removal while they run, and listeners that throw.

import { describe, expect, it } from "vitest";
import { Listeners } from "../../src/connection/index.ts";

interface Events {
	number: number;
}

function made(): { readonly listeners: Listeners<Events>; readonly reported: unknown[] } {
	const reported: unknown[] = [];
	return { listeners: new Listeners<Events>(["number"], (error) => void reported.push(error)), reported };
}

describe("Listeners", () => {
	it("calls each listener once for a value, in the order in which they were added", () => {
		const { listeners } = made();
		const calls: string[] = [];
		const first = (value: number): void => void calls.push(`first ${value}`);
		listeners.add("number", first);
		listeners.add("number", (value) => void calls.push(`second ${value}`));
		listeners.add("number", first);
		listeners.emit("number", 1);
		expect(calls).toEqual(["first 1", "second 1"]);
	});

	it("removes a listener by the function that add() returned, or by remove()", () => {
		const { listeners } = made();
		const calls: number[] = [];
		const listener = (value: number): void => void calls.push(value);
		const off = listeners.add("number", listener);
		off();
		listeners.emit("number", 1);
		listeners.add("number", listener);
		listeners.remove("number", listener);
		listeners.emit("number", 2);
		expect([calls, listeners.has("number")]).toEqual([[], false]);
	});

	it("calls a listener for one value at most once, also where a listener before it causes the same event", () => {
		const { listeners } = made();
		const calls: number[] = [];
		listeners.add("number", (value) => value < 3 && listeners.emit("number", value + 1));
		listeners.add("number", (value) => void calls.push(value), true);
		listeners.emit("number", 1);
		expect(calls).toEqual([3]);
	});

	it("keeps a listener that was added for one value and then for all", () => {
		const { listeners } = made();
		const calls: number[] = [];
		const listener = (value: number): void => void calls.push(value);
		listeners.add("number", listener, true);
		listeners.add("number", listener);
		listeners.emit("number", 1);
		listeners.emit("number", 2);
		expect(calls).toEqual([1, 2]);
	});

	it("reports what a listener throws, and calls the others", () => {
		const { listeners, reported } = made();
		const calls: number[] = [];
		const error = new Error("boom");
		listeners.add("number", () => {
			throw error;
		});
		listeners.add("number", (value) => void calls.push(value));
		listeners.emit("number", 1);
		expect([calls, reported]).toEqual([[1], [error]]);
	});
});
