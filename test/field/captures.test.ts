// Situations from the field: what people meet when they capture, read and pass on the traffic of games and chats.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
	createMask,
	type DocumentEvent,
	decodeDocument,
	exactDecode,
	openRecordingWriter,
	parseFilter,
	readRecording,
	recordingHeader,
	recordingLine,
	showEvent,
	type TrafficEvent,
} from "../../src/tools/index.ts";
import { textCodec } from "../../src/transport/index.ts";
import { findProgram } from "../peer-programs.js";
import { portOf } from "../transport/connections.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket captures "));
afterAll(() => rmSync(folder, { recursive: true }));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const clean of cleanups.splice(0).reverse()) await clean();
});

const INFO = { startedMs: 0, terminator: Uint8Array.of(0), encoding: "utf-8" };
const utf8 = exactDecode(textCodec("utf-8"));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => Buffer.from(value).toString();

function document(content: string | Uint8Array, more: Partial<DocumentEvent> = {}): DocumentEvent {
	const value = typeof content === "string" ? bytes(content) : content;
	const ending = "terminated";
	return { kind: "document", connection: 1, time: 0, direction: "client", ending, bytes: value, ...more };
}

function shown(event: DocumentEvent, pretty = false): string {
	return showEvent(event, decodeDocument(event.bytes, utf8), { pretty });
}

function passes(filter: string, event: DocumentEvent): boolean {
	return parseFilter(filter).matches(event, decodeDocument(event.bytes, utf8));
}

async function* once(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
	yield typeof content === "string" ? bytes(content) : content;
}

describe("a capture is opened", () => {
	it("that is a picture: the message says so, and nothing else happens", async () => {
		const path = join(folder, "photo.jpg");
		writeFileSync(path, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a));
		await expect(readRecording(path)).rejects.toThrow("The file is no recording");
	});

	it("that a newer version wrote: it is not called damaged", async () => {
		await expect(readRecording(once('{"recording":7}\n'))).rejects.toMatchObject({
			code: "XMLSOCKET_RECORDING_TOO_NEW",
			message: "The recording has version 7; this program reads version 1.",
		});
	});

	it("that is empty, because the disk was full when the recorder began", async () => {
		await expect(readRecording(once(""))).rejects.toThrow("The file is empty");
	});

	it("that has one damaged line in its middle: what comes before is read, and the line has a number", async () => {
		const lines = Array.from({ length: 10 }, (_, time) => recordingLine(document("<a/>", { time }), utf8));
		lines[6] = lines[6]!.slice(0, 40);
		const events: TrafficEvent[] = [];
		const reading = async (): Promise<void> => {
			for await (const event of await readRecording(once([recordingHeader(INFO), ...lines].join("\n"))))
				events.push(event);
		};
		await expect(reading()).rejects.toMatchObject({ details: { line: 8 } });
		expect(events).toHaveLength(6);
	});

	it("while it is still being written: each event comes as soon as its line is there", async () => {
		let given = 0;
		async function* endless(): AsyncGenerator<Uint8Array> {
			yield bytes(`${recordingHeader(INFO)}\n`);
			for (;;) yield bytes(`${recordingLine(document("<a/>", { time: given++ }), utf8)}\n`);
		}
		let count = 0;
		for await (const event of await readRecording(endless())) {
			expect(event.time).toBe(count);
			if (++count === 5) break;
		}
		expect(given).toBeLessThan(10);
	});

	it("that two commands were joined into: the second one is not mixed with the first", async () => {
		const one = `${recordingHeader(INFO)}\n${recordingLine(document("<a/>"), utf8)}\n`;
		const reading = async (): Promise<void> => {
			for await (const _ of await readRecording(once(one + one)));
		};
		await expect(reading()).rejects.toThrow("Line 3 begins another recording");
	});

	it("that was saved from a packet sniffer as raw bytes of one side", async () => {
		const path = join(folder, "stream.bin");
		writeFileSync(path, "<cross-domain-policy/>\0<msg t='sys'/>\0%xt%l%-1%\0<half");
		const events: string[] = [];
		for await (const event of await readRecording(path))
			if (event.kind === "document") events.push(`${event.direction} ${text(event.bytes)} ${event.ending}`);
		expect(events).toEqual([
			"server <cross-domain-policy/> terminated",
			"server <msg t='sys'/> terminated",
			"server %xt%l%-1% terminated",
			"server <half cut",
		]);
	});
});

