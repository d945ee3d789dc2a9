// Live traffic of one client or room: what is shown, what is masked, and what it costs nobody.

import { afterEach, describe, expect, it } from "vitest";
import { createRelay } from "../../src/server/index.ts";
import { parseRecordingLine } from "../../src/tools/traffic/index.ts";
import { RawClient } from "../server/peers.ts";
import { type AdminServer, type EventReader, startAdmin } from "./daemon.ts";

let running: AdminServer;
const readers: EventReader[] = [];
const watch = async (query: string): Promise<EventReader> => {
	const reader = await running.admin.events(`traffic?${query}`);
	readers.push(reader);
	return reader;
};
const idOf = async (name: string): Promise<string> =>
	(await running.admin.get(`clients?name=${name}`)).body.clients[0].id;
const texts = (reader: EventReader, direction: string): string[] =>
	reader.all("traffic").flatMap((event) => (event.direction === direction ? [event.text] : []));
afterEach(async () => {
	for (const reader of readers.splice(0)) reader.close();
	await running.stop();
});

describe("the traffic of a client", () => {
	it("is a recording of both directions, without its secrets, until it leaves", async () => {
		running = await startAdmin({ tokens: "bobs-secret-token bob\n" });
		const client = await running.client("ann", "lobby");
		const secret = /session="([^"]*)"/.exec(client.text)![1]!;
		const reader = await watch(`client=${await idOf("ann")}`);
		client.send(
			`<hello name="bob" token="bobs-secret-token" session="${secret}"/>\0<say room="lobby" id="1">hi &amp; é</say>\0`,
		);
		await client.until((text) => text.includes('<ack id="1"'));
		await expect.poll(() => texts(reader, "server").at(-1)).toContain('<ack id="1"');
		expect(texts(reader, "client")).toEqual([
			'<hello name="bob" token="***" session="***"/>',
			'<say room="lobby" id="1">hi &amp; é</say>',
		]);
		expect(texts(reader, "server").some((text) => text.startsWith('<welcome name="bob" session="***"'))).toBe(true);
		client.socket.end();
		await reader.ended;
		const events = reader.all("traffic");
		expect(JSON.stringify(events)).not.toContain(secret.slice(17));
		expect(JSON.stringify(events)).not.toContain("bobs-secret");
		expect(events[0]).toMatchObject({ recording: 1, terminator: "00", encoding: "utf-8" });
		expect(events[1]).toMatchObject({ kind: "open", connection: 1, from: "127.0.0.1", name: "ann" });
		expect(events.at(-1)).toMatchObject({ kind: "close", connection: 1 });
		// It is what `replay` and the other tools read.
		const entries = events.map((event, at) => parseRecordingLine(JSON.stringify(event), at + 1));
		expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(["header", "event"]));
		const times = events.slice(1).map(({ time }) => time);
		expect(times).toEqual([...times].sort((a, b) => a - b));
	});

	it("of a flood has gaps that count what is left out, and the flood's readers get everything", async () => {
		running = await startAdmin({ rooms: ["game:live"] }, { documentsPerSecond: 100_000, documentBurst: 100_000 });
		const fast = await running.client("fast", "game");
		const honest = await running.client("honest", "game");
		const reader = await watch(`client=${await idOf("fast")}`);
		for (let i = 0; i < 5000; i++) fast.send(`<say room="game">${i}</say>\0`);
		await honest.until((text) => text.includes(">4999<"));
		expect(honest.documents.filter((text) => text.startsWith("<said"))).toHaveLength(5000);
		await expect.poll(() => reader.all("traffic").some(({ kind }) => kind === "gap")).toBe(true);
		await expect
			.poll(() => {
				const events = reader.all("traffic");
				const left = events.reduce((sum, { kind, events: count }) => sum + (kind === "gap" ? count : 0), 0);
				return left + events.filter(({ kind }) => kind === "document").length;
			})
			// Each is sent, and comes back.
			.toBeGreaterThanOrEqual(10_000);
	});

	it("with a long document comes in parts, and with bytes that are no text as base64", async () => {
		running = await startAdmin({}, {}, createRelay());
		const client = RawClient.tcp(running.server.port);
		client.send("a\0");
		await expect.poll(async () => (await running.admin.get("clients")).body.clients.length).toBe(1);
		const { id } = (await running.admin.get("clients")).body.clients[0];
		const reader = await watch(`client=${id}`);
		client.socket.write(Buffer.concat([Buffer.from("x".repeat(40_000)), Buffer.from([0, 0xff, 0xfe, 0])]));
		await expect.poll(() => reader.all("traffic").filter(({ kind }) => kind === "document").length).toBe(4);
		const documents = reader.all("traffic").filter(({ kind }) => kind === "document");
		expect(documents.map(({ bytes, ending }) => [bytes, ending])).toEqual([
			[16_384, "part"],
			[16_384, "part"],
			[7232, undefined],
			[2, undefined],
		]);
		expect(documents.at(-1)).toMatchObject({ base64: "//4=" });
		client.socket.destroy();
		await reader.ended;
	});

	it.each([
		["client=local-999", 404],
		["client=elsewhere-1", 404],
		["client=x", 404],
		["room=nowhere", 404],
		["", 400],
		["client=local-1&room=lobby", 400],
	])("that does not exist is an error: %s", async (query, status) => {
		running = await startAdmin();
		expect((await running.admin.get(`traffic?${query}`)).status).toBe(status);
	});
});

