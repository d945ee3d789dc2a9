// Backups of a data folder, while it is in use and not, and what a migration does to a folder of an older format.

import {
	chownSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodePieces, encodeEnd, encodePiece, GREETING, REQUEST } from "../../src/message-log/level/backup-frames.ts";
import { backupSocketOf } from "../../src/message-log/level/backup-socket.ts";
import type { Piece } from "../../src/message-log/level/folder-copy.ts";
import { backupFolder, describeFolder, exportFolder, LevelLog } from "../../src/message-log/level/index.ts";
import { entryKey } from "../../src/message-log/level/level-format.ts";
import { LevelStore } from "../../src/message-log/level/level-store.ts";

let folder = "";
let data = "";
let target = "";
const logs: LevelLog[] = [];
const sockets: Socket[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket-backup-"));
	data = join(folder, "data");
	target = join(folder, "deep", "copy");
});
afterEach(async () => {
	for (const socket of sockets.splice(0)) socket.destroy();
	for (const log of logs.splice(0)) await log.close();
	rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const plenty = { maxCount: 1_000_000, maxBytes: 1 << 30 };
const failures: string[] = [];

async function open(place = data): Promise<LevelLog> {
	failures.length = 0;
	const log = await LevelLog.open(place, { backups: { failed: ({ message }) => void failures.push(message) } });
	logs.push(log);
	return log;
}

async function texts(place: string, room: string): Promise<string[]> {
	const log = await LevelLog.open(place);
	const { entries } = await log.readAfter(room, 0, plenty);
	await log.close();
	expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
	return entries.map(({ payload }) => new TextDecoder().decode(payload));
}

describe("a backup of a folder that is in use", () => {
	it("has every message that was acknowledged before it, in order, while others are written, and knows their ids", async () => {
		const log = await open();
		let writing = true;
		let acknowledged = 0;
		const writer = (async () => {
			while (writing) {
				const ids = Array.from({ length: 50 }, (_, n) => acknowledged + n);
				await Promise.all(
					ids.map((id) =>
						log.append("lobby", { payload: bytes(`m${id} ${"x".repeat(500)}`), session: "s", id: `${id}` }),
					),
				);
				acknowledged += ids.length;
			}
		})();
		await log.append("other", { payload: Uint8Array.of(0xff, 0, 0xc3) });
		await expect.poll(() => acknowledged).toBeGreaterThan(2000);
		for (const name of ["first", "second"]) {
			const before = acknowledged;
			const copy = await backupFolder(data, join(folder, name));
			expect(acknowledged).toBeGreaterThan(before);
			const found = await texts(copy.folder, "lobby");
			expect(found.length).toBeGreaterThanOrEqual(before);
			expect(found.map((text) => text.split(" ")[0])).toEqual(found.map((_, n) => `m${n}`));
			expect(copy).toMatchObject({ rooms: 2, messages: found.length + 1 });
			// Numbers after those in the copy are given twice, so a client must not resume in it.
			expect(copy.log).not.toBe((await log.state("lobby")).log);
			const restored = await LevelLog.open(copy.folder);
			const last = found.length - 1;
			expect(await restored.append("lobby", { payload: bytes("again"), session: "s", id: `${last}` })).toMatchObject({
				seq: last + 1,
				duplicate: true,
			});
			expect([...(await restored.readAfter("other", 0, plenty)).entries[0]!.payload]).toEqual([0xff, 0, 0xc3]);
			await restored.close();
		}
		writing = false;
		await writer;
		expect(failures).toEqual([]);
	});

	it("is refused by any other user, one at a time, and its socket goes with the log", async () => {
		const log = await open();
		await log.append("lobby", { payload: bytes("x") });
		const path = backupSocketOf(data);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		await log.close();
		expect(existsSync(path)).toBe(false);
		await expect(backupFolder(data, target)).resolves.toMatchObject({ messages: 1 });
	});

	it("does not harm the log when its reader stops in the middle, sends nonsense or never asks; a second one waits its turn", async () => {
		const log = await open();
		const payload = new Uint8Array(200_000);
		for (let n = 0; n < 100; n++) await log.append("lobby", { payload });
		const dial = (request: string): Socket => {
			const socket = connect(backupSocketOf(data));
			sockets.push(socket);
			socket.on("error", () => {});
			socket.write(request);
			return socket;
		};
		const silent = dial("back");
		const wrong = dial("restore\n");
		await new Promise((resolve) => wrong.once("close", resolve));
		// Reads nothing, so that the backup stands still.
		const stopped = dial(REQUEST);
		await new Promise((resolve) => stopped.once("readable", resolve));
		await expect(backupFolder(data, target)).rejects.toMatchObject({
			code: "XMLSOCKET_BACKUP_FAILED",
			message: expect.stringContaining("Another backup"),
		});
		expect((await log.append("lobby", { payload })).seq).toBe(101);
		stopped.destroy();
		await expect.poll(() => failures).toEqual(["the reader of a backup has gone"]);
		expect(existsSync(target)).toBe(false);
		expect(await backupFolder(data, target)).toMatchObject({ messages: 101 });
		silent.destroy();
	});

	it("works after the process before was killed and has left its socket", async () => {
		mkdirSync(data);
		const left = createServer().listen(backupSocketOf(data));
		await new Promise((resolve) => left.once("listening", resolve));
		const log = await open();
		await log.append("lobby", { payload: bytes("x") });
		expect(await backupFolder(data, target)).toMatchObject({ messages: 1 });
		left.close();
	});

	it("cannot be taken where the path is too long for a socket, and both sides say so", async () => {
		const deep = join(folder, "x".repeat(100));
		const log = await open(deep);
		expect(failures).toEqual([expect.stringMatching(/more than 103 bytes/)]);
		await log.append("lobby", { payload: bytes("x") });
		await expect(backupFolder(deep, target)).rejects.toMatchObject({
			code: "XMLSOCKET_BACKUP_FAILED",
			message: expect.stringContaining("offers no backups"),
		});
		expect(existsSync(target)).toBe(false);
	});

	it("replaces nothing: a file, or a folder that is not empty, stays as it is", async () => {
		const log = await open();
		await log.append("lobby", { payload: bytes("x") });
		mkdirSync(target, { recursive: true });
		writeFileSync(join(target, "mine"), "1");
		for (const place of [target, join(target, "mine"), data]) {
			await expect(backupFolder(data, place)).rejects.toMatchObject({ code: "XMLSOCKET_FILE_EXISTS" });
		}
		expect(readdirSync(target)).toEqual(["mine"]);
		rmSync(join(target, "mine"));
		expect(await backupFolder(data, target)).toMatchObject({ messages: 1 });
		expect(readdirSync(join(folder, "deep"))).toEqual(["copy"]);
	});

	it("leaves nothing where its disk cannot be written", async () => {
		await (await open()).append("lobby", { payload: bytes("x") });
		writeFileSync(join(folder, "file"), "");
		await expect(backupFolder(data, join(folder, "file", "copy"))).rejects.toMatchObject({
			code: "XMLSOCKET_BACKUP_FAILED",
			message: expect.stringContaining("cannot be written"),
		});
	});
});

describe.skipIf(process.getuid?.() !== 0)("a folder of another user", () => {
	it("stays usable for that user after root has looked at it, and root's own files with a second name stay root's", async () => {
		await (await open()).append("lobby", { payload: bytes("x") });
		await logs.pop()!.close();
		const secret = join(folder, "secret");
		writeFileSync(secret, "");
		linkSync(secret, join(data, "linked"));
		symlinkSync(secret, join(data, "symbolic"));
		chownSync(data, 1000, 1000);
		for (const name of readdirSync(data))
			if (!name.endsWith("ed") && name !== "symbolic") chownSync(join(data, name), 1000, 1000);
		await describeFolder(data);
		await backupFolder(data, target);
		const owners = readdirSync(data).map((name) => [name, lstatSync(join(data, name)).uid]);
		expect(owners.filter(([, uid]) => uid === 0)).toEqual([
			["linked", 0],
			["symbolic", 0],
		]);
	});
});

describe("the stream of a backup", () => {
	const pieces: Piece[] = [
		[
			[Buffer.from("a"), Buffer.alloc(0)],
			[Buffer.from("b"), Buffer.from("value")],
		],
		[[Buffer.from("c"), Buffer.alloc(300, 7)]],
	];
	const whole = Buffer.concat([Buffer.from(GREETING), ...pieces.map(encodePiece), encodeEnd({ keys: 3 })]);

	async function read(...chunks: Buffer[]): Promise<[string, string][]> {
		async function* source(): AsyncGenerator<Buffer> {
			yield* chunks;
		}
		const found: [string, string][] = [];
		for await (const piece of decodePieces(source()))
			for (const [key, value] of piece) found.push([key.toString("latin1"), value.toString("latin1")]);
		return found;
	}

	it("is read in one piece, byte by byte, and split at every position; cut short at any position, it is no backup", async () => {
		const expected = pieces.flat().map(([key, value]) => [key.toString("latin1"), value.toString("latin1")]);
		expect(await read(whole)).toEqual(expected);
		expect(await read(...[...whole].map((byte) => Buffer.of(byte)))).toEqual(expected);
		for (let at = 0; at < whole.length; at++) {
			expect(await read(whole.subarray(0, at), whole.subarray(at))).toEqual(expected);
			await expect(read(whole.subarray(0, at))).rejects.toMatchObject({ code: "XMLSOCKET_BACKUP_FAILED" });
		}
	});

	it.each([
		["of another version", Buffer.from("xmlsocket backup 2\n"), "another version"],
		["with a missing record", Buffer.concat([Buffer.from(GREETING), encodeEnd({ keys: 1 })]), "0 of 1"],
		["that ends with an error", Buffer.concat([Buffer.from(GREETING), encodeEnd({ error: "no" })]), "no"],
		["with a length that nothing has", Buffer.concat([Buffer.from(GREETING), Buffer.alloc(8, 0xee)]), "something else"],
	])("%s is refused", async (_, stream, words) => {
		await expect(read(stream)).rejects.toMatchObject({
			code: "XMLSOCKET_BACKUP_FAILED",
			message: expect.stringContaining(words),
		});
	});
});

/** A folder that this project's first version has written: its files in base64. */
function fixture(place: string): void {
	const files = JSON.parse(readFileSync(new URL("../fixtures/data-format-1.json", import.meta.url), "utf8")) as Record<
		string,
		string
	>;
	mkdirSync(place);
	for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), Buffer.from(content, "base64"));
}

