// The bus between daemons on a real NATS: who hears what, names that only one has, numbers that are given once.

import { afterEach, describe, expect, it } from "vitest";
import type { Channel } from "../../src/cluster/index.ts";
import { Broker, NatsBus } from "../../src/cluster/nats/index.ts";
import { NatsNameLeases } from "../../src/cluster/nats/nats-name-leases.ts";
import type { RemovalTimes } from "../../src/cluster/nats/released-names.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const never = (): boolean => false;
const always = (): boolean => true;

async function eventually(check: () => void): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			check();
			return;
		} catch (error) {
			if (attempt === 600) throw error;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}
}

describe.skipIf(!hasNatsServer()).each([1, 3])("a bus on %i nats-servers", (nodes) => {
	let servers: NatsServers;
	const buses: NatsBus[] = [];

	const open = async (at = 0): Promise<NatsBus> => {
		const urls = [...servers.urls.slice(at), ...servers.urls.slice(0, at)];
		const bus = await NatsBus.open(await Broker.connect({ servers: urls }), { replicas: nodes });
		buses.push(bus);
		return bus;
	};
	const start = async (): Promise<[NatsBus, NatsBus]> => {
		servers = await NatsServers.start({ nodes });
		return [await open(0), await open(nodes - 1)];
	};
	afterEach(async () => {
		for (const bus of buses.splice(0)) await bus.close();
		await servers.stop();
	});

	it("carries messages to all, to one node and to those who have a room open, in order", async () => {
		const [one, two] = await start();
		const heard: string[] = [];
		const listen = (channel: Channel, name: string): (() => void) =>
			two.subscribe(channel, (data) => heard.push(`${name} ${decoder.decode(data)}`));
		listen({ to: "all" }, "all");
		listen({ to: "node", node: two.node }, "node");
		const stop = listen({ to: "room", room: "a.> *" }, "room");
		listen({ to: "room", room: "other" }, "other");
		await eventually(() => {
			one.publish({ to: "all" }, encoder.encode("?"));
			expect(heard).toContain("all ?");
		});
		heard.length = 0;
		for (let i = 0; i < 3; i++) {
			expect(one.publish({ to: "all" }, encoder.encode(`${i}`))).toBe(true);
			one.publish({ to: "node", node: two.node }, encoder.encode(`${i}`));
			one.publish({ to: "node", node: one.node }, encoder.encode("not yours"));
			one.publish({ to: "room", room: "a.> *" }, encoder.encode(`${i}`));
		}
		const said = (): string[] => heard.filter((text) => !text.endsWith("?"));
		await eventually(() => expect(said()).toHaveLength(9));
		expect(said()).toEqual(["0", "1", "2"].flatMap((i) => [`all ${i}`, `node ${i}`, `room ${i}`]));
		stop();
	});

	it("gives a key to one of those who ask at the same time", async () => {
		const [one, two] = await start();
		for (let round = 0; round < 30; round++) {
			const key = `ann ${round}`;
			const owners = await Promise.all(
				Array.from({ length: 8 }, (_, at) => (at % 2 ? one : two).leases.acquire(key, `h${at}`, never)),
			);
			expect(new Set(owners).size).toBe(1);
			expect(await two.leases.acquire(key, "late", never)).toBe(owners[0]);
		}
	});

	it("gives a key again after it was given back, and only its holder gives it back", async () => {
		const [one, two] = await start();
		expect(await one.leases.acquire("ann", "a", never)).toBe("a");
		await two.leases.release("ann", "b");
		expect(await two.leases.acquire("ann", "b", never)).toBe("a");
		await one.leases.release("ann", "a");
		expect(await two.leases.acquire("ann", "b", never)).toBe("b");
		expect(await one.leases.acquire("ann", "a", always)).toBe("a");
		await two.leases.release("ann", "b");
		expect(await two.leases.acquire("ann", "b", never)).toBe("a");
		expect(await one.leases.acquire("ann", "a", never)).toBe("a");
		await two.leases.release("nobody", "b");
	});

	it("gives a number once, however many nodes ask", async () => {
		const [one, two] = await start();
		const numbers: number[] = [];
		while (numbers.length < 3000) {
			for (const bus of [one, two]) {
				const number = bus.nextNumber();
				if (number !== undefined) numbers.push(number);
			}
			if (numbers.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		}
		expect(new Set(numbers).size).toBe(numbers.length);
	});

	it("removes what released names left in the stream, also of a daemon that ended at once", async () => {
		servers = await NatsServers.start({ nodes });
		const broker = await Broker.connect({ servers: servers.urls });
		const open = (times?: RemovalTimes) => NatsNameLeases.open(broker, "N", "n.claim", nodes, 10, times);
		const messages = async (): Promise<number> => {
			const { data } = await broker.request("$JS.API.STREAM.INFO.N", encoder.encode("{}"), 60_000);
			return JSON.parse(decoder.decode(data)).state.messages;
		};
		const release = async (names: readonly string[]): Promise<void> => {
			const { leases } = await open();
			await Promise.all(names.map((name) => leases.acquire(name, "a", never)));
			await Promise.all(names.map((name) => leases.release(name, "a")));
			leases.close();
		};
		const names = Array.from({ length: 600 }, (_, at) => `name ${at}`);
		try {
			await release(names);
			const { leases } = await open({ dueAfterMs: 500, searchEveryMs: 500 });
			// More than one step of the search: with the counter of numbers, and the names that are held.
			expect(await messages()).toBe(601);
			for (const name of names.slice(0, 50)) expect(await leases.acquire(name, "b", never)).toBe("b");
			await expect.poll(messages).toBe(51);
			await release(["late"]);
			await expect.poll(messages).toBe(51);
			expect(await leases.acquire("name 0", "c", never)).toBe("b");
			leases.close();
		} finally {
			await broker.close();
		}
	});

	it("gives new numbers where another program wrote what is no number", async () => {
		const [one] = await start();
		const given = new Set([one.nextNumber()!]);
		const other = await Broker.connect({ servers: servers.urls });
		try {
			for (const text of ["", "NaN", "-5", "1e300", "9007199254740991", "0x10", "two", " 7"]) {
				await other.request("xmlsocket.claim.numbers", encoder.encode(text), 60_000);
				const number = (await open()).nextNumber()!;
				expect(number).toBeGreaterThan(0);
				expect(Number.isSafeInteger(number)).toBe(true);
				expect(given).not.toContain(number);
				given.add(number);
			}
		} finally {
			await other.close();
		}
	});

	it("keeps keys and numbers over a restart of all servers, and says that it was cut off meanwhile", async () => {
		const [one, two] = await start();
		await one.leases.acquire("ann", "a", never);
		const before = one.nextNumber()!;
		const states: boolean[] = [];
		two.watch((connected) => states.push(connected));
		await servers.killAll();
		await eventually(() => expect(states).toEqual([false]));
		expect(two.publish({ to: "all" }, encoder.encode("lost"))).toBe(false);
		await expect(two.leases.acquire("bob", "b", never)).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		await servers.startAll();
		await eventually(() => expect(states).toEqual([false, true]));
		// Servers that can be reached may still be choosing who leads, for longer than a claim waits.
		await expect.poll(() => two.leases.acquire("ann", "b", never).catch(() => "not yet")).toBe("a");
		expect((await open()).nextNumber()!).toBeGreaterThan(before);
	});

	it("digests secrets alike on all nodes, and differently for others", async () => {
		const [one, two] = await start();
		expect(one.digest("secret")).toBe(two.digest("secret"));
		expect(one.digest("secret")).not.toBe(two.digest("Secret"));
		expect(one.digest("secret")).not.toContain("secret");
	});
});
