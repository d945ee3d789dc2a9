// The log at a terminal.

import { expect, it } from "vitest";
import { readableLine } from "../../src/cli/log-lines.ts";

const line = (facts: object): string => readableLine(`${JSON.stringify(facts)}\n`);
const time = "2026-11-30T12:00:01.000Z";

it("a refusal: the time, the level, the text, then the connection and the reason", () => {
	expect(
		line({ level: 40, time, id: "7", remote: "192.0.2.1", reason: "not-found", path: "/a b", msg: "No page." }),
	).toBe('12:00:01 WARN  No page. id=7 remote=192.0.2.1 reason=not-found path="/a b"\n');
});

it("a client's text moves no cursor and forges no line", () => {
	const text = line({
		level: 30,
		time,
		name: "\u001b[2J\n12:00:02 ERROR \u202e\u009b31m",
		msg: "\r\u001b]0;x\u0007hi",
	});
	expect(text).not.toMatch(/[\p{Cf}]|[^\n\P{Cc}]/u);
	expect(text.split("\n")).toHaveLength(2);
});

it("an exception: its stack below; and what is no JSON stays as it is", () => {
	const stack = "Error: no\n    at here";
	expect(line({ level: 50, time, err: { type: "Error", stack }, msg: "a handler failed" })).toBe(
		"12:00:01 ERROR a handler failed\n    Error: no\n        at here\n",
	);
	expect(readableLine("plain\n")).toBe("plain\n");
});
