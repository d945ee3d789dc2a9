// XMPP over WebSocket (RFC 7395): what travels in each text message, and that from above it looks like a stream.

import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { connect, xml } from "../../src/index.ts";
import { until } from "./support.ts";

const FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const header =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example' version='1.0'>";

describe("a stream over a WebSocket", () => {
	let server: WebSocketServer;
	let peer: WebSocket;
	let protocols: string[];
	let received: string[];
	let accepted = true;

	beforeEach(async () => {
		accepted = true;
		received = [];
		server = new WebSocketServer({
			port: 0,
			host: "127.0.0.1",
			handleProtocols: (offered) => {
				protocols = [...offered];
				return accepted ? "xmpp" : false;
			},
		});
		server.on("connection", (webSocket) => {
			peer = webSocket;
			webSocket.on("message", (data, isBinary) => received.push(`${isBinary ? "binary " : ""}${data}`));
		});
		await once(server, "listening");
	});
	afterEach(() => {
		for (const webSocket of server.clients) webSocket.terminate();
		server.close();
	});

	const open = () =>
		connect(`ws://127.0.0.1:${(server.address() as { port: number }).port}/xmpp`, { stream: true, lingerMs: 200 });

	test("goes out as one element per text message, with the namespaces that each needs to stand alone", async () => {
		const connection = await open();
		expect(protocols).toEqual(["xmpp"]);
		connection.send(header);
		connection.send("<message><body>a");
		connection.send(" \u00e9</body></message>");
		connection.send(" ");
		connection.send("<iq xmlns='own'/><stream:error/>");
		connection.send(header);
		connection.send("</stream:stream>");
		await until(() => received.length === 6, "all messages");
		const declared = 'xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams"';
		const start = `<open xmlns="${FRAMING}" to="a.example" version="1.0" />`;
		expect(received).toEqual([
			start,
			`<message ${declared}><body>a \u00e9</body></message>`,
			`<iq xmlns:stream="http://etherx.jabber.org/streams" xmlns='own'/>`,
			`<stream:error ${declared}/>`,
			start,
			`<close xmlns="${FRAMING}" />`,
		]);
		await connection.close();
	});

	test("comes in with a header, elements untouched, and an end", async () => {
		const connection = await open();
		peer.send(`<open xmlns='${FRAMING}' id='7' from='a.example' version='1.0'/>`);
		peer.send("<message xmlns='jabber:client'><body>1</body></message>");
		peer.send("<open>not the framing's</open>");
		peer.send(`<close xmlns="${FRAMING}"/>`);
		const texts: string[] = [];
		for await (const document of connection) texts.push(document.text);
		expect(texts).toEqual([
			'<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" id="7" from="a.example" version="1.0">',
			"<message xmlns='jabber:client'><body>1</body></message>",
			"<open>not the framing's</open>",
			"</stream:stream>",
		]);
		expect(await connection.closed).toEqual({ by: "remote" });
	});

	test("answers by id travel too", async () => {
		const connection = await open();
		const reply = connection.request(xml`<iq type="get" id="1"/>`);
		await until(() => received.length === 1, "the question");
		peer.send("<iq xmlns='jabber:client' type='result' id='1'/>");
		expect((await reply).text).toContain("result");
		await connection.close();
	});

	test("is refused where the server does not take the sub-protocol", async () => {
		accepted = false;
		await expect(open()).rejects.toMatchObject({ code: "XMLSOCKET_CONNECT_FAILED" });
	});

	test("ends where the program sends what is no stream: no message can be made of it", async () => {
		const connection = await open();
		connection.send("<a/>text");
		const { error } = await connection.closed;
		expect(error?.code).toBe("XMLSOCKET_CONNECTION_LOST");
		expect(error?.message).toContain("Text stands between the elements");
	});
});