async function exported(place: string): Promise<string[]> {
	const lines: string[] = [];
	await exportFolder(place, (text) => void lines.push(...text.trimEnd().split("\n")));
	return lines;
}

describe("a folder of another version", () => {
	it("that format 1 has written opens with all that is in it, and goes on", async () => {
		fixture(data);
		const summary = await describeFolder(data);
		expect(summary).toMatchObject({
			log: "fixture-1",
			rooms: [
				{ room: "emptied", messages: 0, lastSeq: 3 },
				{ room: "lobby", messages: 5, firstSeq: 1, lastSeq: 5 },
				{ room: "ünïcode/2", messages: 2, firstSeq: 2, lastSeq: 3 },
			],
		});
		const lines = (await exported(data)).map((line) => JSON.parse(line) as Record<string, unknown>);
		expect(lines.filter(({ room, seq }) => room === "lobby" && seq !== undefined)).toMatchObject([
			{ seq: 1, prev: 0, at: "2026-11-30T12:00:00.000Z", session: "s1", id: "c1", text: "tann\nfirst" },
			{ seq: 2, prev: 1, session: "s1", id: "c2", text: "tann\n<b>&amp;</b> ✓" },
			{ seq: 3, prev: 2, text: "tbob\nwithout an id" },
			{ seq: 4, prev: 3, base64: "/wAKww==" },
			{ seq: 5, prev: 4, session: "s1", id: "c5", text: "tann\nlast" },
		]);
		const log = await LevelLog.open(data, { nowMs: () => Date.parse("2026-11-30T12:01:00Z") });
		logs.push(log);
		const again = { payload: bytes("x"), session: "s1", id: "c5" };
		expect(await log.append("lobby", again)).toEqual({ seq: 5, prev: 4, duplicate: true });
		expect(await log.append("emptied", { payload: bytes("x") })).toMatchObject({ seq: 4, prev: 3 });
	});

	it("that is newer is refused in words, and nothing in it changes", async () => {
		fixture(data);
		await LevelStore.use(data, {}, async () => {});
		const database = new ClassicLevel<string, string>(data);
		await database.put("m", JSON.stringify({ format: 7, log: "fixture-1" }));
		await database.close();
		for (const use of [() => LevelLog.open(data), () => describeFolder(data), () => backupFolder(data, target)]) {
			await expect(use()).rejects.toMatchObject({
				code: "XMLSOCKET_DATA_TOO_NEW",
				message: expect.stringMatching(/format 7; this version reads format 1/),
			});
		}
		await database.open();
		expect(await database.get("m")).toBe(JSON.stringify({ format: 7, log: "fixture-1" }));
		await database.close();
	});

	it("that is older is changed after a copy was made beside it; an interrupted change runs again and keeps the first copy", async () => {
		fixture(data);
		const before = await exported(data);
		let isInterrupted = true;
		const runs: string[] = [];
		const formats = {
			current: 3,
			migrations: [
				{
					from: 1,
					run: async (database: ClassicLevel<Buffer, Buffer>) => {
						runs.push("1");
						await database.del(entryKey(1, 1));
					},
				},
				{
					from: 2,
					run: async () => {
						runs.push("2");
						if (isInterrupted) throw new Error("the power was lost");
					},
				},
			],
		};
		await expect(LevelStore.open(data, { formats })).rejects.toThrow("the power was lost");
		isInterrupted = false;
		const store = await LevelStore.open(data, { formats });
		expect(runs).toEqual(["1", "2", "1", "2"]);
		expect(store.migrated).toEqual({ from: 1, to: 3, copy: `${data}.format-1` });
		expect(store.log).toBe("fixture-1");
		await store.close();
		const again = await LevelStore.open(data, { formats });
		expect(again.migrated).toBeUndefined();
		await again.close();
		expect((await exported(`${data}.format-1`)).slice(1)).toEqual(before.slice(1));
		await expect(LevelStore.open(data)).rejects.toMatchObject({ code: "XMLSOCKET_DATA_TOO_NEW" });
	});

	it("that is older and cannot be copied is refused, and stays as it is", async () => {
		fixture(data);
		const before = await exported(data);
		const formats = { current: 2, migrations: [{ from: 1, run: async () => {} }] };
		writeFileSync(`${data}.format-1`, "mine");
		await expect(LevelStore.open(data, { formats })).rejects.toMatchObject({ code: "XMLSOCKET_FILE_EXISTS" });
		expect(await exported(data)).toEqual(before);
		await expect(LevelStore.open(data, { formats: { current: 2, migrations: [] } })).rejects.toMatchObject({
			code: "XMLSOCKET_DATA_UNREADABLE",
		});
	});
});
