// What waits while no other node can be reached: a client that fills it drops its own messages, and those that are too old go first.

import { describe, expect, it } from "vitest";
import { RelayBacklog } from "../../src/chat/cluster/relay-backlog.ts";

const MIB = 1024 * 1024;

describe("the backlog of live rooms", () => {
	const sent = (backlog: RelayBacklog, max = Number.POSITIVE_INFINITY): number => {
		let count = 0;
		backlog.drain(() => count < max && count++ >= 0);
		return count;
	};

	it("keeps 1 MiB of one client, and what others send meanwhile", () => {
		const backlog = new RelayBacklog(() => 0);
		const flooded = { room: "game", waiting: 0 };
		for (let i = 0; i < 1000; i++) backlog.add(flooded, "flooder", new Uint8Array(64 * 1024));
		const owner = { room: "game", waiting: 0 };
		for (let i = 0; i < 100; i++) backlog.add(owner, `client ${i}`, new Uint8Array(100));
		expect([flooded.waiting, owner.waiting, backlog.dropped]).toEqual([16, 100, 984]);
		expect(sent(backlog)).toBe(116);
		expect([flooded.waiting, owner.waiting, backlog.size]).toEqual([0, 0, 0]);
		backlog.add(flooded, "flooder", new Uint8Array(MIB));
		expect(backlog.size).toBe(1);
	});

	it("keeps 8 MiB of all, the newest, for 10 s", () => {
		let nowMs = 0;
		const backlog = new RelayBacklog(() => nowMs);
		const owner = { room: "game", waiting: 0 };
		for (let i = 0; i < 20; i++) backlog.add(owner, `client ${i}`, new Uint8Array(MIB));
		expect([backlog.size, backlog.dropped, owner.waiting]).toEqual([8, 12, 8]);
		nowMs = 10_001;
		expect(sent(backlog)).toBe(0);
		expect([backlog.size, backlog.dropped, owner.waiting]).toEqual([0, 20, 0]);
	});

	it("keeps in their order what the bus does not take", () => {
		const backlog = new RelayBacklog(() => 0);
		const owner = { room: "game", waiting: 0 };
		for (let i = 0; i < 5000; i++) backlog.add(owner, "client", new Uint8Array([i % 256]));
		expect(sent(backlog, 3000)).toBe(3000);
		expect([backlog.size, owner.waiting]).toEqual([2000, 2000]);
		let next: number | undefined;
		backlog.drain((_, data) => {
			next ??= data[0];
			return true;
		});
		expect(next).toBe(3000 % 256);
	});
});
