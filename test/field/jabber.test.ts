// Situations of Jabber clients: who may answer an iq (RFC 6120, 8.1.2.1, 8.1.3 and 10), how a server ends a stream (4.9; RFC 7395,
// 3.6.1), and what stands between the elements. The last group runs against a real server.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { type Connection, type ConnectOptions, connect } from "../../src/index.ts";
import { until } from "../client/support.ts";
import { COMPONENT_SECRET, hasProsody, type Prosody, startProsody } from "../xmpp/prosody.ts";

/** Sends an iq to a server that answers with the given stanzas. @returns the text of the one that was taken, or the error's code */
async function ask(to: string | undefined, answers: readonly string[]): Promise<string> {
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => socket.write(answers.join("")));
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as { port: number };
	const connection = await connect(`127.0.0.1:${port}`, { stream: true });
	onTestFinished(async () => {
		await connection.close();
		server.close();
	});
	const address = to === undefined ? "" : ` to='${to}'`;
	return await connection.request(`<iq type='get' id='1'${address}><q/></iq>`, { timeoutMs: 300 }).then(
		({ text }) => text,
		(error) => String(error.code),
	);
}

const from = (address: string, to = ""): string =>
	`<iq type='result' id='1' from='${address}'${to === "" ? "" : ` to='${to}'`}/>`;
const withoutFrom = "<iq type='result' id='1'/>";
const NONE = "XMLSOCKET_REQUEST_TIMEOUT";

describe("an iq to the own account's address", () => {
	test("is answered by the server without `from`", async () => {
		expect(await ask("ann@host", [withoutFrom])).toBe(withoutFrom);
		expect(await ask("Ann@Host", ["<iq type='error' id='1' to='ann@host/desk'/>"])).toMatch("error");
	});

	test("is answered by the account with `from`, in any case of the letters", async () => {
		expect(await ask("ann@host", [from("Ann@Host")])).toMatch("Ann@Host");
	});

	test("is not answered by a stranger with the same id, nor by a resource of the account", async () => {
		expect(await ask("ann@host", [from("eve@host/x"), from("ann@host/phone")])).toBe(NONE);
	});
});

describe("an iq to another address", () => {
	test("is not answered by what the own account sends without `from`", async () => {
		expect(await ask("host", [withoutFrom])).toBe(NONE);
		expect(await ask("bob@host", ["<iq type='result' id='1' to='ann@host/desk'/>"])).toBe(NONE);
		expect(await ask("bob@host/desk", [withoutFrom])).toBe(NONE);
	});
});

describe("an iq without `to`", () => {
	test.each([
		["nobody, before there is an address", withoutFrom],
		["the server, before there is an address", from("host")],
		["the account", from("ann@host", "ann@host/desk")],
		["the client's own address", from("ann@host/desk", "ann@host/desk")],
		["the account's server", from("host", "ann@host/desk")],
	])("is answered from %s", async (_, answer) => {
		expect(await ask(undefined, [answer])).toBe(answer);
	});

	test("is not answered by a stranger who guesses the id, nor by another server", async () => {
		expect(await ask(undefined, [from("eve@host/x", "ann@host/desk"), from("evil.example", "ann@host/desk")])).toBe(
			NONE,
		);
		expect(await ask(undefined, [from("eve@host/x")])).toBe(NONE);
	});
});

const HEADER =
	"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>";
const CONDITIONS = "urn:ietf:params:xml:ns:xmpp-streams";
const ended = (condition: string, more = ""): string =>
	`<stream:error><${condition} xmlns='${CONDITIONS}'/>${more}</stream:error></stream:stream>`;

