// JetStream killed, frozen and cut in two while many sessions speak: nothing that was acknowledged is lost, nothing is stored twice,
// and every follower is given everything once and in order.

import { afterEach, describe, expect, it } from "vitest";
import { Broker, JetStreamLog, type JetStreamLogOptions } from "../../src/cluster/nats/index.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";
import { checkHeard, checkStored, everything, listen, Speakers } from "./speakers.ts";

const STREAM = "FAULTS";
// How often each fault comes; `XMLSOCKET_FAULT_ROUNDS=10` is the long run.
const ROUNDS = Number(process.env.XMLSOCKET_FAULT_ROUNDS ?? 1);
const FAULT_MS = 60_000 + ROUNDS * 30_000;

describe.skipIf(!hasNatsServer())("stored rooms in JetStream", () => {
	let servers: NatsServers | undefined;
	const opened: { close(): Promise<void> }[] = [];
	/** A daemon's log, its connection at one of the servers. */
	const daemon = async (at: number, options: JetStreamLogOptions = {}): Promise<JetStreamLog> => {
		const broker = await Broker.connect({ servers: [servers!.url(at)] });
		// Servers that have just started may need longer to choose a leader than the log of the test waits.
		if (options.giveUpAfterMs !== undefined) await daemon(at);
		const log = await JetStreamLog.open(broker, {
			stream: STREAM,
			replicas: servers!.nodes.length,
			retention: {},
			...options,
		});
		opened.push(broker, log);
		return log;
	};
	afterEach(async () => {
		for (const one of opened.splice(0).reverse()) await one.close();
		await servers?.stop();
		servers = undefined;
	});

	const fault = async (
		nodes: number,
		act: (servers: NatsServers, speakers: Speakers) => Promise<void>,
		options = {},
	) => {
		servers = await NatsServers.start({ nodes });
		const logs = [await daemon(0, options), await daemon(nodes - 1, options)];
		const followers = [await listen(logs[0]!), await listen(logs[1]!)];
		const speakers = new Speakers(logs, 20);
		await speakers.more(200);
		await act(servers, speakers);
		await speakers.more(200);
		await speakers.stop();
		const entries = await everything(logs[0]!);
		checkStored(entries, [speakers]);
		for (const follower of followers) {
			await expect.poll(() => follower.heard.at(-1)?.seq).toBe(entries.at(-1)!.seq);
			checkHeard(follower, entries);
		}
		expect((await everything(logs[1]!)).map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq));
		return { entries, speakers };
	};

	it("survive kill -9 of the one server, again and again", { timeout: FAULT_MS }, async () => {
		await fault(1, async (running, speakers) => {
			for (let round = 0; round < 3 * ROUNDS; round++) {
				await running.restart(0);
				await speakers.more(50);
			}
		});
	});

	it("survive kill -9 of the server that leads, and go on with two of three", { timeout: FAULT_MS }, async () => {
		await fault(3, async (running, speakers) => {
			for (let round = 0; round < ROUNDS; round++) {
				const leader = await running.leaderOf(STREAM);
				expect(leader).toBeGreaterThanOrEqual(0);
				await running.kill(leader);
				await speakers.more(100);
				await running.startAll();
			}
		});
	});

	it("survive a leader that is frozen and thawed", { timeout: FAULT_MS }, async () => {
		await fault(3, async (running, speakers) => {
			const leader = await running.leaderOf(STREAM);
			running.freeze(leader);
			await speakers.more(100);
			running.thaw(leader);
		});
	});

	it("survive kill -9 of all three at once", { timeout: FAULT_MS }, async () => {
		await fault(3, async (running) => {
			for (let round = 0; round < ROUNDS; round++) {
				await running.killAll();
				await running.startAll();
			}
		});
	});

	it("refuse with a code while two of three are silent, and recover", { timeout: FAULT_MS }, async () => {
		const { speakers } = await fault(
			3,
			async (running, speaking) => {
				running.freeze(1);
				running.freeze(2);
				await expect.poll(() => speaking.refusals).toBeGreaterThan(20);
				running.thaw(1);
				running.thaw(2);
			},
			{ giveUpAfterMs: 4000 },
		);
		expect(speakers.refusals).toBeGreaterThan(20);
	});

	it("are told of the loss of their home and of its return, with the connection and with the majority", {
		timeout: FAULT_MS,
	}, async () => {
		servers = await NatsServers.start({ nodes: 3 });
		const log = await daemon(0, { giveUpAfterMs: 1000 });
		const changes: boolean[] = [];
		log.watch((reachable) => changes.push(reachable));
		await log.append("lobby", { payload: new Uint8Array(1) });
		await servers.kill(1);
		await servers.kill(2);
		await expect(log.append("lobby", { payload: new Uint8Array(1) })).rejects.toMatchObject({
			code: "XMLSOCKET_UNAVAILABLE",
		});
		await expect.poll(() => changes).toEqual([false]);
		await servers.startAll();
		await expect.poll(() => changes).toEqual([false, true]);
		await log.append("lobby", { payload: new Uint8Array(1) });
	});

	it("give a follower what it missed while its server was gone", { timeout: FAULT_MS }, async () => {
		servers = await NatsServers.start({ nodes: 3 });
		const [speaking, listening] = [await daemon(0), await daemon(2)];
		const follower = await listen(listening);
		const speakers = new Speakers([speaking], 10);
		await speakers.more(50);
		// The listener's connection moves to another server, and what is told meanwhile does not reach it.
		await servers.kill(2);
		await speakers.more(300);
		await speakers.stop();
		const entries = await everything(speaking);
		await expect.poll(() => follower.heard.length).toBe(entries.length);
		checkHeard(follower, entries);
		checkStored(entries, [speakers]);
	});

	it("close within their time while nothing answers", async () => {
		servers = await NatsServers.start();
		const log = await daemon(0);
		await log.append("lobby", { payload: new Uint8Array(1) });
		servers.freeze(0);
		const waiting = log.append("lobby", { payload: new Uint8Array(1) }).catch((error) => error.code);
		await log.close();
		expect(await waiting).toBe("XMLSOCKET_UNAVAILABLE");
		servers.thaw(0);
	});
});
