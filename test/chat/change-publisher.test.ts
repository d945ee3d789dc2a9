// What changes at a daemon goes to the others soon, and little of it waits.

import { expect, it } from "vitest";
import { ChangePublisher } from "../../src/chat/cluster/change-publisher.ts";
import type { Change } from "../../src/chat/cluster/messages.ts";
import { ManualClock } from "../link/manual-clock.ts";

it("Changes wait for 5 ms, and at most 1,000 of them", () => {
	const clock = new ManualClock();
	const published: [number: number, changes: number][] = [];
	const publisher = new ChangePublisher(clock, (number, changes) => published.push([number, changes.length]));
	const change: Change = ["gone", "session"];
	for (let at = 0; at < 2500; at++) publisher.note(change);
	expect(published).toEqual([
		[1, 1000],
		[2, 1000],
	]);
	clock.advance(4);
	expect(published).toHaveLength(2);
	clock.advance(1);
	expect(published.slice(2)).toEqual([[3, 500]]);
	publisher.note(change);
	publisher.close();
	publisher.note(change);
	clock.advance(100);
	expect(published.slice(3)).toEqual([[4, 1]]);
});
