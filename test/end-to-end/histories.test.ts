// What befalls the history of stored rooms behind the daemons' backs: a broker that comes back without its store, a stream that is
// deleted, entries that are no messages. Real daemons, a real nats-server.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker, subjectToken } from "../../src/cluster/nats/index.ts";
import { openChat, type RoomMessage, xml } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { type Daemon, startDaemon } from "./daemon.ts";
import { Person } from "./person.ts";

const STREAM = "XMLSOCKET";

describe.skipIf(!hasNatsServer())("two daemons on one nats-server", () => {
	let nats: NatsServers;
	let daemons: Daemon[] = [];
	const opened: { close(): Promise<unknown> }[] = [];

	beforeEach(async () => {
		nats = await NatsServers.start();
		daemons = await Promise.all([0, 1].map(() => startDaemon(["--nats", nats.url(0), "--room", "news"])));
	});
	afterEach(async () => {
		for (const one of opened.splice(0)) await one.close();
		for (const daemon of daemons.splice(0)) await daemon.stop("SIGKILL");
		await nats.stop();
	});
	const come = async (at: number, name: string, room: string): Promise<Person> => {
		const person = await Person.at(daemons[at]!, name);
		opened.push(person);
		person.say(xml`<join room=${room} after="-1"/>`);
		await person.next("joined");
		return person;
	};
	const say = async (person: Person, room: string, id: string): Promise<string> => {
		person.say(xml`<say room=${room} id=${id}>${id}</say>`);
		return (await person.until(({ is, id: of }) => is === "ack" && of === id)).seq!;
	};
	const broker = async (): Promise<Broker> => {
		const connection = await Broker.connect({ servers: nats.urls });
		opened.push(connection);
		return connection;
	};

	it("tell who is in a room that its history is another one, and name it alike", async () => {
		const ann = await come(0, "ann", "lobby");
		const bob = await come(1, "bob", "lobby");
		const chat = await openChat(`localhost:${daemons[1]!.port}`, { name: "eve" });
		opened.push(chat);
		const gaps: unknown[] = [];
		const read: RoomMessage[] = [];
		const lobby = await chat.join("lobby", {
			on: { gap: (gap) => gaps.push(gap), message: (one) => read.push(one) },
		});
		for (let at = 0; at < 20; at++) await say(ann, "lobby", `old${at}`);
		await expect.poll(() => read.length).toBe(20);
		const connection = await broker();
		await connection.request(`$JS.API.STREAM.DELETE.${STREAM}`, new Uint8Array(0), 2000);
		const [one, two] = [await ann.next("joined"), await bob.next("joined")];
		expect(one.log).toBe(two.log);
		expect(Number(one.seq)).toBeLessThan(20);
		await say(ann, "lobby", "new");
		await expect.poll(() => read.at(-1)?.text).toBe("new");
		expect(gaps).toEqual([{ why: "history", from: undefined, to: undefined }]);
		expect(lobby.position?.log).toBe(one.log);
		const late = await come(0, "late", "lobby");
		expect(late.all.find(({ is }) => is === "joined")).toMatchObject({ log: one.log });
	});

	it("go on when the server comes back without its store: rooms, names, guests", async () => {
		const ann = await come(0, "ann", "lobby");
		await say(ann, "lobby", "old");
		await nats.kill(0);
		rmSync(join(nats.folder, "n0"), { recursive: true, force: true });
		await nats.startAll();
		await ann.next("joined");
		await say(ann, "lobby", "new");
		// The name that is there is still ann's, and others can be taken.
		const rival = await come(1, "rival", "lobby");
		rival.say(xml`<hello name="ann"/>`);
		expect(await rival.next("error")).toMatchObject({ code: "name-taken" });
		rival.say(xml`<hello name="bob"/>`);
		await rival.until(({ is, name }) => is === "welcome" && name === "bob");
		expect(await say(rival, "lobby", "too")).not.toBe("");
	});

	it("tell who is there that the server lost the end of its store, and let nobody miss what comes under the same numbers", async () => {
		const store = join(nats.folder, nats.nodes[0]!.name);
		const [ann, bob] = [await come(0, "ann", "news"), await come(1, "bob", "news")];
		for (let at = 0; at < 5; at++) await say(ann, "news", `kept ${at}`);
		await nats.kill(0);
		const copy = mkdtempSync(join(tmpdir(), "xmlsocket-older-"));
		cpSync(store, copy, { recursive: true });
		nats.start(0);
		await nats.ready();
		for (let at = 0; at < 5; at++) await say(ann, "news", `lost ${at}`);
		const last = await bob.until(({ is, text }) => is === "said" && text === "lost 4");
		await nats.kill(0);
		rmSync(store, { recursive: true });
		cpSync(copy, store, { recursive: true });
		rmSync(copy, { recursive: true });
		nats.start(0);
		await nats.ready();
		const seq = await say(ann, "news", "new");
		expect(Number(seq)).toBeLessThanOrEqual(Number(last.seq));
		const before = ann.all.find(({ is }) => is === "joined")!.log;
		const logs: (string | undefined)[] = [];
		for (const person of [ann, bob]) {
			const { log } = await person.until(({ is, log }) => is === "joined" && log !== before);
			logs.push(log);
			await person.until(({ is, text }) => is === "said" && text === "new");
		}
		expect(new Set(logs).size).toBe(1);
		expect((await Promise.all([0, 1].map((at) => say(bob, "news", `after ${at}`)))).length).toBe(2);
		await ann.until(({ is, text }) => is === "said" && text === "after 1");
		const eve = await Person.at(daemons[1]!, "eve");
		opened.push(eve);
		eve.say(xml`<join room="news" after=${last.seq} log=${before}/>`);
		await eve.until(({ is, text }) => is === "said" && text === "after 1");
		const shown = eve.all.filter(({ is }) => is === "said").map(({ text }) => text);
		expect(shown).toEqual(["kept 0", "kept 1", "kept 2", "kept 3", "kept 4", "new", "after 0", "after 1"]);
		expect(daemons.some((daemon) => daemon.log().includes("has numbers twice"))).toBe(true);
	});

	it("show an entry that is no message as a gap, to who is there and to who comes, and nobody waits for it", async () => {
		const ann = await come(0, "ann", "news");
		const first = await say(ann, "news", "first");
		const connection = await broker();
		const foreign = new TextEncoder();
		for (const text of ["hello there", "tann\n\0"]) {
			await connection.request(`${STREAM}.e.${subjectToken("news")}`, foreign.encode(text), 2000);
		}
		const [one, two] = [await ann.next("gap"), await ann.next("gap")];
		expect([one.from, one.to, two.from]).toEqual([one.to, one.from, two.to]);
		const chat = await openChat(`localhost:${daemons[1]!.port}`, { name: "bob" });
		opened.push(chat);
		const gaps: object[] = [];
		const read: string[] = [];
		const room = await chat.join("news", {
			since: { log: ann.all.find(({ is }) => is === "joined")!.log!, seq: Number(first) },
			on: { gap: (gap) => gaps.push(gap), message: ({ text }) => read.push(text) },
		});
		// It may speak only when the replay is complete.
		await room.say("second");
		await expect.poll(() => read).toEqual(["second"]);
		expect(gaps).toMatchObject([
			{ why: "lost", from: Number(one.from) },
			{ why: "lost", to: Number(two.to) },
		]);
		expect((await room.history()).messages.map(({ text }) => text)).toEqual(["first", "second"]);
		expect(daemons[1]!.log().match(/XMLSOCKET_RECORD_UNREADABLE/g)?.length).toBeGreaterThan(0);
		const metrics = await (await fetch(`http://localhost:${daemons[1]!.port}/metrics`)).text();
		expect(metrics).toMatch(/xmlsocket_chat_unreadable_total 2/);
	});
});
