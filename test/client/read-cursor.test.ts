// How far a room has been read: what is new, what is missing, and what a replay proves.

import { describe, expect, it } from "vitest";
import { ReadCursor } from "../../src/client/chat/read-cursor.ts";

/** A cursor that has entered the log `L`, whose last number is `last`, having read up to `seq`. */
function entered(seq: number | undefined, last: number): ReadCursor {
	const cursor = new ReadCursor(seq === undefined ? undefined : { log: "L", seq });
	cursor.enter("L", last);
	return cursor;
}

describe("a cursor", () => {
	it("begins with whatever comes first, and accepts numbers that skip where nothing was said between them", () => {
		const cursor = entered(undefined, 9);
		expect(cursor.arrival(7, 5)).toBe("new");
		cursor.take(7);
		expect([cursor.arrival(7, 5), cursor.arrival(9, 7), cursor.arrival(9, 8), cursor.arrival(9, undefined)]).toEqual([
			"known",
			"new",
			"hole",
			"new",
		]);
	});

	it("is caught up when the last number of the replay has gone by, or a gap stands in its place", () => {
		const cursor = entered(3, 6);
		expect(cursor.isCaughtUp).toBe(false);
		cursor.pass(5);
		expect(cursor.isCaughtUp).toBe(false);
		expect(cursor.skip(6)).toBe(true);
		expect([cursor.isCaughtUp, cursor.seq, cursor.blindTo, cursor.skip(6)]).toEqual([true, 6, 6, false]);
		expect(entered(6, 6).isCaughtUp).toBe(true);
		expect(entered(undefined, 6).isCaughtUp).toBe(true);
		expect(entered(undefined, 0).seq).toBe(0);
	});

	it("does not pass over what was not taken yet when it hears of a later gap", () => {
		const cursor = entered(3, 3);
		cursor.pass(4);
		cursor.overlook(8);
		expect([cursor.seq, cursor.blindTo, cursor.seen]).toEqual([3, 8, 8]);
	});

	it("knows another history by its name, and one that is shorter than what was read", () => {
		const cursor = entered(5, 8);
		cursor.skip(7);
		expect(cursor.enter("M", 2)).toBe(true);
		expect([cursor.seq, cursor.blindTo, cursor.log]).toEqual([undefined, 0, "M"]);
		const shorter = entered(5, 8);
		expect(shorter.enter("L", 4)).toBe(true);
		expect(shorter.seq).toBeUndefined();
		expect(entered(5, 5).enter("L", 5)).toBe(false);
	});

	it("begins where the room was entered, if nothing was read by the time that it is asked to", () => {
		const cursor = entered(undefined, 9);
		expect(cursor.seen).toBe(9);
		cursor.anchor();
		expect(cursor.seq).toBe(9);
		cursor.take(12);
		cursor.anchor();
		expect(cursor.seq).toBe(12);
	});

	it("proves nothing of a replay that was broken off", () => {
		const cursor = entered(3, 9);
		cursor.pass(4);
		cursor.breakOff();
		expect([cursor.isCaughtUp, cursor.blindTo, cursor.seq]).toEqual([true, 9, 3]);
	});
});