/** A client at a server that handles each connection with `serve`. */
async function at(
	serve: (socket: Socket, connection: number) => void,
	options: ConnectOptions = {},
): Promise<{ connection: Connection; texts: string[]; accepted: () => number }> {
	let accepted = 0;
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		serve(socket, ++accepted);
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	const connection = await connect(`127.0.0.1:${port}`, { stream: true, ...options });
	const texts: string[] = [];
	connection.on("document", ({ text }) => texts.push(text));
	onTestFinished(async () => {
		await connection.close();
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return { connection, texts, accepted: () => accepted };
}

describe("a server that ends the stream with an error", () => {
	const replaced = ended("conflict", `<text xmlns='${CONDITIONS}'>Replaced by new connection</text>`);

	test("names it as the reason of the close, and still delivers it", async () => {
		const { connection, texts } = await at((socket) => socket.write(HEADER + replaced));
		const { by, error } = await connection.closed;
		expect(by).toBe("remote");
		expect(error).toMatchObject({
			code: "XMLSOCKET_STREAM_ERROR",
			details: { condition: "conflict", text: "Replaced by new connection" },
		});
		expect(error!.message).toBe("The server ended the stream with conflict: Replaced by new connection.");
		expect(texts).toHaveLength(3);
	});

	test("ends a loop over the stream with that error", async () => {
		const { connection } = await at((socket) => socket.write(HEADER + ended("policy-violation")));
		await expect(
			(async () => {
				for await (const document of connection) expect(document.text).not.toBe("");
			})(),
		).rejects.toMatchObject({ details: { condition: "policy-violation" } });
	});

	test("fails the requests that wait, at once and with the condition", async () => {
		const { connection } = await at((socket) => {
			socket.write(HEADER);
			socket.once("data", () => socket.write(ended("conflict").replace("</stream:stream>", "")));
		});
		await expect(connection.request("<iq type='get' id='a'/>")).rejects.toMatchObject({
			code: "XMLSOCKET_STREAM_ERROR",
			details: { condition: "conflict" },
		});
	});

	test("fails STARTTLS at once, and not after its time limit", async () => {
		const { connection } = await at((socket) => {
			socket.write(`${HEADER}<stream:features/>`);
			socket.once("data", () => socket.write(ended("policy-violation")));
		});
		await expect(connection.startTls()).rejects.toThrow(/policy-violation/);
	});

	test("two clients with one resource do not end each other's connections without end: after conflict none reconnects", async () => {
		const statuses: string[] = [];
		const { connection, accepted } = await at((socket) => socket.write(HEADER + replaced), {
			reconnect: { minDelayMs: 1, maxDelayMs: 2 },
		});
		connection.on("status", ({ type }) => void statuses.push(type));
		expect((await connection.closed).error).toMatchObject({ details: { condition: "conflict" } });
		expect(accepted()).toBe(1);
		expect(statuses).toEqual(["closed"]);
	});

	test("and only restarts is connected to again", async () => {
		const { connection, texts, accepted } = await at(
			(socket, number) => socket.write(number === 1 ? HEADER + ended("system-shutdown") : `${HEADER}<presence/>`),
			{ reconnect: { minDelayMs: 1, maxDelayMs: 2 } },
		);
		await until(() => texts.includes("<presence/>"));
		expect(accepted()).toBe(2);
		expect(connection.state).toBe("connected");
	});

	test("for another host names that host, and is not connected to again", async () => {
		const elsewhere = `<stream:error><see-other-host xmlns='${CONDITIONS}'> [2001:db8::1]:5223 </see-other-host></stream:error>`;
		const { connection, accepted } = await at((socket) => socket.write(`${HEADER}${elsewhere}</stream:stream>`), {
			reconnect: { minDelayMs: 1, maxDelayMs: 2 },
		});
		expect((await connection.closed).error).toMatchObject({
			details: { condition: "see-other-host", host: "[2001:db8::1]:5223" },
		});
		expect(accepted()).toBe(1);
	});

	test("is understood with another prefix, without one, and with words only, as old servers send it", async () => {
		const cases = [
			[
				"<s:stream xmlns:s='http://etherx.jabber.org/streams'>",
				`<s:error><host-unknown xmlns='${CONDITIONS}'/></s:error></s:stream>`,
				"host-unknown",
				undefined,
			],
			[
				"<stream xmlns='http://etherx.jabber.org/streams'>",
				`<error><not-authorized xmlns='${CONDITIONS}'/></error></stream>`,
				"not-authorized",
				undefined,
			],
			[
				HEADER,
				"<stream:error>Invalid Stream Header</stream:error></stream:stream>",
				"undefined-condition",
				"Invalid Stream Header",
			],
		] as const;
		for (const [header, error, condition, text] of cases) {
			const { connection } = await at((socket) => socket.write(header + error));
			expect((await connection.closed).error?.details).toEqual({ condition, ...(text ? { text } : {}) });
		}
	});

	test("is told apart from a stanza of that name in another namespace", async () => {
		const { connection, texts } = await at((socket) =>
			socket.end(`${HEADER}<error/><x:error xmlns:x='y'/></stream:stream>`),
		);
		expect(await connection.closed).toEqual({ by: "remote" });
		expect(texts).toHaveLength(4);
	});
});

describe("XMPP over a WebSocket", () => {
	const FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";

	async function answering(...messages: string[]): Promise<{ connection: Connection; texts: string[] }> {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "xmpp" });
		await once(server, "listening");
		server.on("connection", (socket) =>
			socket.once("message", () => {
				for (const message of messages) socket.send(message);
			}),
		);
		const { port } = server.address() as { port: number };
		const connection = await connect(`ws://127.0.0.1:${port}/`, { stream: true, lingerMs: 100 });
		const texts: string[] = [];
		connection.on("document", ({ text }) => texts.push(text));
		onTestFinished(async () => {
			await connection.close();
			for (const socket of server.clients) socket.terminate();
			server.close();
		});
		connection.send(HEADER);
		return { connection, texts };
	}

	test("a load balancer that answers <open/> with <close see-other-uri/> names the other address", async () => {
		const { connection } = await answering(
			`<close xmlns='${FRAMING}' see-other-uri='wss://b.example/xmpp?a=1&amp;b=2'/>`,
		);
		expect((await connection.closed).error).toMatchObject({
			code: "XMLSOCKET_STREAM_ERROR",
			details: { condition: "see-other-host", host: "wss://b.example/xmpp?a=1&b=2" },
		});
	});

	test("a server that moves its clients later names the other address too", async () => {
		const { connection, texts } = await answering(
			`<open xmlns='${FRAMING}' id='1' version='1.0'/>`,
			`<close xmlns='${FRAMING}' see-other-uri='wss://b.example/'/>`,
		);
		expect((await connection.closed).error?.details).toMatchObject({ host: "wss://b.example/" });
		expect(texts.at(-1)).toBe("</stream:stream>");
	});

	test("a server that refuses with a bare <close/> ends the stream without an error", async () => {
		const { connection } = await answering(`<close xmlns='${FRAMING}'/>`);
		expect(await connection.closed).toEqual({ by: "remote" });
	});

	test("a space as keepalive, an XML declaration before <open/>, and features without a prefix are understood", async () => {
		const { connection, texts } = await answering(
			`<?xml version='1.0'?><open xmlns='${FRAMING}' id='1' version='1.0'/>`,
			" ",
			"<features xmlns='http://etherx.jabber.org/streams'/>",
			"\n",
			"<presence xmlns='jabber:client'/>",
		);
		await until(() => texts.length === 3);
		expect(texts[0]).toMatch(/^<stream:stream [^>]*id="1"/);
		expect(connection.state).toBe("connected");
	});
});

