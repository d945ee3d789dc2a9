// Moderation that lasts, on real daemons: killed right after an acknowledgement, started with another clock, as workers, and as a cluster
// of which one daemon was down.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openChat } from "../../src/index.ts";
import { hasNatsServer, NatsServers } from "../cluster/nats-server.js";
import { clock, noClock, setClock } from "../faults/clock.js";
import { type Daemon, startDaemon } from "./daemon.ts";
import { workersOf } from "./workers.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-moderation-"));
const tokens = join(folder, "tokens");
writeFileSync(tokens, "sesame-sesame-1 op operator\nsesame-sesame-2 other operator\n");
const running: Daemon[] = [];
const open: { close(): Promise<unknown> }[] = [];

const start = async (flags: string[], env: Record<string, string> = {}): Promise<Daemon> => {
	const daemon = await startDaemon(["--token-file", tokens, "--room", "game:live", ...flags], env);
	running.push(daemon);
	return daemon;
};
const enter = async ({ port }: Daemon, options: Parameters<typeof openChat>[1] = {}) => {
	const chat = await openChat(`localhost:${port}`, { reconnect: false, ...options });
	open.push(chat);
	return chat;
};
const operator = (daemon: Daemon, token = "sesame-sesame-1") => enter(daemon, { token });
const code = (name: string) => expect.objectContaining({ code: `XMLSOCKET_${name}` });
afterEach(async () => {
	for (const chat of open.splice(0)) await chat.close();
	for (const daemon of running.splice(0)) await daemon.stop("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a daemon that is killed as soon as a ban is acknowledged", () => {
	it("has the ban, the mute, the topic, the settings and the invitation when it starts again", async () => {
		const data = ["--data", join(folder, "data")];
		const first = await start(data);
		const op = await operator(first);
		await (await op.join("game")).setTopic("chess");
		await op.moderation.mute({ room: "lobby", name: "eve" }, { reason: "shouting" });
		await op.moderation.changeRoom("lobby", { slowSeconds: 3600 });
		await op.moderation.changeRoom("game", { isPrivate: true, key: "sesame" });
		await op.moderation.invite("game", "carl");
		const id = await op.moderation.ban({ name: "bob" }, { seconds: "forever", reason: "advertising" });
		await first.stop("SIGKILL");
		const second = await start(data);
		await expect(enter(second, { name: "Bob" })).rejects.toMatchObject({
			code: "XMLSOCKET_BANNED",
			message: "You are banned from this server. Reason: advertising",
		});
		const eve = await enter(second, { name: "eve" });
		await expect((await eve.join("lobby")).say("hi")).rejects.toEqual(code("MUTED"));
		await expect(eve.join("game")).rejects.toEqual(code("ROOM_PRIVATE"));
		const game = await eve.join("game", { key: "sesame" });
		expect([game.topic, game.slowSeconds]).toEqual(["chess", 0]);
		const carl = await enter(second, { name: "carl" });
		await carl.join("game");
		const lobby = await carl.join("lobby");
		await lobby.say("one");
		await expect(lobby.say("two")).rejects.toMatchObject({
			code: "XMLSOCKET_SLOW_MODE",
			details: { retryAfterSeconds: 3600 },
		});
		const again = await operator(second);
		const { sanctions } = await again.moderation.bans();
		expect(sanctions).toMatchObject([{ id, name: "bob", by: "op", until: undefined, reason: "advertising" }]);
		await again.moderation.unban({ name: "bob" });
		await second.stop("SIGKILL");
		const third = await start(data);
		expect((await enter(third, { name: "bob" })).name).toBe("bob");
	});

	it.skipIf(noClock() !== undefined)("counts the time in which it did not run, by the wall clock", async () => {
		const data = ["--data", join(folder, "clock")];
		const env = clock(0, folder);
		setClock(folder, 0, 0);
		const first = await start(data, env);
		await (await operator(first)).moderation.ban({ room: "lobby", name: "bob" }, { seconds: 600 });
		await first.stop("SIGKILL");
		setClock(folder, 0, 500);
		const second = await start(data, env);
		const bob = await enter(second, { name: "bob" });
		await expect(bob.join("lobby")).rejects.toMatchObject({
			code: "XMLSOCKET_BANNED",
			message: expect.stringMatching(/for (?:9\d|100) more seconds/),
		});
		// A clock that is set while it runs changes nothing.
		setClock(folder, 0, 86_400);
		await expect(bob.join("lobby")).rejects.toEqual(code("BANNED"));
		await second.stop("SIGKILL");
		const third = await start(data, env);
		await (await enter(third, { name: "bob" })).join("lobby");
	});
});

describe("a chat client whose ban is everywhere", () => {
	it("ends with the words of the server, and does not connect again and again", async () => {
		const daemon = await start(["--memory", "--trust-proxy", "127.0.0.1"]);
		const op = await operator(daemon);
		const bob = await enter(daemon, { name: "bob", reconnect: true });
		const ended = bob.closed;
		await op.moderation.ban({ name: "bob" }, { reason: "flood" });
		expect(await ended).toMatchObject({
			error: { code: "XMLSOCKET_BANNED", message: expect.stringContaining("Reason: flood") },
		});
		expect(bob.state).toBe("closed");
	});
});

describe("a daemon with two workers", () => {
	it("holds a ban at both, at a worker that was replaced, and after a restart", async () => {
		const flags = ["--workers", "2", "--data", join(folder, "workers")];
		const first = await start(flags);
		const op = await operator(first);
		const people = [
			await enter(first, { name: "a" }),
			await enter(first, { name: "b" }),
			await enter(first, { name: "bob" }),
		];
		const rooms = await Promise.all(people.map((chat) => chat.join("lobby")));
		await op.moderation.ban({ room: "lobby", name: "bob" }, { seconds: "forever" });
		expect(await rooms[2]!.ended).toMatchObject({ error: { code: "XMLSOCKET_BANNED" } });
		// The other worker hears a moment later that a client has left.
		const enterAgain = async (daemon: Daemon): ReturnType<typeof enter> => {
			try {
				return await enter(daemon, { name: "Bob" });
			} catch (error) {
				if ((error as { code?: string }).code !== "XMLSOCKET_NAME_TAKEN") throw error;
				return enterAgain(daemon);
			}
		};
		const everywhere = async (daemon: Daemon): Promise<void> => {
			// Each next client goes to the worker with fewer.
			for (let at = 0; at < 4; at++) {
				const chat = await enterAgain(daemon);
				await expect(chat.join("lobby")).rejects.toEqual(code("BANNED"));
				await chat.close();
				await enter(daemon);
			}
		};
		await people[2]!.close();
		await everywhere(first);
		const before = workersOf(first);
		process.kill(before[0]!, "SIGKILL");
		await expect.poll(() => workersOf(first).filter((pid) => !before.includes(pid)).length).toBe(1);
		for (const chat of open.splice(0)) await chat.close().catch(() => {});
		await everywhere(first);
		await first.stop("SIGKILL");
		await everywhere(await start(flags));
	});
});

describe.skipIf(!hasNatsServer())("two daemons of a cluster", () => {
	it("have the same bans, also the one that was down, and both after a restart of all", async () => {
		const servers = await NatsServers.start({ nodes: 1 });
		try {
			const flags = ["--nats", servers.urls[0]!];
			const [one, two] = [await start(flags), await start(flags)];
			const bob = await (await enter(two, { name: "bob" })).join("game");
			const op = await operator(one);
			await op.moderation.ban({ room: "game", name: "bob" }, { seconds: "forever" });
			expect(await bob.ended).toHaveProperty("error");
			await two.stop("SIGKILL");
			await op.moderation.ban({ name: "eve" }, { seconds: "forever" });
			await op.moderation.unban({ room: "game", name: "bob" });
			await op.moderation.changeRoom("game", { slowSeconds: 60 });
			const back = await start(flags);
			await expect(enter(back, { name: "eve" })).rejects.toEqual(code("BANNED"));
			expect((await (await enter(back, { name: "carl" })).join("game")).slowSeconds).toBe(60);
			for (const daemon of running.splice(0)) await daemon.stop("SIGKILL");
			const later = await start(flags);
			await expect(enter(later, { name: "eve" })).rejects.toEqual(code("BANNED"));
			expect((await (await operator(later, "sesame-sesame-2")).moderation.bans()).sanctions).toMatchObject([
				{ name: "eve" },
			]);
		} finally {
			await servers.stop();
		}
	});
});