describe("a capture is passed on", () => {
	const mask = createMask(["password", "authorization", "pword"]);
	const masked = (value: string): string => text(mask.applyToBytes(bytes(value)));

	it("with credentials as pairs of a name and a value, as archives of web traffic have them", () => {
		const archive = '{"headers":[{"name":"Authorization","value":"Bearer SECRET"},{"name":"Host","value":"a"}]}';
		expect(masked(archive)).toBe('{"headers":[{"name":"Authorization","value":"***"},{"name":"Host","value":"a"}]}');
	});

	it("with credentials that are encoded for a URL", () => {
		expect(masked("GET /login?next=a%26password%3DSECRET%26b HTTP/1.0")).not.toContain("SECRET");
		expect(masked('{"body":"user=ann&password=SECRET&x=1"}')).toBe('{"body":"user=ann&password=***&x=1"}');
	});

	it("with a mask that shows no part of a secret, and not its length", () => {
		expect(masked("<a password='1'/>")).toBe("<a password='***'/>");
		expect(masked(`<a password='${"1".repeat(50)}'/>`)).toBe("<a password='***'/>");
	});

	it("with a login that a game server's dialect hides in a CDATA section", () => {
		const login =
			"<msg t='sys'><body action='login' r='0'><login z='w1'><nick><![CDATA[ann]]></nick><pword><![CDATA[SECRET]]></pword></login></body></msg>";
		expect(masked(login)).toBe(login.replace("<![CDATA[SECRET]]>", "***"));
	});

	it("with a login that was cut by the end of the capture", () => {
		expect(masked("<login><nick>ann</nick><pword><![CDATA[SECR")).toBe("<login><nick>ann</nick><pword>***");
	});
});

describe("a capture is written", () => {
	it("to a disk that is full: the traffic continues, and one message says why", async () => {
		const messages: string[] = [];
		const options = { overwrite: true, onError: (error: Error) => messages.push(error.message) };
		const writer = await openRecordingWriter("/dev/full", INFO, options);
		await expect.poll(() => messages.length).toBe(1);
		for (let count = 0; count < 1000; count++) writer.write(document("<a/>"));
		await writer.close();
		expect(messages).toEqual(["The recording /dev/full cannot be written: the disk is full."]);
		expect(writer.notRecorded).toBe(1000);
	});

	it("of a game in Chinese: the text can be read and searched, and the bytes are the same", async () => {
		const path = join(folder, "gbk.ndjson");
		const writer = await openRecordingWriter(path, { ...INFO, encoding: "gbk" });
		const sent = textCodec("gbk").encode("<say>\u4f60\u597d</say>");
		writer.write(document(sent));
		await writer.close();
		expect(readFileSync(path, "utf8")).toContain("\u4f60\u597d");
		for await (const event of await readRecording(path))
			expect("bytes" in event && [...event.bytes]).toEqual([...sent]);
	});

	it("of binary documents: no byte is replaced", async () => {
		const path = join(folder, "binary.ndjson");
		const writer = await openRecordingWriter(path, INFO);
		const sent = Uint8Array.from({ length: 256 }, (_, byte) => byte);
		writer.write(document(sent));
		await writer.close();
		for await (const event of await readRecording(path))
			expect("bytes" in event && [...event.bytes]).toEqual([...sent]);
	});
});

