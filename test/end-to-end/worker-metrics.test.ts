// The counters of a daemon whose worker is killed between two requests for metrics.

import { expect, it } from "vitest";
import { openChat } from "../../src/index.ts";
import { startDaemon } from "./daemon.ts";
import { metricsOf, workersOf } from "./workers.ts";

it("a worker is killed: no counter falls, so no rate shows what was counted before as new", async () => {
	const daemon = await startDaemon(["--memory", "--workers", "2"]);
	try {
		const address = `localhost:${daemon.port}`;
		// Two connections, one for each worker.
		const chats = [await openChat(address, { name: "ann" }), await openChat(address, { name: "bob" })];
		for (const chat of chats) {
			const room = await chat.join("lobby");
			for (let at = 0; at < 20; at++) await room.say("hi");
			await expect(openChat(address, { name: "ann" })).rejects.toMatchObject({ code: "XMLSOCKET_NAME_TAKEN" });
		}
		const isCounter = (name: string): boolean =>
			/_total|_bucket|_count|_sum/.test(name) && name.startsWith("xmlsocket_");
		const before = new Map([...(await metricsOf(daemon))].filter(([name]) => isCounter(name)));
		expect(before.get('xmlsocket_refused_total{reason="name-taken"}')).toBe(2);
		process.kill(workersOf(daemon)[0]!, "SIGKILL");
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_workers_replaced_total")).toBe(1);
		await expect.poll(async () => (await metricsOf(daemon)).get("xmlsocket_workers")).toBe(2);
		const after = await metricsOf(daemon);
		const fallen = [...before].filter(([name, value]) => (after.get(name) ?? 0) < value);
		expect(fallen).toEqual([]);
		for (const chat of chats) await chat.close();
	} finally {
		await daemon.stop();
	}
});
