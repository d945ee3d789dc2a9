// connect() with stream at a real Jabber server: over TCP, STARTTLS and a WebSocket.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, type ConnectOptions, connect, type Rejoin, xml } from "xmlsocket";
import { attribute, child, textContent } from "xmlsocket/xml";
import { until } from "../client/support.ts";
import { hasProsody, type Prosody, passwordOf, startProsody } from "./prosody.ts";
import { slicingProxy, startPeer, toPeer, toUs } from "./support.ts";

interface Account {
	readonly user: string;
	readonly domain: string;
	readonly password: string;
	readonly tls: boolean;
}
// The examples use the package by its name, and so does this test: nodes of one copy mean nothing to another.
const { login } = (await import(new URL("../../examples/xmpp/login.mjs", import.meta.url).href)) as {
	login(stream: Pick<Rejoin, "request" | "startTls">, account: Account): Promise<string>;
};

describe.skipIf(!hasProsody())("connect() with stream at prosody", () => {
	let prosody: Prosody;
	beforeAll(async () => {
		prosody = await startProsody();
	});
	afterAll(() => prosody?.stop());

	const account = (tls: boolean, password = passwordOf("ann")): Account => ({
		user: "ann",
		domain: "localhost",
		password,
		tls,
	});
	const open = (options: ConnectOptions = {}, address = `127.0.0.1:${prosody.port}`): Promise<Connection> =>
		connect(address, { stream: true, ...options });

	async function converse(connection: Connection): Promise<void> {
		connection.send(xml`<presence/>`);
		const peer = await startPeer(prosody.port, "carol");
		const numbers = Array.from({ length: 1000 }, (_, at) => at);
		const bodies: string[] = [];
		const reading = (async () => {
			for await (const document of connection) {
				const stanza = document.xml.firstChild!;
				if (stanza.localName !== "message") continue;
				expect(stanza.namespaceURI).toBe("jabber:client");
				if (bodies.push(textContent(child(stanza, "body")!)) === numbers.length) break;
			}
		})();
		for (const at of numbers) {
			connection.send(xml`<message to=${peer.jid} type="chat"><body>${toPeer(at)}</body></message>`);
			await peer.send("ann@localhost", toUs(at));
		}
		await until(() => peer.received.length === numbers.length, "the peer's messages");
		await reading;
		expect(bodies).toEqual(numbers.map(toUs));
		expect(peer.received.map(({ body }) => body)).toEqual(numbers.map(toPeer));
		await peer.stop();
	}

	test("exchanges 1,000 messages each way under STARTTLS with a checked certificate", async () => {
		const connection = await open({ tls: { ca: prosody.ca } });
		expect(await login(connection, account(true))).toMatch(/^ann@localhost\/.+/);
		await converse(connection);
		await connection.close();
		expect(prosody.log()).toContain("TLS");
	});

	test("exchanges 1,000 messages each way over a WebSocket (RFC 7395)", async () => {
		const connection = await open({}, prosody.webSocketUrl);
		await login(connection, account(false));
		await converse(connection);
		connection.send("</stream:stream>");
		expect(await connection.closed).toEqual({ by: "remote" });
	});

	test("logs in under STARTTLS when every byte comes by itself", async () => {
		const proxy = await slicingProxy(prosody.port);
		const connection = await open({ tls: { ca: prosody.ca } }, `127.0.0.1:${proxy.port}`);
		await login(connection, account(true));
		const version = await connection.request(xml`<iq type="get" to="localhost" id="an id nobody guesses">
			<ping xmlns="urn:xmpp:ping"/></iq>`);
		expect(attribute(version.xml.firstChild!, "type")).toBe("result");
		await connection.close();
		await proxy.close();
	});

	test("refuses a certificate of an authority that it does not know, and sends no password", async () => {
		const connection = await open();
		await expect(login(connection, account(true))).rejects.toMatchObject({ code: "XMLSOCKET_TLS_FAILED" });
		expect((await connection.closed).error?.code).toBe("XMLSOCKET_TLS_FAILED");
	});

	test("refuses a certificate made out for another domain", async () => {
		const connection = await open({ tls: { ca: prosody.ca } });
		await connection.request(
			`<stream:stream to="localhost" version="1.0" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">`,
			{ match: ({ xml: document }) => document.firstChild?.localName === "features" },
		);
		await expect(connection.startTls({ domain: "example.org" })).rejects.toThrow(/example\.org/);
		expect((await connection.closed).error?.code).toBe("XMLSOCKET_TLS_FAILED");
	});

	test("hears that a password is wrong, and the connection stands", async () => {
		const connection = await open({ tls: { ca: prosody.ca } });
		await expect(login(connection, account(true, "wrong"))).rejects.toThrow("not-authorized");
		expect(connection.status.type).toBe("connected");
		await connection.close();
	});

	test("logs in again by itself after the server was restarted, and what waited goes out then", async () => {
		const logins: string[] = [];
		const connection = await open({
			tls: { ca: prosody.ca },
			reconnect: { minDelayMs: 100, maxDelayMs: 500 },
			onReconnected: async (rejoin) => {
				logins.push(await login(rejoin, account(true)));
			},
		});
		logins.push(await login(connection, account(true)));
		const answers: string[] = [];
		connection.on("document", (document) => {
			if (document.text.includes("after-the-restart")) answers.push(document.text);
		});
		const statuses: string[] = [];
		connection.on("status", ({ type }) => void statuses.push(type));
		const restarted = prosody.restart();
		await until(() => statuses.includes("disconnected"), "the loss");
		connection.send(xml`<iq type="get" to="localhost" id="after-the-restart"><ping xmlns="urn:xmpp:ping"/></iq>`);
		await restarted;
		await until(() => answers.length === 1, "the answer");
		expect(logins.length).toBe(2);
		expect(statuses.at(-1)).toBe("connected");
		await connection.close();
	});
});