describe("what stands between and in the elements", () => {
	test("spaces, line feeds and declarations, also a second declaration after a restart, are passed over", async () => {
		const { texts, connection } = await at((socket) =>
			socket.write(`${HEADER} \n<a/>\t<?xml version='1.0'?>${HEADER}<?pi <b/> ?><!-- <c> --><d/> `),
		);
		await until(() => texts.length === 4);
		expect(texts.filter((text) => !text.startsWith("<stream"))).toEqual(["<a/>", "<d/>"]);
		expect(connection.state).toBe("connected");
	});

	test("an end tag in CDATA or in a comment does not end the stanza", async () => {
		const stanza =
			"<message><!-- </message> --><body><![CDATA[</body></message>]]> & <x a='</message>'/></body></message>";
		const { texts } = await at((socket) => socket.write(HEADER + stanza));
		await until(() => texts.length === 2);
		expect(texts[1]).toBe(stanza);
	});

	test("a large stanza that comes in small packets, cut inside characters, is whole", async () => {
		const stanza = `<message><body>${"\u00e9\u{1f600}".repeat(5000)}</body></message>`;
		const { texts } = await at((socket) => {
			const bytes = Buffer.from(HEADER + stanza);
			const send = (from: number): void => {
				if (from >= bytes.length) return;
				socket.write(bytes.subarray(from, from + 997), () => setImmediate(send, from + 997));
			};
			send(0);
		});
		await until(() => texts.length === 2);
		expect(texts[1]).toBe(stanza);
	});

	test("a storm of presences waits with bounds while a slow program reads, and arrives in order", async () => {
		const count = 20_000;
		const { connection } = await storm(count);
		const seen: string[] = [];
		for await (const { xml } of connection) {
			const root = xml.firstChild;
			if (root?.localName !== "presence") continue;
			if (seen.length % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
			if (seen.push(String(root.attributes.id)) === count) break;
		}
		expect(seen).toEqual(Array.from({ length: count }, (_, number) => String(number)));
	});

	async function storm(count: number): Promise<{ connection: Connection }> {
		const server = createServer((socket) => {
			socket.on("error", () => {});
			socket.write(
				HEADER + Array.from({ length: count }, (_, id) => `<presence id='${id}' from='r@h/${id}'/>`).join(""),
			);
		}).listen(0, "127.0.0.1");
		await once(server, "listening");
		const connection = await connect(`127.0.0.1:${(server.address() as { port: number }).port}`, { stream: true });
		onTestFinished(async () => {
			await connection.close();
			server.close();
		});
		return { connection };
	}

	test.each([
		["an HTTP server", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), '"H"'],
		["a port that expects TLS from the first byte", Buffer.from([0x15, 3, 1, 0, 2, 2, 40]), "byte 0x15"],
		["an SSH server", Buffer.from("SSH-2.0-x\r\n"), '"S"'],
	])("the answer of %s is named as such", async (_, bytes, shown) => {
		const { connection } = await at((socket) => socket.write(bytes));
		const { error } = await connection.closed;
		expect(error?.code).toBe("XMLSOCKET_NOT_WELL_FORMED");
		expect(error?.message).toContain(`they begin with ${shown}`);
		expect(error?.message).toContain("expect TLS");
	});
});

