// A recording that answers clients: what is matched, which values change, what is reported.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../../src/index.ts";
import {
	createReplayServer,
	type ReplayEvent,
	type ReplayRule,
	type ReplayServer,
	type ReplayServerOptions,
	replayAsClient,
} from "../../../src/tools/index.ts";
import { Client, document, eventsOf, type Line, recordingOf, recordingWith } from "./recordings.ts";

const servers: ReplayServer[] = [];
const clients: Client[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.close();
	await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
	recording: Parameters<typeof createReplayServer>[0],
	options: ReplayServerOptions = {},
): Promise<ReplayServer> {
	const server = await createReplayServer(recording, { port: 0, speed: 0, ...options }).listen();
	servers.push(server);
	return server;
}

function client(server: ReplayServer): Client {
	const made = new Client(server.port);
	clients.push(made);
	return made;
}

async function ask(
	lines: readonly Line[],
	question: string,
	options: ReplayServerOptions = {},
): Promise<string | undefined> {
	return await client(await serve(recordingOf(lines), options)).ask(question);
}

describe("a replayed server", () => {
	it("answers each document with what the server sent until the next one", async () => {
		const one = client(await serve(recordingOf(["> <a/>", "< <b/>", "< <c/>", "> <d/>", "< <e/>"])));
		expect(await one.ask("<a/>")).toBe("<b/>");
		expect(await one.next()).toBe("<c/>");
		expect(await one.ask("<d/>")).toBe("<e/>");
	});

	it("sends a recorded greeting to a client that sends nothing", async () => {
		expect(await client(await serve(recordingOf(["< <hello/>", "> <a/>", "< <b/>"]))).next()).toBe("<hello/>");
	});

	it.each([
		["quotes and the order of attributes", "<a x='1' y='2'/>", '<a y="2"  x="1" />'],
		["white space between elements", "<a><b/><c/></a>", "<a>\r\n  <b/>\r\n  <c></c>\r\n</a>"],
		["CDATA and references", "<a>1 &lt; 2</a>", "<a><![CDATA[1 < 2]]></a>"],
		["the order of keys", '{"a":1,"b":{"c":[1,2]}}', '{ "b": {"c": [1, 2]}, "a": 1 }'],
	])("ignores %s", async (_, recorded, live) => {
		const events: ReplayEvent[] = [];
		expect(await ask([`> ${recorded}`, "< <yes/>"], live, { onEvent: (event) => events.push(event) })).toBe("<yes/>");
		expect(events.map(({ kind }) => kind)).not.toContain("values");
	});

	it.each([
		["an attribute", "<join id='c1001'/>", "< <ok id='c1001'/>", "<join id='c2002'/>", "<ok id='c2002'/>"],
		["a text", "<nick>anna</nick>", "< <hi><![CDATA[anna]]></hi>", "<nick>b&amp;b</nick>", "<hi><![CDATA[b&b]]></hi>"],
		["a JSON value", '{"op":"x","id":1001}', '< {"re": 1001, "ok":true}', '{"op":"x","id":7}', '{"re": 7, "ok":true}'],
		[
			"a piece between percent signs",
			"%xt%s%m#sm%5%hello%",
			"< %xt%sm%5%anna|hello%",
			"%xt%s%m#sm%5%good day%",
			"%xt%sm%5%anna|good day%",
		],
		["a piece between bars", "HI|anna", "< OK|anna|1", "HI|bert", "OK|bert|1"],
	])("puts a new value of %s into the answers", async (_, request, answer, live, expected) => {
		expect(await ask([`> ${request}`, answer as Line], live)).toBe(expected);
	});

	it("replaces a short value only where it can be no accident", async () => {
		const lines: Line[] = [
			"> <ping id='1'/>",
			"< <pong id='1' users='1'/>",
			"< <re to='1'/>",
			"< <n a='1' b='1'/>",
			"> <x/>",
			"< <y id='1'/>",
		];
		const one = client(await serve(recordingOf(lines)));
		expect(await one.ask("<ping id='8'/>")).toBe("<pong id='8' users='1'/>");
		expect(await one.next()).toBe("<re to='8'/>");
		expect(await one.next()).toBe("<n a='1' b='1'/>");
		expect(await one.ask("<x/>")).toBe("<y id='1'/>");
	});

	it("keeps a long value for the rest of the connection", async () => {
		const one = client(
			await serve(
				recordingOf(["> <login name='anna'/>", "< <ok/>", "> <x/>", "< <said from='anna'>anna is here</said>"]),
			),
		);
		expect(await one.ask("<login name='bert'/>")).toBe("<ok/>");
		expect(await one.ask("<x/>")).toBe("<said from='bert'>anna is here</said>");
	});

	it("replaces a value that means two things only at fields of the same name", async () => {
		const one = client(
			await serve(
				recordingOf(["> <login name='lobby' room='lobby'/>", "< <in room='lobby' name='lobby' at='lobby'/>"]),
			),
		);
		expect(await one.ask("<login name='anna' room='lobby'/>")).toBe("<in room='lobby' name='anna' at='lobby'/>");
	});

	it("takes a value that names the kind of document for another document", async () => {
		const events: ReplayEvent[] = [];
		const server = await serve(recordingOf(["> <msg t='sys'><body action='verChk' r='0'/></msg>", "< <ok/>"]), {
			onEvent: (event) => events.push(event),
		});
		const one = client(server);
		one.send("<msg t='sys'><body action='logout' r='0'/></msg>");
		expect(await one.ask("<msg t='sys'><body action='verChk' r='0'/></msg>")).toBe("<ok/>");
		expect(server.report().problems).toMatchObject([
			{
				document: "<msg t='sys'><body action='logout' r='0'/></msg>",
				nearest: { request: 1 },
				differences: [{ path: "msg/body/@action", recorded: "verChk", live: "logout" }],
			},
		]);
	});

	it("answers a document that comes in another order, and one that is repeated", async () => {
		const one = client(await serve(recordingOf(["> <a/>", "< <A/>", "> <b/>", "< <B/>", "> <c/>", "< <C/>"])));
		for (const [question, answer] of [
			["b", "B"],
			["a", "A"],
			["b", "B"],
			["c", "C"],
			["a", "A"],
		])
			expect(await one.ask(`<${question}/>`)).toBe(`<${answer}/>`);
	});

	it("closes where the server closed", async () => {
		const one = client(await serve(recordingOf(["> <a/>", "< <bye/>", "close server"])));
		expect(await one.ask("<a/>")).toBe("<bye/>");
		expect(await one.next()).toBeUndefined();
	});

	it("sends bytes that are no text as they were recorded", async () => {
		const bytes = Uint8Array.of(1, 2, 255, 254, 3);
		const answer = Uint8Array.of(9, 200, 201);
		const server = await serve(recordingWith({}, [document("client", bytes), document("server", answer)]));
		const connection = await connect(`localhost:${server.port}`, { codec: latin1 });
		connection.send(Buffer.from(bytes).toString("latin1"));
		for await (const { text } of connection) {
			expect(Buffer.from(text, "latin1")).toEqual(Buffer.from(answer));
			break;
		}
		await connection.close();
	});

	it("keeps the encoding and the terminator of the recording", async () => {
		const gbk = { encode: Uint8Array.of(0x3c, 0x61, 0x3e, 0xc4, 0xe3, 0x3c, 0x2f, 0x61, 0x3e) };
		const events = eventsOf([document("client", "<q/>"), document("server", gbk.encode)]);
		const server = await serve(recordingWith({ encoding: "gbk", terminator: Uint8Array.of(13, 10) }, events));
		const connection = await connect(`localhost:${server.port}`, { codec: latin1, terminator: "crlf" });
		connection.send("<q/>");
		for await (const { text } of connection) {
			expect(Buffer.from(text, "latin1")).toEqual(Buffer.from(gbk.encode));
			break;
		}
		await connection.close();
	});

	it("answers WebSocket clients and policy requests on the same port", async () => {
		const server = await serve(recordingOf(["> <a/>", "< <b/>"]));
		const connection = await connect(`ws://localhost:${server.port}`);
		connection.send("<a/>");
		for await (const { text } of connection) {
			expect(text).toBe("<b/>");
			break;
		}
		await connection.close();
		expect(await client(server).ask("<policy-file-request/>")).toContain(`to-ports="${server.port}"`);
	});

	it("with strict closes the connection of a document that does not match, and refuses clients when all was played", async () => {
		const server = await serve(recordingOf(["> <a/>", "< <b/>"]), { strict: true });
		const one = client(server);
		expect(await one.ask("<zzz/>")).toBeUndefined();
		expect(await client(server).ask("<a/>")).toBeUndefined();
		expect(server.report()).toMatchObject({ unmatched: 1, refused: 1 });
	});

	it("gives the next client the next recorded connection, and then the one that fits", async () => {
		const server = await serve(recordingOf(["> <a/>", "< <one/>"], ["> <a/>", "< <two/>"], ["> <b/>", "< <three/>"]));
		for (const [question, answer] of [
			["a", "one"],
			["a", "two"],
			["b", "three"],
			["b", "three"],
			["a", "one"],
		])
			expect(await client(server).ask(`<${question}/>`)).toBe(`<${answer}/>`);
	});

	it("with loop begins again in the recorded order", async () => {
		const server = await serve(recordingOf(["> <a/>", "< <one/>"], ["> <a/>", "< <two/>"]), { loop: true });
		for (const answer of ["one", "two", "one", "two"]) expect(await client(server).ask("<a/>")).toBe(`<${answer}/>`);
	});

	it("with order recorded gives the nth document the nth answers, whatever it is", async () => {
		const one = client(await serve(recordingOf(["> <a/>", "< <b/>", "> <c/>", "< <d/>"]), { order: "recorded" }));
		expect(await one.ask("encrypted")).toBe("<b/>");
		expect(await one.ask("<a/>")).toBe("<d/>");
	});

	it("answers over TLS, and checks a server over TLS and over a WebSocket", async () => {
		const recording = recordingOf(["< <hi/>", "> <a id='c1001'/>", "< <b re='c1001'/>", "close server"]);
		const fixtures = join(import.meta.dirname, "../../fixtures");
		const [tlsCert, tlsKey] = ["localhost-cert.pem", "localhost-key.pem"].map((name) => join(fixtures, name));
		const server = await serve(recording, { tlsCert, tlsKey });
		for (const protocol of ["xmlsockets", "wss", "ws", "xmlsocket"]) {
			const address = `${protocol}://localhost:${server.port}`;
			expect((await replayAsClient(recording, address, { insecure: true })).differences).toEqual([]);
		}
	});

	it("answers by rules first, with values of the document and of earlier ones", async () => {
		const rules: ReplayRule[] = [
			{ match: "ping", answers: ["<pong re='{{id}}'>{{field(\"ping/text()\")}}</pong>", "<by n='{{name}}'/>"] },
			{ match: "once", answers: ['{"id":"{{@id}}"}'], times: 1 },
			{ match: "quiet", answers: [] },
			{ match: "hash", answers: ['%xt%h%{{sha1("a", upper(v))}}%'], delayMs: 1 },
			{ match: "b", set: { key: "k-{{id}}", "B/text()": "<&>" } },
			{ match: "quit", answers: ["<bye/>"], close: true },
		];
		const one = client(
			await serve(recordingOf(["> <login name='anna'/>", "< <ok/>", "> <b id='1'/>", "< <B key='x'>y</B>"]), { rules }),
		);
		expect(await one.ask("<login name='b&amp;b'/>")).toBe("<ok/>");
		expect(await one.ask("<ping id='&lt;1'>t</ping>")).toBe("<pong re='&lt;1'>t</pong>");
		expect(await one.next()).toBe("<by n='b&amp;b'/>");
		expect(await one.ask("<once id='&quot;'/>")).toBe('{"id":"\\""}');
		one.send("<once id='2'/>");
		one.send("<quiet/>");
		expect(await one.ask("<hash v='b'/>")).toBe(`%xt%h%${createHash("sha1").update("aB").digest("hex")}%`);
		expect(await one.ask("<b id='1'/>")).toBe("<B key='k-1'>&lt;&amp;&gt;</B>");
		expect(await one.ask("<quit/>")).toBe("<bye/>");
		expect(await one.next()).toBeUndefined();
	});

	it.each([
		[{ match: "a", anwsers: [] }, /unknown key "anwsers"; did you mean "answers"/],
		[{ match: "a[" }, /column 3/],
		[{ answers: [] }, /needs "match"/],
		[{ match: "a", answers: ["{{id"] }, /needs "}}" at column 5/],
		[{ match: "a", answers: ["{{sha9(id)}}"] }, /needs one of md5/],
		[{ match: "a", skip: true }, /no "skip"/],
	])("refuses the rule %j", async (rule, words) => {
		await expect(serve(recordingOf(["> <a/>"]), { rules: [rule as ReplayRule] })).rejects.toThrow(words);
	});

	it("never puts a value that a mask hid into other masked fields", async () => {
		const masked = { ...document("client", "<login password='***'/>"), masked: true as const };
		const answer = { ...document("server", "<ok session='***'/>"), masked: true as const };
		const server = await serve(recordingWith({}, eventsOf([masked, answer])));
		expect(await client(server).ask("<login password='swordfish'/>")).toBe("<ok session='***'/>");
	});

	it("refuses a recording without documents", async () => {
		await expect(serve(recordingOf([]))).rejects.toMatchObject({ code: "XMLSOCKET_RECORDING_EMPTY" });
	});
});

const latin1 = {
	label: "latin1",
	decode: (bytes: Uint8Array, start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString("latin1"),
	encode: (text: string) => Buffer.from(text, "latin1"),
};
