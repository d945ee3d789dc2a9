// The bounds of what is kept of rooms besides their messages, and of slow mode.

import { describe, expect, it } from "vitest";
import type { ChatClient } from "../../src/chat/chat-client.ts";
import { RoomStates } from "../../src/chat/rooms/room-states.ts";
import { SavedState } from "../../src/chat/saved-state.ts";
import { SlowMode } from "../../src/chat/slow-mode.ts";
import { MemoryStateStore } from "../../src/state-store/index.ts";
import { ManualClock } from "../link/manual-clock.ts";

function statesOf(store = new MemoryStateStore()) {
	const clock = new ManualClock();
	const saved = new SavedState(store, clock, (error) => {
		throw error;
	});
	const inUse = new Set<string>();
	const states = new RoomStates({
		saved,
		maxRooms: 3,
		isInUse: (room) => inUse.has(room),
		topicChanged: () => {},
		settingsChanged: () => {},
	});
	saved.open(states.topicPart, states.settingsPart);
	return { clock, saved, inUse, states };
}
const topic = { by: "op", text: "chess" };

describe("the topics and settings of rooms", () => {
	it("are those of as many rooms as there may be: the topic of a room that nobody is in makes space", async () => {
		const { states, inUse } = statesOf();
		for (const room of ["a", "b", "c"]) {
			inUse.add(room);
			await states.setTopic(room, topic);
		}
		expect(() => states.setTopic("d", topic)).toThrow(expect.objectContaining({ code: "XMLSOCKET_TOO_MANY_ROOMS" }));
		inUse.delete("b");
		await states.setTopic("d", topic);
		expect(["a", "b", "c", "d"].filter((room) => states.topicOf(room))).toEqual(["a", "c", "d"]);
		for (const room of ["a", "b", "c"]) await states.change(room, { slowSeconds: 1 });
		expect(() => states.change("d", { slowSeconds: 1 })).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_TOO_MANY_ROOMS" }),
		);
		await states.change("a", { slowSeconds: 0 });
		await states.change("d", { slowSeconds: 1 });
	});

	it("end with the value that was stored last where two daemons change them at the same time", async () => {
		const store = new MemoryStateStore();
		const [one, two] = [statesOf(store).states, statesOf(store).states];
		await Promise.all([
			one.setTopic("a", { by: "one", text: "1" }),
			two.setTopic("a", { by: "two", text: "2" }),
			one.setTopic("a", { by: "one", text: "3" }),
			two.change("a", { slowSeconds: 2 }),
			one.change("a", { slowSeconds: 1 }),
		]);
		await new Promise((resolve) => setImmediate(resolve));
		expect(one.topicOf("a")).toEqual(two.topicOf("a"));
		expect(one.settingsOf("a")).toEqual(two.settingsOf("a"));
	});
});

describe("slow mode", () => {
	it("remembers at most 100,000 members, and none that may send again", async () => {
		const { states, clock } = statesOf();
		await states.change("a", { slowSeconds: 100 });
		const slow = new SlowMode(clock, states);
		const client = (at: number) => ({ key: { id: `s${at}` }, nameKey: `n${at}`, operator: false }) as ChatClient;
		for (let at = 0; at < 100_001; at++) slow.sent("a", client(at), undefined);
		expect(slow.size).toBe(200_000);
		slow.check("a", client(0), undefined);
		expect(() => slow.check("a", client(1), undefined)).toThrow(
			expect.objectContaining({ code: "XMLSOCKET_SLOW_MODE" }),
		);
		clock.advance(100_000);
		slow.sweep();
		expect(slow.size).toBe(0);
	});
});
