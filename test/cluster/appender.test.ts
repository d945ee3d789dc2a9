// Many appends of one session, with and without a server that takes them.

import { afterEach, describe, expect, it } from "vitest";
import { Broker, JetStreamLog } from "../../src/cluster/nats/index.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

describe.skipIf(!hasNatsServer())("appends of one session", () => {
	let servers: NatsServers | undefined;
	let broker: Broker | undefined;
	afterEach(async () => {
		await broker?.close();
		await servers?.stop();
	});

	it("are stored in the order in which they came, and refused one and all when nothing can leave", async () => {
		servers = await NatsServers.start();
		broker = await Broker.connect({ servers: servers.urls });
		const log = await JetStreamLog.open(broker, { giveUpAfterMs: 3000 });
		const append = (id: number) =>
			log.append("lobby", { payload: new Uint8Array([id & 255]), session: "me", id: String(id) });
		const stored = await Promise.all(Array.from({ length: 500 }, (_, id) => append(id)));
		for (const [at, { prev }] of stored.entries()) if (at > 0) expect(prev).toBe(stored[at - 1]!.seq);
		await servers.kill(0);
		await expect.poll(() => broker!.connected).toBe(false);
		// Each refusal gives the next its turn: none of them from within the one before.
		const refused = await Promise.allSettled(Array.from({ length: 20_000 }, (_, at) => append(1000 + at)));
		const codes = new Set(refused.map((end) => (end.status === "rejected" ? end.reason.code : "stored")));
		expect([...codes]).toEqual(["XMLSOCKET_UNAVAILABLE"]);
		await servers.startAll();
		await expect.poll(() => broker!.connected).toBe(true);
		await expect.poll(() => append(2).then(({ duplicate }) => duplicate)).toBe(true);
		await log.close();
	});
});