describe.skipIf(!hasProsody())("at a real Jabber server", () => {
	let prosody: Prosody;
	beforeAll(async () => {
		prosody = await startProsody();
	});
	afterAll(() => prosody?.stop());

	async function open(port: number, header: string): Promise<{ connection: Connection; id: string }> {
		const connection = await connect(`127.0.0.1:${port}`, { stream: true });
		onTestFinished(() => connection.close());
		const answer = await connection.request(header, { match: ({ xml }) => xml.firstChild?.localName === "stream" });
		return { connection, id: String(answer.xml.firstChild!.attributes.id) };
	}
	const header = (to: string, xmlns: string): string =>
		`<stream:stream to='${to}' version='1.0' xmlns='${xmlns}' xmlns:stream='http://etherx.jabber.org/streams'>`;
	const conditionOf = async (connection: Connection): Promise<unknown> =>
		(await connection.closed).error?.details?.condition;

	test.each([
		["a comment", "<message><!-- note --></message>"],
		["a processing instruction", "<message><?note x?></message>"],
	])("%s in a stanza ends the stream, and the close names what is forbidden", async (_, stanza) => {
		const { connection } = await open(prosody.port, header("plain.localhost", "jabber:client"));
		connection.send(stanza);
		expect(await conditionOf(connection)).toMatch(/^(restricted-xml|not-well-formed)$/);
	});

	test("a domain that the server does not have is host-unknown", async () => {
		const { connection } = await open(prosody.port, header("elsewhere.example", "jabber:client"));
		expect(await conditionOf(connection)).toBe("host-unknown");
	});

	test("a component with a wrong secret is not-authorized, and a second one of the same name has a conflict", async () => {
		const component = async (secret: string): Promise<Connection> => {
			const { connection, id } = await open(
				prosody.componentPort,
				header("bridge.localhost", "jabber:component:accept"),
			);
			connection.send(
				`<handshake>${createHash("sha1")
					.update(id + secret)
					.digest("hex")}</handshake>`,
			);
			return connection;
		};
		expect(await conditionOf(await component("wrong"))).toBe("not-authorized");
		const first = await component(COMPONENT_SECRET);
		const shaken: string[] = [];
		first.on("document", ({ text }) => shaken.push(text));
		await until(() => shaken.some((text) => text.includes("handshake")), "the handshake");
		expect(await conditionOf(await component(COMPONENT_SECRET))).toBe("conflict");
		expect(first.state).toBe("connected");
	});
});
