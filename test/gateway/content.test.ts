import { afterEach, describe, expect, it } from "vitest";
import { ByteQueue } from "../../src/gateway/byte-queue.ts";
import { bridgeContent, type Content } from "../../src/gateway/content.ts";
import { closeAll, startGateway, TcpTarget, until } from "./peers.ts";

afterEach(closeAll);

const through = (content: Content | undefined, pieces: readonly Uint8Array[]): Buffer =>
	Buffer.concat([...pieces.flatMap((piece) => [...content!.push(piece)]), ...content!.finish()]);

/** A document in each encoding, byte for byte. */
const SAMPLES: [string, string, string][] = [
	["gbk", "<a>你好, 世界!</a>\0", "3c613ec4e3bac32c20cac0bde7213c2f613e00"],
	["shift_jis", "<a>日本語 ｱ</a>\0", "3c613e93fa967b8cea20b13c2f613e00"],
	["latin1", "<a>Zürich é</a>\0", "3c613e5afc7269636820e93c2f613e00"],
	["windows-1251", "<a>мир</a>\0", "3c613eece8f03c2f613e00"],
	["euc-kr", "<a>한국</a>\0", "3c613ec7d1b1b93c2f613e00"],
	["big5", "<a>中文</a>\0", "3c613ea4a4a4e53c2f613e00"],
	["gb18030", "<a>€𝄞</a>\0", "3c613ea2e39432be343c2f613e00"],
];

describe("another encoding", () => {
	it.each(SAMPLES)("%s becomes UTF-8 and back, whole, byte by byte and at every split", (encoding, text, hex) => {
		const theirs = Buffer.from(hex, "hex");
		const ours = Buffer.from(text, "utf8");
		for (const [from, to, direction] of [
			[theirs, ours, "toPage"],
			[ours, theirs, "toTarget"],
		] as const) {
			const make = (): Content => bridgeContent(encoding, "binary", 1000)[direction]!;
			expect(through(make(), [from])).toEqual(to);
			expect(
				through(
					make(),
					Array.from(from, (byte) => Uint8Array.of(byte)),
				),
			).toEqual(to);
			for (let at = 0; at <= from.length; at++) {
				const content = make();
				expect(through(content, [from.subarray(0, at), from.subarray(at)])).toEqual(to);
				expect(content.replaced).toBe(0);
			}
		}
	});

	it("never loses a zero byte, whatever comes before it and wherever the stream is cut", () => {
		for (const encoding of ["gbk", "gb18030", "shift_jis", "euc-jp", "euc-kr", "big5", "latin1"]) {
			for (const lead of [[0x81], [0x81, 0x30], [0x81, 0x30, 0x81], [0x8f, 0xa1], [0xff], [0xe3, 0x81], [0xfe]]) {
				const bytes = Buffer.from([0x41, ...lead, 0, 0x42, ...lead, 0]);
				const whole = through(bridgeContent(encoding, "binary", 1000).toPage, [bytes]);
				for (let at = 0; at <= bytes.length; at++) {
					const cut = through(bridgeContent(encoding, "binary", 1000).toPage, [
						bytes.subarray(0, at),
						bytes.subarray(at),
					]);
					expect(cut, `${encoding} ${bytes.toString("hex")} at ${at}`).toEqual(whole);
					expect(cut.filter((byte) => byte === 0).length).toBe(2);
				}
			}
		}
	});

	it("replaces and counts characters that the other encoding does not have, and logs that once", async () => {
		const target = await TcpTarget.start(({ socket }) => {
			socket.write(Buffer.from([0x3c, 0xff, 0x3e, 0]));
			socket.on("end", () => socket.end());
		});
		const { page: open, ends, log } = await startGateway({ targets: [`old=127.0.0.1:${target.port}?encoding=gbk`] });
		const page = await open("/gateway/old").open();
		page.socket.send(Buffer.from("<a>你?ก👍</a>\0"));
		await until(() => page.received > 0);
		expect(page.bytes.toString()).toBe("<\ufffd>\0");
		const seen = await target.first();
		await until(() => seen.bytes().includes(0));
		page.socket.close();
		await until(() => ends().length === 1);
		expect(seen.bytes().subarray(0, 6)).toEqual(Buffer.from("3c613ec4e33f", "hex"));
		expect(ends()[0]).toMatchObject({ replacedCharacters: 3 });
		expect(log.lines.filter(({ level }) => level === "warn").length).toBe(1);
	});

	it("is the gateway's if the target does not name one", async () => {
		const target = await TcpTarget.start();
		const { page: open } = await startGateway({ targets: [`a=127.0.0.1:${target.port}`], encoding: "shift_jis" });
		const page = await open("/gateway/a").open();
		page.socket.send(Buffer.from("日\0"));
		const seen = await target.first();
		await until(() => seen.bytes().length === 3);
		expect(seen.bytes()).toEqual(Buffer.from([0x93, 0xfa, 0]));
	});
});

