// The log in JetStream: what every log does, on one server and on three, and what only a shared one can show.

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Broker, JetStreamLog, type JetStreamLogOptions, subjectToken } from "../../src/cluster/nats/index.ts";
import { StreamApi } from "../../src/cluster/nats/jetstream-api.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/cluster/nats/retention-checkpoint.ts";
import type { LogEntry } from "../../src/message-log/index.ts";
import { describeLog, type SuiteOptions } from "../message-log/log-suite.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";
import { bytes, checkHeard, checkStored, everything, listen, Speakers, textOf } from "./speakers.ts";

const hasServer = hasNatsServer();

describe.skipIf(!hasServer).each([1, 3])("JetStream on %i server(s)", (nodes) => {
	let servers: NatsServers;
	let broker: Broker;
	let streams = 0;
	beforeAll(async () => {
		servers = await NatsServers.start({ nodes });
		broker = await Broker.connect({ servers: servers.urls });
	});
	afterAll(async () => {
		await broker?.close();
		await servers?.stop();
	});
	const open = (options: SuiteOptions) =>
		JetStreamLog.open(broker, { ...options, stream: `S${streams}`, replicas: nodes });

	describeLog("a JetStreamLog", {
		open(options) {
			streams++;
			return open(options);
		},
		reopen: open,
		ownsClock: false,
	});
});

describe.skipIf(!hasServer)("a stream on three servers", () => {
	it("has one name for all who make it at once", async () => {
		const servers = await NatsServers.start({ nodes: 3 });
		const brokers = await Promise.all(servers.urls.map((url) => Broker.connect({ servers: [url] })));
		try {
			for (let round = 0; round < 2; round++) {
				const logs = await Promise.all(
					brokers.map((broker) => JetStreamLog.open(broker, { stream: `RACE${round}`, replicas: 3 })),
				);
				const names = async (): Promise<Set<string>> =>
					new Set(await Promise.all(logs.map(async (log) => (await log.state("lobby")).log)));
				const [first, ...others] = await names();
				expect(others).toEqual([]);
				await servers.restart((await servers.leaderOf(`RACE${round}`)) as number);
				expect(await names()).toEqual(new Set([first]));
				for (const log of logs) await log.close();
			}
		} finally {
			for (const broker of brokers) await broker.close();
			await servers.stop();
		}
	});
});

describe.skipIf(!hasServer)("the checkpoint of a room on three servers", () => {
	it("has one successor, however many daemons write at once", async () => {
		const servers = await NatsServers.start({ nodes: 3 });
		const brokers = await Promise.all(servers.urls.map((url) => Broker.connect({ servers: [url] })));
		try {
			const apis = brokers.map((broker) => new StreamApi(broker, "ACCOUNTS", 3));
			await apis[0]!.ensure({ replicas: 3, storage: "file", dedupeWindowMs: 600_000 });
			for (let at = 0; at < 200; at++) await apis[0]!.publish(apis[0]!.entries("_x"), bytes("x"), 5000, {});
			for (let round = 1; round <= 100; round++) {
				const before = await readCheckpoint(apis[0]!, "_x");
				const written = await Promise.all(
					apis.map((api, writer) =>
						writeCheckpoint(api, "_x", { ...before, dropped: round, through: 200, count: writer }).then(
							() => writer,
							() => -1,
						),
					),
				);
				const after = await readCheckpoint(apis[1]!, "_x");
				const winners = written.filter((writer) => writer >= 0);
				expect([after.dropped, winners]).toEqual([round, [after.count]]);
			}
		} finally {
			for (const broker of brokers) await broker.close();
			await servers.stop();
		}
	});
});

