// Looking into a data folder, and taking everything out of it and in again.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeFolder, exportFolder, importFolder, LevelLog } from "../../src/message-log/level/index.ts";
import { entryKey, roomKey } from "../../src/message-log/level/level-format.ts";
import { Batch, LevelStore } from "../../src/message-log/level/level-store.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket-data-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const plenty = { maxCount: 10_000, maxBytes: 1 << 24 };

/** Three rooms: one with ids and bytes that are no text, one trimmed to its last message, one with a name of its own kind. */
async function fill(place: string): Promise<void> {
	const log = await LevelLog.open(place, { retention: { maxCount: 2500 } });
	for (let at = 0; at < 2600; at++) {
		void log.append("lobby", { payload: bytes(`tann\nmessage ${at} ✓ & <b>`), session: "s", id: `c${at}` });
	}
	await log.append("lobby", { payload: Uint8Array.of(0xff, 0, 0x0a, 0xc3) });
	await log.append("a\nb\u202e", { payload: bytes("x") });
	await log.close();
	const small = await LevelLog.open(place, { retention: { maxAgeMs: 1, maxCount: 2500 } });
	await small.append("gone", { payload: bytes("old") });
	await new Promise((resolve) => setTimeout(resolve, 20));
	await small.state("gone");
	await small.close();
}

async function exported(place: string): Promise<string[]> {
	let text = "";
	await exportFolder(place, (line) => {
		text += line;
	});
	return text.split("\n").slice(0, -1);
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
	yield* lines;
}

describe("a data folder", () => {
	it("tells its rooms, counts and sizes", async () => {
		const log = await LevelLog.open(folder);
		await log.append("b", { payload: bytes("12345") });
		await log.append("a", { payload: bytes("1") });
		await log.append("b", { payload: bytes("123") });
		const { log: name } = await log.state("a");
		await log.close();
		expect(await describeFolder(folder)).toEqual({
			log: name,
			messages: 3,
			bytes: 9,
			rooms: [
				{ room: "a", messages: 1, bytes: 1, firstSeq: 1, lastSeq: 1 },
				{ room: "b", messages: 2, bytes: 8, firstSeq: 1, lastSeq: 2 },
			],
		});
	});

	it("that is not there is not made by looking", async () => {
		await expect(describeFolder(join(folder, "none"))).rejects.toMatchObject({ code: "XMLSOCKET_DATA_UNREADABLE" });
		await expect(exportFolder(join(folder, "none"), () => {})).rejects.toMatchObject({
			code: "XMLSOCKET_DATA_UNREADABLE",
		});
	});

	it("whose history has a name that documents cannot carry is refused", async () => {
		await (await LevelLog.open(folder)).close();
		const database = new ClassicLevel<string, string>(folder);
		await database.put("m", JSON.stringify({ format: 1, log: "a\u0000<b>" }));
		await database.close();
		for (const open of [() => LevelLog.open(folder), () => describeFolder(folder)]) {
			await expect(open()).rejects.toMatchObject({
				code: "XMLSOCKET_DATA_UNREADABLE",
				message: expect.stringContaining("1 to 64 letters"),
			});
		}
	});

	it("that another program made with LevelDB is not written to by a look at it", async () => {
		const database = new ClassicLevel<string, string>(folder);
		await database.put("a", "1");
		await database.close();
		await expect(describeFolder(folder)).rejects.toMatchObject({ code: "XMLSOCKET_DATA_UNREADABLE" });
		await database.open();
		expect(await database.keys().all()).toEqual(["a"]);
		await database.close();
	});

	it("that a log has open is not touched", async () => {
		const log = await LevelLog.open(folder);
		await expect(describeFolder(folder)).rejects.toMatchObject({ code: "XMLSOCKET_DATA_IN_USE" });
		await log.close();
	});

	it("comes back whole from its export: messages, numbers, ids, empty rooms and the history's name", async () => {
		const place = join(folder, "first");
		const copy = join(folder, "second");
		await fill(place);
		const lines = await exported(place);
		const before = await describeFolder(place);
		expect(await importFolder(copy, from(lines))).toBe(before.messages);
		expect(await describeFolder(copy)).toEqual(before);
		expect(await exported(copy)).toEqual(lines);
		const log = await LevelLog.open(copy);
		const { entries } = await log.readAfter("lobby", 0, plenty);
		const last = entries.at(-2)!;
		expect(await log.append("lobby", { payload: bytes("again"), session: "s", id: last.id })).toEqual({
			seq: last.seq,
			prev: last.prev,
			duplicate: true,
		});
		expect([...entries.at(-1)!.payload]).toEqual([0xff, 0, 0x0a, 0xc3]);
		expect((await log.append("gone", { payload: bytes("new") })).seq).toBe(
			before.rooms.find(({ room }) => room === "gone")!.lastSeq + 1,
		);
		await log.close();
	});

	it("adds to rooms that are there, and refuses what they have already", async () => {
		const log = await LevelLog.open(folder);
		await log.append("lobby", { payload: bytes("one") });
		await log.close();
		const head = JSON.stringify({ export: "xmlsocket", format: 1, log: "other" });
		const line = (seq: number) =>
			JSON.stringify({ room: "lobby", seq, prev: seq - 1, at: "2026-01-02T03:04:05.678Z", text: `n${seq}` });
		expect(
			await importFolder(folder, from([head, JSON.stringify({ room: "lobby", lastSeq: 3 }), line(2), line(3)])),
		).toBe(2);
		await expect(importFolder(folder, from([head, line(4), line(3)]))).rejects.toMatchObject({
			code: "XMLSOCKET_IMPORT_INVALID",
			message: expect.stringContaining("Line 3"),
		});
		const after = await describeFolder(folder);
		expect(after.rooms).toEqual([{ room: "lobby", messages: 4, bytes: 9, firstSeq: 1, lastSeq: 4 }]);
		expect(after.log).not.toBe("other");
	});

	it.each([
		["no export", ["{}"], "Line 1"],
		["nothing", [], "Line 1"],
		["another format", ['{"export":"xmlsocket","format":9,"log":"x"}'], "format 9"],
		["no JSON", ["HEAD", "{"], "Line 2"],
		["a number", ["HEAD", "5"], "Line 2"],
		["no room", ["HEAD", '{"seq":1}'], "no room"],
		["no number", ["HEAD", '{"room":"a","seq":1.5}'], '"seq"'],
		["number 0", ["HEAD", '{"room":"a","seq":0,"prev":0,"at":"2026-01-01T00:00:00Z","text":""}'], "not behind"],
		["no time", ["HEAD", '{"room":"a","seq":1,"prev":0,"at":"soon","text":""}'], '"at"'],
		[
			"a session that is no text",
			["HEAD", '{"room":"a","seq":1,"prev":0,"at":"2026-01-01T00:00:00Z","session":5,"text":""}'],
			'"session"',
		],
		["no payload", ["HEAD", '{"room":"a","seq":1,"prev":0,"at":"2026-01-01T00:00:00Z"}'], "neither"],
		["bad base64", ["HEAD", '{"room":"a","seq":1,"prev":0,"at":"2026-01-01T00:00:00Z","base64":"*"}'], "neither"],
	])("refuses %s with the line", async (_, lines, words) => {
		const head = '{"export":"xmlsocket","format":1,"log":"x"}';
		await expect(
			importFolder(folder, from(lines.map((line) => (line === "HEAD" ? head : line)))),
		).rejects.toMatchObject({
			code: "XMLSOCKET_IMPORT_INVALID",
			message: expect.stringContaining(words),
		});
	});
});

