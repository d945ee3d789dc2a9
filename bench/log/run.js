// The embedded log: the messages that it stores in a second with every batch synced, the time of an acknowledgement, and the time to
// open and read a folder with a million messages. The peer is LevelDB itself: a loop writes synced batches of a fixed size, without
// rooms, numbers or ids. They take turns on one file system.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { LevelLog } from "../../dist/message-log/level/index.js";
import { median, table, writeSection, writes } from "../report.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const MESSAGES = Number(process.env.BENCH_MESSAGES ?? 1_000_000);
const PAYLOAD = Buffer.from(
	"tann\nhello there, how are you all? fine, thanks! shall we play a round on the new map tonight at eight?",
);

const folders = [];
const fresh = () => {
	const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), "xmlsocket-bench-log-"));
	folders.push(folder);
	return folder;
};
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** So many speakers, each with one message on its way at a time; every one has an id. */
async function speak(speakers) {
	const log = await LevelLog.open(fresh(), { retention: {} });
	const took = [];
	const end = performance.now() + SECONDS * 1000;
	const begun = performance.now();
	await Promise.all(
		Array.from({ length: speakers }, async (_, speaker) => {
			for (let message = 0; performance.now() < end; message++) {
				const sent = performance.now();
				await log.append("lobby", { payload: PAYLOAD, session: `s${speaker}`, id: `m${message}` });
				took.push(performance.now() - sent);
			}
		}),
	);
	const rate = took.length / ((performance.now() - begun) / 1000);
	await log.close();
	took.sort((a, b) => a - b);
	return { rate, p50: at(took, 0.5), p99: at(took, 0.99) };
}

/** LevelDB alone: synced batches of `size` puts of the same bytes. */
async function bare(size) {
	const database = new ClassicLevel(fresh(), { keyEncoding: "buffer", valueEncoding: "buffer" });
	await database.open();
	const end = performance.now() + SECONDS * 1000;
	const begun = performance.now();
	let stored = 0;
	while (performance.now() < end) {
		const batch = [];
		for (let put = 0; put < size; put++) {
			const key = Buffer.allocUnsafe(8);
			key.writeDoubleBE(stored++);
			batch.push({ type: "put", key, value: PAYLOAD });
		}
		await database.batch(batch, { sync: true });
	}
	const rate = stored / ((performance.now() - begun) / 1000);
	await database.close();
	return rate;
}

/** A folder with a million messages whose writer was killed, and a page of its history. */
async function large() {
	const folder = fresh();
	const writer = spawn(
		process.execPath,
		[
			"--input-type=module",
			"-e",
			`import { LevelLog } from ${JSON.stringify(new URL("../../dist/message-log/level/index.js", import.meta.url).href)};
			const log = await LevelLog.open(${JSON.stringify(folder)}, { retention: {} });
			const payload = Buffer.from(${JSON.stringify(PAYLOAD.toString())});
			let waiting = [];
			for (let at = 0; at < ${MESSAGES}; at++) {
				waiting.push(log.append("lobby", { payload, session: "s" + (at % 1000), id: "m" + at }));
				if (waiting.length === 4096) { await Promise.all(waiting); waiting = []; }
			}
			await Promise.all(waiting);
			console.log("stored");
			setInterval(() => {}, 1000);`,
		],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	await once(writer.stdout, "data");
	writer.kill("SIGKILL");
	await once(writer, "exit");
	const begun = performance.now();
	const log = await LevelLog.open(folder, { retention: {} });
	const openMs = performance.now() - begun;
	const { lastSeq } = await log.state("lobby");
	if (lastSeq !== MESSAGES) throw new Error(`${MESSAGES} messages were acknowledged, ${lastSeq} are there`);
	const took = [];
	for (let page = 0; page < 1000; page++) {
		const before = 51 + Math.floor(Math.random() * (MESSAGES - 51));
		const asked = performance.now();
		const { entries } = await log.readBefore("lobby", before, { maxCount: 50, maxBytes: 1 << 18 });
		took.push(performance.now() - asked);
		if (entries.length !== 50 || entries.at(-1).seq !== before - 1) throw new Error("a wrong page");
	}
	await log.close();
	took.sort((a, b) => a - b);
	return { openMs, p50: at(took, 0.5), p99: at(took, 0.99) };
}

const number = (value) => Math.round(value).toLocaleString("en");
const ms = (value) => `${value.toFixed(2)} ms`;
try {
	const rows = [];
	for (const speakers of [1, 100, 1000]) {
		const own = [];
		const peer = [];
		for (let round = 0; round < ROUNDS; round++) {
			own.push(await speak(speakers));
			peer.push(await bare(speakers));
		}
		const ratios = own.map(({ rate }, round) => rate / peer[round]);
		rows.push([
			String(speakers),
			number(median(own.map(({ rate }) => rate))),
			ms(median(own.map(({ p50 }) => p50))),
			ms(median(own.map(({ p99 }) => p99))),
			number(median(peer)),
			`${median(ratios).toFixed(2)}× (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
		]);
		console.log(rows.at(-1).join("  "));
	}
	const { openMs, p50, p99 } = await large();
	const sentence = `A folder with ${number(MESSAGES)} messages whose writer was killed opens in ${number(openMs)} ms; a page of 50 from anywhere in it takes ${ms(p50)} (p99 ${ms(p99)}).`;
	console.log(sentence);
	if (writes) {
		const heads = [
			"speakers",
			"stored a second",
			"acknowledged p50",
			"p99",
			"LevelDB alone, batches of so many",
			"ratio",
		];
		writeSection(
			"log",
			`Node ${process.version}, ${ROUNDS} rounds of ${SECONDS} s.\n\n${table(heads, rows)}\n\n${sentence}`,
		);
	}
} finally {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
