// The records in the data folder: after a restart, after a crash, and beside the messages.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { exportFolder, importFolder, LevelLog } from "../../src/message-log/level/index.ts";
import { contentOf, describeStateStore } from "../state-store/state-store-suite.ts";

const folders: string[] = [];
function newFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket records "));
	folders.push(folder);
	return folder;
}
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describeStateStore("LevelRecords", () => {
	const folder = newFolder();
	let log: LevelLog;
	const open = async () => {
		log = await LevelLog.open(folder);
		return log.records;
	};
	return {
		open,
		reopen: async () => {
			await log.close();
			return await open();
		},
		close: () => log.close(),
		steps: 15,
	};
});

describe("records in a data folder", () => {
	it("leave the messages alone, and are part of an export and an import", async () => {
		const folder = newFolder();
		const log = await LevelLog.open(folder);
		await log.append("lobby", { payload: new TextEncoder().encode("hi") });
		await log.records.put("topic/lobby", '{"by":"op","text":"Ü"}');
		await log.close();
		let text = "";
		await exportFolder(folder, (line) => {
			text += line;
		});
		const copy = newFolder();
		async function* lines(): AsyncGenerator<string> {
			yield* text.split("\n");
		}
		expect(await importFolder(copy, lines())).toBe(1);
		const restored = await LevelLog.open(copy);
		expect(contentOf(restored.records)).toEqual({ "topic/lobby": '{"by":"op","text":"Ü"}' });
		expect((await restored.state("lobby")).lastSeq).toBe(1);
		await restored.close();
	});

	it("that wait when the log is closed are written, and later ones are refused", async () => {
		const folder = newFolder();
		const log = await LevelLog.open(folder);
		const waiting = log.records.put("a", "1");
		await Promise.all([log.close(), waiting]);
		await expect(log.records.put("b", "2")).rejects.toMatchObject({ code: "XMLSOCKET_UNAVAILABLE" });
		const again = await LevelLog.open(folder);
		expect(contentOf(again.records)).toEqual({ a: "1" });
		await again.close();
	});
});
