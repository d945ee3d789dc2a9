// The checker against logs without a fault, and against logs with each fault that it is there to find.

import { describe, expect, it } from "vitest";
import { check } from "./checker.js";
import { Story } from "./story.ts";

const judge = (story: Story, liveLossMs?: { before: number; after: number }) =>
	check(story.logs(), { campaign: "campaign", auditor: "auditor", ...(liveLossMs ? { liveLossMs } : {}) });

const none = { lost: 0, duplicated: 0, reordered: 0, gap: 0, other: 0 };

/** Ann and Bob speak three times in a stored room, all see it, and the auditor reads it at the end. */
function hall(): Story {
	const story = new Story();
	for (const client of ["ann", "bob", "eve"]) story.join(client, "hall");
	let seq = 0;
	for (const [speaker] of [["ann"], ["bob"], ["ann"]] as const) {
		const id = story.send(speaker, "hall");
		seq++;
		for (const client of ["ann", "bob", "eve"]) story.see(client, id, seq, seq - 1);
		story.ack(speaker, id, seq);
	}
	story.tell("campaign", "settling");
	story.join("auditor", "hall");
	story.see("auditor", "ann.hall.1", 1, 0).see("auditor", "bob.hall.1", 2, 1).see("auditor", "ann.hall.2", 3, 2);
	return story;
}

/** Ann speaks four times in a live room; Ann and Bob see it. */
function game(): Story {
	const story = new Story().join("ann", "game").join("bob", "game");
	for (let at = 0; at < 4; at++) {
		const id = story.send("ann", "game");
		story.see("ann", id).see("bob", id).ack("ann", id);
	}
	return story;
}

const seen = (seq: number) => (fact: Record<string, unknown>) => fact.fact === "seen" && fact.seq === seq;
const seenText = (id: string) => (fact: Record<string, unknown>) =>
	fact.fact === "seen" && String(fact.text).startsWith(`${id} `);

