// connect() with stream, without a Jabber server: namespaces, answers, keep-alive, and what must never happen at STARTTLS.

import { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import { type Connection, type ConnectOptions, createConnect } from "../../src/client/index.ts";
import { certificate, secureContext } from "../transport/connections.ts";
import { type MemoryEnd, memoryDial, type TestHost, TestServer, testHost, turns, until } from "./support.ts";

const header =
	"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:q='a&amp;\"b' id='7'>";

async function inMemory(
	options: ConnectOptions = { stream: true },
	address = "server:5222",
): Promise<{ connection: Connection; end: MemoryEnd; host: TestHost }> {
	const ends: MemoryEnd[] = [];
	const host = testHost(memoryDial(ends));
	const connection = await createConnect(host)(address, options);
	return { connection, end: ends[0]!, host };
}

const write = (end: MemoryEnd, text: string): void => void end.transport.write(Buffer.from(text));

async function read(connection: Connection, count: number) {
	const documents = [];
	for await (const document of connection) if (documents.push(document) === count) break;
	return documents;
}

describe("a stream's documents", () => {
	test("have the text untouched, and in xml the namespaces that the header declares", async () => {
		const { connection, end } = await inMemory();
		write(end, `${header}<message to='a>b'/><q:x xmlns="own"><stream:y/></q:x></stream:stream>`);
		const [start, message, own, last] = await read(connection, 4);
		expect(start!.text).toBe(header);
		expect(start!.xml.status).toBe(-9);
		expect(message!.text).toBe("<message to='a>b'/>");
		expect(message!.xml.firstChild!.namespaceURI).toBe("jabber:client");
		expect(own!.xml.firstChild!.namespaceURI).toBe('a&"b');
		expect(own!.xml.firstChild!.firstChild!.namespaceURI).toBe("http://etherx.jabber.org/streams");
		expect(own!.xml.firstChild!.attributes.xmlns).toBe("own");
		expect(last!.text).toBe("</stream:stream>");
		end.transport.end();
		expect(await connection.closed).toEqual({ by: "remote" });
	});

	test("after a second header have that one's namespaces, and without a header none", async () => {
		const { connection, end } = await inMemory();
		write(end, `${header}<a/><stream:stream xmlns='other'><a/>`);
		const documents = await read(connection, 4);
		expect(documents.map(({ xml }) => xml.firstChild!.namespaceURI).filter((_, at) => at % 2 === 1)).toEqual([
			"jabber:client",
			"other",
		]);
		const bare = await inMemory();
		write(bare.end, "<a/>");
		expect((await read(bare.connection, 1))[0]!.xml.toString()).toBe("<a />");
	});

	test("go out without a zero byte, and U+0000 is refused", async () => {
		const { connection, end } = await inMemory();
		connection.send("<a>");
		connection.send("</a>");
		expect(() => connection.send("\0")).toThrow(expect.objectContaining({ code: "XMLSOCKET_NUL_IN_DOCUMENT" }));
		await turns();
		expect(end.received()).toBe("<a></a>");
	});

	test("may have 262,144 characters, or as many as the option says", async () => {
		const fits = `<a>${"x".repeat(262_137)}</a>`;
		const { connection, end } = await inMemory();
		write(end, fits);
		expect((await read(connection, 1))[0]!.text).toBe(fits);
		write(end, `<a>${"x".repeat(262_138)}</a>`);
		expect((await connection.closed).error?.code).toBe("XMLSOCKET_DOCUMENT_TOO_LARGE");
		const small = await inMemory({ stream: { maxUnprocessedChars: 10, overflow: "discard" } });
		write(small.end, "<a>12345678</a><b/>");
		expect((await read(small.connection, 1))[0]!.text).toBe("<b/>");
		expect(small.host.reported.length).toBe(1);
	});

	test("the option terminator is refused beside stream, and unknown names are told", async () => {
		await expect(inMemory({ stream: true, terminator: "lf" })).rejects.toThrow("no meaning with stream");
		await expect(inMemory({ stream: { maxUnprocessed: 1 } as object })).rejects.toThrow(
			"stream.maxUnprocessed; did you mean",
		);
	});
});

describe("request() on a stream", () => {
	test("takes the iq of type result or error with the same id, from the one who was asked, for the answer", async () => {
		const { connection, end } = await inMemory();
		write(end, header);
		const reply = connection.request("<iq type='get' id='1' to='Server.example'><q/></iq>");
		write(end, "<iq type='get' id='1' from='server.example'/><iq type='result' id='2' from='server.example'/>");
		write(
			end,
			"<iq type='result' id='1' from='forger@example'/><iq type='result' id='1'/><message id='1' type='error'/>",
		);
		write(end, "<iq type='error' id='1' from='server.example'><e/></iq>");
		expect((await reply).text).toBe("<iq type='error' id='1' from='server.example'><e/></iq>");
		expect((await read(connection, 6)).length).toBe(6);
	});

	test("needs match for anything but an iq of type get or set with an id", async () => {
		const { connection } = await inMemory();
		for (const text of ["<message id='1'/>", "<iq type='get'/>", "<iq type='result' id='1'/>", ""]) {
			await expect(connection.request(text)).rejects.toMatchObject({ code: "XMLSOCKET_OPTION_INVALID" });
		}
		const documents = await inMemory({});
		await expect(documents.connection.request("<iq type='get'/>")).rejects.toThrow("match");
	});
});

test("keepAliveIntervalMs sends spaces, but not while a request waits", async () => {
	const { connection, end } = await inMemory({ stream: { keepAliveIntervalMs: 5 } });
	const asking = connection.request("<iq type='get' id='1'/>", { timeoutMs: 60 });
	await expect(asking).rejects.toMatchObject({ code: "XMLSOCKET_REQUEST_TIMEOUT" });
	expect(end.received()).toBe("<iq type='get' id='1'/>");
	await until(() => end.received().endsWith("  "), "two spaces");
	end.transport.end();
	await connection.closed;
	const before = end.received();
	await new Promise((resolve) => setTimeout(resolve, 30));
	expect(end.received()).toBe(before);
});

describe("STARTTLS", () => {
	const question = '<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>';
	const proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
	const open = (server: TestServer): Promise<Connection> =>
		createConnect(testHost())(server.address, { stream: true, tls: { ca: certificate } });

	test("what is sent meanwhile leaves under TLS alone, and the scanner begins again", async () => {
		const server = await TestServer.start();
		const connection = await open(server);
		const secured = connection.startTls({ domain: "localhost" });
		connection.send("<password/>");
		await until(() => server.received[0] !== undefined && server.received[0] !== "", "the question");
		await turns();
		expect(server.received[0]).toBe(question);

		const [socket] = server.sockets;
		socket!.removeAllListeners("data").removeAllListeners("end").setEncoding();
		socket!.write(proceed);
		const tls = new TLSSocket(socket!, { isServer: true, secureContext: secureContext() });
		let received = "";
		tls.on("data", (text) => {
			received += text;
		});
		tls.on("end", () => tls.end());
		await secured;
		await until(() => received === "<password/>", "the password under TLS");
		tls.write(`${header}<a/>`);
		expect((await read(connection, 2)).map(({ text }) => text)).toEqual([header, "<a/>"]);
		await connection.close();
		await server.kill();
	});

	test.each([
		["an element", "<evil/>"],
		["a part of one", "<ev"],
		["the end of the stream", "</stream:stream>"],
	])(
		"%s behind the answer, which nothing protects, ends the connection and is never delivered",
		async (_, injected) => {
			const server = await TestServer.start((socket) => {
				socket.write(header);
				socket.on("data", () => socket.write(`${proceed}${injected}`));
			});
			const connection = await open(server);
			const seen: string[] = [];
			connection.on("document", ({ text }) => void seen.push(text));
			await until(() => seen.length === 1, "the header");
			await expect(connection.startTls({ domain: "localhost" })).rejects.toMatchObject({
				code: "XMLSOCKET_TLS_FAILED",
			});
			expect((await connection.closed).error?.code).toBe("XMLSOCKET_TLS_FAILED");
			expect(seen).toEqual([header]);
			await server.kill();
		},
	);

	test("a refusal, silence, a broken handshake and a transport without TLS end the connection", async () => {
		for (const [answer, message] of [
			["<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "refuses"],
			["<proceed xmlns='other'/>", "within 100 ms"],
			[`${proceed}`, "no TLS handshake within 100 ms"],
		]) {
			const server = await TestServer.start((socket) => socket.once("data", () => socket.write(answer!)));
			const connection = await open(server);
			const failed = connection.startTls({ domain: "localhost", timeoutMs: 100 });
			await expect(failed, answer).rejects.toThrow(message!);
			expect((await connection.closed).error?.code).toBe("XMLSOCKET_TLS_FAILED");
			await server.kill();
		}
		const { connection, end } = await inMemory();
		const failed = connection.startTls();
		write(end, proceed);
		await expect(failed).rejects.toThrow("cannot be given TLS");
	});
});