describe("traffic is read by a person", () => {
	it("of a server that speaks XML and %xt% on one connection", () => {
		const xml = document("<msg t='sys'><body action='rndK' r='-1'><k>key</k></body></msg>", { direction: "server" });
		const raw = document("%xt%s%m#sm%12%hello%");
		expect([passes("msg/body[@action='rndK']", xml), passes("msg/body[@action='rndK']", raw)]).toEqual([true, false]);
		expect([passes("xt:m#sm", xml), passes("xt:m#sm", raw)]).toEqual([false, true]);
		expect([passes("server", xml), passes("client and /hello/", raw)]).toEqual([true, true]);
	});

	it("of many connections at once: one of them can be followed", () => {
		expect(passes("connection=2", document("<a/>", { connection: 2 }))).toBe(true);
		expect(passes("connection=2", document("<a/>", { connection: 22 }))).toBe(false);
	});

	it("with a line break before the zero byte, as some clients send it", () => {
		expect(shown(document("AAann|1|0|\n"))).toContain("AAann|1|0|\u240a");
		expect(shown(document("<a/>\r\n"), true)).toContain("<a/>");
	});

	it("that wants to control the terminal", () => {
		for (const attack of ["\u001b]8;;http://x\u0007", "\u001b[2J", "\u009b2J", "\u202etxt.exe", "a\rb", "\u0008\u0008"])
			for (const pretty of [false, true])
				expect(shown(document(`<a>${attack}</a>`), pretty)).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
	});

	it("in an encoding that was not given: each strange byte can be seen, and the rest read", () => {
		const line = shown(document(textCodec("windows-1252").encode("<say>caf\u00e9</say>")));
		expect(line).toContain("<say>caf\\xE9</say>");
	});

	it("through an expression that would take hours on one document of a hostile player", () => {
		const hostile = document(`<say>${"a".repeat(50_000)}!</say>`);
		expect(passes("/<say>(a+)+</", hostile)).toBe(false);
		expect(passes("//say[text()~=/^(\\w+\\s?)*$/]", hostile)).toBe(false);
	});
});

const websockify = findProgram(["websockify"]);

describe.skipIf(websockify === undefined)("a session that websockify recorded", () => {
	const sent = Buffer.concat([
		Buffer.from("<a b='it\\'s \"q\" \\n \\x41'/>\0%xt%s%m#sm%1%h\u00e9\u65e5%\0{1{\n\r\t\0'EOF'];\n\0"),
		Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
		Buffer.from([0]),
	]);

	async function listening(server: Server): Promise<number> {
		cleanups.push(() => server.close());
		return portOf(server);
	}

	async function opened(port: number, proxy: ChildProcess): Promise<WebSocket> {
		for (;;) {
			const socket = new WebSocket(`ws://127.0.0.1:${port}`, ["binary"]);
			const isOpen = await new Promise<boolean>((resolve) =>
				socket.once("open", () => resolve(true)).once("error", () => resolve(false)),
			);
			if (isOpen) return socket;
			if (proxy.exitCode !== null) throw new Error(`websockify ended with ${proxy.exitCode}.`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	it("gives all bytes of both sides, with quotes, backslashes and binary documents", async () => {
		const target = await listening(createServer((client: Socket) => client.on("error", () => {}).pipe(client)));
		// websockify cannot report a port that the system chose, so one that was free a moment ago is used.
		const free = createServer();
		const port = await portOf(free);
		await new Promise((resolve) => free.close(resolve));
		const record = join(folder, "session");
		const proxy = spawn(websockify as string, [`--record=${record}`, `127.0.0.1:${port}`, `127.0.0.1:${target}`], {
			stdio: "ignore",
		});
		cleanups.push(() => proxy.kill());
		const socket = await opened(port, proxy);
		let received = 0;
		const all = new Promise<void>((resolve) => {
			socket.on("message", (data: Buffer) => {
				received += data.length;
				if (received === sent.length) resolve();
			});
		});
		socket.send(sent.subarray(0, 40));
		socket.send(sent.subarray(40));
		await all;
		socket.close();
		const files = (): string[] =>
			[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `${record}.${number}`).filter((file) => existsSync(file));
		await expect.poll(() => files().some((file) => readFileSync(file, "latin1").endsWith("'EOF'];\n"))).toBe(true);
		const sides = { client: "", server: "" };
		const recording = await readRecording(files().at(-1) as string);
		for await (const event of recording)
			if (event.kind === "document")
				sides[event.direction] +=
					Buffer.from(event.bytes).toString("latin1") + (event.ending === "terminated" ? "\0" : "");
		expect(sides).toEqual({ client: sent.toString("latin1"), server: sent.toString("latin1") });
		expect([recording.format, recording.cutOff]).toEqual(["websockify", false]);
	});
});
