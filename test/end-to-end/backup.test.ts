// `xmlsocket data DIR backup` beside a daemon under load, and a daemon that starts from the backup.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openChat } from "../../src/index.ts";
import { runProcess } from "../cli/run-command.ts";
import { Crowd } from "../deploy/crowd.ts";
import { cleanEnvironment, command, type Daemon, startDaemon } from "./daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-backups-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROOMS = ["r0", "r1", "r2"];

async function daemon(...flags: string[]): Promise<Daemon> {
	const started = await startDaemon(["--history", "0", ...ROOMS.flatMap((room) => ["--room", room]), ...flags]);
	onTestFinished(async () => void (await started.stop("SIGKILL")));
	return started;
}

/** What a client finds in a room that it reads from the beginning. */
async function historyOf({ port }: Daemon, room: string): Promise<{ seq: number; text: string }[]> {
	const chat = await openChat(`localhost:${port}`);
	const joined = await chat.join(room);
	const pages: { seq: number; text: string }[][] = [];
	for (let before: number | undefined; ; ) {
		const { messages, more } = await joined.history(before === undefined ? {} : { before });
		pages.unshift(messages.map(({ seq, text }) => ({ seq: seq!, text })));
		if (!more || messages.length === 0) break;
		before = messages[0]!.seq;
	}
	await chat.close();
	return pages.flat();
}

describe.each([
	["one process", []],
	["two workers", ["--workers", "2"]],
])("a daemon of %s", (_, flags) => {
	it("gives a backup while 30 clients talk: what was acknowledged before is in the daemon that starts from it, in order", async () => {
		const data = mkdtempSync(join(folder, "data-"));
		const target = join(folder, `copy-${flags.length}`);
		const first = await daemon("--data", data, ...flags);
		const crowd = await Crowd.open(`localhost:${first.port}`, { clients: 30, rooms: ROOMS, pauseMs: 20 });
		onTestFinished(() => crowd.close());
		await crowd.progress(20);
		const before = await crowd.acknowledged();
		const { code, out, err } = await runProcess(["data", data, "backup", target, "--json"]);
		expect({ code, err }).toEqual({ code: 0, err: "" });
		await crowd.progress(5);
		expect(await crowd.check()).toBeGreaterThan(60);
		expect(first.log()).toContain("a backup of the data folder was sent");
		expect(JSON.parse(out)).toMatchObject({ folder: target, rooms: ROOMS.length });
		const second = await daemon("--data", target);
		for (const room of ROOMS) {
			const found = await historyOf(second, room);
			expect(found.map(({ seq }) => seq)).toEqual(found.map((_, at) => at + 1));
			const known = new Map(found.map(({ seq, text }) => [seq, text]));
			const acknowledged = before.get(room)!;
			expect(acknowledged.length).toBeGreaterThan(15);
			for (const { seq, text } of acknowledged) expect(known.get(seq)).toBe(text);
		}
	});
});

it("A backup that is killed leaves no folder at its place, and the next one works", async () => {
	const data = mkdtempSync(join(folder, "data-"));
	const first = await daemon("--data", data);
	const chat = await openChat(`localhost:${first.port}`, { maxOutboxBytes: 1 << 26 });
	const room = await chat.join("lobby");
	await Promise.all(Array.from({ length: 200 }, (_, n) => room.say(`${n} ${"x".repeat(100_000)}`)));
	const target = join(folder, "killed");
	const child = spawn(process.execPath, [command, "data", data, "backup", target], {
		env: cleanEnvironment(),
		stdio: "ignore",
	});
	const ended = once(child, "exit");
	await expect.poll(() => readdirSync(folder).some((name) => name.startsWith("killed.unfinished-"))).toBe(true);
	child.kill("SIGKILL");
	await ended;
	expect(existsSync(target)).toBe(false);
	expect((await runProcess(["data", data, "backup", target])).out).toMatch(/1 room, 200 messages/);
	expect((await room.say("still here")).seq).toBe(201);
	await chat.close();
});

it("A second folder is a usage error where the action is not backup, and backup without one is too", async () => {
	for (const words of [
		["data", folder, "backup"],
		["data", folder, "export", "there"],
	])
		expect((await runProcess(words)).code).toBe(2);
});