describe("text frames", () => {
	it("are one document each, both ways, however the stream is cut", async () => {
		const target = await TcpTarget.start();
		const { page: open } = await startGateway({ targets: [`a=127.0.0.1:${target.port}`] });
		const page = await open("/gateway/a?frames=text").open();
		const seen = await target.first();
		for (const byte of Buffer.from("<a>é</a>\0<b/>\0\0<c/>\0<unfinished")) {
			seen.socket.write(Uint8Array.of(byte));
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
		page.socket.send("<x>é</x>");
		page.socket.send("");
		page.socket.send("%xt%");
		await until(() => page.messages.length === 4 && seen.bytes().length === 16);
		expect(page.messages.map(({ data, isBinary }) => [String(data), isBinary])).toEqual([
			["<a>é</a>", false],
			["<b/>", false],
			["", false],
			["<c/>", false],
		]);
		expect(seen.bytes().toString()).toBe("<x>é</x>\0\0%xt%\0");
	});

	it("are UTF-8 even if the target uses another encoding", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write(Buffer.from([0xc4, 0xe3, 0])));
		const { page: open } = await startGateway({ targets: [`a=127.0.0.1:${target.port}?encoding=gbk`] });
		const page = await open("/gateway/a?frames=text").open();
		await until(() => page.messages.length === 1);
		expect(page.messages[0]!.data.toString()).toBe("你");
	});

	it("end with 1009 at a document beyond the limit, after all documents before it", async () => {
		const target = await TcpTarget.start(({ socket }) => socket.write(`<a/>\0${"x".repeat(101)}`));
		const { page: open, ends } = await startGateway({ targets: [`a=127.0.0.1:${target.port}`], maxDocumentBytes: 100 });
		const page = open("/gateway/a?frames=text");
		expect((await page.closed).code).toBe(1009);
		expect(page.messages.map(({ data }) => String(data))).toEqual(["<a/>"]);
		await until(() => ends().length === 1);
		expect(ends()[0]).toMatchObject({ cause: "document-too-large", code: "XMLSOCKET_DOCUMENT_TOO_LARGE" });
	});
});

describe("a queue of bytes", () => {
	it("returns the bytes in order, with small chunks joined and none split", () => {
		const queue = new ByteQueue();
		const chunks: Buffer[] = [];
		for (let i = 0; i < 5000; i++) {
			const chunk = Buffer.alloc((i * 37) % (i % 50 === 0 ? 40_000 : 90), i & 0xff);
			chunks.push(chunk);
			queue.add(chunk);
		}
		const all = Buffer.concat(chunks);
		expect(queue.bytes).toBe(all.length);
		const starts = new Set<number>([0]);
		let at = 0;
		for (const chunk of chunks) {
			at += chunk.length;
			starts.add(at);
		}
		const pieces: Uint8Array[] = [];
		let end = 0;
		for (let piece = queue.take(); piece; piece = queue.take()) {
			pieces.push(piece);
			end += piece.length;
			expect(starts.has(end)).toBe(true);
			expect(piece.length).toBeLessThanOrEqual(65_536);
		}
		expect(Buffer.concat(pieces).equals(all)).toBe(true);
		expect(pieces.length).toBeLessThan(250);
		expect(queue.bytes).toBe(0);
	});

	it("keeps no reference to small chunks", () => {
		const queue = new ByteQueue();
		const chunk = Buffer.from("abc");
		queue.add(chunk);
		chunk.fill(0);
		expect(Buffer.from(queue.take()!).toString()).toBe("abc");
		queue.add(Buffer.from("x"));
		queue.clear();
		expect(queue.take()).toBeUndefined();
	});
});