describe("a damaged data folder", () => {
	const damage = async (key: Buffer): Promise<void> => {
		const log = await LevelLog.open(folder);
		for (const text of ["1", "2", "3"]) await log.append("lobby", { payload: bytes(text) });
		await log.close();
		const store = await LevelStore.open(folder);
		const batch = new Batch();
		batch.operations.push({ type: "put", key, value: Buffer.of(1, 2, 3) });
		await store.write(batch, true);
		await store.close();
	};

	it("gives an entry that cannot be read as one with nothing but its bytes, and the others as they are", async () => {
		await damage(entryKey(1, 2));
		const log = await LevelLog.open(folder);
		const { entries } = await log.readAfter("lobby", 0, plenty);
		expect(entries.map(({ seq, prev, payload }) => [seq, prev, [...payload]])).toEqual([
			[1, 0, [...bytes("1")]],
			[2, 1, [1, 2, 3]],
			[3, 2, [...bytes("3")]],
		]);
		await log.close();
		expect(await exported(folder)).toHaveLength(5);
	});

	it("gives an entry whose name is longer than the entry as one with nothing but its bytes", async () => {
		const log = await LevelLog.open(folder);
		await log.append("lobby", { payload: bytes("1") });
		await log.close();
		const value = Buffer.concat([Buffer.alloc(12), Buffer.of(0xff, 0xff, 0, 9, 0x61)]);
		const store = await LevelStore.open(folder);
		const batch = new Batch();
		batch.operations.push({ type: "put", key: entryKey(1, 1), value });
		await store.write(batch, true);
		await store.close();
		const damaged = await LevelLog.open(folder);
		const { entries } = await damaged.readAfter("lobby", 0, plenty);
		expect(entries).toMatchObject([{ seq: 1, prev: 0, session: undefined, id: undefined }]);
		expect([...entries[0]!.payload]).toEqual([...value]);
		await damaged.close();
	});

	it("is refused with a code where the record of a room cannot be read, and left closed", async () => {
		await damage(roomKey("lobby"));
		for (const open of [() => LevelLog.open(folder), () => describeFolder(folder), () => LevelLog.open(folder)]) {
			await expect(open()).rejects.toMatchObject({
				code: "XMLSOCKET_DATA_UNREADABLE",
				message: expect.stringContaining("record of a room"),
			});
		}
	});

	it("refuses an export whose history has a name that no document can carry", async () => {
		await expect(
			importFolder(folder, from(['{"export":"xmlsocket","format":1,"log":"a\\u0000b"}'])),
		).rejects.toMatchObject({ code: "XMLSOCKET_IMPORT_INVALID", message: expect.stringContaining("Line 1") });
	});

	it("imports 3,000 rooms, each with a number of its own", async () => {
		const rooms = Array.from({ length: 3000 }, (_, at) => `r${at}`);
		const lines = rooms.map((room) =>
			JSON.stringify({ room, seq: 1, prev: 0, at: "2026-01-01T00:00:00Z", text: `in ${room}` }),
		);
		await importFolder(folder, from(['{"export":"xmlsocket","format":1,"log":"x"}', ...lines]));
		const log = await LevelLog.open(folder);
		for (const room of ["r0", "r1", "r1500", "r2999"]) {
			const { entries } = await log.readAfter(room, 0, { maxCount: 10, maxBytes: 1000 });
			expect(entries.map(({ payload }) => new TextDecoder().decode(payload))).toEqual([`in ${room}`]);
		}
		await log.close();
	});
});

