// Old clients in old encodings: at the daemon, through the gateway, and in the command-line tools.

import iconv from "iconv-lite";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { createChat, createRelay } from "../../src/chat/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { connect } from "../../src/index.ts";
import { type CreateServerOptions, createServer, type Server } from "../../src/server/index.ts";
import { textCodec } from "../../src/transport/index.ts";
import { PlainClient, plainServer, run } from "./raw-sockets.ts";

const SAMPLES: [encoding: string, text: string][] = [
	["gbk", "你好，世界"],
	["shift_jis", "表示ソース～"],
	["euc-kr", "한글 똠방각하"],
	["big5", "功能許可"],
	["windows-1251", "Привет, яюЯ"],
	["windows-1252", "“€ uros” – ÿþ"],
	["iso-8859-1", "café ÿþ"],
];

async function listening(
	options: CreateServerOptions & { application: ReturnType<typeof createChat> },
): Promise<Server> {
	const server = createServer({ port: 0, firstBytesTimeoutMs: 10, ...options });
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return server;
}

async function page(port: number, path: string): Promise<{ socket: WebSocket; received: Buffer[]; texts: string[] }> {
	const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
	const received: Buffer[] = [];
	const texts: string[] = [];
	socket.on("message", (data: Buffer, isBinary) => {
		if (isBinary) received.push(data);
		else texts.push(data.toString());
	});
	await new Promise((resolve) => socket.once("open", resolve));
	onTestFinished(() => socket.terminate());
	return { socket, received, texts };
}

/** The bytes one at a time. */
const single = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));

