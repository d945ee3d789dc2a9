// The commands that administer a running daemon: what they print, their exit codes, and `top` on a real terminal.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { apiUrl } from "../../src/cli/admin/admin-client.ts";
import { type Moment, topScreen } from "../../src/cli/admin/top-screen.ts";
import { createRelay } from "../../src/server/index.ts";
import { columnsOf } from "../../src/tools/traffic/index.ts";
import { type Outcome, runHere, runProcess } from "../cli/run-command.ts";
import { command } from "../end-to-end/daemon.ts";
import { hasTmux, Terminal } from "../field/tmux.ts";
import { type AdminServer, startAdmin, TOKEN } from "./daemon.ts";

let running: AdminServer;
beforeAll(async () => {
	running = await startAdmin({ rooms: ["game:live"], serverName: "Here" });
});
afterAll(() => running.stop());

const env = { XMLSOCKET_ADMIN_TOKEN: TOKEN };
const run = (...args: string[]): Promise<Outcome> =>
	runHere([...args, "--address", `127.0.0.1:${running.server.port}`], { env });

describe("a command", () => {
	it("lists rooms, members and clients as tables, and as JSON lines", async () => {
		await running.client("ann", "lobby");
		const bob = await running.client("bob", "game");
		const rooms = await run("rooms");
		expect(rooms.code).toBe(0);
		expect(rooms.out).toMatch(
			/^ROOM {3}KIND {4}MEMBERS {2}MSG\/S {2}LAST {2}TOPIC\ngame {3}live {10}1 .*\nlobby {2}stored {8}1 /,
		);
		expect((await run("who", "game")).out).toMatch(/^NAME {2}CLIENT\nbob {3}local-\d+\n$/);
		expect((await run("clients", "--name", "an", "--from", "127.", "--room", "lobby")).out).toMatch(
			/^NAME .*\nann {3}127\.0\.0\.1 {2}tcp .* 0 B {2}local-\d+ {2}lobby\n$/,
		);
		const json = (await run("clients", "--json", "--sort", "age")).out.trim().split("\n");
		expect(json.map((line) => JSON.parse(line).name)).toEqual(["ann", "bob"]);
		bob.socket.destroy();
		await expect.poll(async () => (await run("clients", "--json")).out.trim().split("\n").length).toBe(1);
	});

	it("speaks to a room, and removes, mutes, bans and disconnects people", async () => {
		const eve = await running.client("eve", "game");
		expect(await run("say", "game", "at", "noon")).toMatchObject({ code: 0, out: "Sent.\n" });
		await eve.until((text) => /from="Here" at="[^"]*">at noon</.test(text));
		expect((await run("say", "lobby", "x", "--json")).out).toMatch(/^\{"seq":\d+\}\n$/);
		expect((await run("mute", "eve", "--room", "game", "--for", "2m")).out).toBe("Muted in game for 120 s.\n");
		eve.send('<say room="game">x</say>\0');
		await eve.until((text) => text.includes('<error code="muted"'));
		expect((await run("ban", "--range", "203.0.113.0/24", "--for", "forever")).out).toBe(
			"Banned everywhere until it is lifted.\n",
		);
		expect((await run("kick", "game", "eve")).out).toBe("1 connection removed from game.\n");
		expect((await run("ban", "eve", "--room", "game")).code).toBe(0);
		eve.send('<join room="game"/>\0');
		await eve.until((text) => text.includes('<error code="banned"'));
		expect((await run("kick", "--disconnect", "EVE")).out).toBe("1 connection disconnected.\n");
		await eve.closed;
		expect(await run("kick", "game", "eve")).toMatchObject({ code: 1, err: expect.stringContaining('called "eve"') });
	});

	it("lists the bans and mutes that hold, and ends them", async () => {
		const ivy = await running.client("ivy", "lobby");
		const { id } = JSON.parse((await run("clients", "--name", "ivy", "--json")).out);
		await run("mute", "--client", id, "--reason", "noise");
		await run("ban", "zoe", "--room", "lobby", "--for", "2h");
		const mutes = (await run("mutes")).out;
		expect(mutes).toMatch(/^WHO +ROOM +LEFT +AGE +BY +ID +REASON\n/);
		expect(mutes).toMatch(/\nsession [0-9a-f]{16} +everywhere +9m +\ds +ann +[0-9a-z]+ +noise\n/);
		expect((await run("bans", "lobby")).out).toMatch(/\nzoe +lobby +1h +\ds +ann +[0-9a-z]+\n$/);
		const [zoe] = (await run("bans", "lobby", "--json")).out.trim().split("\n");
		expect((await run("unban", "--id", JSON.parse(zoe!).id)).out).toBe("The ban was lifted.\n");
		expect((await run("bans", "lobby", "--json")).out).toBe("");
		await run("ban", "ZOE", "--room", "lobby");
		expect((await run("unban", "zoe", "--room", "lobby", "--json")).out).toBe('{"lifted":1}\n');
		expect((await run("ban", "ivy", "--also-address")).err).toMatch(/this machine's/);
		ivy.socket.destroy();
	});

	it("is not for everybody in the chat: the daemon refuses the same file for both kinds of tokens", async () => {
		const both = ["--token-file", running.tokenFile, "--admin-token-file", `${running.tokenFile}/../tokens`];
		expect(await runProcess(["serve", "--memory", "--port", "0", ...both])).toMatchObject({
			code: 2,
			err: expect.stringContaining("name the same file"),
		});
	});

	it("sums up the rooms below one", async () => {
		const names = ["hall/games/1", "hall/games/2", "hall/gamesters"];
		const clients = await Promise.all(names.map((room) => running.client(undefined, room)));
		const { out } = await run("rooms", "--under", "hall/games");
		expect(out).toMatch(/^ROOM.*\nhall\/games\/1 .*\nhall\/games\/2 .*\n2 rooms, 2 members\n$/);
		for (const { socket } of clients) socket.destroy();
		await expect.poll(async () => (await run("rooms", "--under", "hall", "--json")).out).toBe("");
	});

	it.each([
		[["who", "nowhere"], 1, /no room "nowhere".*XMLSOCKET_ROOM_UNKNOWN/s],
		[["rooms", "--sort", "size"], 2, /sort must be/],
		[["kick", "lobby"], 2, /Name one person/],
		[["kick", "lobby", "--disconnect", "x"], 2, /Name one person/],
		[["ban"], 2, /Name either a person, --range or --client/],
		[["ban", "x", "--range", "203.0.113.7"], 2, /Name either/],
		[["unban"], 2, /xmlsocket bans/],
		[["unban", "--id", "0a", "--room", "lobby"], 2, /Name either/],
		[["unmute", "nobody"], 1, /There is no mute of "nobody" that holds everywhere.*XMLSOCKET_SANCTION_UNKNOWN/s],
		[["ban", "x", "--room", "lobby", "--for", "soon"], 2, /--for must be a time/],
		[["top", "--sort", "size"], 2, /--sort must be/],
		[["clients", "--token-file", "missing"], 2, /--token-file/],
	])("that is wrong says so: %j", async (args, code, text) => {
		const outcome = await run(...args);
		expect([outcome.code, outcome.err]).toEqual([code, expect.stringMatching(text)]);
	});

	it("ends with 3 where nothing answers, 1 where the token is wrong or there is no admin API, 2 without a token", async () => {
		const { port } = running.server;
		expect(await runHere(["rooms", "--address", "1"], { env })).toMatchObject({ code: 3 });
		const wrong = { XMLSOCKET_ADMIN_TOKEN: "a-wrong-token-of-someone" };
		const refused = await runHere(["rooms", "--address", `:${port}`], { env: wrong });
		expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("XMLSOCKET_ADMIN_UNAUTHORIZED")]);
		expect(await runHere(["rooms", "--address", `:${port}`])).toMatchObject({ code: 2 });
		const elsewhere = await runHere(["rooms", "--address", `http://127.0.0.1:${port}/other/`], { env });
		expect([elsewhere.code, elsewhere.err]).toEqual([1, expect.stringContaining("--admin-token-file")]);
		const file = join(running.tokenFile, "..", "mine");
		writeFileSync(file, `# mine\n\n${TOKEN} ann\nother\n`);
		expect(await runHere(["rooms", "--address", `:${port}`, "--token-file", file])).toMatchObject({ code: 0 });
	});

	it.each([
		["9001", "http://localhost:9001/xmlsocket/admin/api/"],
		[":9001", "http://localhost:9001/xmlsocket/admin/api/"],
		["chat.example", "http://chat.example:9000/xmlsocket/admin/api/"],
		["[::1]", "http://[::1]:9000/xmlsocket/admin/api/"],
		["xmlsockets://chat.example", "https://chat.example:9000/xmlsocket/admin/api/"],
		["wss://chat.example/games/socket", "https://chat.example/games/xmlsocket/admin/api/"],
		["https://chat.example/games", "https://chat.example/games/xmlsocket/admin/api/"],
		["http://chat.example:80/xmlsocket/admin/", "http://chat.example/xmlsocket/admin/api/"],
	])("finds the API of %s", (address, url) => {
		expect(apiUrl(address).href).toBe(url);
	});

	it.each(["", "ftp://x", "::1", "a b", "http://user:secret@x"])("refuses the address %j", (address) => {
		expect(() => apiUrl(address)).toThrow(/not the address/);
	});
});

