// How far a room has been read: what is new, what is missing, and what a replay proves.

import { describe, expect, it } from "vitest";
import { Course } from "../../src/client/chat/course.ts";

/** A course that has entered the log `L`, whose last number is `last`, having read up to `seq`. */
function entered(seq: number | undefined, last: number): Course {
	const course = new Course(seq === undefined ? undefined : { log: "L", seq });
	course.enter("L", last);
	return course;
}

describe("a course", () => {
	it("begins with whatever comes first, and accepts numbers that skip where nothing was said between them", () => {
		const course = entered(undefined, 9);
		expect(course.arrival(7, 5)).toBe("new");
		course.take(7);
		expect([course.arrival(7, 5), course.arrival(9, 7), course.arrival(9, 8), course.arrival(9, undefined)]).toEqual([
			"known",
			"new",
			"hole",
			"new",
		]);
	});

	it("is caught up when the last number of the replay has gone by, or a gap stands in its place", () => {
		const course = entered(3, 6);
		expect(course.isCaughtUp).toBe(false);
		course.pass(5);
		expect(course.isCaughtUp).toBe(false);
		expect(course.skip(6)).toBe(true);
		expect([course.isCaughtUp, course.seq, course.blindTo, course.skip(6)]).toEqual([true, 6, 6, false]);
		expect(entered(6, 6).isCaughtUp).toBe(true);
		expect(entered(undefined, 6).isCaughtUp).toBe(true);
		expect(entered(undefined, 0).seq).toBe(0);
	});

	it("does not pass over what was not taken yet when it hears of a later gap", () => {
		const course = entered(3, 3);
		course.pass(4);
		course.overlook(8);
		expect([course.seq, course.blindTo, course.seen]).toEqual([3, 8, 8]);
	});

	it("knows another history by its name, and one that is shorter than what was read", () => {
		const course = entered(5, 8);
		course.skip(7);
		expect(course.enter("M", 2)).toBe(true);
		expect([course.seq, course.blindTo, course.log]).toEqual([undefined, 0, "M"]);
		const shorter = entered(5, 8);
		expect(shorter.enter("L", 4)).toBe(true);
		expect(shorter.seq).toBeUndefined();
		expect(entered(5, 5).enter("L", 5)).toBe(false);
	});

	it("begins where the room was entered, if nothing was read by the time that it is asked to", () => {
		const course = entered(undefined, 9);
		expect(course.seen).toBe(9);
		course.anchor();
		expect(course.seq).toBe(9);
		course.take(12);
		course.anchor();
		expect(course.seq).toBe(12);
	});

	it("proves nothing of a replay that was broken off", () => {
		const course = entered(3, 9);
		course.pass(4);
		course.breakOff();
		expect([course.isCaughtUp, course.blindTo, course.seq]).toEqual([true, 9, 3]);
	});
});
