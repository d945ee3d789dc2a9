// Handshakes and framing habits of revived games and chats, at a server of this package and at its clients.

import { describe, expect, onTestFinished, test } from "vitest";
import { createChat, createRelay } from "../../src/chat/index.ts";
import { connect, openChat, XMLSocket } from "../../src/index.ts";
import { type ConnectionServer, createServer, type Server } from "../../src/server/index.ts";
import { PlainClient, plainServer, run } from "./raw-sockets.ts";

const options = { port: 0, firstBytesTimeoutMs: 10 };

async function listening<Any extends Server>(server: Any): Promise<Any> {
	await server.listen();
	onTestFinished(() => server.close({ graceMs: 0 }));
	return server;
}

const chat = (): Promise<Server> => listening(createServer({ ...options, application: createChat() }));

/** A server that keeps what it receives. */
async function recorder(): Promise<{ server: ConnectionServer; received: string[] }> {
	const received: string[] = [];
	const server = createServer(options);
	server.on("connection", (connection) => connection.on("document", ({ text }) => void received.push(text)));
	return { server: await listening(server), received };
}

describe("a login handshake with a random key", () => {
	const version = "<msg t='sys'><body action='verChk' r='0'><ver v='153' /></body></msg>";
	const key = "<msg t='sys'><body action='rndK' r='-1'></body></msg>";
	const login =
		"<msg t='sys'><body action='login' r='0'><login z='w1'><nick><![CDATA[a&b]]></nick></login></body></msg>";

	test("sent to the chat instead of a server of its own is named in the log, with the commands that are for it", async () => {
		const warnings: { facts: object; text: string }[] = [];
		const ignore = (): void => {};
		const warn = (facts: object, text?: string): void => void warnings.push({ facts, text: text ?? "" });
		const log = { debug: ignore, info: ignore, error: ignore, warn };
		const server = await listening(createServer({ ...options, application: createChat(), log }));
		const client = await PlainClient.open(server.port);
		for (let at = 0; at < 20; at++) await client.send(`${version}\0`);
		await client.send("<ping id='all'/>\0");
		await expect.poll(() => client.documents.join("")).toContain("all");
		expect(warnings[0]).toMatchObject({
			text: "a client sends <msg>, which the chat does not know and ignores",
			facts: { reason: "unknown-element", hint: expect.stringMatching(/--relay.*--app.*xmlsocket run/) },
		});
		expect(warnings.length).toBeLessThanOrEqual(5);
	});

	test("in XML and then in text with percent signs, works on one connection, however the packets are cut", async () => {
		const server = await listening(createServer(options));
		server.on("connection", (connection) =>
			connection.on("document", (document) => {
				const action = document.root?.firstChild?.attributes.action;
				if (action === "verChk") connection.send("<msg t='sys'><body action='apiOK' r='0'></body></msg>");
				else if (action === "rndK") connection.send("<msg t='sys'><body action='rndK' r='-1'><k>abc</k></body></msg>");
				else if (action === "login") connection.send("%xt%l%-1%0%");
				else connection.send(document.text);
			}),
		);
		const client = await PlainClient.open(server.port);
		const bytes = Buffer.from(`${version}\0${key}\0${login}\0%xt%s%m#sm%1%é%\0`);
		for (let at = 0; at < bytes.length; at += 7) await client.send(bytes.subarray(at, at + 7));
		await expect.poll(() => client.documents).toHaveLength(4);
		expect(client.documents.slice(2)).toEqual(["%xt%l%-1%0%", "%xt%s%m#sm%1%é%"]);
		expect(client.documents[1]).toContain("<k>abc</k>");
	});

	test("asked with request() and a match gets its answer among others", async () => {
		const port = await plainServer((socket) =>
			socket.on("data", () => socket.write("%xt%tick%-1%\0\n<msg t='sys'><body action='apiOK' r='0'></body></msg>\0")),
		);
		const connection = await connect(`127.0.0.1:${port}`);
		onTestFinished(() => connection.close());
		const answer = await connection.request(version, {
			match: ({ root }) => root?.firstChild?.attributes.action === "apiOK",
		});
		expect(answer.root?.attributes.t).toBe("sys");
	});

	test("sent to the chat gets a welcome and no error, and the connection stays usable", async () => {
		const client = await PlainClient.open((await chat()).port);
		await client.send(`${version}\0<ping id="1"/>\0`);
		await expect.poll(() => client.documents.at(-1)).toBe('<pong id="1" />');
	});
});

