// The way of items to listeners and loops: each listener gets an item once, and no item is lost between the two.

import { describe, expect, it } from "vitest";
import { Listeners, ReadQueue } from "../../src/connection/index.ts";

interface Events {
	item: string;
}

function made(): { readonly listeners: Listeners<Events>; readonly queue: ReadQueue<string> } {
	const listeners = new Listeners<Events>(["item"], (error) => {
		throw error;
	});
	const queue = new ReadQueue<string>(
		{ maxDocuments: 10, maxChars: 100 },
		{
			hasListeners: () => listeners.has("item"),
			emit: (item) => listeners.emit("item", item),
			moved: () => {},
		},
	);
	return { listeners, queue };
}

const deliver = (queue: ReadQueue<string>, ...items: string[]): void => {
	for (const item of items) queue.deliver(item, item.length);
};

describe("ReadQueue", () => {
	it("does not call a listener again for what a loop left unread", async () => {
		const { listeners, queue } = made();
		const calls: string[] = [];
		listeners.add("item", (item) => void calls.push(item));
		const loop = queue.read();
		deliver(queue, "one", "two", "three");
		expect(await loop.next()).toEqual({ value: "one", done: false });
		await loop.return!();
		deliver(queue, "four");
		expect(calls).toEqual(["one", "two", "three", "four"]);
	});

	it("calls a listener for what waited before it came, in order", () => {
		const { listeners, queue } = made();
		const calls: string[] = [];
		deliver(queue, "one", "two");
		listeners.add("item", (item) => void calls.push(item));
		deliver(queue, "three");
		expect(calls).toEqual(["one", "two", "three"]);
	});

	it("keeps what comes behind an item that a listener for one item took", async () => {
		const { listeners, queue } = made();
		const calls: string[] = [];
		deliver(queue, "one", "two");
		listeners.add("item", (item) => void calls.push(item), true);
		deliver(queue, "three");
		expect(calls).toEqual(["one"]);
		const loop = queue.read();
		expect([(await loop.next()).value, (await loop.next()).value]).toEqual(["two", "three"]);
	});

	it("gives what a loop left to the listeners, where they have not had it", async () => {
		const { listeners, queue } = made();
		const calls: string[] = [];
		const loop = queue.read();
		deliver(queue, "one", "two");
		await loop.next();
		listeners.add("item", (item) => void calls.push(item));
		deliver(queue, "three");
		await loop.return!();
		expect(calls).toEqual(["three", "two"]);
	});
});