describe("the traffic of a room", () => {
	it("is what its members send to it, and one copy of what it sends; members come and go", async () => {
		running = await startAdmin({ rooms: ["game:live"] });
		const ann = await running.client("ann", "game");
		const bob = await running.client("bob", "game");
		ann.send('<join room="lobby"/>\0');
		await ann.until((text) => text.includes('<joined room="lobby"'));
		const reader = await watch("room=game");
		const eve = await running.client("eve", "game");
		await expect
			.poll(() =>
				reader
					.all("traffic")
					.filter(({ kind }) => kind === "open")
					.map(({ name }) => name),
			)
			.toEqual(["ann", "bob", "eve"]);
		ann.send('<say room="lobby">elsewhere</say>\0<say room="game">here</say>\0');
		eve.send('<send room="game"><move x="1"/></send>\0');
		await bob.until((text) => text.includes("<move"));
		await expect
			.poll(() => texts(reader, "client"))
			.toEqual(['<say room="game">here</say>', '<send room="game"><move x="1"/></send>']);
		const said = texts(reader, "server").filter((text) => text.startsWith("<said") || text.startsWith("<sent"));
		expect(said.map((text) => text.slice(0, 17))).toEqual(['<said room="game"', '<sent room="game"']);
		// The one whose copies are shown leaves.
		ann.socket.destroy();
		await expect.poll(() => reader.all("traffic").filter(({ kind }) => kind === "close").length).toBe(1);
		eve.send('<say room="game">again</say>\0');
		await expect.poll(() => texts(reader, "server").filter((text) => text.includes(">again<")).length).toBe(1);
	});
});

describe("a view of traffic", () => {
	it("ends on the daemon soon after its reader has gone, and costs a client nothing after that", async () => {
		running = await startAdmin();
		const client = await running.client("ann", "lobby");
		const id = await idOf("ann");
		for (let i = 0; i < 12; i++) {
			// At most 8 streams are open: the earlier ones have ended.
			let reader: EventReader | undefined;
			const tryToOpen = async (): Promise<string> => {
				try {
					reader ??= await watch(`client=${id}`);
					return "open";
				} catch (error) {
					return String(error);
				}
			};
			await expect.poll(tryToOpen).toBe("open");
			reader!.close();
			await reader!.ended;
		}
		client.send('<say room="lobby" id="1">x</say>\0');
		await client.until((text) => text.includes("<ack"));
	});
});