describe("bytes that XML writers put around a document", () => {
	const around: [title: string, before: string, after: string][] = [
		["LF before the zero byte", "", "\n"],
		["CR LF on both sides", "\r\n", "\r\n"],
		["a byte order mark", "\ufeff", ""],
		["a declaration on a line of its own", '<?xml version="1.0"?>\n', "\n"],
		["a byte order mark and a declaration of another encoding", '\ufeff<?xml version="1.0" encoding="gbk"?>\r\n', ""],
		["a comment", "<!-- v2 -->\n", ""],
	];

	test.each(around)("%s: the chat understands each document", async (_, before, after) => {
		const client = await PlainClient.open((await chat()).port);
		const documents = ["<hello name='ann'/>", "<join room='lobby'/>", "<say room='lobby'>hi</say>", "<ping id='9'/>"];
		await client.send(documents.map((document) => `${before}${document}${after}\0`).join(""));
		await expect.poll(() => client.documents).toContain('<pong id="9" />');
		await expect.poll(() => client.documents.join()).toContain(">hi</said>");
		expect(client.documents.join()).not.toContain("<error");
	});

	test.each(around)("%s: request() recognises the answer, and an error", async (_, before, after) => {
		const port = await plainServer((socket) =>
			socket.on("data", (chunk) => {
				const answer = chunk.includes("bad") ? "<error id='2' code='no'>no</error>" : "<answer id='1'/>";
				socket.write(`${before}${answer}${after}\0`);
			}),
		);
		const connection = await connect(`127.0.0.1:${port}`);
		onTestFinished(() => connection.close());
		expect((await connection.request(`${before}<ask id='1'/>${after}`)).root?.nodeName).toBe("answer");
		await expect(connection.request(`${before}<bad id='2'/>${after}`)).rejects.toMatchObject({
			code: "XMLSOCKET_REFUSED",
		});
	});

	test("openChat works with a server behind a program that ends each document with a line", async () => {
		const daemon = await chat();
		const port = await plainServer((socket) => {
			void connect(`127.0.0.1:${daemon.port}`).then((connection) => {
				connection.on("document", ({ text }) => socket.write(`\n${text}\r\n\0`));
				let rest = "";
				socket.on("data", (chunk) => {
					const parts = (rest + chunk).split("\0");
					rest = parts.pop() ?? "";
					for (const part of parts) connection.send(part);
				});
				socket.on("close", () => void connection.close());
			});
		});
		const ann = await openChat(`127.0.0.1:${port}`, { name: "ann" });
		onTestFinished(() => ann.close());
		const room = await ann.join("lobby");
		await room.say("hi");
		expect(ann.name).toBe("ann");
	});

	test("raw text reaches the program and XMLSocket.onData untouched, in both directions", async () => {
		const { server, received } = await recorder();
		const texts = ["HCabc\n", "\r\nAAann|1|0|\r\n", "\ufeff{}", "  x  ", '{"a":"<b/>"}', "<A B='1'/>"];
		const client = await PlainClient.open(server.port);
		await client.send(texts.map((text) => `${text}\0`).join(""));
		await expect.poll(() => received).toEqual(texts);

		const port = await plainServer((socket) => socket.write(texts.map((text) => `${text}\0`).join("")));
		const socket = new XMLSocket();
		onTestFinished(() => socket.close());
		const seen: string[] = [];
		socket.onData = (text) => void seen.push(text);
		expect(socket.connect("127.0.0.1", port)).toBe(true);
		await expect.poll(() => seen).toEqual(texts);
	});
});