describe("the checker, given a stored room", () => {
	it("finds nothing where everything is as promised", () => {
		expect(judge(hall())).toMatchObject({ good: true, counts: none, messages: 3, acknowledged: 3, deliveries: 12 });
	});

	it("finds nothing where a client comes back, sees what it missed, and its resend is acknowledged as a duplicate", () => {
		const story = hall();
		story.change("ann", seen(3), { t: 1000 }).forget("ann", (fact) => fact.fact === "acknowledged" && fact.seq === 3);
		story.tell("ann", "closed", { why: "lost" }).join("ann", "hall", 3);
		story.tell("ann", "resent", { room: "hall", id: "ann.hall.2" }).ack("ann", "ann.hall.2", 3, true);
		expect(judge(story)).toMatchObject({ good: true, counts: none });
	});

	it("finds nothing where numbers are left out in the log and prev says so", () => {
		const story = hall();
		for (const client of ["ann", "bob", "eve", "auditor"]) story.change(client, seen(3), { seq: 9 });
		story.change("ann", (fact) => fact.fact === "acknowledged" && fact.seq === 3, { seq: 9 });
		expect(judge(story)).toMatchObject({ good: true, counts: none });
	});

	it("takes a gap that says exactly what is gone for no other fault than that it is gone", () => {
		const story = hall();
		for (const client of ["eve", "auditor"]) {
			story.forget(client, seen(1)).change(client, seen(2), { fact: "gap", from: 1, to: 2 });
		}
		expect(judge(story).counts).toEqual({ ...none, lost: 2 });
	});

	it("finds what was acknowledged and is not in the history", () => {
		const story = hall();
		const id = story.send("bob", "hall");
		story.ack("bob", id, 3);
		const { good, counts, findings } = judge(story);
		expect(good).toBe(false);
		expect(counts).toEqual({ ...none, lost: 1 });
		expect(findings[0]).toMatchObject({ kind: "lost", what: expect.stringContaining("bob.hall.2 was acknowledged") });
		expect(findings[0]?.proof.join()).toMatch(/^bob:\d+ .*"fact":"acknowledged".*"id":"bob\.hall\.2"/);
	});

	it("finds what was delivered and is not in the history", () => {
		const { counts } = judge(hall().forget("auditor", seen(3)));
		expect(counts).toEqual({ ...none, lost: 1 });
	});

	it("finds a client that was there to the end and did not get the newest", () => {
		const { counts, findings } = judge(hall().forget("eve", seen(3)));
		expect(counts).toEqual({ ...none, lost: 1 });
		expect(findings[0]?.what).toContain("eve was there to the end and saw 2 last");
	});

	it("finds a history that took another's place", () => {
		const story = hall().tell("eve", "closed", { why: "lost" }).join("eve", "hall", 3, "b");
		expect(judge(story).findings[0]?.what).toContain("eve knew history a and found b");
	});

	it("finds a message that came twice", () => {
		expect(judge(hall().see("eve", "bob.hall.1", 2, 1)).counts).toEqual({ ...none, duplicated: 1 });
	});

	it("finds a resend that was stored twice", () => {
		const story = hall();
		for (const client of ["ann", "bob", "eve", "auditor"]) story.see(client, "ann.hall.2", 4, 3);
		const { counts, findings } = judge(story);
		expect(counts.duplicated).toBeGreaterThan(0);
		expect(findings[0]?.what).toContain('"ann.hall.2 hello" is stored as 3 and as 4');
		expect(findings[0]?.proof).toHaveLength(2);
	});

	it("finds two orders", () => {
		const story = hall().change("eve", seen(1), { seq: -1 }).change("eve", seen(2), { seq: 1, prev: 0 });
		story.change("eve", seen(-1), { seq: 2, prev: 1 });
		expect(judge(story).counts.reordered).toBeGreaterThan(0);
	});

	it("finds a sender's messages that were stored in another order than sent, unless the first was refused meanwhile", () => {
		const swapped = (): Story => {
			const story = new Story().join("ann", "hall");
			const [first, second] = [story.send("ann", "hall"), story.send("ann", "hall")];
			story.see("ann", second, 1, 0).ack("ann", second, 1).see("ann", first, 2, 1).ack("ann", first, 2);
			return story.join("auditor", "hall").see("auditor", second, 1, 0).see("auditor", first, 2, 1);
		};
		expect(judge(swapped()).counts).toEqual({ ...none, reordered: 1 });
		expect(judge(swapped().tell("ann", "error", { code: "unavailable", id: "ann.hall.1" })).counts).toEqual(none);
	});

	it("finds what is left out without a gap", () => {
		const { counts, findings } = judge(hall().forget("eve", seen(2)));
		expect(counts).toEqual({ ...none, gap: 1 });
		expect(findings[0]?.what).toContain("eve saw 1 and then 3, whose previous one is 2, without a gap being told");
	});

	it("finds a prev that names something else than what came before", () => {
		expect(judge(hall().change("eve", seen(3), { prev: 1 })).counts).toEqual({ ...none, gap: 1 });
	});

	it("finds a gap that says less than what is left out, and one over what is there", () => {
		const less = hall()
			.change("eve", seen(1), { fact: "gone" })
			.change("eve", seen(2), { fact: "gap", from: 2, to: 2 });
		expect(judge(less).counts.gap).toBeGreaterThan(0);
		const needless = hall().change("eve", seen(2), { fact: "gap", from: 2, to: 2 });
		expect(judge(needless).counts).toEqual({ ...none, gap: 1 });
		expect(judge(needless).findings[0]?.what).toContain("eve was told that 2 to 2 are gone, and 2 is there");
	});

	it("finds an acknowledgement with another number, without one, before the own message, and of nothing", () => {
		const acknowledged = (seq: number) => (fact: Record<string, unknown>) =>
			fact.fact === "acknowledged" && fact.seq === seq;
		expect(judge(hall().change("ann", acknowledged(3), { seq: 2 })).counts).toEqual({ ...none, other: 1 });
		expect(judge(hall().change("ann", acknowledged(3), { seq: undefined })).counts.other).toBeGreaterThan(0);
		expect(judge(hall().change("ann", acknowledged(1), { seq: 5 })).counts.other).toBeGreaterThan(0);
		expect(judge(hall().ack("eve", "eve.hall.1", 3)).counts).toEqual({ ...none, other: 1 });
	});

	it("finds a text that nobody sent, or that came under another's name", () => {
		expect(judge(hall().change("eve", seen(2), { text: "bob.hall.1 hullo" })).counts.other).toBe(1);
		expect(judge(hall().change("eve", seen(2), { from: "ann" })).counts.other).toBe(1);
	});

	it("finds a document that could not be read, and a failure inside the daemon", () => {
		expect(judge(hall().tell("eve", "unreadable", { text: "<said" })).counts).toEqual({ ...none, other: 1 });
		expect(judge(hall().tell("eve", "error", { code: "internal" })).counts).toEqual({ ...none, other: 1 });
		expect(judge(hall().tell("eve", "error", { code: "unavailable" })).counts).toEqual(none);
	});

	it("finds that the history was not read to its end, and what the campaign itself found", () => {
		const story = hall();
		for (const seq of [1, 2, 3]) story.forget("auditor", seen(seq));
		expect(judge(story).counts.other).toBe(1);
		expect(judge(hall().tell("campaign", "finding", { what: "exit code 3" })).findings).toMatchObject([
			{ kind: "other", what: "exit code 3" },
		]);
	});
});

