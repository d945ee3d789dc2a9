import { describe, expect, it } from "vitest";
import { type Arrival, MAX_LINES, MAX_PENDING, MAX_TEXT, Timeline } from "../../console/timeline.ts";

function message(seq: number | undefined, text: string, more: Partial<Arrival> = {}): Arrival {
	const prev = seq === undefined ? undefined : seq - 1;
	return { kind: "said", from: "bob", text, at: 0, seq, prev, id: undefined, own: more.from === "ann", ...more };
}

const texts = (timeline: Timeline): string[] => timeline.lines.map((line) => line.text);

describe("the lines of a room", () => {
	it("shows each message once", () => {
		const timeline = new Timeline();
		expect(timeline.take(message(1, "one"))).toBe("new");
		expect(timeline.take(message(1, "one"))).toBe("known");
		expect(texts(timeline)).toEqual(["one"]);
	});

	it("accepts gaps in the numbers when no message is missing", () => {
		const timeline = new Timeline();
		timeline.take(message(3, "three"));
		timeline.take(message(9, "nine", { prev: 3 }));
		expect(texts(timeline)).toEqual(["three", "nine"]);
	});

	it("shows pending messages after all confirmed ones", () => {
		const timeline = new Timeline();
		timeline.write("a1", "ann", "mine", 0);
		timeline.take(message(1, "theirs"));
		expect(texts(timeline)).toEqual(["theirs", "mine"]);
		expect(timeline.take(message(2, "mine", { from: "ann", id: "a1" }))).toBe("confirmed");
		expect(timeline.pending).toEqual([]);
	});

	it("inserts a message at its number when only its acknowledgement arrives", () => {
		const timeline = new Timeline();
		timeline.write("a1", "ann", "second", 0);
		timeline.take(message(1, "first"));
		timeline.take(message(3, "third", { prev: 1 }));
		expect(timeline.acknowledge("a1", 2)).toBe(true);
		expect(texts(timeline)).toEqual(["first", "second", "third"]);
		expect(timeline.take(message(2, "second", { from: "ann" }))).toBe("known");
	});

	it("does not confuse another user's message with its own because of the id", () => {
		const timeline = new Timeline();
		timeline.write("a1", "ann", "mine", 0);
		expect(timeline.take(message(1, "theirs", { id: "a1" }))).toBe("new");
		expect(timeline.pending).toHaveLength(1);
	});

	it("keeps pending messages when the history is a new one", () => {
		const timeline = new Timeline();
		timeline.take(message(5, "old"));
		timeline.write("a1", "ann", "waits", 0);
		timeline.restart();
		expect(texts(timeline)).toEqual(["waits"]);
		expect(timeline.firstSeq).toBeUndefined();
	});

	it("combines entering and leaving in one line, without users who were away for a moment", () => {
		const timeline = new Timeline();
		timeline.presence("bob, jr", true, 0);
		timeline.presence("cem", true, 0);
		expect(texts(timeline)).toEqual(["bob, jr came in, cem came in"]);
		timeline.presence("cem", false, 0);
		expect(texts(timeline)).toEqual(["bob, jr came in"]);
		timeline.presence("bob, jr", false, 0);
		expect(texts(timeline)).toEqual([]);
	});
});

describe("the bounds of a room", () => {
	it("keeps the newest thousand lines", () => {
		const timeline = new Timeline();
		for (let seq = 1; seq <= MAX_LINES + 5; seq++) timeline.take(message(seq, String(seq)));
		expect(timeline.lines).toHaveLength(MAX_LINES);
		expect(timeline.firstSeq).toBe(6);
		expect(timeline.hasOlder).toBe(true);
	});

	it("drops old lines when long texts add up", () => {
		const timeline = new Timeline();
		const long = "x".repeat(MAX_TEXT / 2);
		for (let seq = 1; seq <= 3; seq++) timeline.take(message(seq, long));
		expect(timeline.lines.map(({ seq }) => seq)).toEqual([2, 3]);
	});

	it("adds no more of an older page than it may keep", () => {
		const timeline = new Timeline();
		for (let seq = 101; seq < 101 + MAX_LINES - 2; seq++) timeline.take(message(seq, String(seq)));
		const page = Array.from({ length: 50 }, (_, at) => message(51 + at, String(51 + at)));
		timeline.prepend(page, false);
		expect(timeline.lines).toHaveLength(MAX_LINES);
		expect(timeline.firstSeq).toBe(99);
		expect(timeline.hasOlder).toBe(true);
	});

	it("lets a hundred messages wait and refuses one more", () => {
		const timeline = new Timeline();
		for (let n = 0; n < MAX_PENDING; n++) expect(timeline.write(`a${n}`, "ann", "x", 0)).toBeDefined();
		expect(timeline.write("more", "ann", "x", 0)).toBeUndefined();
	});
});