describe("a chat whose old clients use the code page of their system", () => {
	test.each(SAMPLES)("%s: characters cut between packets reach old clients and pages", async (encoding, text) => {
		const server = await listening({ encoding, application: createChat() });
		const inBinary = await page(server.port, "/socket");
		const inText = await page(server.port, "/socket?frames=text");
		for (const { socket } of [inBinary, inText]) socket.send("<join room='lobby'/>");
		await expect.poll(() => Buffer.concat(inBinary.received).includes("<joined")).toBe(true);
		await expect.poll(() => inText.texts.join()).toContain("<joined");
		const old = await PlainClient.open(server.port);
		await old.send(...single(iconv.encode(`<join room='lobby'/>\0<say room='lobby'>${text}</say>\0`, encoding)));
		await expect.poll(() => Buffer.concat(inBinary.received).toString()).toContain(`>${text}</said>`);
		await expect.poll(() => inText.texts.join()).toContain(`>${text}</said>`);
		await expect.poll(() => iconv.decode(old.bytes, encoding)).toContain(`>${text}</said>`);
	});

	test("a page writes to them in UTF-8, in a text message, in a binary one, and in pieces of one", async () => {
		const server = await listening({ encoding: "gbk", application: createChat() });
		const old = await PlainClient.open(server.port);
		await old.send("<join room='lobby'/>\0");
		await expect.poll(() => old.bytes.includes("<joined")).toBe(true);
		const { socket } = await page(server.port, "/socket");
		socket.send("<join room='lobby'/>");
		socket.send("<say room='lobby'>文字</say>");
		socket.send(Buffer.from("<say room='lobby'>字节</say>\0"));
		for (const byte of single(Buffer.from("<say room='lobby'>一个</say>\0"))) socket.send(byte);
		for (const text of ["文字", "字节", "一个"])
			await expect.poll(() => iconv.decode(old.bytes, "gbk")).toContain(`>${text}</said>`);
	});

	test("a character that their encoding lacks reaches them as a reference, and pages as itself", async () => {
		const server = await listening({ encoding: "gbk", application: createChat() });
		const old = await PlainClient.open(server.port);
		await old.send("<join room='lobby'/>\0");
		await expect.poll(() => old.bytes.includes("<joined")).toBe(true);
		const { socket, texts } = await page(server.port, "/socket?frames=text");
		socket.send("<join room='lobby'/>");
		socket.send("<say room='lobby'>你好 😀 really?</say>");
		await expect.poll(() => iconv.decode(old.bytes, "gbk")).toContain(">你好 &#128512; really?</said>");
		await expect.poll(() => texts.join()).toMatch(/>你好 (?:😀|&#128512;) really\?<\/said>/);
	});
});

describe("letters that look like another protocol", () => {
	test.each([
		["windows-1251", "яю"],
		["windows-1252", "ÿþ"],
		["windows-1251", "юя"],
	])("%s: a first document that begins with %s is no UTF-16", async (encoding, text) => {
		const received: string[] = [];
		const server = createServer({ port: 0, firstBytesTimeoutMs: 10, encoding });
		server.on("connection", (connection) => connection.on("document", (document) => void received.push(document.text)));
		await server.listen();
		onTestFinished(() => server.close({ graceMs: 0 }));
		const old = await PlainClient.open(server.port);
		await old.send(...single(iconv.encode(`${text}\0`, encoding)));
		await expect.poll(() => received).toEqual([text]);
	});
});

describe("a daemon in UTF-8 whose clients use a code page", () => {
	test("logs one warning for a client, with the option and the encoding that a declaration names", async () => {
		const warnings: { facts: object; text: string }[] = [];
		const ignore = (): void => {};
		const warn = (facts: object, text?: string): void => void warnings.push({ facts, text: text ?? "" });
		const server = await listening({
			application: createChat(),
			log: { debug: ignore, info: ignore, error: ignore, warn },
		});
		const old = await PlainClient.open(server.port);
		const document = iconv.encode('<?xml version="1.0" encoding="EUC-KR"?><hello name="한글"/>\0', "euc-kr");
		await old.send("<join room='lobby'/>\0", document, document);
		await expect.poll(() => warnings).toHaveLength(1);
		expect(warnings[0]).toMatchObject({
			text: "a client sends text that is not valid utf-8",
			facts: { reason: "invalid-text", hint: expect.stringContaining("--encoding EUC-KR") },
		});
	});
});

describe("a relay with an encoding", () => {
	test("passes what old clients send unchanged, even if it is no text, and converts between them and pages", async () => {
		const server = await listening({ encoding: "shift_jis", application: createRelay() as never });
		const one = await PlainClient.open(server.port);
		const two = await PlainClient.open(server.port);
		for (const client of [one, two]) await client.send("<here/>\0");
		const { socket, received } = await page(server.port, "/socket");
		await expect.poll(() => server.peers).toBe(3);
		const odd = Buffer.from([0x25, 0xff, 0xfe, 0x81, 0]);
		await one.send(odd, iconv.encode("%xt%ソ%\0", "shift_jis"));
		await expect.poll(() => two.bytes.includes(iconv.encode("%xt%ソ%\0", "shift_jis"))).toBe(true);
		expect(two.bytes.includes(odd)).toBe(true);
		await expect.poll(() => Buffer.concat(received).toString()).toContain("%xt%ソ%\0");
		socket.send("%xt%表%");
		await expect.poll(() => two.bytes.includes(iconv.encode("%xt%表%\0", "shift_jis"))).toBe(true);
	});
});

describe("pages and clients with another terminator", () => {
	test("with --terminator crlf pages still use zero bytes", async () => {
		const server = await listening({ terminator: "crlf", application: createRelay() as never });
		const device = await PlainClient.open(server.port);
		await device.send("READY\r\n");
		const { socket, received } = await page(server.port, "/socket");
		await expect.poll(() => server.peers).toBe(2);
		socket.send("PLAY 1-1");
		socket.send(Buffer.from("STOP 1-1\0"));
		await expect.poll(() => device.bytes.toString()).toBe("PLAY 1-1\r\nSTOP 1-1\r\n");
		await device.send("202 PLAY OK\r\n", "202 STOP OK\r\n");
		await expect.poll(() => Buffer.concat(received).toString()).toBe(["202 PLAY OK", "202 STOP OK", ""].join("\0"));
	});
});

describe("the gateway before an old server", () => {
	test("a declaration of the old encoding stays in the text, and the page reads UTF-8", async () => {
		const asked: Buffer[] = [];
		const port = await plainServer((socket) => {
			socket.on("data", (chunk) => asked.push(chunk));
			const bytes = iconv.encode('<?xml version="1.0" encoding="gb2312"?><a b="你好"/>\0', "gbk");
			void (async () => {
				for (const byte of single(bytes)) await new Promise((resolve) => socket.write(byte, resolve));
			})();
		});
		const gateway = createGateway({ targets: [`game=127.0.0.1:${port}?encoding=gb2312`] });
		const server = createServer({ port: 0, routes: [gateway] });
		await server.listen();
		onTestFinished(() => server.close({ graceMs: 0 }));
		const { socket, received } = await page(server.port, "/gateway/game");
		await expect
			.poll(() => Buffer.concat(received).toString())
			.toBe('<?xml version="1.0" encoding="gb2312"?><a b="你好"/>\0');
		const bytes = Buffer.from("<say>再见</say>\0");
		socket.send(bytes.subarray(0, 6));
		socket.send(bytes.subarray(6));
		await expect.poll(() => iconv.decode(Buffer.concat(asked), "gbk")).toBe("<say>再见</say>\0");
	});
});

describe("connect() and the tools", () => {
	test.each(SAMPLES)("%s: a client with a codec reads and writes it", async (encoding, text) => {
		const asked: Buffer[] = [];
		const port = await plainServer((socket) => {
			socket.on("data", (chunk) => asked.push(chunk));
			socket.write(iconv.encode(`<a>${text}</a>\0`, encoding));
		});
		const connection = await connect(`127.0.0.1:${port}`, { codec: textCodec(encoding) });
		onTestFinished(() => connection.close());
		for await (const document of connection) {
			expect(document.text).toBe(`<a>${text}</a>`);
			break;
		}
		connection.send(`<b>${text}</b>`);
		await expect.poll(() => iconv.decode(Buffer.concat(asked), encoding)).toBe(`<b>${text}</b>\0`);
	});

	test("a document in another encoding than the connection's is reported, with the name that its declaration gives", async () => {
		const bytes = iconv.encode('<?xml version="1.0" encoding="Shift_JIS"?><a>表</a>\0', "shift_jis");
		const port = await plainServer((socket) => void socket.end(bytes));
		const wrong = await run(["listen", `127.0.0.1:${port}`]);
		expect(wrong.err).toContain("--encoding Shift_JIS");
		const right = await run(["listen", `127.0.0.1:${port}`, "--encoding", "Shift_JIS"]);
		expect(right).toMatchObject({ code: 0, err: "", out: '<?xml version="1.0" encoding="Shift_JIS"?><a>表</a>\n' });
	});
});

describe("characters that an encoding lacks", () => {
	const through = (text: string, encoding: string): string => {
		const codec = textCodec(encoding);
		const bytes = codec.encode(text);
		return codec.decode(bytes, 0, bytes.length);
	};

	test("become references in XML, in attributes, text and around CDATA sections", () => {
		expect(through("<a b='€?'>é 日 😀</a>", "latin1")).toBe("<a b='&#8364;?'>é &#26085; &#128512;</a>");
		expect(through("<a>é€<![CDATA[<€é>]]>€</a>", "latin1")).toBe(
			"<a>é&#8364;<![CDATA[<]]>&#8364;<![CDATA[é>]]>&#8364;</a>",
		);
		expect(through("\n<a>€</a>", "latin1")).toBe("\n<a>&#8364;</a>");
	});

	test("become question marks in other text, also where it is sent together with XML", () => {
		expect(through("%xt%€?%", "latin1")).toBe("%xt%??%");
		expect(through("<a>€</a>\0%xt%€%\0<b>€</b>", "latin1")).toBe("<a>&#8364;</a>\0%xt%?%\0<b>&#8364;</b>");
	});

	test("half of a surrogate pair and U+FFFD become question marks everywhere", () => {
		expect(through("<a>\ud83d \ufffd</a>", "gbk")).toBe("<a>? ?</a>");
	});
});
