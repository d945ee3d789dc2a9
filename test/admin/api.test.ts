// What the admin API answers about one daemon, and what it does there.

import { afterEach, describe, expect, it } from "vitest";
import { createRelay } from "../../src/server/index.ts";
import { memoryPair } from "../../src/transport/index.ts";
import { type AdminServer, startAdmin } from "./daemon.ts";

let running: AdminServer;
afterEach(() => running.stop());

describe("what is there", () => {
	it("is reported with its rooms, members and clients", async () => {
		running = await startAdmin({ rooms: ["game:live"], serverName: "here" });
		const ann = await running.client("ann", "lobby");
		await running.client("bob", "game");
		ann.send('<say room="lobby" id="1">hi</say>\0');
		await ann.until((text) => text.includes("<ack"));
		const { admin } = running;
		expect((await admin.get("status")).body).toMatchObject({
			server: "here",
			version: "0.0.0",
			startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
			node: "local",
			clients: 2,
			rooms: 2,
			ready: true,
			trouble: null,
			nodes: [
				{
					node: "local",
					clients: 2,
					rooms: 2,
					eventLoopDelayMs: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
					rssBytes: expect.any(Number),
					heldBytes: expect.any(Number),
				},
			],
		});
		const rooms = await admin.get("rooms");
		expect(rooms.headers.get("content-type")).toContain("application/json");
		expect(rooms.body).toEqual({
			rooms: [
				{ name: "game", kind: "live", members: 1, topic: "", messagesPerSecond: 0 },
				{ name: "lobby", kind: "stored", members: 1, topic: "", messagesPerSecond: expect.any(Number), lastSeq: 1 },
			],
		});
		expect((await admin.get("rooms?sort=rate")).body.rooms.map(({ name }: { name: string }) => name)).toEqual([
			"lobby",
		]);
		expect((await admin.get("rooms/lobby/members")).body).toEqual({
			members: [{ name: "ann", client: expect.stringMatching(/^local-\d+$/), node: "local" }],
		});
		const before = Date.now();
		const { clients } = (await admin.get("clients?name=AN")).body;
		expect(clients).toEqual([
			{
				id: expect.stringMatching(/^local-\d+$/),
				name: "ann",
				guest: true,
				operator: false,
				address: "127.0.0.1",
				transport: "tcp",
				node: "local",
				rooms: ["lobby"],
				connectedAt: expect.any(Number),
				documentsPerSecond: expect.any(Number),
				bytesPerSecond: expect.any(Number),
				outboxBytes: 0,
				session: expect.stringMatching(/^[0-9a-f]{8}$/),
			},
		]);
		expect(clients[0].documentsPerSecond).toBeGreaterThan(0);
		expect(clients[0].bytesPerSecond).toBeGreaterThan(0);
		expect(Math.abs(clients[0].connectedAt - before)).toBeLessThan(60_000);
		expect(JSON.stringify(clients)).not.toContain(/session="[0-9a-f]{16}-([0-9a-f]{32})"/.exec(ann.text)![1]!);
	});

	it("is listed in pages without losing or repeating anyone, also in a room of 5,000", async () => {
		running = await startAdmin({}, { maxConnections: 6000 });
		const names = Array.from({ length: 5000 }, (_, number) => `guest-${number + 1}`).sort();
		for (const _ of names) {
			const [near, far] = memoryPair();
			near.start({ bytes() {}, end() {}, drain() {}, pong() {}, close() {} });
			running.server.attach(far);
			near.write(new TextEncoder().encode('<join room="big" after="-1"/>\0'));
		}
		const { admin } = running;
		const members = async (): Promise<number> => (await admin.get("rooms?sort=members&limit=1")).body.rooms[0].members;
		await expect.poll(members, { interval: 300 }).toBe(5000);
		for (const [path, list] of [
			["members?room=big", "members"],
			["clients?room=big&sort=name", "clients"],
		] as const) {
			const seen: string[] = [];
			let after = "";
			let pages = 0;
			do {
				const { body } = await admin.get(`${path}&limit=500${after && `&after=${after}`}`);
				seen.push(...body[list].map(({ name }: { name: string }) => name));
				after = body.next ?? "";
				pages++;
			} while (after !== "");
			expect(seen.sort()).toEqual(names);
			expect(pages).toBeGreaterThanOrEqual(10);
		}
		// A member who leaves between two pages is not listed; all others are.
		const first = (await admin.get("members?room=big&limit=2")).body;
		expect(first.members.map(({ name }: { name: string }) => name)).toEqual(names.slice(0, 2));
		await admin.post("kick", { room: "big", name: names[1] });
		await admin.post("kick", { name: names[2] });
		await expect
			.poll(async () => (await admin.get(`members?room=big&limit=1&after=${first.next}`)).body.members[0].name)
			.toBe(names[3]);
	});

	it("shows who reads slowly and who sends fast first", async () => {
		running = await startAdmin();
		const slow = await running.client("slow", "lobby");
		const fast = await running.client("fast", "lobby");
		slow.socket.pause();
		const text = "x".repeat(20_000);
		for (let i = 0; i < 1000; i++) fast.send(`<say room="lobby">${text}</say>\0`);
		const { admin } = running;
		await expect
			.poll(async () => (await admin.get("clients?sort=outbox&limit=1")).body.clients[0])
			.toMatchObject({ name: "slow" });
		expect((await admin.get("clients?sort=rate&limit=1")).body.clients[0]).toMatchObject({ name: "fast" });
		expect((await admin.get("clients?sort=age&limit=1")).body.clients[0]).toMatchObject({ name: "slow" });
	});
});