describe("the checker, given a live room", () => {
	it("finds nothing where everyone saw everything", () => {
		expect(judge(game())).toMatchObject({ good: true, counts: none, allowed: 0 });
	});

	it("finds nothing in what was said while a reader was away, or was never acknowledged", () => {
		const away = game().tell("bob", "closed", { why: "lost" });
		const id = away.send("ann", "game");
		away.see("ann", id).ack("ann", id).join("bob", "game");
		const next = away.send("ann", "game");
		away.see("ann", next).see("bob", next).ack("ann", next);
		expect(judge(away)).toMatchObject({ good: true, counts: none });
		const unsure = game();
		unsure.send("ann", "game");
		expect(judge(unsure).good).toBe(true);
	});

	it("finds what a reader who was there did not see, in the middle and at the end", () => {
		for (const n of [2, 4]) {
			const { counts, findings } = judge(game().forget("bob", seenText(`ann.game.${n}`)));
			expect(counts).toEqual({ ...none, lost: 1 });
			expect(findings[0]?.what).toContain(`bob was there and did not see ann.game.${n}`);
		}
	});

	it("allows a loss that was announced by a gap or a notice before what follows it", () => {
		for (const [fact, more] of [
			["gap", { room: "game", from: 2, to: 2 }],
			["notice", { code: "broker-lost" }],
		] as const) {
			const announced = (): Story => {
				const story = game().tell("bob", fact, more);
				const missing = story.send("ann", "game");
				story.see("ann", missing).ack("ann", missing);
				const next = story.send("ann", "game");
				return story.see("ann", next).see("bob", next).ack("ann", next);
			};
			expect(judge(announced())).toMatchObject({ good: true, allowed: 1 });
			// It excuses what came before the next message, and nothing later.
			const later = announced();
			const missing = later.send("ann", "game");
			later.see("ann", missing).ack("ann", missing);
			const last = later.send("ann", "game");
			later.see("ann", last).see("bob", last).ack("ann", last);
			expect(judge(later)).toMatchObject({ counts: { ...none, lost: 1 }, allowed: 1 });
		}
	});

	it("allows a loss about the time of a fault where the campaign says so, and only there", () => {
		const story = (): Story => {
			const told = game().tell("campaign", "begin").wait(50).tell("campaign", "end");
			const missing = told.send("ann", "game");
			return told.see("ann", missing).ack("ann", missing);
		};
		expect(judge(story()).counts).toEqual({ ...none, lost: 1 });
		expect(judge(story(), { before: 10, after: 100 })).toMatchObject({ good: true, allowed: 1 });
		const late = story().wait(1000);
		const missing = late.send("ann", "game");
		late.see("ann", missing).ack("ann", missing);
		expect(judge(late, { before: 10, after: 100 })).toMatchObject({ counts: { ...none, lost: 1 }, allowed: 1 });
	});

	it("finds a message that came twice, also over two connections", () => {
		expect(judge(game().see("bob", "ann.game.4")).counts).toEqual({ ...none, duplicated: 1 });
		const again = game().tell("bob", "closed", { why: "lost" }).join("bob", "game").see("bob", "ann.game.4");
		expect(judge(again).counts).toEqual({ ...none, duplicated: 1 });
	});

	it("finds a sender's messages in another order", () => {
		const story = game().change("bob", seenText("ann.game.2"), { text: "ann.game.9 hello" });
		story.change("bob", seenText("ann.game.3"), { text: "ann.game.2 hello" });
		story.change("bob", seenText("ann.game.9"), { text: "ann.game.3 hello" });
		expect(judge(story).counts.reordered).toBe(1);
	});
});

describe("the checker's figures", () => {
	it("are the longest wait of a reader in stored rooms, and from a fault's end to an acknowledgement of what was sent after it", () => {
		const story = new Story().join("ann", "hall");
		const say = (seq: number): void => {
			const id = story.send("ann", "hall");
			story.see("ann", id, seq, seq - 1).ack("ann", id, seq);
		};
		say(1);
		story.tell("campaign", "begin").wait(200).tell("campaign", "end").wait(300);
		say(2);
		story.join("auditor", "hall").see("auditor", "ann.hall.1", 1, 0).see("auditor", "ann.hall.2", 2, 1);
		// From the first `seen` to the second: its acknowledgement, begin, end and sent lie between, a millisecond each.
		expect(judge(story)).toMatchObject({ good: true, longestStallMs: 505, recoveriesMs: [303] });
	});
});
