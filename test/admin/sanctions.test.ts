// Bans and mutes through the admin API: whom they are for, how they are listed and lifted.

import { afterEach, describe, expect, it } from "vitest";
import { type AdminServer, startAdmin } from "./daemon.ts";

let running: AdminServer;
afterEach(() => running.stop());

describe("a ban or a mute", () => {
	it("is for a name, a client, a session or a range, is listed in pages, and is lifted by its id", async () => {
		running = await startAdmin({ serverName: "here" });
		const { admin } = running;
		const bob = await running.client("bob", "lobby");
		const id = (await admin.get("clients?name=bob")).body.clients[0].id;
		const muted = await admin.post("mute", { client: id, reason: "shouting" });
		expect(muted).toMatchObject({ status: 200, body: { id: expect.stringMatching(/^[0-9a-z]+$/) } });
		await bob.until((text) => text.includes("You are muted on this server. Reason: shouting"));
		const bans = [
			{ room: "lobby", name: "eve", seconds: 60 },
			{ address: "203.0.113.9/24" },
			{ session: "0123456789abcdef", seconds: 10 * 365 * 86_400 },
		];
		for (const ban of bans) expect((await admin.post("ban", ban)).status).toBe(200);
		const first = (await admin.get("sanctions?kind=ban&limit=2")).body;
		expect(first).toMatchObject({
			sanctions: [
				{ kind: "ban", room: "lobby", who: { name: "eve" }, by: "ann", until: expect.any(Number) },
				{ kind: "ban", who: { address: "203.0.113.0/24" } },
			],
			next: "2",
		});
		expect(first.sanctions[1]).not.toHaveProperty("until");
		const rest = (await admin.get("sanctions?kind=ban&limit=2&after=2")).body;
		expect(rest).toEqual({ sanctions: [expect.objectContaining({ who: { session: "0123456789abcdef" } })] });
		expect((await admin.get("sanctions")).body.sanctions).toHaveLength(4);
		expect((await admin.request("DELETE", `sanctions/${muted.body.id}`)).status).toBe(200);
		expect((await admin.request("DELETE", `sanctions/${muted.body.id}`)).body.error.code).toBe(
			"XMLSOCKET_SANCTION_UNKNOWN",
		);
		expect((await admin.get("sanctions?kind=mute")).body).toEqual({ sanctions: [] });
	});

	it("is ended by name, session or range and by its room, in any spelling of the name", async () => {
		running = await startAdmin();
		const { admin } = running;
		await admin.post("ban", { room: "lobby", name: "Bob" });
		await admin.post("ban", { name: "bob" });
		await admin.post("mute", { address: "203.0.113.7" });
		expect((await admin.get("sanctions?room=lobby")).body.sanctions).toMatchObject([{ room: "lobby" }]);
		expect((await admin.post("unmute", { address: "203.0.113.7/32" })).body).toEqual({ lifted: 1 });
		const elsewhere = await admin.post("unban", { room: "other", name: "bob" });
		expect([elsewhere.status, elsewhere.body.error.text]).toEqual([404, 'There is no ban of "bob" in room "other".']);
		expect((await admin.post("unban", { name: "BOB" })).body).toEqual({ lifted: 1 });
		expect((await admin.get("sanctions")).body.sanctions).toMatchObject([{ room: "lobby", who: { name: "Bob" } }]);
		expect((await admin.post("unban", {})).status).toBe(400);
	});

	it("has the name of the token in lists and in the log, and the name of the server for the members of a room", async () => {
		running = await startAdmin({ serverName: "Here" });
		const { admin, log } = running;
		const [bob, eve] = [await running.client("bob", "lobby"), await running.client("eve", "lobby")];
		const { id } = (await admin.post("ban", { room: "lobby", name: "bob", reason: "spam" })).body;
		await eve.until((text) => text.includes('reason="banned" by="Here"'));
		await bob.until((text) => text.includes('reason="banned" by="Here"'));
		expect((await admin.get("sanctions")).body.sanctions).toMatchObject([{ id, by: "ann" }]);
		await admin.request("DELETE", `sanctions/${id}`);
		const acts = log.lines.filter(({ words }) => words === "admin").map(({ facts }) => facts);
		expect(acts).toMatchObject([
			{ by: "ann", action: "ban", id, room: "lobby", name: "bob", reason: "spam" },
			{ by: "ann", action: "unban", id, room: "lobby", name: "bob" },
		]);
	});

	it("without a room ends the connection of the person, who gets the reason", async () => {
		running = await startAdmin();
		const bob = await running.client("bob", "lobby");
		await running.admin.post("ban", { name: "BOB", reason: "flood" });
		await bob.until((text) => text.includes('<bye reason="banned"'));
		expect(bob.text).toContain("You are banned from this server. Reason: flood");
	});

	it.each([
		[{}, 400],
		[{ name: "a", address: "203.0.113.7" }, 400],
		[{ address: "0.0.0.0/0" }, 400],
		[{ address: "127.0.0.1" }, 400],
		[{ session: "0123" }, 400],
		[{ name: "a", reason: "r".repeat(201) }, 400],
		[{ name: "a", reason: "two\nlines" }, 400],
		[{ name: "a", seconds: 0 }, 400],
		[{ client: "local-999" }, 404],
	])("is refused for %j", async (body, status) => {
		running = await startAdmin();
		expect((await running.admin.post("ban", body)).status).toBe(status);
		expect((await running.admin.get("sanctions")).body).toEqual({ sanctions: [] });
	});
});
