import { describe, expect, it } from "vitest";
import { type Member, Room, RoomRegistry } from "../../src/rooms/index.ts";

class Listener implements Member {
	readonly got: Uint8Array[] = [];
	sendEncoded(bytes: Uint8Array): void {
		this.got.push(bytes);
	}
}

const makeHub = (limits: { maxRooms?: number; maxRoomsPerMember?: number } = {}, dropped: string[] = []) =>
	new RoomRegistry<Listener, Room<Listener>>({
		create: (name) => new Room(name),
		dropped: (room) => dropped.push(room.name),
		...limits,
	});

describe("a room", () => {
	it("gives every member the very same array", () => {
		const hub = makeHub();
		const members = Array.from({ length: 3 }, () => new Listener());
		for (const member of members) hub.join("lobby", member);
		const bytes = Uint8Array.of(60, 97, 47, 62, 0);
		hub.get("lobby")!.send(bytes);
		for (const member of members) expect(member.got).toEqual([bytes]);
		expect(members.every((member) => member.got[0] === bytes)).toBe(true);
	});

	it("leaves out the one that is excepted", () => {
		const hub = makeHub();
		const [a, b] = [new Listener(), new Listener()];
		const room = hub.join("lobby", a);
		hub.join("lobby", b);
		room.send(Uint8Array.of(1), a);
		room.sendLive(Uint8Array.of(2), b);
		expect([a.got.length, b.got.length]).toEqual([1, 1]);
	});

	it("keeps live bytes, and no others, from a member that is held back", () => {
		const hub = makeHub();
		const [a, b] = [new Listener(), new Listener()];
		const room = hub.join("lobby", a);
		hub.join("lobby", b);
		room.hold(a);
		expect([room.isLive(a), room.isLive(b)]).toEqual([false, true]);
		room.sendLive(Uint8Array.of(1));
		room.send(Uint8Array.of(2));
		expect([a.got, b.got]).toEqual([[Uint8Array.of(2)], [Uint8Array.of(1), Uint8Array.of(2)]]);
		room.release(a);
		room.sendLive(Uint8Array.of(3));
		expect(a.got).toHaveLength(2);
	});

	it("does not hold back a stranger, nor one who has left meanwhile and come again", () => {
		const hub = makeHub();
		const [a, b] = [new Listener(), new Listener()];
		const room = hub.join("lobby", a);
		room.hold(b);
		hub.join("lobby", b);
		expect(room.isLive(b)).toBe(true);
		room.hold(b);
		hub.leave(room, b);
		hub.join("lobby", b);
		expect(room.isLive(b)).toBe(true);
	});

	it("goes on where a member leaves while it is being sent to", () => {
		const hub = makeHub();
		const last = new Listener();
		const first = new Listener();
		const quitter: Member & Listener = new Listener();
		quitter.sendEncoded = () => hub.leaveAll(quitter);
		for (const member of [first, quitter, last]) hub.join("lobby", member);
		hub.get("lobby")!.send(Uint8Array.of(1));
		expect([first.got.length, last.got.length, hub.get("lobby")!.size]).toEqual([1, 1, 2]);
	});
});

describe("a hub", () => {
	it("makes a room for the first who comes, and forgets it after the last who leaves", () => {
		const dropped: string[] = [];
		const hub = makeHub({}, dropped);
		const [a, b] = [new Listener(), new Listener()];
		const room = hub.join("x", a);
		expect(hub.join("x", b)).toBe(room);
		expect(hub.leave(room, a)).toBe(true);
		expect(hub.leave(room, a)).toBe(false);
		expect([hub.get("x"), dropped]).toEqual([room, []]);
		hub.leave(room, b);
		expect([hub.get("x"), hub.size, dropped]).toEqual([undefined, 0, ["x"]]);
	});

	it("keeps a pinned room when it is empty", () => {
		const dropped: string[] = [];
		const hub = makeHub({}, dropped);
		const a = new Listener();
		const room = hub.pin("lobby");
		expect(hub.join("lobby", a)).toBe(room);
		hub.leaveAll(a);
		expect([hub.get("lobby"), dropped]).toEqual([room, []]);
	});

	it("treats the names of an object's own properties as names", () => {
		const hub = makeHub();
		const a = new Listener();
		for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", ""]) {
			expect(hub.get(name)).toBeUndefined();
			expect(hub.join(name, a).name).toBe(name);
			expect(hub.get(name)?.size).toBe(1);
		}
		expect([...hub.rooms()].map((room) => room.name)).toEqual([
			"__proto__",
			"constructor",
			"toString",
			"hasOwnProperty",
			"",
		]);
		expect(({} as { size?: unknown }).size).toBeUndefined();
	});

	it("refuses a member the room past its limit, and lets it in again after it has left one", () => {
		const hub = makeHub({ maxRoomsPerMember: 2 });
		const a = new Listener();
		const first = hub.join("1", a);
		hub.join("2", a);
		expect(hub.join("2", a).size).toBe(1);
		expect(() => hub.join("3", a)).toThrow(expect.objectContaining({ code: "XMLSOCKET_TOO_MANY_ROOMS" }));
		expect(hub.get("3")).toBeUndefined();
		hub.leave(first, a);
		expect(hub.join("3", a).name).toBe("3");
	});

	it("refuses a room past the limit of all, to everyone, and not those that exist", () => {
		const hub = makeHub({ maxRooms: 2 });
		hub.pin("1");
		hub.join("2", new Listener());
		expect(() => hub.join("3", new Listener())).toThrow("There are 2 rooms, and 2 is the server's limit.");
		expect(hub.join("2", new Listener()).size).toBe(2);
	});

	it("takes a member out of everything it was in", () => {
		const hub = makeHub();
		const [a, b] = [new Listener(), new Listener()];
		for (const name of ["1", "2", "3"]) hub.join(name, a);
		hub.join("2", b);
		expect(hub.leaveAll(a).map((room) => room.name)).toEqual(["1", "2", "3"]);
		expect([...hub.roomsOf(a)]).toEqual([]);
		expect([...hub.rooms()].map((room) => room.name)).toEqual(["2"]);
		expect(hub.leaveAll(a)).toEqual([]);
	});

	it("has 10,000 rooms and 64 for each member, unless told otherwise", () => {
		const hub = makeHub();
		expect([hub.maxRooms, hub.maxRoomsPerMember]).toEqual([10_000, 64]);
	});
});