describe("top", () => {
	const moment = (names: readonly string[]): Moment => ({
		status: {
			server: "here",
			version: "1.0.0",
			startedAt: new Date(0).toISOString(),
			clients: names.length,
			rooms: 1,
			messagesPerSecond: 1.25,
			deliveriesPerSecond: 100,
			ready: true,
			trouble: null,
			missing: ["n9"],
			nodes: [
				{
					node: "n1",
					clients: 1,
					connections: 2,
					eventLoopDelayMs: { p50: 1, p99: 250, max: 300 },
					rssBytes: 1e8,
					heldBytes: 1e4,
				},
			],
		},
		rooms: names.map((name) => ({ name, kind: "live", members: 1, topic: name, messagesPerSecond: 1 })),
		clients: names.map((name) => ({
			id: "n1-1",
			name,
			address: "::1",
			transport: "tcp",
			rooms: [name],
			connectedAt: 0,
			documentsPerSecond: 1,
			bytesPerSecond: 1,
			outboxBytes: 1,
		})),
		sort: "outbox",
		failure: undefined,
	});

	it("fits every terminal, whatever the names are", () => {
		const names = [
			"\u001b[2J",
			"漢字".repeat(16),
			"\u202ereversed",
			"👩‍👩‍👧".repeat(9),
			"a\nb",
			...Array(100).fill("x"),
		];
		const paint = (_: string, text: string): string => text;
		for (const columns of [1, 10, 40, 80, 200]) {
			for (const rows of [1, 2, 5, 10, 24, 60]) {
				const lines = topScreen(moment(names), { columns, rows, paint });
				expect(lines).toHaveLength(rows);
				for (const line of lines) {
					expect(columnsOf(line)).toBeLessThanOrEqual(columns);
					expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
				}
			}
		}
		expect(topScreen(moment(names), { columns: 100, rows: 40, paint }).join("\n")).toContain("n9  does not answer");
	});

	it("prints one moment without a terminal, and JSON lines with --json", async () => {
		const once = await run("top");
		expect(once.code).toBe(0);
		expect(once.out).toMatch(/^Here 0\.0\.0, up \d+s, ready\n1 client, 2 rooms/);
		expect(once.out).not.toContain("\u001b");
		const lines = (await run("top", "--json", "--count", "2", "--interval", "0.2")).out.trim().split("\n");
		expect(lines.map((line) => JSON.parse(line).status.server)).toEqual(["Here", "Here"]);
	});

	it("ends quietly when what reads its output ends", async () => {
		const { port } = running.server;
		const script = `"${process.execPath}" "${command}" top --json --interval 0.2 --address :${port} | head -1`;
		const { execFile } = await import("node:child_process");
		const out = await new Promise<string>((resolve, reject) => {
			execFile("sh", ["-c", script], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
				error ? reject(error) : resolve(stdout + stderr),
			);
		});
		expect(out.trim().split("\n")).toHaveLength(1);
		expect((await runProcess(["rooms", "--address", `:${port}`], { env })).code).toBe(0);
	});

	it("shows the rooms and clients of a daemon without a chat as far as it has any", async () => {
		const relay = await startAdmin({}, {}, createRelay());
		const { out, code } = await runHere(["top", "--address", `:${relay.server.port}`], { env });
		expect([code, out]).toEqual([0, expect.stringContaining("0 clients")]);
		await relay.stop();
	});
});

describe.skipIf(!hasTmux())("top on a terminal", () => {
	let terminal: Terminal | undefined;
	afterEach(() => terminal?.close());

	it("redraws, sorts, follows the terminal's size, survives a stopped daemon, and leaves the screen as it was", async () => {
		const own = await startAdmin({ serverName: "Here" });
		const ann = await own.client("ann", "lobby");
		terminal = new Terminal(`"${process.execPath}" "${command}" top --interval 0.3 --address :${own.server.port}`, env);
		const screen = (): string => terminal!.screen();
		await expect.poll(screen).toContain("ann");
		expect(screen()).toContain("[outbox]");
		// Colours.
		expect(screen()).toContain("\u001b[32mready");
		ann.send('<say room="lobby">hi</say>\0');
		await own.client("bob", "lobby");
		await expect.poll(screen).toContain("bob");
		terminal.type("n");
		await expect.poll(screen).toContain("[name]");
		terminal.resize(100, 12);
		await expect.poll(() => screen().split("\n").at(-2)).toContain("q quit");
		await own.stop();
		await expect.poll(screen).toContain("No daemon answers");
		terminal.type("q");
		await expect.poll(() => terminal!.text()).toContain("exit 0");
		expect(terminal.text()).not.toContain("q quit");
	});
});
