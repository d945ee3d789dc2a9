// Recordings: every byte comes back, whatever was sent and however the recorder ended. docs/recording.md.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
	type CaptureInfo,
	createMask,
	DocumentCutter,
	type DocumentEvent,
	exactDecode,
	openRecordingWriter,
	parseRecordingLine,
	type Recording,
	readRecording,
	recordingHeader,
	recordingLine,
	type TrafficEvent,
} from "../../../src/tools/index.ts";
import { textCodec } from "../../../src/transport/index.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket recording "));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
const fresh = (): string => join(folder, `${++count}.ndjson`);
const INFO: CaptureInfo = { startedMs: 1_700_000_000_123, terminator: Uint8Array.of(0), encoding: "utf-8" };
const decode = exactDecode(textCodec("utf-8"));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const HEADER = '{"recording":1,"started":"2023-11-14T22:13:20.123Z","terminator":"00","encoding":"utf-8"}';

function document(text: string, more: Partial<DocumentEvent> = {}): DocumentEvent {
	const ending = "terminated";
	return { kind: "document", connection: 1, time: 0, direction: "client", ending, bytes: bytes(text), ...more };
}

async function eventsOf(recording: Recording): Promise<TrafficEvent[]> {
	const events: TrafficEvent[] = [];
	for await (const event of recording) events.push(event);
	return events;
}

