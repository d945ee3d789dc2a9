// What a power loss can do to a folder: each message is synced before it is acknowledged, and an end of the folder's file that is missing
// costs the messages in it and no others.

import {
	appendFileSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LevelLog, repairFolder } from "../../src/message-log/level/index.ts";
import { roomKey } from "../../src/message-log/level/level-format.ts";
import { Batch, LevelStore } from "../../src/message-log/level/level-store.ts";

let folder = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xmlsocket-power-"));
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true, force: true });
});

const ENTRY = { payload: new TextEncoder().encode("x".repeat(50)), session: "s" };

async function numbers(log: LevelLog): Promise<number[]> {
	const { entries } = await log.readAfter("lobby", 0, { maxCount: 1000, maxBytes: 1 << 20 });
	return entries.map(({ seq }) => seq);
}

it("Every batch with a message is written with sync, and no append settles before its batch is on the disk", async () => {
	const log = await LevelLog.open(join(folder, "data"));
	const { batch } = ClassicLevel.prototype;
	const writes: { readonly sync: unknown; readonly settledBefore: number }[] = [];
	let settled = 0;
	vi.spyOn(ClassicLevel.prototype, "batch").mockImplementation(function (this: unknown, ...words: unknown[]) {
		const result = Reflect.apply(batch, this, words);
		return Promise.resolve(result).then(() => {
			writes.push({ sync: (words[1] as { readonly sync?: boolean } | undefined)?.sync, settledBefore: settled });
		}) as never;
	});
	for (let round = 0; round < 5; round++) {
		const appends = Array.from({ length: 20 }, () => log.append("lobby", ENTRY).then(() => settled++));
		await Promise.all(appends);
	}
	await log.close();
	expect(writes).toEqual([0, 20, 40, 60, 80].map((settledBefore) => ({ sync: true, settledBefore })));
});

it("A folder whose newest file lacks its end has every message before that, in order, and continues", async () => {
	const data = join(folder, "data");
	const log = await LevelLog.open(data);
	for (let at = 0; at < 50; at++) await log.append("lobby", ENTRY);
	await log.close();
	const newest = readdirSync(data)
		.filter((name) => name.endsWith(".log"))
		.sort()
		.at(-1)!;
	const { size } = statSync(join(data, newest));
	let [fewest, most] = [50, 0];
	for (let left = 0; left <= size; left += 397) {
		const torn = join(folder, `torn-${left}`);
		mkdirSync(torn);
		for (const name of readdirSync(data)) copyFileSync(join(data, name), join(torn, name));
		truncateSync(join(torn, newest), left);
		const again = await LevelLog.open(torn);
		const kept = await numbers(again);
		expect(kept, `${left} bytes of ${size}`).toEqual(Array.from({ length: kept.length }, (_, at) => at + 1));
		expect(kept.length).toBeGreaterThanOrEqual(most);
		[fewest, most] = [Math.min(fewest, kept.length), kept.length];
		expect((await again.append("lobby", ENTRY)).seq).toBe(kept.length + 1);
		expect(await numbers(again)).toHaveLength(kept.length + 1);
		await again.close();
	}
	expect(fewest).toBe(0);
	expect(most).toBeGreaterThan(45);
});

