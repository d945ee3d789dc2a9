import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../src/cluster/index.ts";
import type { WorkerLink } from "../../src/cluster/workers/index.ts";
import { Workers } from "./worker-channel.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const never = (): boolean => false;
const always = (): boolean => true;

describe("the bus between workers", () => {
	let workers: Workers;
	const start = async (count: number): Promise<WorkerLink[]> => {
		workers = new Workers();
		const links: WorkerLink[] = [];
		for (let at = 0; at < count; at++) links.push((await workers.add()).link);
		return links;
	};
	const listen = (link: WorkerLink, channel: Channel, name: string, heard: string[]): (() => void) =>
		link.bus.subscribe(channel, (data) => heard.push(`${name} ${decoder.decode(data)}`));
	afterEach(() => workers.close());

	it("carries messages to all, to one worker and to those that have a room open, in order", async () => {
		const [one, two, three] = await start(3);
		const heard: string[] = [];
		listen(two!, { to: "all" }, "all", heard);
		listen(two!, { to: "node", node: two!.bus.node }, "node", heard);
		listen(two!, { to: "room", room: "a.> *räume 🎲" }, "room", heard);
		listen(two!, { to: "room", room: "other" }, "other", heard);
		listen(three!, { to: "node", node: two!.bus.node }, "wrong", heard);
		// The primary knows the subscriptions of a worker that it has answered.
		await Promise.all([two!.service("x", ""), three!.service("x", "")]);
		for (let i = 0; i < 3; i++) {
			expect(one!.bus.publish({ to: "all" }, encoder.encode(`${i}`))).toBe(true);
			one!.bus.publish({ to: "node", node: two!.bus.node }, encoder.encode(`${i}`));
			one!.bus.publish({ to: "node", node: one!.bus.node }, encoder.encode("not yours"));
			one!.bus.publish({ to: "node", node: "nobody" }, encoder.encode("nobody's"));
			one!.bus.publish({ to: "room", room: "a.> *räume 🎲" }, encoder.encode(`${i}`));
			one!.bus.publish({ to: "room", room: "closed" }, encoder.encode("nobody's"));
		}
		await expect.poll(() => heard).toHaveLength(9);
		expect(heard).toEqual(["0", "1", "2"].flatMap((i) => [`all ${i}`, `node ${i}`, `room ${i}`]));
	});

	it("delivers nothing to a room that was closed, and again after it was opened again", async () => {
		const [one, two] = await start(2);
		const heard: string[] = [];
		const room: Channel = { to: "room", room: "r" };
		const [stop, stopSecond] = [listen(two!, room, "a", heard), listen(two!, room, "b", heard)];
		stop();
		await two!.service("x", "");
		one!.bus.publish(room, encoder.encode("1"));
		await expect.poll(() => heard).toEqual(["b 1"]);
		stopSecond();
		await two!.service("x", "");
		one!.bus.publish(room, encoder.encode("2"));
		await one!.service("x", "");
		listen(two!, room, "c", heard);
		await two!.service("x", "");
		one!.bus.publish(room, encoder.encode("3"));
		await expect.poll(() => heard).toEqual(["b 1", "c 3"]);
	});

	it("carries a hundred thousand messages of all sizes, whole and in order", async () => {
		const [one, two] = await start(2);
		let received = 0;
		let wrong = 0;
		two!.bus.subscribe({ to: "all" }, (data) => {
			const size = received % 777;
			if (data.length !== size + 4 || new DataView(data.buffer, data.byteOffset).getUint32(0) !== received) wrong++;
			received++;
		});
		for (let at = 0; at < 100_000; ) {
			const data = new Uint8Array(4 + (at % 777));
			new DataView(data.buffer).setUint32(0, at);
			if (one!.bus.publish({ to: "all" }, data)) at++;
			else await new Promise((resolve) => setImmediate(resolve));
		}
		await expect.poll(() => received).toBe(100_000);
		expect(wrong).toBe(0);
	});

	it("carries a message of several MiB", async () => {
		const [one, two] = await start(2);
		const sizes: number[] = [];
		two!.bus.subscribe({ to: "all" }, (data) => sizes.push(data.length));
		expect(one!.bus.publish({ to: "all" }, new Uint8Array(5 << 20))).toBe(true);
		expect(one!.bus.publish({ to: "all" }, new Uint8Array(33 << 20))).toBe(false);
		await expect.poll(() => sizes).toEqual([5 << 20]);
	});

	it("gives a key to one of those who ask at the same time", async () => {
		const links = await start(3);
		for (let round = 0; round < 30; round++) {
			const key = `ann ${round}`;
			const owners = await Promise.all(
				Array.from({ length: 9 }, (_, at) => links[at % 3]!.bus.leases.acquire(key, `h${at}`, never)),
			);
			expect(new Set(owners).size).toBe(1);
			expect(await links[1]!.bus.leases.acquire(key, "late", never)).toBe(owners[0]);
		}
	});

	it("gives a key again after it was released, and only its holder releases it", async () => {
		const [one, two] = await start(2);
		expect(await one!.bus.leases.acquire("ann", "a", never)).toBe("a");
		await two!.bus.leases.release("ann", "b");
		expect(await two!.bus.leases.acquire("ann", "b", never)).toBe("a");
		await one!.bus.leases.release("ann", "a");
		expect(await two!.bus.leases.acquire("ann", "b", never)).toBe("b");
		expect(await one!.bus.leases.acquire("ann", "a", always)).toBe("a");
		await two!.bus.leases.release("ann", "b");
		expect(await two!.bus.leases.acquire("ann", "b", never)).toBe("a");
		await two!.bus.leases.release("nobody", "b");
	});

	it("lets one of two replace a holder that both may replace", async () => {
		const [one, two] = await start(2);
		await one!.bus.leases.acquire("ann", "old", never);
		const mayReplace = (present: string): boolean => present === "old";
		const owners = await Promise.all([
			one!.bus.leases.acquire("ann", "a", mayReplace),
			two!.bus.leases.acquire("ann", "b", mayReplace),
		]);
		expect(new Set(owners).size).toBe(1);
	});

	it("gives a number once, however many workers ask", async () => {
		const links = await start(3);
		const numbers: number[] = [];
		while (numbers.length < 3000) {
			for (const { bus } of links) {
				const number = bus.nextNumber();
				if (number !== undefined) numbers.push(number);
			}
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(new Set(numbers).size).toBe(numbers.length);
		expect(Math.min(...numbers)).toBe(1);
	});

	it("reports a worker that has ended after its last message, and its names are free", async () => {
		const [one, two] = await start(2);
		const heard: string[] = [];
		listen(two!, { to: "all" }, "all", heard);
		two!.bus.watchNodes((node) => heard.push(`gone ${node}`));
		await one!.bus.leases.acquire("ann", `${one!.bus.node} s1`, never);
		one!.bus.publish({ to: "all" }, encoder.encode("last"));
		one!.close();
		await expect.poll(() => heard).toEqual(["all last", `gone ${one!.bus.node}`]);
		expect(await two!.bus.leases.acquire("ann", `${two!.bus.node} s2`, never)).toBe(`${two!.bus.node} s2`);
	});

	it("cuts off a worker that does not read, and goes on with the others", async () => {
		workers = new Workers({ maxUnreadBytes: 1 << 20 });
		const [one, two, stopped] = [await workers.add(), await workers.add(), await workers.add()];
		const heard: number[] = [];
		two.link.bus.subscribe({ to: "all" }, (data) => heard.push(data.length));
		stopped.socket.pause();
		for (let at = 0; at < 30; at++) {
			one.link.bus.publish({ to: "all" }, new Uint8Array(100_000));
			await one.link.service("x", "");
		}
		expect(await stopped.ended).toMatchObject({ message: expect.stringMatching(/has not read \d+ bytes/) });
		await expect.poll(() => heard).toHaveLength(30);
	});

	it("ends the channel of a worker that sends what is no frame, and no other", async () => {
		const [, two] = await start(2);
		workers.all[0]!.socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1));
		expect(await workers.all[0]!.ended).toMatchObject({ message: expect.stringContaining("4294967295 bytes") });
		expect(await two!.service("still", "here")).toBe("still here");
	});

	it("ends the channel of a worker whose frame is shorter than its fields", async () => {
		await start(1);
		// A call, whose number has two bytes instead of four.
		workers.all[0]!.socket.write(Uint8Array.of(3, 0, 0, 0, 6, 1, 0));
		expect(await workers.all[0]!.ended).toMatchObject({ message: expect.stringContaining("shorter than its fields") });
	});

	it("refuses a call beyond 65,536 that wait for the primary", async () => {
		const [one] = await start(1);
		workers.all[0]!.primarySocket.pause();
		const calls = Array.from({ length: 65_536 }, () => one!.service("", "").catch((error) => error.code));
		await expect(one!.service("", "")).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		workers.close();
		expect(new Set(await Promise.all(calls))).toEqual(new Set(["XMLSOCKET_UNAVAILABLE"]));
	});

	it("calls services in both directions, and passes on what they throw", async () => {
		workers = new Workers();
		const { link, seen } = await workers.add({
			service: async (name) => {
				throw new Error(`${name} is unknown`);
			},
		});
		expect(await seen.service("metrics", "now")).toBe(`metrics now at ${seen.node}`);
		await expect(link.service("x", "")).rejects.toMatchObject({
			code: "XMLSOCKET_UNAVAILABLE",
			message: "x is unknown",
		});
	});
});