async function* pieces(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
	const all = typeof text === "string" ? bytes(text) : text;
	for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function read(
	text: string | Uint8Array,
	options = {},
): Promise<{ recording: Recording; events: TrafficEvent[] }> {
	const recording = await readRecording(pieces(text), options);
	return { recording, events: await eventsOf(recording) };
}

async function written(events: readonly TrafficEvent[], info = INFO): Promise<string> {
	const path = fresh();
	const writer = await openRecordingWriter(path, info);
	for (const event of events) writer.write(event);
	await writer.close();
	return path;
}

describe("a recording", () => {
	it("is a line of JSON for each event, which other programs can read", async () => {
		const path = await written(
			[
				{ kind: "open", connection: 1, time: 5, from: "127.0.0.1:5", to: "game:9000" },
				document("<a b='\u65e5'/>", { time: 6 }),
				document("", { time: 7, direction: "server" }),
				document("x", { time: 8, bytes: Uint8Array.of(0xff, 0), ending: "cut", masked: true, changed: "edited" }),
				{ kind: "error", connection: 1, time: 9, direction: "server", code: "XMLSOCKET_CONNECT_FAILED", message: "no" },
				{ kind: "close", connection: 1, time: 10, direction: "client" },
				{ kind: "close", connection: 1, time: 11, reason: "1000" },
			],
			{ ...INFO, listen: ":9001", target: "game:9000" },
		);
		expect(readFileSync(path, "utf8").split("\n")).toEqual([
			'{"recording":1,"started":"2023-11-14T22:13:20.123Z","terminator":"00","encoding":"utf-8","listen":":9001","target":"game:9000"}',
			'{"kind":"open","connection":1,"time":5,"from":"127.0.0.1:5","to":"game:9000"}',
			'{"time":6,"connection":1,"direction":"client","kind":"document","bytes":12,"text":"<a b=\'\u65e5\'/>"}',
			'{"time":7,"connection":1,"direction":"server","kind":"document","bytes":0,"text":""}',
			'{"time":8,"connection":1,"direction":"client","kind":"document","bytes":2,"base64":"/wA=","ending":"cut","masked":true,"changed":"edited"}',
			'{"kind":"error","connection":1,"time":9,"direction":"server","code":"XMLSOCKET_CONNECT_FAILED","message":"no"}',
			'{"kind":"close","connection":1,"time":10,"direction":"client"}',
			'{"kind":"close","connection":1,"time":11,"reason":"1000"}',
			"",
		]);
		const recording = await readRecording(path);
		expect(recording.info).toEqual({ ...INFO, listen: ":9001", target: "game:9000" });
		expect(await eventsOf(recording)).toHaveLength(7);
		expect([recording.cutOff, recording.missing, recording.unknown]).toEqual([false, 0, 0]);
	});

	it("gives exactly the bytes that were sent, for any bytes, terminator and limit", async () => {
		const terminator = fc.constantFrom([0], [13, 10], [10, 0]);
		const input = fc.array(
			fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(bytes("<a>\u65e5\0"), bytes("\r\n\0"))),
		);
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom("utf-8", "gbk"),
				terminator,
				fc.integer({ min: 1, max: 40 }),
				input,
				async (encoding, mark, most, chunks) => {
					const info: CaptureInfo = { ...INFO, terminator: Uint8Array.from(mark), encoding };
					const cutter = new DocumentCutter({ terminator: info.terminator, maxDocumentBytes: most });
					const units = chunks.flatMap((chunk) => cutter.push(chunk));
					const last = cutter.end();
					const lines = [...units, ...(last ? [last] : [])].map((unit) =>
						recordingLine({ ...document(""), ...unit }, exactDecode(textCodec(encoding))),
					);
					const { recording, events } = await read([recordingHeader(info), ...lines, ""].join("\n"));
					const back = events.flatMap((event) => {
						if (!("bytes" in event)) throw new Error("not a document");
						return [...event.bytes, ...(event.ending === "terminated" ? recording.info.terminator : [])];
					});
					expect(back).toEqual(chunks.flatMap((chunk) => [...chunk]));
				},
			),
			{ numRuns: 100 },
		);
	});

	it("has the text of another encoding for people, and its bytes for programs", () => {
		const gbk = exactDecode(textCodec("gbk"));
		const line = recordingLine(document("", { bytes: Uint8Array.of(0x3c, 0xc4, 0xe3, 0x3e) }), gbk);
		expect(JSON.parse(line)).toMatchObject({ text: "<\u4f60>", base64: "PMTjPg==" });
		expect(parseRecordingLine(line, 1)).toMatchObject({ event: { bytes: Uint8Array.of(0x3c, 0xc4, 0xe3, 0x3e) } });
		expect(JSON.parse(recordingLine(document("<a/>"), gbk))).not.toHaveProperty("base64");
	});

	it("ignores fields and kinds that only later versions know", async () => {
		const later = `${HEADER.slice(0, -1)},"new":{"a":1}}\n{"kind":"hologram","time":1}\n{"kind":"close","connection":1,"time":1,"new":[]}\n`;
		const { recording, events } = await read(later);
		expect(events).toEqual([{ kind: "close", connection: 1, time: 1 }]);
		expect(recording.unknown).toBe(1);
	});

	it("never lets time fall where lines were moved by hand", async () => {
		const lines = [
			HEADER,
			recordingLine(document("a", { time: 9 }), decode),
			recordingLine(document("b", { time: 4 }), decode),
		];
		expect((await read(lines.join("\n"))).events.map(({ time }) => time)).toEqual([9, 9]);
	});

	it("reads the lines of inspect --json that have no header, with the defaults", async () => {
		const { recording, events } = await read(`${recordingLine(document("<a/>"), decode)}\n`);
		expect(events).toEqual([document("<a/>")]);
		expect(recording.info).toMatchObject({ encoding: "utf-8", terminator: Uint8Array.of(0) });
	});

	it("closes its source where the loop is left early, and where it is no recording", async () => {
		let open = 0;
		async function* source(content: string): AsyncGenerator<Uint8Array> {
			open++;
			try {
				yield* pieces(content);
			} finally {
				open--;
			}
		}
		const lines = Array.from({ length: 100 }, (_, time) => recordingLine(document("x", { time }), decode));
		for await (const event of await readRecording(source([HEADER, ...lines].join("\n")))) {
			expect([event.time, open]).toEqual([0, 1]);
			break;
		}
		expect(open).toBe(0);
		for (const content of ["<no recording/> of any kind, but long enough", '{"recording":2}\n'.padEnd(100)])
			await expect(readRecording(source(content))).rejects.toBeInstanceOf(Error);
		expect(open).toBe(0);
	});
});