describe("A folder that was damaged when the power was lost", () => {
	const newest = (data: string, names: RegExp): string =>
		join(
			data,
			readdirSync(data)
				.filter((name) => names.test(name))
				.sort()
				.at(-1)!,
		);
	const cut = (file: string, length: number): void => truncateSync(file, length);
	const overwrite = (file: string, byte: number, from: number, to: number): void => {
		const content = readFileSync(file);
		writeFileSync(file, content.fill(byte, Math.floor(content.length * from), Math.floor(content.length * to)));
	};
	const CURRENT = /^CURRENT$/;
	const MANIFEST = /^MANIFEST-/;
	const TABLE = /\.ldb$/;
	const LOG = /\.log$/;

	/** 30 messages in a table, and 10 in the newest file of changes. */
	async function filled(): Promise<{ readonly data: string; readonly log: string }> {
		const data = join(folder, "data");
		let name = "";
		for (const count of [30, 10]) {
			const log = await LevelLog.open(data);
			for (let at = 0; at < count; at++) await log.append("lobby", ENTRY);
			name = (await log.state("lobby")).log;
			await log.close();
		}
		return { data, log: name };
	}

	it.each<[what: string, damage: (data: string) => void, left: number]>([
		["lacks CURRENT", (data) => rmSync(newest(data, CURRENT)), 40],
		["has an empty CURRENT", (data) => cut(newest(data, CURRENT), 0), 40],
		["has a CURRENT without its last byte", (data) => cut(newest(data, CURRENT), 15), 40],
		["has a CURRENT of zero bytes", (data) => overwrite(newest(data, CURRENT), 0, 0, 1), 40],
		[
			"has the same line twice in CURRENT",
			(data) => appendFileSync(newest(data, CURRENT), readFileSync(newest(data, CURRENT))),
			40,
		],
		["lacks its MANIFEST", (data) => rmSync(newest(data, MANIFEST)), 40],
		["has an empty MANIFEST", (data) => cut(newest(data, MANIFEST), 0), 40],
		["has half of its MANIFEST", (data) => cut(newest(data, MANIFEST), 40), 40],
		["lacks a table", (data) => rmSync(newest(data, TABLE)), 10],
		["has an empty table", (data) => cut(newest(data, TABLE), 0), 10],
		["has a table with other bytes in the middle", (data) => overwrite(newest(data, TABLE), 0x55, 0.2, 0.5), 10],
	])(
		"and %s is refused as damaged, not opened as a new one; a repair keeps what can be read",
		async (_, damage, left) => {
			const { data, log } = await filled();
			damage(data);
			for (let attempt = 0; attempt < 2; attempt++)
				await expect(LevelLog.open(data)).rejects.toMatchObject({ code: "XMLSOCKET_DATA_DAMAGED" });
			const repaired = await repairFolder(data);
			expect(repaired.messages).toBe(left);
			expect(repaired.log).not.toBe(log);
			const again = await LevelLog.open(data);
			expect(await numbers(again)).toEqual(Array.from({ length: left }, (_, at) => 41 - left + at));
			expect(await again.state("lobby")).toMatchObject({ firstSeq: 41 - left, lastSeq: 40 });
			expect(await again.append("lobby", ENTRY)).toMatchObject({ seq: 41, prev: 40 });
			await again.close();
		},
	);

	it.each<[what: string, damage: (data: string) => void, left: number]>([
		["zero bytes at its end", (data) => overwrite(newest(data, LOG), 0, 0.5, 1), 35],
		["other bytes at its end", (data) => overwrite(newest(data, LOG), 0x55, 0.5, 1), 35],
		["zero bytes behind its end", (data) => appendFileSync(newest(data, LOG), Buffer.alloc(4096)), 40],
	])("and has %s in its newest file of changes has the messages before that", async (_, damage, left) => {
		const { data, log } = await filled();
		damage(data);
		const again = await LevelLog.open(data);
		expect(await numbers(again)).toEqual(Array.from({ length: left }, (_, at) => at + 1));
		expect((await again.state("lobby")).log).toBe(log);
		await again.close();
	});

	it("and has lost the record of a room keeps its messages apart from those of new rooms", async () => {
		const { data } = await filled();
		const store = await LevelStore.open(data);
		const batch = new Batch();
		batch.operations.push({ type: "del", key: roomKey("lobby") });
		await store.write(batch, true);
		await store.close();
		expect((await repairFolder(data)).rooms).toMatchObject([
			{ room: "recovered-1", messages: 40, firstSeq: 1, lastSeq: 40 },
		]);
		const again = await LevelLog.open(data);
		expect(await again.append("another", ENTRY)).toMatchObject({ seq: 1 });
		expect((await again.readAfter("another", 0, { maxCount: 100, maxBytes: 1 << 20 })).entries).toHaveLength(1);
		await again.close();
	});
});