describe("XML as players and hand-written servers produce it", () => {
	test.each([
		["an unescaped ampersand in an attribute", "<a b='x & y'/>", { b: "x & y" }],
		["attributes without space between them", "<a b='1'c='2'/>", { b: "1", c: "2" }],
		["a name with a colon", "<n:a n:b='1'/>", { "n:b": "1" }],
		["references that are no character", "<a b='&#0;&#xD800;&#99999999;'/>", { b: "&#0;&#xD800;&#99999999;" }],
		["a reference outside the first plane", "<a b='&#128512;'/>", { b: "😀" }],
		["upper case", "<A B='1'></A>", { B: "1" }],
	])("%s is read as Flash Player reads it", async (_, text, attributes) => {
		const port = await plainServer((socket) => socket.write(`${text}\0`));
		const connection = await connect(`127.0.0.1:${port}`);
		onTestFinished(() => connection.close());
		for await (const document of connection) {
			expect(document.xml.status).toBe(0);
			expect({ ...document.root?.attributes }).toEqual(attributes);
			break;
		}
	});

	test("attributes without quotes are an error that names the place, and the chat goes on", async () => {
		const client = await PlainClient.open((await chat()).port);
		await client.send("<hello name=ann/>\0<ping id='1'/>\0");
		await expect.poll(() => client.documents.at(-1)).toBe('<pong id="1" />');
		expect(client.documents.join()).toContain('<error code="not-well-formed">');
	});

	test("a CDATA section of 200,000 characters with markup in it arrives whole", async () => {
		const { server, received } = await recorder();
		const client = await PlainClient.open(server.port);
		const long = `<a><![CDATA[${"<&]]é".repeat(40_000)}]]></a>`;
		await client.send("<first/>\0", `${long}\0`);
		await expect.poll(() => received.at(-1)?.length).toBe(long.length);
		expect(received.at(-1)).toBe(long);
	});
});

describe("habits of connections", () => {
	test("a client that waits is greeted, and may still ask for the policy file, with or without its zero byte", async () => {
		const { port } = await chat();
		for (const request of ["<policy-file-request/>\0", "<policy-file-request/>"]) {
			const silent = await PlainClient.open(port);
			await silent.send(request);
			await expect.poll(() => silent.isEnded).toBe(true);
			expect(silent.bytes.toString()).toContain("<cross-domain-policy>");
		}
		const waiting = await PlainClient.open(port);
		await expect.poll(() => waiting.documents[0]).toContain("<welcome");
	});

	test("empty documents as keep-alive are no documents for the chat and the relay, and no errors", async () => {
		const relay = await listening(createServer({ ...options, application: createRelay() }));
		const other = await PlainClient.open(relay.port);
		await other.send("\0");
		await expect.poll(() => relay.peers).toBe(1);
		const client = await PlainClient.open(relay.port);
		await client.send("\0\0", "\0%xt%a%\0\0\0");
		await expect.poll(() => other.bytes.toString()).toBe("%xt%a%\0");
	});

	test("a document cut in every byte of a character reaches the others of a relay whole", async () => {
		const relay = await listening(createServer({ ...options, application: createRelay() }));
		const other = await PlainClient.open(relay.port);
		await other.send("<here/>\0");
		await expect.poll(() => relay.peers).toBe(1);
		const client = await PlainClient.open(relay.port);
		const bytes = Buffer.from("%xt%s%m#sm%1%日本😀%\n\0");
		await client.send(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
		await expect.poll(() => other.bytes.equals(bytes)).toBe(true);
	});

	test("fifty clients that connect and vanish at once leave no connection behind", async () => {
		const { server } = await recorder();
		const clients = await Promise.all(Array.from({ length: 50 }, () => PlainClient.open(server.port)));
		for (const client of clients) client.end();
		await expect.poll(() => server.connections).toBe(0);
	});
});

describe("xmlsocket send", () => {
	test.each(["\n<error>full</error>\n", "<?xml version='1.0'?>\n<error>full</error>", "\ufeff<error>full</error>"])(
		"ends with 1 for the server's error %j",
		async (answer) => {
			const port = await plainServer((socket) => socket.on("data", () => socket.write(`${answer}\0`)));
			expect((await run(["send", `127.0.0.1:${port}`, "--wait", "2000", "<join/>"])).code).toBe(1);
		},
	);
});
