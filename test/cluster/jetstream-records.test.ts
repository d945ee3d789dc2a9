// The records in JetStream, on real servers: shared, after losses of the connection, and after the loss of the stream.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Broker } from "../../src/cluster/nats/index.ts";
import { JetStreamRecords } from "../../src/cluster/nats/jetstream-records.ts";
import { contentOf, describeStateStore } from "../state-store/state-store-suite.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

const hasServer = hasNatsServer();

describe.skipIf(!hasServer)("records in JetStream", () => {
	let servers: NatsServers;
	let broker: Broker;
	let streams = 0;
	const reported: unknown[] = [];
	const opened: { close(): unknown }[] = [];
	const open = async (through = broker, storage: "file" | "memory" = "file") => {
		// A test before may have ended its server and started it again.
		await expect.poll(() => through.connected).toBe(true);
		const records = await JetStreamRecords.open(through, { name: `R${streams}`, replicas: 1, storage });
		opened.unshift(records);
		return records;
	};
	const connect = async () => {
		const other = await Broker.connect({ servers: servers.urls });
		opened.push(other);
		return other;
	};
	beforeAll(async () => {
		servers = await NatsServers.start({ nodes: 1 });
		broker = await Broker.connect({ servers: servers.urls, report: (error) => reported.push(error) });
	});
	afterEach(async () => {
		for (const each of opened.splice(0)) await each.close();
		streams++;
	});
	afterAll(async () => {
		await broker?.close();
		await servers?.stop();
	});

	describeStateStore("JetStreamRecords", () => ({
		open: () => open(),
		openOther: async () => await open(await connect()),
		reopen: () => open(),
		close: async () => {},
		steps: 10,
	}));

	it("that changed while a daemon was cut off are the same there when it is back", async () => {
		const one = await open();
		const two = await open(await connect());
		for (let at = 0; at < 300; at++) await one.put(`key ${at}`, "old");
		const fresh: boolean[] = [];
		two.watch(({ isFresh, value }) => {
			if (value === "new") fresh.push(isFresh);
		});
		await expect.poll(() => Object.keys(contentOf(two)).length).toBe(300);
		await servers.kill(0);
		await expect(two.put("key 1", "lost")).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		await servers.restart(0);
		await expect.poll(() => broker.connected).toBe(true);
		const retried = async (run: () => Promise<void>): Promise<void> => {
			await expect
				.poll(() =>
					run().then(
						() => true,
						() => false,
					),
				)
				.toBe(true);
		};
		for (let at = 0; at < 300; at += 3) await retried(() => one.delete(`key ${at}`));
		await retried(() => one.put("key 1", "new"));
		await expect.poll(() => contentOf(two)).toEqual(contentOf(one));
		expect(contentOf(one)["key 1"]).toBe("new");
		expect(Object.keys(contentOf(one))).toHaveLength(200);
		expect(fresh).toHaveLength(1);
	});

	it("come back from the daemons after the servers have lost them", async () => {
		const one = await open(broker, "memory");
		const two = await open(await connect(), "memory");
		await one.put("ban", "bob");
		await one.put("topic", "chess");
		await expect.poll(() => contentOf(two)).toEqual({ ban: "bob", topic: "chess" });
		await servers.kill(0);
		await servers.restart(0);
		const late = async () => contentOf(await open(await connect(), "memory"));
		await expect.poll(late).toEqual({ ban: "bob", topic: "chess" });
		expect(contentOf(one)).toEqual({ ban: "bob", topic: "chess" });
		expect(contentOf(two)).toEqual({ ban: "bob", topic: "chess" });
	});

	it("of another program, whose subjects or bytes are none of this one, harm nothing", async () => {
		const one = await open();
		await one.put("a", "1");
		const text = new TextEncoder();
		broker.publish(`R${streams}.s.no-token`, text.encode("x"));
		broker.publish(`R${streams}.s._Zm9v`, Uint8Array.of(0xff, 0xfe));
		broker.publish(`R${streams}.s._YmFy`, text.encode("x".repeat(39_000)));
		await expect.poll(() => contentOf(one).foo).toBe("\ufffd\ufffd");
		await one.put("b", "2");
		expect(Object.keys(contentOf(one)).sort()).toEqual(["a", "b", "foo"]);
		expect(reported).toEqual([expect.objectContaining({ code: "XMLSOCKET_STATE_FULL" })]);
	});
});