describe("a recording that is cut off", () => {
	it("is read up to its last whole line at every length, and says so", async () => {
		const whole = `${HEADER}\n${recordingLine(document("<a/>"), decode)}\n${recordingLine(document("\u65e5"), decode)}\n`;
		const all = bytes(whole);
		const ends = [...all.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
		for (let length = ends[0]! + 1; length <= all.length; length++) {
			const { recording, events } = await read(all.subarray(0, length));
			const lines = ends.filter((at) => at <= length).length - 1;
			const atBreak = ends.some((at) => length === at || length === at + 1);
			expect([length, events.length, recording.cutOff]).toEqual([length, lines, !atBreak]);
		}
	});

	it("is what a killed process leaves: all events that it had written", async () => {
		for (let round = 0; round < 3; round++) {
			const path = fresh();
			const child = spawn(process.execPath, [join(import.meta.dirname, "killed-recorder.js"), path]);
			let output = "";
			child.stdout.setEncoding("latin1").on("data", (text: string) => {
				output += text;
				if (output.split("\n").length > 20 + round * 7) child.kill("SIGKILL");
			});
			const [, signal] = await new Promise<[unknown, unknown]>((resolve) =>
				child.on("close", (...result) => resolve(result)),
			);
			expect(signal).toBe("SIGKILL");
			const reported = Number(output.trimEnd().split("\n").at(-1));
			const events = await eventsOf(await readRecording(path));
			expect(events.length).toBeGreaterThanOrEqual(reported);
			expect(reported).toBeGreaterThan(0);
			for (const [number, event] of events.entries()) {
				expect(event.time).toBe(number);
				expect("bytes" in event && Buffer.from(event.bytes).toString()).toMatch(
					new RegExp(`^<event number="${number}" .*"/>$`),
				);
			}
		}
	});

	it("may end in the zero bytes that a file system leaves after a power failure", async () => {
		const { recording, events } = await read(`${HEADER}\n${recordingLine(document("a"), decode)}\n\0\0\0\0\0\0`);
		expect([events.length, recording.cutOff]).toEqual([1, true]);
	});
});

describe("what is no recording", () => {
	it.each([
		["", "XMLSOCKET_RECORDING_INVALID", "is empty"],
		["\u0089PNG\r\n", "XMLSOCKET_RECORDING_INVALID", "is no recording"],
		["<a/>\0", "XMLSOCKET_RECORDING_INVALID", "is no recording"],
		['{"recording":2}\n', "XMLSOCKET_RECORDING_TOO_NEW", "version 2; this program reads version 1"],
		['{"recording":"1"}\n', "XMLSOCKET_RECORDING_INVALID", "Line 1"],
		['{"recording":1,"terminator":"xx"}\n', "XMLSOCKET_RECORDING_INVALID", "terminator"],
		['{"log":{"entries":[]}}\n', "XMLSOCKET_RECORDING_INVALID", 'Line 1 of the recording has no "kind"'],
		["{\n", "XMLSOCKET_RECORDING_INVALID", "Line 1 of the recording is not JSON"],
	])("%j is refused in words", async (text, code, words) => {
		await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
	});

	it.each([
		["{broken}", "is not JSON"],
		["[1]", "is not a JSON object"],
		['{"kind":"document","connection":1,"time":1,"direction":"client"}', 'neither "text" nor "base64"'],
		['{"kind":"document","connection":1,"time":1,"direction":"client","base64":"!!!!"}', "is not base64"],
		['{"kind":"document","connection":1,"time":1,"direction":"up","text":""}', '"direction"'],
		['{"kind":"document","connection":0,"time":1,"direction":"client","text":""}', '"connection"'],
		['{"kind":"document","connection":1,"time":-1,"direction":"client","text":""}', '"time"'],
		['{"kind":"document","connection":1,"time":1.5,"direction":"client","text":""}', '"time"'],
		['{"kind":"document","connection":1,"time":1,"direction":"client","text":7}', '"text"'],
		['{"kind":"document","connection":1,"time":1,"direction":"client","text":"","ending":"half"}', '"ending"'],
		[HEADER, "begins another recording"],
	])("a line %s is refused with its number, after the events before it", async (line, words) => {
		const recording = await readRecording(pieces(`${HEADER}\n${recordingLine(document("a"), decode)}\n\n${line}\n`));
		const events: TrafficEvent[] = [];
		const reading = (async () => {
			for await (const event of recording) events.push(event);
		})();
		await expect(reading).rejects.toMatchObject({
			code: "XMLSOCKET_RECORDING_INVALID",
			message: expect.stringContaining(words),
			details: { line: 4 },
		});
		expect(events).toHaveLength(1);
	});

	it.each([
		["a compressed file", [0x1f, 0x8b, 8, 0], "gunzip"],
		["a packet capture", [0xd4, 0xc3, 0xb2, 0xa1, 2, 0], "packet capture"],
		["a newer packet capture", [0x0a, 0x0d, 0x0d, 0x0a, 2, 0], "packet capture"],
		["UTF-16 from a Windows shell", [0xff, 0xfe, 0x7b, 0], "UTF-16"],
	])("%s is refused with what to do", async (_, start, words) => {
		await expect(read(Uint8Array.from(start))).rejects.toMatchObject({ message: expect.stringContaining(words) });
	});

	it("is a file that does not exist, or a folder", async () => {
		await expect(readRecording(join(folder, "none"))).rejects.toMatchObject({
			code: "XMLSOCKET_RECORDING_UNREADABLE",
			message: expect.stringContaining("does not exist"),
		});
		await expect(readRecording(folder)).rejects.toMatchObject({ message: expect.stringContaining("is a folder") });
	});

	it("reads the line breaks and the byte order mark of a Windows editor", async () => {
		const { events } = await read(`\ufeff${HEADER}\r\n${recordingLine(document("a"), decode)}\r\n`);
		expect(events).toEqual([document("a")]);
	});
});

describe("a recording writer", () => {
	it("does not replace a file, not even through a link, unless it is told to", async () => {
		const path = await written([document("a")]);
		const link = join(folder, "link");
		symlinkSync(path, link);
		for (const existing of [path, link])
			await expect(openRecordingWriter(existing, INFO)).rejects.toMatchObject({ code: "XMLSOCKET_RECORDING_EXISTS" });
		const writer = await openRecordingWriter(path, INFO, { overwrite: true });
		await writer.close();
		expect(readFileSync(path, "utf8")).toBe(`${HEADER}\n`);
	});

	it("creates a file that only its user can read", async () => {
		expect(statSync(await written([])).mode & 0o077).toBe(0);
	});

	it("says where the file cannot be created", async () => {
		await expect(openRecordingWriter(join(folder, "no", "file"), INFO)).rejects.toMatchObject({
			code: "XMLSOCKET_RECORDING_FAILED",
			message: expect.stringContaining("its folder does not exist"),
		});
	});

	it("reports a full disk once, and counts what is not recorded", async () => {
		const errors: unknown[] = [];
		const writer = await openRecordingWriter("/dev/full", INFO, {
			overwrite: true,
			onError: (error) => errors.push(error),
		});
		await expect.poll(() => errors.length).toBe(1);
		expect(errors[0]).toMatchObject({
			code: "XMLSOCKET_RECORDING_FAILED",
			message: expect.stringContaining("the disk is full"),
		});
		for (let sent = 0; sent < 10; sent++) expect(writer.write(document("a"))).toBe(true);
		await writer.close();
		expect([errors.length, writer.recorded, writer.notRecorded]).toEqual([1, 0, 10]);
	});

	it("leaves out events where the disk is slower than the traffic, and the file says how many", async () => {
		const path = fresh();
		const writer = await openRecordingWriter(path, INFO, { maxQueuedBytes: 2000 });
		const results = Array.from({ length: 100 }, (_, time) => writer.write(document("x".repeat(100), { time })));
		expect(results[0]).toBe(true);
		expect(results.at(-1)).toBe(false);
		await expect.poll(() => writer.recorded).toBeGreaterThan(0);
		expect(writer.write(document("after", { time: 100 }))).toBe(true);
		await writer.close();
		const recording = await readRecording(path);
		const events = await eventsOf(recording);
		expect(events.length).toBe(writer.recorded);
		expect(recording.missing).toBe(writer.notRecorded);
		expect(events.length + recording.missing).toBe(101);
		expect(events.at(-1)).toMatchObject({ time: 100 });
		expect(readFileSync(path, "utf8")).toContain('"kind":"gap"');
	});

	it("keeps masked values out of the file", async () => {
		const mask = createMask(["password"]);
		const events = ["<login password='SECRET'/>", "<login password='SECRET", "password=SECRET"].map((text) =>
			document(text),
		);
		const path = await written(events.map((event) => mask.apply(event)));
		expect(readFileSync(path, "utf8")).not.toContain("SECRET");
		expect(await eventsOf(await readRecording(path))).toMatchObject([
			{ masked: true },
			{ masked: true },
			{ masked: true },
		]);
	});

	it("writes what comes while it closes nowhere, and closes twice without harm", async () => {
		const path = fresh();
		const writer = await openRecordingWriter(path, INFO);
		writer.write(document("a"));
		const closing = writer.close();
		writer.write(document("b"));
		await Promise.all([closing, writer.close()]);
		expect(await eventsOf(await readRecording(path))).toEqual([document("a")]);
		expect([writer.recorded, writer.notRecorded]).toEqual([1, 1]);
	});
});

describe("other captures", () => {
	it("are the plain bytes of one direction", async () => {
		const path = join(folder, "server.bin");
		writeFileSync(path, "{<a/>\0\0<b");
		const documents = (await eventsOf(await readRecording(path))).filter(
			(event): event is DocumentEvent => event.kind === "document",
		);
		expect(documents.map((event) => ({ ...event, bytes: Buffer.from(event.bytes).toString() }))).toEqual([
			document("", { direction: "server", bytes: "{<a/>" as never }),
			document("", { direction: "server", bytes: "" as never }),
			document("", { direction: "server", bytes: "<b" as never, ending: "cut" }),
		]);
		const options = { format: "bytes", direction: "client", terminator: bytes("\r\n"), maxDocumentBytes: 2 } as const;
		const { events } = await read("abc\r\nd\r\n", options);
		expect(
			events.map((event) =>
				"bytes" in event ? `${event.direction} ${Buffer.from(event.bytes)} ${event.ending}` : event.kind,
			),
		).toEqual(["open", "client ab part", "client c terminated", "client d terminated", "close"]);
	});

	const frames = (text: string): string => `var VNC_frame_data = [\n${text}'EOF'];\n`;

	it.each([
		["of today", frames("'}31}<a b=\\'it\\\\\\'s\\\\x41\\n\\x00',\n'{57{\\xe9\\x00<b/>\\x00',\n")],
		["with the quotes of Python", frames("\"}31}<a b='it\\\\\\'s\\\\x41\\n\\x00\",\nb'{57{\\xe9\\x00<b/>\\x00',\n")],
		[
			"with frames cut anywhere",
			frames("'}31}<a b=\\'it\\\\\\'s\\\\x41',\n'{40{\\xe9',\n'}57}\\n\\x00',\n'{57{\\x00<b/>\\x00',\n"),
		],
		[
			"in base64",
			frames("'}31}PGEgYj0naXRcJ3NceDQxCgA=',\n'{57{6QA8Yi8+AA==',\n").replace(
				"var",
				"var VNC_frame_encoding = 'base64';\nvar",
			),
		],
	])("are files of websockify %s", async (_, text) => {
		const recording = await readRecording(pieces(text, 16), text.includes("encoding") ? { format: "websockify" } : {});
		const events = await eventsOf(recording);
		const documents = events.flatMap((event) =>
			"bytes" in event ? [`${event.time} ${event.direction} ${Buffer.from(event.bytes).toString("latin1")}`] : [],
		);
		const client = documents.filter((shown) => shown.includes("client")).map((shown) => shown.replace(/^\d+/, "T"));
		expect(client).toEqual(["T client <a b='it\\'s\\x41\n"]);
		expect(documents.filter((shown) => shown.includes("server"))).toEqual(["57000 server \u00e9", "57000 server <b/>"]);
		expect([recording.format, recording.cutOff]).toEqual(["websockify", false]);
	});

	it("are a file of websockify that was killed in the middle of a line", async () => {
		const { recording, events } = await read("var VNC_frame_data = [\n'{1{<a/>\\x00',\n'{2{<b/>\\x0");
		expect(events.filter((event) => event.kind === "document")).toHaveLength(1);
		expect(recording.cutOff).toBe(true);
	});

	it("are refused with the line that is no frame", async () => {
		await expect(read(frames("'{1{ok',\nnothing,\n"))).rejects.toMatchObject({
			code: "XMLSOCKET_RECORDING_INVALID",
			details: { line: 3 },
		});
	});
});