describe.skipIf(!hasServer)("a stream that daemons share", () => {
	let servers: NatsServers;
	const opened: { close(): Promise<void> }[] = [];
	let stream = "";
	let streams = 0;
	const connect = async (): Promise<Broker> => {
		const broker = await Broker.connect({ servers: servers.urls });
		opened.push(broker);
		return broker;
	};
	const daemon = async (options: JetStreamLogOptions = {}): Promise<JetStreamLog> => {
		const log = await JetStreamLog.open(await connect(), { stream, retention: {}, ...options });
		opened.push(log);
		return log;
	};
	const api = async (what: string, body: object = {}) => {
		const reply = await (await connect()).request(`$JS.API.${what}.${stream}`, bytes(JSON.stringify(body)), 60_000);
		return JSON.parse(new TextDecoder().decode(reply.data));
	};
	const publish = async (token: string, data: Uint8Array): Promise<void> => {
		await (await connect()).request(`${stream}.e.${token}`, data, 60_000);
	};
	beforeAll(async () => {
		servers = await NatsServers.start({ settings: "max_payload: 100000" });
	});
	afterAll(() => servers?.stop());
	afterEach(async () => {
		for (const one of opened.splice(0).reverse()) await one.close();
		stream = `T${++streams}`;
	});
	stream = `T${streams}`;

	it("has one order for all, and stores an id once whichever daemon gets it", async () => {
		const logs = [await daemon(), await daemon(), await daemon()];
		const followers = await Promise.all(logs.map((log) => listen(log)));
		const speakers = new Speakers(logs, 12);
		await speakers.more(300);
		await speakers.stop();
		const entries = await everything(logs[2]!);
		checkStored(entries, [speakers]);
		for (const follower of followers) {
			await expect.poll(() => follower.heard.length).toBe(entries.length);
			checkHeard(follower, entries);
		}
		const again = await logs[1]!.append("lobby", { payload: bytes("s0/0"), session: "s0", id: "m0" });
		expect(again).toMatchObject({ seq: speakers.acknowledged.get("s0/0"), duplicate: true });
		expect(again.prev).toBe(entries.find((entry) => entry.seq === again.seq)!.prev);
	});

	it("keeps names, ids and sessions as they are, line ends and separators included", async () => {
		const log = await daemon();
		const names = ["a\r\nNats-Rollup: all\r\n\r\n", "\0", " ", "é🎲", "x".repeat(1000)];
		for (const session of names) {
			for (const id of names) await log.append(session, { payload: bytes(id), session, id });
		}
		for (const session of names) {
			expect((await everything(log, session)).map((entry) => [entry.session, entry.id])).toEqual(
				names.map((id) => [session, id]),
			);
		}
		const long = { payload: bytes(""), session: "s", id: "x".repeat(1025) };
		await expect(log.append("lobby", long)).rejects.toMatchObject({ code: "XMLSOCKET_NAME_INVALID" });
		await expect(log.state("x".repeat(1025))).rejects.toMatchObject({ code: "XMLSOCKET_NAME_INVALID" });
	});

	it("refuses what is larger than the servers take, and stores the largest", async () => {
		const log = await daemon();
		const largest = 100_000 - 512 - 11;
		await expect(log.append("lobby", { payload: new Uint8Array(largest + 1) })).rejects.toMatchObject({
			code: "XMLSOCKET_DOCUMENT_TOO_LARGE",
			message: expect.stringContaining("99488"),
		});
		await log.append("lobby", { payload: new Uint8Array(largest) });
	});

	it("gives what others have put into it as entries with nothing but a payload", async () => {
		const log = await daemon();
		const { heard } = await listen(log);
		const foreign = [
			new Uint8Array(0),
			Uint8Array.of(1),
			Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 9, 1),
			bytes("hello there"),
		];
		for (const data of foreign) await publish(subjectToken("lobby"), data);
		await log.append("lobby", { payload: bytes("ours"), session: "s", id: "c" });
		expect(heard.map(({ payload }) => [...payload])).toEqual([...foreign, bytes("ours")].map((data) => [...data]));
		expect(heard.slice(0, 4).every(({ session, id }) => session === undefined && id === undefined)).toBe(true);
		expect(await everything(log)).toEqual(heard);
	});

	it("reads pages of one room among many, each entry with the one before it, from either end", async () => {
		const log = await daemon();
		const seqs: number[] = [];
		for (let at = 0; at < 600; at++) {
			const { seq } = await log.append(at % 17 === 0 ? "lobby" : `other ${at % 5}`, { payload: bytes(String(at)) });
			if (at % 17 === 0) seqs.push(seq);
		}
		const forward = await everything(log);
		expect(forward.map(({ seq }) => seq)).toEqual(seqs);
		const backward: LogEntry[] = [];
		for (let more = true; more; ) {
			const limits = { maxCount: 7, maxBytes: 1 << 20 };
			const page = await log.readBefore("lobby", backward[0]?.seq ?? Number.MAX_SAFE_INTEGER, limits);
			backward.unshift(...page.entries);
			more = page.more;
		}
		expect(backward).toEqual(forward);
		expect(forward.map(({ prev }) => prev)).toEqual([0, ...seqs.slice(0, -1)]);
		// Also from numbers that other rooms have.
		const page = await log.readAfter("lobby", seqs[3]! + 5, { maxCount: 1, maxBytes: 1 });
		expect(page.entries).toMatchObject([{ seq: seqs[4], prev: seqs[3] }]);
	});

	it("shows what retention has dropped as a gap, whichever daemon dropped it", async () => {
		const retention = { maxCount: 5 };
		const [log, other] = [await daemon({ retention }), await daemon({ retention })];
		const seqs: number[] = [];
		for (let at = 0; at < 40; at++) {
			seqs.push((await (at % 2 ? log : other).append("lobby", { payload: bytes(String(at)) })).seq);
			await other.append("elsewhere", { payload: bytes("between") });
		}
		await expect
			.poll(async () => (await api("STREAM.INFO", { subjects_filter: `${stream}.e.>` })).state.subjects)
			.toEqual({ [`${stream}.e.${subjectToken("lobby")}`]: 5, [`${stream}.e.${subjectToken("elsewhere")}`]: 5 });
		for (const reader of [log, other, await daemon({ retention })]) {
			const { entries } = await reader.readAfter("lobby", seqs[3]!, { maxCount: 100, maxBytes: 1 << 20 });
			expect(entries.map(({ seq, prev }) => [seq, prev])).toEqual(
				seqs.slice(35).map((seq, at) => [seq, seqs[34 + at]!]),
			);
			expect(await reader.state("lobby")).toMatchObject({ firstSeq: seqs[35], lastSeq: seqs[39] });
		}
	});

	it("drops what an entry displaces that comes while the room is being purged", async () => {
		const log = await daemon({ retention: { maxBytes: 1000 } });
		const { purge } = StreamApi.prototype;
		const say = (text: string) => log.append("lobby", { payload: bytes(text) });
		const during = vi.spyOn(StreamApi.prototype, "purge").mockImplementationOnce(async function (
			this: StreamApi,
			...args
		) {
			await purge.apply(this, args);
			await say("y".repeat(5000));
			// The entry comes to the log by the bus, after the acknowledgement.
			await new Promise((resolve) => setTimeout(resolve, 200));
		});
		try {
			for (let i = 0; i < 20; i++) await say(`${i}`.padEnd(100, "."));
			const kept = async () => (await everything(log, "lobby")).map(textOf);
			await expect.poll(kept).toEqual(["y".repeat(5000)]);
		} finally {
			during.mockRestore();
		}
	});

	it("forgets entries that are too old, but not the room's last number", async () => {
		let nowMs = Date.now();
		const options = { retention: { maxAgeMs: 10_000 }, nowMs: () => nowMs };
		const log = await daemon(options);
		for (const word of ["1", "2", "3"]) await log.append("lobby", { payload: bytes(word) });
		nowMs += 6000;
		const { seq } = await log.append("lobby", { payload: bytes("4") });
		nowMs += 6000;
		expect((await everything(log)).map(textOf)).toEqual(["4"]);
		nowMs += 6000;
		expect(await everything(log)).toEqual([]);
		expect(await log.state("lobby")).toMatchObject({ lastSeq: seq, firstSeq: seq + 1 });
		const subject = `${stream}.e.${subjectToken("lobby")}`;
		await expect
			.poll(async () => (await api("STREAM.INFO", { subjects_filter: subject })).state.subjects[subject])
			.toBe(1);
		const { prev } = await (await daemon(options)).append("lobby", { payload: bytes("5") });
		expect(prev).toBe(seq);
	});

	it("shows all that it has, and drops what it should, where another program wrote an impossible checkpoint", async () => {
		const first = await daemon();
		const seqs: number[] = [];
		for (let at = 0; at < 20; at++) seqs.push((await first.append("lobby", { payload: bytes(`${at}`) })).seq);
		await first.close();
		const subject = `${stream}.k.${subjectToken("lobby")}`;
		const far = 2 ** 50;
		const other = await connect();
		for (const written of [
			{ dropped: far, through: far, count: 0, bytes: 0 },
			{ dropped: -1, through: 5, count: 1, bytes: 1 },
			{ dropped: 9, through: 3, count: 0, bytes: 0 },
			{ dropped: 0, through: seqs[3], count: 1000, bytes: 0 },
			{ dropped: 0, through: 5, count: 1.5, bytes: 1 },
			{ dropped: "1", through: 5, count: 1, bytes: 1 },
			null,
			"\u0000",
		]) {
			await other.request(subject, bytes(JSON.stringify(written)), 60_000);
			const reader = await daemon();
			expect((await everything(reader)).map(({ seq }) => seq)).toEqual(seqs);
			// What was dropped before is unknown: clients are shown a gap rather than none.
			expect((await everything(reader))[0]!.prev).toBe(seqs[0]! - 1);
			await reader.close();
		}
		await other.request(subject, bytes(JSON.stringify({ dropped: 0, through: far, count: 0, bytes: 0 })), 60_000);
		const trimming = await daemon({ retention: { maxCount: 5 } });
		seqs.push((await trimming.append("lobby", { payload: bytes("20") })).seq);
		await expect.poll(async () => (await everything(trimming)).map(({ seq }) => seq)).toEqual(seqs.slice(-5));
	});

	it("refuses reads beyond 65,536 that have no answer, also where all want the same page", async () => {
		const log = await daemon();
		await log.follow("lobby", () => {});
		const { seq } = await log.append("lobby", { payload: bytes("1") });
		const read = () => log.readBefore("lobby", seq + 1, { maxCount: 10, maxBytes: 1000 });
		// On a busy machine their one page may be late.
		const pages = Array.from({ length: 65_536 }, () => read().catch(() => undefined));
		await expect(read()).rejects.toMatchObject({
			code: "XMLSOCKET_UNAVAILABLE",
			message: expect.stringContaining("65536 reads"),
		});
		await Promise.all(pages);
		expect((await read()).entries).toHaveLength(1);
	});

	it("is another history after it was deleted: who follows is told so, and follows the new one", async () => {
		const log = await daemon();
		const heard: string[] = [];
		let told = 0;
		const hear = (entry: LogEntry): number => heard.push(textOf(entry));
		await log.follow("lobby", hear, () => told++);
		for (let at = 0; at < 3; at++) await log.append("lobby", { payload: bytes(`old ${at}`) });
		const before = await log.state("lobby");
		await api("STREAM.DELETE");
		const { seq } = await log.append("lobby", { payload: bytes("new") });
		await expect.poll(() => told).toBe(1);
		const after = await log.follow("lobby", hear, () => told++);
		expect(after.log).not.toBe(before.log);
		expect(after).toMatchObject({ firstSeq: seq, lastSeq: seq });
		expect((await everything(log)).map(textOf)).toEqual(["new"]);
		await log.append("lobby", { payload: bytes("newer") });
		expect(heard).toEqual(["old 0", "old 1", "old 2", "newer"]);
		expect(told).toBe(1);
		expect((await (await daemon()).state("lobby")).log).toBe(after.log);
	});

	it("keeps the name of its history when somebody empties it by hand, for daemons that come later too", async () => {
		const log = await daemon();
		const { seq } = await log.append("lobby", { payload: bytes("1") });
		const before = await log.state("lobby");
		await api("STREAM.PURGE");
		await expect
			.poll(async () => (await api("STREAM.INFO", { subjects_filter: ">" })).state.subjects)
			.toMatchObject({ [`${stream}.k.history`]: 1 });
		const later = await daemon();
		expect((await later.state("lobby")).log).toBe(before.log);
		expect((await later.append("lobby", { payload: bytes("2") })).seq).toBeGreaterThan(seq);
	});

	it("gets a name that documents can carry where another program wrote a name that they cannot", async () => {
		const first = await daemon();
		await first.append("lobby", { payload: bytes("1") });
		await first.close();
		await (await connect()).request(`${stream}.k.history`, bytes("a\u0000<b>".repeat(100)), 60_000);
		const one = await daemon();
		const two = await daemon();
		const { log } = await one.state("lobby");
		expect(log).toMatch(/^[0-9a-f]{12}$/);
		expect((await two.state("lobby")).log).toBe(log);
	});

	it("gets a name again where it was emptied by hand while no daemon ran", async () => {
		const first = await daemon();
		await first.append("lobby", { payload: bytes("1") });
		await first.close();
		await api("STREAM.PURGE");
		const log = await daemon();
		expect((await log.state("lobby")).log).toMatch(/^[0-9a-f]{12}$/);
		expect((await log.append("lobby", { payload: bytes("2") })).seq).toBeGreaterThan(1);
	});

	it("is changed where it can be, and refused with the cause where not", async () => {
		await daemon({ dedupeWindowMs: 60_000 });
		await daemon({ dedupeWindowMs: 120_000 });
		expect((await api("STREAM.INFO")).config.duplicate_window).toBe(120e9);
		await expect(daemon({ storage: "memory" })).rejects.toMatchObject({
			code: "XMLSOCKET_STREAM_UNSUITABLE",
			message: expect.stringContaining("has the storage file, not memory"),
		});
		await expect(daemon({ stream: "a.b" })).rejects.toMatchObject({ code: "XMLSOCKET_OPTION_INVALID" });
		await expect(daemon({ stream: `${stream}x`, replicas: 3 })).rejects.toMatchObject({
			code: "XMLSOCKET_STREAM_UNSUITABLE",
			message: expect.stringContaining("replicas"),
		});
		await api("STREAM.DELETE");
		await api("STREAM.CREATE", { name: stream, subjects: [`${stream}.e.*`], storage: "file" });
		await expect(daemon()).rejects.toMatchObject({
			code: "XMLSOCKET_STREAM_UNSUITABLE",
			message: expect.stringContaining("republish"),
		});
	});

	it("is asked for in vain where the server runs without JetStream", async () => {
		const plain = await NatsServers.start({ jetstream: false });
		try {
			const broker = await Broker.connect({ servers: plain.urls });
			await expect(JetStreamLog.open(broker, { giveUpAfterMs: 2000 })).rejects.toMatchObject({
				code: "XMLSOCKET_BROKER_UNREACHABLE",
				message: expect.stringContaining("nats-server with -js"),
			});
			await broker.close();
		} finally {
			await plain.stop();
		}
	});

	it("takes no more rooms at a time than the limit, and lets idle ones go for others", async () => {
		const log = await daemon({ maxRooms: 2 });
		const following = await log.follow("a", () => {});
		await log.follow("b", () => {});
		await expect(log.append("c", { payload: bytes("1") })).rejects.toMatchObject({ code: "XMLSOCKET_TOO_MANY_ROOMS" });
		const { seq } = await log.append("a", { payload: bytes("1") });
		following.stop();
		expect((await log.append("c", { payload: bytes("1") })).seq).toBe(seq + 1);
	});
});