describe("an import of more rooms than are kept in memory", () => {
	const head = '{"export":"xmlsocket","format":1,"log":"x"}';
	const rooms = Array.from({ length: 20_000 }, (_, at) => `r${at}`);
	const roomLine = (room: string, lastSeq: number) => JSON.stringify({ room, lastSeq });
	const line = (room: string, seq: number, prev: number) =>
		JSON.stringify({ room, seq, prev, at: "2026-01-01T00:00:00Z", text: `${seq} in ${room}` });

	it("puts the messages of all rooms where they belong, in whatever order the lines come", async () => {
		const lines = [
			...rooms.map((room) => roomLine(room, 100)),
			...rooms.map((room) => line(room, 3, 0)),
			...rooms.map((room) => line(room, 7, 3)),
		];
		expect(await importFolder(folder, from([head, ...lines]))).toBe(40_000);
		const { rooms: found } = await describeFolder(folder);
		expect(found).toHaveLength(20_000);
		for (const { messages, firstSeq, lastSeq } of found) expect([messages, firstSeq, lastSeq]).toEqual([2, 3, 100]);
		const log = await LevelLog.open(folder);
		for (const room of ["r0", "r8192", "r19999"]) {
			const { entries } = await log.readAfter(room, 0, plenty);
			expect(entries.map(({ payload }) => new TextDecoder().decode(payload))).toEqual([`3 in ${room}`, `7 in ${room}`]);
			expect((await log.append(room, { payload: bytes("new") })).seq).toBe(101);
		}
		await log.close();
	});

	it("refuses a number that a room has already, also after the room was written and read again", async () => {
		const lines = [...rooms.map((room) => roomLine(room, 100)), ...rooms.map((room) => line(room, 7, 0))];
		await expect(importFolder(folder, from([head, ...lines, line("r0", 7, 3)]))).rejects.toMatchObject({
			code: "XMLSOCKET_IMPORT_INVALID",
			message: expect.stringContaining("is not behind number 7"),
		});
		// Rooms that were there before this import accept only what is behind their last number.
		await expect(importFolder(folder, from([head, line("r5", 100, 7)]))).rejects.toMatchObject({
			message: expect.stringContaining("is not behind number 100"),
		});
		expect(await importFolder(folder, from([head, line("r5", 101, 7)]))).toBe(1);
	});
});

describe("a folder that is no data folder", () => {
	it("stays as it is when its contents are asked for, and the error says what was found", async () => {
		const other = join(folder, "other");
		await mkdir(other);
		await writeFile(join(other, "notes.txt"), "mine");
		await expect(describeFolder(other)).rejects.toMatchObject({
			code: "XMLSOCKET_DATA_UNREADABLE",
			message: expect.stringContaining("no file CURRENT"),
		});
		expect(await readdir(other)).toEqual(["notes.txt"]);
	});

	it("is not made when it does not exist", async () => {
		const absent = join(folder, "absent");
		await expect(describeFolder(absent)).rejects.toMatchObject({
			message: expect.stringContaining("There is no folder"),
		});
		await expect(exportFolder(absent, () => {})).rejects.toMatchObject({ code: "XMLSOCKET_DATA_UNREADABLE" });
		expect(existsSync(absent)).toBe(false);
	});

	it("is opened after a crash during its first start, which left no file CURRENT", async () => {
		await writeFile(join(folder, "LOCK"), "");
		const log = await LevelLog.open(folder);
		expect((await log.append("lobby", { payload: bytes("one") })).seq).toBe(1);
		await log.close();
	});
});