describe("what an operator does", () => {
	it("reaches a stored and a live room from the server's name, which nobody else can take", async () => {
		running = await startAdmin({ rooms: ["game:live"], serverName: "Here" });
		const ann = await running.client("ann", "lobby");
		const bob = await running.client("bob", "game");
		expect((await running.admin.post("say", { room: "lobby", text: "at noon <b>&" })).body).toEqual({ seq: 1 });
		expect((await running.admin.post("say", { room: "game", text: "now" })).body).toEqual({});
		await ann.until((text) =>
			/<said room="lobby" seq="1" prev="0" from="Here" at="[^"]*">at noon &lt;b(>|&gt;)&amp;/.test(text),
		);
		await bob.until((text) => /<said room="game" from="Here" at="[^"]*">now</.test(text));
		ann.send('<hello name="hERE"/>\0');
		await ann.until((text) => text.includes('<error code="token-invalid"'));
		const line = running.log.lines.find(({ facts }) => (facts as { action?: string }).action === "say");
		expect(line!.facts).toMatchObject({ by: "ann", remote: "127.0.0.1", room: "lobby", characters: 12 });
		expect(JSON.stringify(running.log.lines)).not.toContain("0123456789abcdef");
	});

	it("removes a person from a room, and disconnects a client with its last document", async () => {
		running = await startAdmin();
		const ann = await running.client("ann", "lobby");
		const bob = await running.client("bob", "lobby");
		expect((await running.admin.post("kick", { room: "lobby", name: "BOB" })).body).toEqual({ removed: 1 });
		await bob.until((text) =>
			text.includes('<exit room="lobby" name="bob" members="1" reason="kicked" by="xmlsocket" />'),
		);
		const [client] = (await running.admin.get("clients?name=bob")).body.clients;
		expect((await running.admin.post("kick", { client: client.id })).body).toEqual({ removed: 1 });
		await bob.until((text) => text.includes('<bye reason="kicked" />'));
		await bob.closed;
		// It has left meanwhile.
		expect(await running.admin.post("kick", { client: client.id })).toMatchObject({
			status: 404,
			body: { error: { code: "XMLSOCKET_ADMIN_CLIENT_UNKNOWN" } },
		});
		expect((await running.admin.post("kick", { room: "lobby", name: "bob" })).status).toBe(404);
		expect(ann.socket.destroyed).toBe(false);
	});

	it("is refused in words where a request is wrong, and costs the connection nothing", async () => {
		running = await startAdmin();
		const { admin } = running;
		const cases: [Promise<{ status: number; body: { error: { code: string; text: string } } }>, number, RegExp][] = [
			[admin.get("nothing"), 404, /no path nothing/],
			[admin.get("say"), 405, /POST/],
			[admin.request("DELETE", "status"), 405, /GET/],
			[admin.get("rooms?sort=size"), 400, /The field sort must be name, members or rate/],
			[admin.get("clients?limit=501"), 400, /limit/],
			[admin.get("clients?limit=x&nmae=y"), 400, /did you mean "name"/],
			[admin.get("clients?after=bm8"), 400, /after/],
			[admin.get("members?room=nowhere"), 404, /no room "nowhere"/],
			[admin.get("rooms/%ff/members"), 400, /cannot be read/],
			[admin.post("say", "{"), 400, /not a JSON object/],
			[admin.post("say", [1]), 400, /not a JSON object/],
			[admin.post("say", { room: "lobby", text: "x".repeat(60_000) }), 413, /60000 characters/],
			[admin.post("say", { room: "lobby", text: "a\u0000b" }), 400, /cannot carry/],
			[admin.post("say", { room: "lobby", text: "x".repeat(70_000) }), 413, /more than 65536 bytes/],
			[admin.post("say", { room: "lobby" }), 400, /text/],
			[admin.post("kick", { name: "a", client: "local-1" }), 400, /either/],
			[admin.post("kick", { __proto__: null, room: "lobby" }), 400, /either/],
		];
		for (const [answer, status, text] of cases) {
			const { status: got, body } = await answer;
			expect([got, body.error.text]).toEqual([status, expect.stringMatching(text)]);
			expect(body.error.code).toMatch(/^XMLSOCKET_/);
		}
		// None of these is a refusal of a stranger.
		expect([...running.server.metrics.refused.keys()]).toEqual([]);
		expect((await admin.request("OPTIONS", "say")).headers.get("allow")).toBe("POST, OPTIONS");
		expect((await admin.get("status")).status).toBe(200);
	});
});

describe("a daemon without a chat", () => {
	it("shows and disconnects its clients, and says that it has no rooms", async () => {
		running = await startAdmin({}, {}, createRelay());
		const { RawClient } = await import("../server/peers.ts");
		const client = RawClient.tcp(running.server.port);
		client.send("hello\0");
		const { admin } = running;
		await expect.poll(async () => (await admin.get("status")).body).toMatchObject({ clients: 1, rooms: 0 });
		const [shown] = (await admin.get("clients?sort=age&address=127.0")).body.clients;
		expect(shown).toMatchObject({ address: "127.0.0.1", rooms: [], transport: "tcp" });
		for (const answer of [
			admin.get("rooms"),
			admin.get("clients?name=x"),
			admin.post("say", { room: "a", text: "b" }),
			admin.post("kick", { name: "x" }),
		]) {
			expect(await answer).toMatchObject({ status: 409, body: { error: { code: "XMLSOCKET_ADMIN_NOT_APPLICABLE" } } });
		}
		expect((await admin.post("kick", { client: shown.id })).body).toEqual({ removed: 1 });
		await client.closed;
	});
});
